"""Recognising a repeated request, as ICRC-1 and ICRC-7 ledgers do.

A client that sets `created_at_time` may send the same call again after a lost answer: it is carried out once. A ledger remembers the
fingerprint of every call it carried out until `remember_until`; later, and earlier than the window, it refuses instead of guessing.
A refused call is never remembered, so it can be repeated once its reason is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ddsx_core.codec import quote
from ddsx_core.limits import PERMITTED_DRIFT_NS, TX_WINDOW_NS
from ddsx_core.refused import created_in_future, duplicate, too_old
from ddsx_core.units import Nanoseconds, PrincipalText

_NUMBER = "|%x"


def fingerprint(method: str, caller: PrincipalText, arguments: Sequence[int | str | bytes | None]) -> str:
    """A text equal for two calls exactly when method, caller and every argument are, as 64 hex digits.

    arguments: every field as the caller sent it, always in the same order, records taken apart. What is absent stays None: for balances an
        absent subaccount is the zero one and an absent fee the usual one, but as calls they differ. ICRC-1, "Transaction deduplication".
    Cost: about 0.3 M instructions in a canister for a transfer.
    """
    text = f"{method}|{caller}"
    # No two arguments that differ in value or kind look alike: a dash, hex digits, `x` and hex digits, `t` and text without bars.
    for argument in arguments:
        if argument is None:
            text += "|-"
        elif isinstance(argument, int):
            text += _NUMBER % argument
        elif isinstance(argument, bytes):
            text += "|x" + argument.hex()
        else:
            text += "|t" + quote(argument)
    return sha256(text.encode()).hexdigest()


def check_repetition(
    created_at_time: Nanoseconds | None,
    duplicate_of: int | None,
    now: Nanoseconds,
    window_ns: int = TX_WINDOW_NS,
    drift_ns: int = PERMITTED_DRIFT_NS,
) -> None:
    """Whether a call may be carried out, by its time and by what is remembered under its fingerprint.

    duplicate_of: the block of the remembered call, None when there is none. Without `created_at_time` nothing is ever a repetition.
    Refuses (in order): TooOld when created before now - window - drift, CreatedInFuture when created after now + drift, Duplicate.
    """
    if created_at_time is None:
        return
    if created_at_time < now - window_ns - drift_ns:
        raise too_old()
    if created_at_time > now + drift_ns:
        raise created_in_future(now)
    if duplicate_of is not None:
        raise duplicate(duplicate_of)


def remember_until(created_at_time: Nanoseconds, window_ns: int = TX_WINDOW_NS, drift_ns: int = PERMITTED_DRIFT_NS) -> Nanoseconds:
    """The last moment at which a repetition of a call created then is not TooOld; after it the fingerprint can be forgotten."""
    return Nanoseconds(created_at_time + window_ns + drift_ns)
