"""The log of money events: blocks from which every balance can be computed again, chained by hash in the form of ICRC-3.

A block is a map: `btype`, `ts` (Nat, ns), `phash` (but for the first), and `tx`: the fields of its type in the order given here, as one
Text, joined by bars. Numbers in it are hexadecimal, accounts are keys of `accounts`, plans as `plans` writes them; a bar or a percent sign
inside a field is %7C or %25. One text and not a map of its own, because a field by itself costs 0.1 M instructions to hash.

    ddsx:open     stream, registry, provider, plan          a stream's book; its plan is version 1
    ddsx:work     stream, batch, size, work                 records in the stream; work: `principal:weight,...`, each principal once
    ddsx:plan     stream, version, effective_at, plan       announced by the provider; in force from then on unless replaced before
    ddsx:fee      ppm, effective_at                         the protocol's fee, announced by governance
    ddsx:set      name, value, effective_at                 another setting: treasury, validators, ledger:<number>
    ddsx:sale     order, stream, ledger, payer, price, terms, block, shares     a price that was credited or is held in escrow
    ddsx:astray   order, stream, ledger, payer, price, terms, block     a price that arrived and could not be credited: the payer's balance
    ddsx:end      order, position, refunded                 escrow of an order closed at that position of its clock
    ddsx:refund   order, amount                             given back by the provider out of its undrawn shares
    ddsx:payout   payout, payee, ledger, draws, amount, fee, to         draws: `stream:contribution:shares,...`, `-` for the offices' part
    ddsx:requote  payout, amount, fee                       started over with another fee of the ledger
    ddsx:paid     payout, block                             carried out by the ledger as that block
    ddsx:unpaid   payout, reason                            refused by the ledger: the payee's balance again
    ddsx:topup    payee, ledger, amount                     paid into a balance

terms: `<source> <earning>`: allowance, deposit or balance; now, seconds:<n> or records:<n>. shares: `<fee>,<provider's>,<contributors'>` of
what was credited at once, else empty; replaying gives the same. block: the ledger's, 0 for what was paid from a balance.
A stored block is one line: type, ts, the hash of the block before, tx.

Invariants (tests/core/payouts/test_money_log.py):
- MONEYLOG-1: reading a stored block gives back what was written.
- MONEYLOG-2: the hash of a block is the hash of its value.
- MONEYLOG-3: what is certified is the root hash of the tree that is handed out.

Source: ICRC-3 (github.com/dfinity/ICRC-1), "Block Schema" and "Tip certificate".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType

from ddsx_core.codec import quote, unquote
from ddsx_core.hash_tree import SELF_DESCRIBED
from ddsx_core.icrc3_values import Value, leb128
from ddsx_core.refused import Broken

BLOCK_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ddsx:open": ("stream", "registry", "provider", "plan"),
        "ddsx:work": ("stream", "batch", "size", "work"),
        "ddsx:plan": ("stream", "version", "effective_at", "plan"),
        "ddsx:fee": ("ppm", "effective_at"),
        "ddsx:set": ("name", "value", "effective_at"),
        "ddsx:sale": ("order", "stream", "ledger", "payer", "price", "terms", "block", "shares"),
        "ddsx:astray": ("order", "stream", "ledger", "payer", "price", "terms", "block"),
        "ddsx:end": ("order", "position", "refunded"),
        "ddsx:refund": ("order", "amount"),
        "ddsx:payout": ("payout", "payee", "ledger", "draws", "amount", "fee", "to"),
        "ddsx:requote": ("payout", "amount", "fee"),
        "ddsx:paid": ("payout", "block"),
        "ddsx:unpaid": ("payout", "reason"),
        "ddsx:topup": ("payee", "ledger", "amount"),
    }
)
"""The fields of each type of block, in the order in which they are stored."""

PAGE_BLOCKS = 16
"""Blocks in a page. The latest ones, fewer than a page, stand in the state, so that most blocks cost no operation on a map."""

MAX_SHORT_BLOCK = 700
"""Characters of a block that stands in a page: a payout from ten streams has at most 690. A longer one, of recorded work, stands alone."""

AUDIT_LABEL = b"audit"
HASH_LABEL = b"last_block_hash"
INDEX_LABEL = b"last_block_index"

# As `hash_tree` hashes them, joined beforehand.
_LEAF = b"\x10ic-hashtree-leaf"
_FORK = b"\x10ic-hashtree-fork"
_AUDIT = b"\x13ic-hashtree-labeled" + AUDIT_LABEL
_TIP = b"\x13ic-hashtree-labeled" + HASH_LABEL
_INDEX = b"\x13ic-hashtree-labeled" + INDEX_LABEL

_TEXTS = frozenset(("registry", "provider", "plan", "work", "name", "value", "payer", "terms", "shares", "payee", "draws", "to", "reason"))
_TS = sha256(b"ts").digest()
_TX = sha256(b"tx").digest()
_PHASH = sha256(b"phash").digest()
_BTYPES: Mapping[str, bytes] = MappingProxyType(
    {btype: sha256(b"btype").digest() + sha256(btype.encode()).digest() for btype in BLOCK_FIELDS}
)

_FORMS: Mapping[str, str] = MappingProxyType(
    {btype: "|".join(["%s" if name in _TEXTS else "%x" for name in names]) for btype, names in BLOCK_FIELDS.items()}
)

Field = int | str
"""What a block holds under a name."""


# -- Blocks -----------------------------------------------------------------------------------------------------------------


def encode_fields_of(btype: str, fields: Sequence[Field]) -> str:
    """What a block tells, as one text. Breaks: on another number of fields than its type has."""
    if len(BLOCK_FIELDS[btype]) != len(fields):
        raise Broken(f"a block of type {btype} has {len(BLOCK_FIELDS[btype])} fields, not {len(fields)}")
    # One `%` writes all fields, which inside a canister costs a fifth of writing them one by one.
    tx = _FORMS[btype] % tuple(fields)
    if "%" in tx or tx.count("|") != len(fields) - 1:
        return _FORMS[btype] % tuple([quote(field) if isinstance(field, str) else field for field in fields])
    return tx


def hash_block(btype: str, ts: int, tx: str, parent: str) -> str:
    """The hash, in hex digits, of a block after one whose hash is `parent`, in hex digits too; the first block has none.

    Cost: four hashes.
    """
    entries = [_BTYPES[btype], _TS + sha256(leb128(ts)).digest(), _TX + sha256(tx.encode()).digest()]
    if parent:
        entries.append(_PHASH + sha256(bytes.fromhex(parent)).digest())
    entries.sort()
    return sha256(b"".join(entries)).hexdigest()


def encode_block(btype: str, ts: int, tx: str, parent: str) -> str:
    """The stored line of a block."""
    return f"{btype}|{ts:x}|{parent}|{tx}"


def decode_block(line: str) -> tuple[str, int, list[Field], str]:
    """Type, time, fields and parent of a stored block. Breaks: on a type that is not known, or another number of fields."""
    btype, ts, parent, *texts = line.split("|")
    names = BLOCK_FIELDS.get(btype)
    if names is None or len(texts) != len(names):
        raise Broken("a stored block is none")
    fields: list[Field] = [unquote(texts[place]) if name in _TEXTS else int(texts[place], 16) for place, name in enumerate(names)]
    return btype, int(ts, 16), fields, parent


def block_value(line: str) -> Value:
    """The value of a stored block."""
    btype, ts, parent, tx = line.split("|", 3)
    entries: list[tuple[str, Value]] = [("btype", {"Text": btype}), ("ts", {"Nat": int(ts, 16)}), ("tx", {"Text": tx})]
    return {"Map": [*entries, ("phash", {"Blob": bytes.fromhex(parent)})] if parent else entries}


# -- The log ----------------------------------------------------------------------------------------------------------------
#
# The stored log: how many blocks, the hash of the last; then, behind a tab each, the blocks of the page that is not full.

EMPTY_LOG = "0|"


def log_length(log: str) -> int:
    """How many blocks a log has."""
    return int(log[: log.index("|")], 16)


def log_tip(log: str) -> str:
    """The hash of the last block in hex digits, empty for a log without blocks."""
    return log.partition("\t")[0].partition("|")[2]


def log_tail(log: str) -> list[str]:
    """The stored lines of the page that is not full, one empty for each block that stands alone."""
    return log.split("\t")[1:]


def with_block(log: str, line: str, digest: str) -> tuple[str, str | None]:
    """The log after a block with that hash, and the page that it filled, if it did. line: empty for a block that stands alone."""
    head, tab, tail = log.partition("\t")
    blocks = int(head[: head.index("|")], 16) + 1
    page = f"{tail}\t{line}" if tab else line
    if blocks % PAGE_BLOCKS:
        return f"{blocks:x}|{digest}\t{page}", None
    return f"{blocks:x}|{digest}", page


def lines_of(page: str) -> list[str]:
    """The lines of a full page."""
    return page.split("\t")


# -- What is certified ------------------------------------------------------------------------------------------------------


def certified_root(totals: str, log: str) -> bytes:
    """The 32 bytes to certify: the root hash of a tree of the stored totals and of the log's tip. Cost: eight hashes."""
    audit = sha256(_AUDIT + sha256(_LEAF + totals.encode()).digest()).digest()
    head = log.partition("\t")[0]
    blocks, _, tip = head.partition("|")
    if not tip:
        return audit
    last = sha256(_TIP + sha256(_LEAF + bytes.fromhex(tip)).digest()).digest()
    index = sha256(_INDEX + sha256(_LEAF + leb128(int(blocks, 16) - 1)).digest()).digest()
    return sha256(_FORK + audit + sha256(_FORK + last + index).digest()).digest()


def certified_tree(totals: str, log: str) -> bytes:
    """That tree in CBOR, with tag 55799; `hash_tree.parse_hash_tree` reads it."""
    audit = _labeled(AUDIT_LABEL, totals.encode())
    blocks = log_length(log)
    if not blocks:
        return SELF_DESCRIBED + audit
    tip = _labeled(HASH_LABEL, bytes.fromhex(log_tip(log))) + _labeled(INDEX_LABEL, leb128(blocks - 1))
    return SELF_DESCRIBED + b"\x83\x01" + audit + b"\x83\x01" + tip


def _labeled(label: bytes, value: bytes) -> bytes:
    return b"\x83\x02" + _byte_string(label) + b"\x82\x03" + _byte_string(value)


def _byte_string(content: bytes) -> bytes:
    """CBOR of a byte string, which spells its length as shortly as it can be."""
    size = len(content)
    if size < 24:
        return bytes([0x40 + size]) + content
    return (bytes([0x58, size]) if size < 256 else b"\x59" + size.to_bytes(2, "big")) + content
