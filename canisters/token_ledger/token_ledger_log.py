"""The ledger's log: ICRC-3 for everybody, and the rows as they are kept.

There are no archives: the log is read page by page from the ledger itself. What the last block is, the subnet certifies.
"""

from __future__ import annotations

from typing import Any

from kybra import Opt, Vec, ic, nat64, query, text
from token_ledger_store import read_page, read_state

from ddsx_core.limits import BLOCKS_A_PAGE, MAX_BLOCKS_ANSWERED
from ddsx_core.token_log import block_value, tip_tree
from ddsx_core.token_rules import APPROVE, BURN, MINT, TRANSFER, TRANSFER_FROM
from ddsx_wire.icrc3_types import (
    LogArchive,
    LogArchivesArgs,
    LogBlock,
    LogBlocks,
    LogBlockType,
    LogRange,
    LogTipCertificate,
)


@query
def log_length() -> nat64:
    """Blocks in the log; they are numbered from 0."""
    return read_state().blocks


@query
def block(index: nat64) -> Opt[text]:
    """A block as `ddsx_core.token_log` writes it, null for one that does not exist yet."""
    rows = read_page(read_state(), index // BLOCKS_A_PAGE)
    place = index % BLOCKS_A_PAGE
    return rows[place] if place < len(rows) else None


@query
def icrc3_get_blocks(ranges: Vec[LogRange]) -> LogBlocks:
    """The blocks of the ranges in the order in which they are asked for, those that exist, and no more than `MAX_BLOCKS_ANSWERED` in all.

    Whoever misses the last ones asks again from behind the last that he got.
    """
    state = read_state()
    found: list[LogBlock] = []
    for wanted in ranges:
        index = wanted["start"]
        end = min(index + wanted["length"], state.blocks, index + MAX_BLOCKS_ANSWERED - len(found))
        while index < end:
            first = index % BLOCKS_A_PAGE
            rows = read_page(state, index // BLOCKS_A_PAGE)[first : first + end - index]
            found += [{"id": index + place, "block": _wire_value(row)} for place, row in enumerate(rows)]
            index += len(rows)
    return {"log_length": state.blocks, "blocks": found, "archived_blocks": []}


def _wire_value(row: str) -> Any:
    """A block as its type declares it."""
    return block_value(row)


@query
def icrc3_get_archives(args: LogArchivesArgs) -> Vec[LogArchive]:
    """Other canisters that hold parts of the log: none."""
    return []


@query
def icrc3_get_tip_certificate() -> Opt[LogTipCertificate]:
    """The subnet's word for the last block: its index and hash, in a hash tree whose root the certificate signs.

    Null for an empty log, and for whoever does not ask by a plain query from outside: only those get a certificate.
    """
    certificate, state = ic.data_certificate(), read_state()
    if certificate is None or not state.blocks:
        return None
    return {"certificate": certificate, "hash_tree": tip_tree(state.blocks - 1, bytes.fromhex(state.last_hash))}


@query
def icrc3_supported_block_types() -> Vec[LogBlockType]:
    """The types of the blocks in the log."""
    standards = "https://github.com/dfinity/ICRC-1/tree/main/standards"
    of_icrc1: list[LogBlockType] = [{"block_type": btype, "url": f"{standards}/ICRC-1"} for btype in (TRANSFER, MINT, BURN)]
    of_icrc2: list[LogBlockType] = [{"block_type": btype, "url": f"{standards}/ICRC-2"} for btype in (TRANSFER_FROM, APPROVE)]
    return [*of_icrc1, *of_icrc2]
