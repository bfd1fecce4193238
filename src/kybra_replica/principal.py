"""Principals: the identities of the Internet Computer, as bytes and as text.

Source: IC interface specification, sections "Principals" and "Textual representation of principals".
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha224

MAX_BYTES = 29


@dataclass(frozen=True, slots=True, eq=False)
class Principal:
    """An identity of 0 to 29 bytes. Equal when the bytes are equal; ordered as Rust orders them: by length, then bytes."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) > MAX_BYTES:
            raise ValueError(f"a principal has at most {MAX_BYTES} bytes, not {len(self.raw)}")

    @property
    def text(self) -> str:
        """The textual form: base32 of CRC32 and bytes, lower case, a dash after every five characters."""
        return _to_text(self.raw)

    @classmethod
    def from_text(cls, text: str) -> Principal:
        """Read the textual form. Raises ValueError for anything but the canonical spelling."""
        return cls(_from_text(text))

    @classmethod
    def self_authenticating(cls, der_public_key: bytes) -> Principal:
        """The principal of a DER-encoded public key: its SHA-224 and the byte 2."""
        return cls(sha224(der_public_key).digest() + b"\x02")

    @classmethod
    def canister(cls, number: int) -> Principal:
        """The id of the `number`-th canister of a subnet whose range starts at zero."""
        return cls(number.to_bytes(8, "big") + b"\x01\x01")

    @property
    def is_anonymous(self) -> bool:
        """Whether it stands for a caller who did not identify itself."""
        return self.raw == b"\x04"

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, Principal) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.raw)

    def __lt__(self, other: Principal) -> bool:
        return (len(self.raw), self.raw) < (len(other.raw), other.raw)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Principal({self.text})"


ANONYMOUS = Principal(b"\x04")
MANAGEMENT = Principal(b"")


@lru_cache(maxsize=4096)
def _to_text(raw: bytes) -> str:
    payload = zlib.crc32(raw).to_bytes(4, "big") + raw
    letters = base64.b32encode(payload).decode().lower().rstrip("=")
    return "-".join(letters[start : start + 5] for start in range(0, len(letters), 5))


@lru_cache(maxsize=4096)
def _from_text(text: str) -> bytes:
    letters = text.replace("-", "").upper()
    try:
        payload = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError as problem:
        raise ValueError(f"{text!r} is not a principal: {problem}") from None
    raw = payload[4:]
    if len(payload) < 4 or len(raw) > MAX_BYTES or _to_text(raw) != text:
        raise ValueError(f"{text!r} is not the canonical text of a principal")
    return raw
