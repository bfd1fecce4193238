"""Consent messages of ICRC-21 on the wire: what a wallet shows before it signs a call.

Source: the ICRC-21 standard (dfinity/ICRC). Type names are ours; Candid compares shapes.
"""

from kybra import Opt, Record, Tuple, Variant, Vec, blob, int16, nat, nat8, nat64, null, text


class ConsentLanguage(Record):
    language: text
    utc_offset_minutes: Opt[int16]


class ConsentDevice(Variant, total=False):
    GenericDisplay: null
    FieldsDisplay: null


class ConsentPreferences(Record):
    metadata: ConsentLanguage
    device_spec: Opt[ConsentDevice]


class ConsentRequest(Record):
    method: text
    arg: blob
    user_preferences: ConsentPreferences


class ConsentTokenAmount(Record):
    decimals: nat8
    amount: nat64
    symbol: text


class ConsentSeconds(Record):
    amount: nat64


class ConsentText(Record):
    content: text


class ConsentFieldValue(Variant, total=False):
    TokenAmount: ConsentTokenAmount
    TimestampSeconds: ConsentSeconds
    DurationSeconds: ConsentSeconds
    Text: ConsentText


ConsentField = Tuple[text, ConsentFieldValue]


class ConsentFields(Record):
    intent: text
    fields: Vec[ConsentField]


class ConsentMessage(Variant, total=False):
    GenericDisplayMessage: text
    FieldsDisplayMessage: ConsentFields


class ConsentInfo(Record):
    consent_message: ConsentMessage
    metadata: ConsentLanguage


class ConsentProblem(Record):
    description: text


class ConsentGenericProblem(Record):
    error_code: nat
    description: text


class ConsentError(Variant, total=False):
    UnsupportedCanisterCall: ConsentProblem
    ConsentMessageUnavailable: ConsentProblem
    InsufficientPayment: ConsentProblem
    GenericError: ConsentGenericProblem


class ConsentResult(Variant, total=False):
    Ok: ConsentInfo
    Err: ConsentError
