"""A token ledger's blocks: as text for its log, as values of ICRC-3, and the hash that chains them.

    1|<btype>|<ts>|<fee>|<amt>|<from>|<to>|<spender>|<tx.fee>|<tx.memo>|<tx.ts>|<tx.expected_allowance>|<tx.expires_at>|<phash>

Thirteen fields after the version, empty where the block has none. Integers in hexadecimal, accounts as their keys, a memo as `x` and hex
digits, so that an empty memo differs from none; `phash`, the hash of the block before, as hex digits. The fields are those of ICRC-3, so a
block's value can be made from its text alone.

Invariants (tests/core/money/test_token_log.py):
- LOG-1: reading a sealed block gives the block back.
- LOG-2: the hash of a sealed block, made field by field, is the hash of its value.

Source: ICRC-3 (github.com/dfinity/ICRC-1), "Block schema"; "Tip certificate" for the tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from ddsx_core.codec import decode_fields, decode_optional_int
from ddsx_core.hash_tree import SELF_DESCRIBED, fork_hash, labeled_hash, leaf_hash
from ddsx_core.icrc3_values import Value, account_value, leb128
from ddsx_core.refused import Broken, PlainValue
from ddsx_core.token_rules import Block
from ddsx_core.units import AccountKey, Nanoseconds, Units

_VERSION = "1"

# `%` takes a third of what an f-string takes in a canister.
_BEGINNING = _VERSION + "|%s|%x|"
_BEGINNING_WITH_FEE = _BEGINNING + "%x"
_NUMBER = "|%x"

_TX_FIELDS = ("amt", "from", "to", "spender", "fee", "memo", "ts", "expected_allowance", "expires_at")
_ACCOUNTS = frozenset(("from", "to", "spender"))
_OUTER_FIELDS = 3
_FIELDS = _OUTER_FIELDS + len(_TX_FIELDS) + 1

_TX_ORDER = tuple(sorted([(sha256(name.encode()).digest(), name) for name in _TX_FIELDS]))
_OUTER_ORDER = tuple(sorted([(sha256(name.encode()).digest(), name) for name in ("phash", "btype", "ts", "tx", "fee")]))
"""A map's hash takes its entries in the order of their keys' hashes."""

_BTYPE_HASHES = MappingProxyType({
    "1xfer": sha256(b"1xfer").digest(),
    "1mint": sha256(b"1mint").digest(),
    "1burn": sha256(b"1burn").digest(),
    "2xfer": sha256(b"2xfer").digest(),
    "2approve": sha256(b"2approve").digest(),
})
_HASH_LABEL = b"last_block_hash"
_INDEX_LABEL = b"last_block_index"


# -- Sealing ----------------------------------------------------------------------------------------------------------------


def seal_block(block: Block, parent: str, hashes: Mapping[AccountKey, bytes]) -> tuple[str, bytes]:
    """The text and the hash of a block after one whose hash is `parent`, in hex digits; the first block has none.

    hashes: those of the values of all accounts in the block, as `icrc3_values.hash_account` makes them.
    Breaks: on a field in `tx` that no block has.
    Cost: 0.8 M instructions in a canister for a transfer. Both in one go, in plain loops: a comprehension alone takes 36 k.
    """
    btype, tx, fee, ts = block
    row = _BEGINNING % (btype, ts) if fee is None else _BEGINNING_WITH_FEE % (btype, ts, fee)
    inner = {}
    for name in _TX_FIELDS:
        if name not in tx:
            row += "|"
            continue
        content: Any = tx[name]
        if name in _ACCOUNTS:
            row += "|" + content
            inner[name] = hashes[content]
        elif name == "memo":
            row += "|x" + content.hex()
            inner[name] = sha256(content).digest()
        else:
            row += _NUMBER % content
            inner[name] = sha256(leb128(content)).digest()
    if len(inner) != len(tx):
        raise Broken("a block has a field that the log does not know")
    outer = {"btype": _BTYPE_HASHES[btype], "ts": sha256(leb128(ts)).digest(), "tx": _hash_entries(_TX_ORDER, inner)}
    if parent:
        outer["phash"] = sha256(bytes.fromhex(parent)).digest()
    if fee is not None:
        outer["fee"] = sha256(leb128(fee)).digest()
    return row + "|" + parent, _hash_entries(_OUTER_ORDER, outer)


def _hash_entries(order: tuple[tuple[bytes, str], ...], hashes: Mapping[str, bytes]) -> bytes:
    """The hash of a map whose keys are among those of `order`."""
    entries = b""
    for key, name in order:
        if name in hashes:
            entries += key + hashes[name]
    return sha256(entries).digest()


# -- Reading ----------------------------------------------------------------------------------------------------------------


def decode_block(text: str) -> Block:
    """The block whose text `seal_block` made. Breaks: on another version, then on another number of fields."""
    btype, ts, fee, *fields, _ = decode_fields(_VERSION, _FIELDS, text)
    tx = {name: _decode(name, fields[place]) for place, name in enumerate(_TX_FIELDS) if fields[place]}
    charged = decode_optional_int(fee)
    return Block(btype, tx, None if charged is None else Units(charged), Nanoseconds(int(ts, 16)))


def parent_of(text: str) -> bytes | None:
    """The hash of the block before, None for the first one. Breaks: as `decode_block`."""
    digits = decode_fields(_VERSION, _FIELDS, text)[-1]
    return bytes.fromhex(digits) if digits else None


def _decode(name: str, field: str) -> PlainValue:
    if name in _ACCOUNTS:
        return field
    return bytes.fromhex(field[1:]) if name == "memo" else int(field, 16)


def block_value(text: str) -> Value:
    """The value of the block with this text. Breaks: as `decode_block`."""
    btype, tx, fee, ts = decode_block(text)
    parent = parent_of(text)
    entries: list[tuple[str, Value]] = [] if parent is None else [("phash", {"Blob": parent})]
    entries += [("btype", {"Text": btype}), ("ts", {"Nat": ts}), ("tx", {"Map": [(name, _value(name, tx[name])) for name in tx]})]
    return {"Map": entries if fee is None else [*entries, ("fee", {"Nat": fee})]}


def _value(name: str, content: PlainValue) -> Value:
    if name in _ACCOUNTS:
        return account_value(AccountKey(str(content)))
    return {"Blob" if name == "memo" else "Nat": content}


# -- The tip ---------------------------------------------------------------------------------------------------------------


def tip_root(index: int, digest: bytes) -> bytes:
    """The root hash of the tree that says which block is the last one, and its hash: what the ledger certifies."""
    left = labeled_hash(_HASH_LABEL, leaf_hash(digest))
    return fork_hash(left, labeled_hash(_INDEX_LABEL, leaf_hash(leb128(index))))


def tip_tree(index: int, digest: bytes) -> bytes:
    """That tree in CBOR, self-described."""
    leaves = [(_HASH_LABEL, digest), (_INDEX_LABEL, leb128(index))]
    labelled = [b"\x83\x02" + _byte_string(label) + b"\x82\x03" + _byte_string(leaf) for label, leaf in leaves]
    return SELF_DESCRIBED + b"\x83\x01" + b"".join(labelled)


def _byte_string(content: bytes) -> bytes:
    """CBOR of at most 255 bytes."""
    size = len(content)
    return (bytes((0x40 + size,)) if size < 24 else bytes((0x58, size))) + content
