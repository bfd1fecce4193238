"""ICRC-3 values, and the hash by which one block names the block before it.

A value is a dict of one entry, as it stands on the wire: `{"Nat": 42}`, `{"Blob": b"."}`, `{"Array": [value]}`, `{"Map": [(text, value)]}`.
Its hash is the representation-independent hash of the Internet Computer: of a blob and a text the SHA-256 of their bytes, of a number that
of its LEB128 bytes, of an array that of its items' hashes in their order, of a map that of the hashes of its keys and values, pair by pair
in ascending order.

Invariants (tests/core/money/test_icrc3_values.py):
- VALUE-1: the order of a map's entries does not matter to its hash; that of an array's items does.
- VALUE-2: reading LEB128 back gives the number, and no number has two spellings.

Source: ICRC-3 (github.com/dfinity/ICRC-1), "Value" and its test vectors; IC interface specification, "Representation-independent hashing".
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from ddsx_core.accounts import owner_of, principal_bytes, subaccount_of
from ddsx_core.refused import Broken
from ddsx_core.units import AccountKey, PrincipalText

Value = dict[str, Any]
"""A value of ICRC-3 as it stands on the wire: one of Nat, Int, Blob, Text, Array and Map, with what it holds."""

_WORD_BITS = 56
_CONTINUED = 0x8080_8080_8080_8080


def leb128(number: int) -> bytes:
    """A natural number in LEB128: seven bits a byte, the lowest first, the high bit set in all bytes but the last.

    Eight bytes at a time: the bits of a word of 56 move apart by halves, quarters and eighths, until there is a gap behind every seven.
    Cost: some 60 k instructions in a canister for a time stamp, where going byte by byte takes 140 k.
    """
    if number < 128:
        return bytes((number,))
    word = number & 0xFFFFFFF | (number & 0xFFFFFFF0000000) << 4
    word = word & 0x3FFF00003FFF | (word & 0xFFFC0000FFFC000) << 2
    word = word & 0x7F007F007F007F | (word & 0x3F803F803F803F80) << 1
    above = number >> _WORD_BITS
    if above:
        return (word | _CONTINUED).to_bytes(8, "little") + (bytes((above,)) if above < 128 else leb128(above))
    size = (number.bit_length() + 6) // 7
    return (word | _CONTINUED & (1 << 8 * size - 8) - 1).to_bytes(size, "little")


def sleb128(number: int) -> bytes:
    """An integer in signed LEB128: as few bytes as hold it in two's complement, seven bits each."""
    octets = bytearray()
    while not -64 <= number < 64:
        octets.append(number & 127 | 128)
        number >>= 7
    octets.append(number & 127)
    return bytes(octets)


def hash_map(entries: Iterable[tuple[str, bytes]]) -> bytes:
    """The hash of a map, given the hashes of its values. Cost: a hash a key, and one."""
    return sha256(b"".join(sorted([sha256(key.encode()).digest() + value for key, value in entries]))).digest()


def hash_value(value: Value) -> bytes:
    """The hash of a value. It calls itself once a level; the blocks of ledgers have four. Breaks: on what is no value."""
    ((kind, content),) = value.items()
    if kind == "Map":
        return hash_map([(key, hash_value(inner)) for key, inner in content])
    if kind == "Array":
        return sha256(b"".join([hash_value(item) for item in content])).digest()
    if kind == "Text":
        content = content.encode()
    elif kind == "Nat":
        content = leb128(content)
    elif kind == "Int":
        content = sleb128(content)
    elif kind != "Blob":
        raise Broken(f"ICRC-3 knows no value of kind {kind!r}")
    return sha256(content).digest()


# -- Accounts ---------------------------------------------------------------------------------------------------------------


def account_value(account: AccountKey) -> Value:
    """An account: an array of its owner, and of its subaccount unless that is the default one."""
    owner, subaccount = {"Blob": principal_bytes(owner_of(account))}, subaccount_of(account)
    return {"Array": [owner] if subaccount is None else [owner, {"Blob": subaccount}]}


def hash_account(account: AccountKey) -> bytes:
    """The hash of an account's value. Cost: 0.2 M instructions in a canister, so ledgers keep it beside what they know of an account."""
    owner, _, digits = account.partition(".")
    parts = sha256(principal_bytes(PrincipalText(owner))).digest()
    if digits:
        parts += sha256(bytes.fromhex(digits)).digest()
    return sha256(parts).digest()
