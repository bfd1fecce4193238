"""What this package raises when Candid does not fit: bytes, text, `.did` files or Python values."""

from __future__ import annotations


class CandidError(ValueError):
    """Something is not the Candid it should be.

    The message says where (a byte offset of a message, `line:column` of a text, or the argument and field of a value)
    and why. `why` is the message without the place.
    """

    def __init__(self, why: str, where: str = "") -> None:
        super().__init__(f"{where}: {why}" if where else why)
        self.why = why
        self.where = where

    def inside(self, place: str) -> CandidError:
        """The same error, seen from `place`, which encloses the place it names so far."""
        return CandidError(self.why, f"{place}, {self.where}" if self.where else place)


def at_byte(offset: int, why: str) -> CandidError:
    """An error in a binary message, at `offset` bytes from its first."""
    return CandidError(why, f"byte {offset}")


def ends_early(offset: int) -> CandidError:
    """The error for a message that stops within the value or number that begins at `offset`."""
    return at_byte(offset, "the message ends in the middle of what begins here")


def too_deep() -> CandidError:
    """The error for nesting that would exhaust the stack."""
    return CandidError("nested too deeply")
