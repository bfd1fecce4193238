"""What a client is told when its request is refused before anything is executed."""

from __future__ import annotations

INVALID = 400


class BadRequest(Exception):
    """A request that is refused: the HTTP status and the plain text of the answer."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text

    def __str__(self) -> str:
        return f"{self.status}: {self.text}"


def invalid(text: str) -> BadRequest:
    """The refusal (400) of a request that is not as it should be."""
    return BadRequest(INVALID, text)


class SignatureInvalid(Exception):
    """A signature, a public key or what they are wrapped in does not hold. The text says what, and becomes part of a BadRequest."""
