"""How an execution ends badly, and the codes with which a call is rejected."""

from __future__ import annotations

from enum import IntEnum


class RejectCode(IntEnum):
    """Reject codes of the IC interface specification, section "Reject codes"."""

    SYS_FATAL = 1
    SYS_TRANSIENT = 2
    DESTINATION_INVALID = 3
    CANISTER_REJECT = 4
    CANISTER_ERROR = 5
    SYS_UNKNOWN = 6


class Trap(BaseException):
    """An execution was aborted; everything that its message did is undone.

    A `BaseException`, so that no `except Exception` on the way takes it for an ordinary failure. `message` is the text
    that the caller sees; `error_code` the IC's error code (`IC0503` when the canister trapped by itself, `IC0502` when
    the system stopped it).
    """

    def __init__(self, message: str, error_code: str = "IC0503") -> None:
        super().__init__(message)
        self.message = message
        self.error_code = error_code
