"""DER of the two kinds of keys that only the Internet Computer has."""

from __future__ import annotations


def subject_public_key_info(mechanism: int, content: bytes) -> bytes:
    """A key of mechanism 1 (COSE) or 2 (canister signature)."""
    algorithm = bytes.fromhex("300c060a2b0601040183b84301") + bytes((mechanism,))
    bits = b"\x03" + _length(len(content) + 1) + b"\0" + content
    return b"\x30" + _length(len(algorithm + bits)) + algorithm + bits


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 + len(digits),)) + digits
