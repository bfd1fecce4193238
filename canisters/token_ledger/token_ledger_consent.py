"""ICRC-21: what a wallet shows to whoever is about to sign a call of this ledger."""

from __future__ import annotations

from typing import Any

from kybra import update
from token_ledger_store import read_state, read_token

from ddsx_core.refused import Refused
from ddsx_core.token_consent import as_fields, as_markdown, consent_to, ledger_of
from ddsx_core.units import PrincipalText
from ddsx_wire.consent_types import ConsentMessage, ConsentRequest, ConsentResult
from ddsx_wire.principals import ANONYMOUS_TEXT, caller_text

_LANGUAGE = "en"
_MAX_OFFSET_MINUTES = 24 * 60


@update
def icrc21_canister_call_consent_message(request: ConsentRequest) -> ConsentResult:
    """What whoever signs a call agrees to, in English; changes nothing, and anybody may ask. The caller is taken to be who will sign.

    A wallet that wants fields gets fields, every other Markdown. Moments in Markdown are of the time zone asked for, if there can be one
    like it, else of UTC.
    Refuses (in order): UnsupportedCanisterCall for a method that moves no tokens and for an argument that it does not take;
        ConsentMessageUnavailable for a call that the ledger would refuse in any case.
    """
    caller = caller_text()
    signer = None if caller == ANONYMOUS_TEXT else PrincipalText(caller)
    preferences = request["user_preferences"]
    offset, device = preferences["metadata"]["utc_offset_minutes"], preferences["device_spec"]
    ledger = ledger_of(read_token(), read_state())
    if offset is not None and abs(offset) > _MAX_OFFSET_MINUTES:
        offset = None
    try:
        message = consent_to(ledger, signer, request["method"], request["arg"])
    except Refused as refused:
        case: Any = refused.as_case()
        return {"Err": case}
    shown: ConsentMessage = {"GenericDisplayMessage": as_markdown(ledger, message, offset or 0)}
    if device is not None and "FieldsDisplay" in device:
        fields: Any = as_fields(ledger, message)
        shown = {"FieldsDisplayMessage": {"intent": message.intent, "fields": fields}}
    return {"Ok": {"consent_message": shown, "metadata": {"language": _LANGUAGE, "utc_offset_minutes": offset}}}
