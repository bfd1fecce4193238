"""What can go wrong, by what the user can do about it.

DdsxError
├─ VerificationFailed    what was read is not what the canister certified: do not use it
├─ Stale                 the proof is right but older than allowed: read again
├─ BadSetting            an option, a key or a file is not what it must be: correct it
├─ Unreachable           nobody answers at the address: start the replica, or name another
├─ NotAccepted           the request was turned away before it reached the canister: nothing happened
├─ CallRejected          the canister could not answer: its state is as before the call, or as at its last await
├─ CanisterRefused       the canister answered no, and said why
├─ Unanswered            a call was sent and its outcome is not known: ask for it before sending another
└─ InterfaceUnreadable   a canister's Candid, or a value for it, is not what this client understands
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class DdsxError(Exception):
    """Base of everything that this package raises on purpose."""


class VerificationFailed(DdsxError):
    """A proof does not hold. `step` names the link of the chain that broke."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"verification failed at the {step}: {reason}. Do not use what was read, read it again.")
        self.step = step
        self.reason = reason


class Stale(DdsxError):
    """The certificate is older than the reader allows."""

    def __init__(self, age_ns: int, allowed_ns: int) -> None:
        super().__init__(f"the certificate is {age_ns / 1e9:.0f} s old, {allowed_ns / 1e9:.0f} s are allowed: read the page again.")
        self.age_ns = age_ns
        self.allowed_ns = allowed_ns


class BadSetting(DdsxError):
    """Something that the user chose cannot be used: `what` it is, `why` it cannot, and how to `mend` it."""

    def __init__(self, what: str, why: str, mend: str) -> None:
        super().__init__(f"{what}: {why}. {mend}")


class Unreachable(DdsxError):
    """No answer came from `url`. `may_have_arrived`: the request may have reached it all the same."""

    def __init__(self, url: str, reason: str, *, may_have_arrived: bool = False) -> None:
        super().__init__(f"{url} does not answer ({reason}). Start a replica there (`kybra-replica start`), or name another with --url.")
        self.url = url
        self.may_have_arrived = may_have_arrived


class NotAccepted(DdsxError):
    """The endpoint turned a request away: `status` is HTTP's, `text` its words. Nothing was executed."""

    def __init__(self, what: str, status: int, text: str) -> None:
        hint = _HINTS.get(next((words for words in _HINTS if words in text), ""), "Nothing was executed.")
        super().__init__(f"{what} was turned away (HTTP {status}): {text.strip() or 'no reason given'}. {hint}")
        self.status = status
        self.text = text


_HINTS: Mapping[str, str] = {
    "ingress_expiry": "The clock of this machine and that of the network differ: set it right.",
    "request expiry": "The clock of this machine and that of the network differ: set it right.",
    "effective canister id": "Nothing was executed; check the canister ids.",
}


class CallRejected(DdsxError):
    """The call failed with a reject: `code` and `error_code` are the network's, `message` its words."""

    def __init__(self, what: str, code: int, message: str, error_code: str | None = None) -> None:
        shown = f"code {code}" + (f", {error_code}" if error_code else "")
        super().__init__(f"{what} was rejected ({shown}): {message}")
        self.code = code
        self.message = message
        self.error_code = error_code


class CanisterRefused(DdsxError):
    """The canister answered with an error variant: `case` is its name, `details` what it carries."""

    def __init__(self, what: str, case: str, details: Any, advice: str = "") -> None:
        carried = ", ".join(f"{name} {value}" for name, value in details.items()) if isinstance(details, dict) else ""
        super().__init__(f"{what} was refused: {case}" + (f" ({carried})" if carried else "") + ". " + advice)
        self.case = case
        self.details = details


class Unanswered(DdsxError):
    """A call was sent, and whether it was carried out is not known yet."""

    def __init__(self, what: str, seconds: float, request_id: bytes) -> None:
        super().__init__(f"{what} has no answer after {seconds:.0f} s, and may still be carried out (request {request_id.hex()}).")
        self.request_id = request_id


class InterfaceUnreadable(DdsxError):
    """Candid text that cannot be read, or a value that does not fit its type."""
