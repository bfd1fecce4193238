"""A token ledger's blocks as text, for its log: twelve fields after the version, empty where the block has none.

    1|<btype>|<ts>|<fee>|<amt>|<from>|<to>|<spender>|<tx.fee>|<tx.memo>|<tx.ts>|<tx.expected_allowance>|<tx.expires_at>

Integers in hexadecimal, accounts as their keys, a memo as `x` and hex digits, so that an empty memo differs from none. The fields are those
of ICRC-3, so a block's `Value` and hash can be made from its text alone.

Invariants:
- LOG-1: decoding an encoded block gives the block back.
"""

from __future__ import annotations

from ddsx_core.codec import decode_fields, decode_optional_int, encode_fields, encode_optional_int
from ddsx_core.refused import Broken, PlainValue
from ddsx_core.token_rules import Block
from ddsx_core.units import Nanoseconds, Units

_VERSION = "1"
_TX_FIELDS = ("amt", "from", "to", "spender", "fee", "memo", "ts", "expected_allowance", "expires_at")
_TEXTS = frozenset(("from", "to", "spender"))
_OUTER_FIELDS = 3


def encode_block(block: Block) -> str:
    """The text of a block. Breaks: on a field in `tx` that no block has."""
    btype, tx, fee, ts = block
    fields = [_encode(tx[name]) if name in tx else "" for name in _TX_FIELDS]
    if len(fields) - fields.count("") != len(tx):
        raise Broken("a block has a field that the log does not know")
    return encode_fields(_VERSION, [btype, f"{ts:x}", encode_optional_int(fee), *fields])


def decode_block(text: str) -> Block:
    """The block whose text `encode_block` made. Breaks: on another version, then on another number of fields."""
    btype, ts, fee, *fields = decode_fields(_VERSION, _OUTER_FIELDS + len(_TX_FIELDS), text)
    tx = {name: _decode(name, fields[place]) for place, name in enumerate(_TX_FIELDS) if fields[place]}
    charged = decode_optional_int(fee)
    return Block(btype, tx, None if charged is None else Units(charged), Nanoseconds(int(ts, 16)))


def _encode(value: PlainValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return "x" + value.hex()
    return f"{value:x}" if isinstance(value, int) else value


def _decode(name: str, field: str) -> PlainValue:
    if name in _TEXTS:
        return field
    return bytes.fromhex(field[1:]) if name == "memo" else int(field, 16)
