"""What anybody can make of a ledger's ICRC-3 blocks: their hashes, and who has and allows what. Shares no code with the ledger.

A block is the value that `icrc3_get_blocks` answers; accounts are (owner bytes, subaccount) with the subaccount always spelt out.
"""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import Any

Account = tuple[bytes, bytes]


def hash_of(value: dict[str, Any]) -> bytes:
    ((kind, content),) = value.items()
    if kind == "Map":
        pairs = sorted((sha256(key.encode()).digest(), hash_of(inner)) for key, inner in content)
        return sha256(b"".join(key + inner for key, inner in pairs)).digest()
    if kind == "Array":
        return sha256(b"".join(map(hash_of, content))).digest()
    if kind == "Nat":
        groups = []
        while content >= 128:
            groups.append(content % 128 + 128)
            content //= 128
        return sha256(bytes([*groups, content])).digest()
    return sha256(content.encode() if kind == "Text" else content).digest()


def fields_of(value: dict[str, Any]) -> dict[str, Any]:
    """A map's entries by name, each without its kind; a name may stand once only."""
    entries = dict(value["Map"])
    assert len(entries) == len(value["Map"])
    return {name: fields_of(inner) if "Map" in inner else next(iter(inner.values())) for name, inner in entries.items()}


def last_hash(blocks: list[dict[str, Any]]) -> bytes | None:
    """The hash of the last block; fails where a block does not name the one before it."""
    parent = None
    for block in blocks:
        assert fields_of(block).get("phash") == parent
        parent = hash_of(block)
    return parent


def account_of(items: list[dict[str, bytes]]) -> Account:
    owner, *rest = [item["Blob"] for item in items]
    assert rest != [bytes(32)], "the default subaccount is left out"
    return owner, rest[0] if rest else bytes(32)


def replay(blocks: list[dict[str, Any]], now: int) -> tuple[Counter[Account], dict[tuple[Account, Account], tuple[int, int | None]]]:
    """Balances, and allowances that still count at `now`, of whoever has any, from the blocks alone."""
    balances: Counter[Account] = Counter()
    allowances: dict[tuple[Account, Account], tuple[int, int | None]] = {}
    for block in map(fields_of, blocks):
        tx, kind = block["tx"], block["btype"]
        fee = block.get("fee", tx.get("fee", 0))
        source, target, spender = (account_of(tx[name]) if name in tx else None for name in ("from", "to", "spender"))
        assert (kind == "1mint") == (source is None)
        assert (kind in ("1burn", "2approve")) == (target is None)
        if source is not None:
            balances[source] -= fee + (0 if kind == "2approve" else tx["amt"])
            assert balances[source] >= 0
        if target is not None:
            balances[target] += tx["amt"]
        if kind == "2approve":
            allowances[source, spender] = (tx["amt"], tx.get("expires_at"))
        elif spender is not None and spender != source:
            amount, expires_at = allowances[source, spender]
            assert expires_at is None or expires_at > block["ts"]
            allowances[source, spender] = (amount - tx["amt"] - fee, expires_at)
            assert allowances[source, spender][0] >= 0
    live = {pair: (amount, end) for pair, (amount, end) in allowances.items() if amount and (end is None or end > now)}
    return +balances, live
