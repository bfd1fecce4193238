"""The splitter's accounts to everybody: where every unit is, and the log of money events (ICRC-3)."""

from __future__ import annotations

from typing import Any

from kybra import Opt, Vec, ic, nat64, query
from payout_splitter_log import block_lines
from payout_splitter_store import read_state
from payout_splitter_views import view_audit, view_stream

from ddsx_core.limits import MAX_PAGE_ITEMS
from ddsx_core.money_log import BLOCK_FIELDS, block_value, certified_tree, log_length
from ddsx_wire.audit_types import Audit, StreamAudit
from ddsx_wire.icrc3_types import LogArchive, LogArchivesArgs, LogBlock, LogBlocks, LogBlockType, LogRange, LogTipCertificate
from ddsx_wire.licence_types import SupportedStandard

LOG_URL = "https://github.com/dfinity/ICRC-1/tree/main/standards/ICRC-3"
"""The form of the blocks; what each type holds is in `ddsx_core.money_log`."""


@query
def audit() -> Audit:
    """Where every unit received is, ledger by ledger, with a certificate (null unless called as a plain query) over the sums behind it.

    Costs the same for any number of streams and payees; only payments without outcome, a few hundred at most, are looked at one by one.
    """
    return view_audit()


@query
def audit_of(stream: nat64) -> Opt[StreamAudit]:
    """Where every unit of one stream is, ledger by ledger, as of its last touch; null for a stream without a book."""
    return view_stream(stream)


@query
def icrc3_get_blocks(ranges: Vec[LogRange]) -> LogBlocks:
    """The blocks of the ranges in the order in which they are asked for, those that exist, and no more than 200 in all.

    Whoever misses the last ones asks again from behind the last that he got.
    """
    state = read_state()
    found: list[LogBlock] = []
    for wanted in ranges:
        lines = block_lines(state, wanted["start"], min(wanted["length"], MAX_PAGE_ITEMS - len(found)))
        found += [_block(index, line) for index, line in lines]
    return {"log_length": log_length(state.log), "blocks": found, "archived_blocks": []}


@query
def icrc3_get_archives(args: LogArchivesArgs) -> Vec[LogArchive]:
    """Other canisters that hold parts of the log: none."""
    return []


@query
def icrc3_get_tip_certificate() -> Opt[LogTipCertificate]:
    """The subnet's word for the last block: its index and hash, in a hash tree that also holds the sums behind `audit`.

    Null for whoever does not ask by a plain query from outside: only those get a certificate.
    """
    certificate, state = ic.data_certificate(), read_state()
    if certificate is None:
        return None
    return {"certificate": certificate, "hash_tree": certified_tree(";".join(state.totals), state.log)}


@query
def icrc3_supported_block_types() -> Vec[LogBlockType]:
    """The types of the blocks in the log."""
    return [{"block_type": btype, "url": LOG_URL} for btype in BLOCK_FIELDS]


@query
def icrc10_supported_standards() -> Vec[SupportedStandard]:
    """The standards that the splitter speaks."""
    return [{"name": "ICRC-3", "url": LOG_URL}, {"name": "ICRC-10", "url": "https://github.com/dfinity/ICRC/ICRCs/ICRC-10"}]


def _block(index: int, line: str) -> LogBlock:
    value: Any = block_value(line)
    return {"id": index, "block": value}
