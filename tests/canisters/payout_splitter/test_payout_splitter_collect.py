from __future__ import annotations

import pytest
from splitter_bench import (
    FIRST,
    LEDGER_FEE,
    LICENCE_LEDGER,
    OTHER_STREAM,
    PAYER,
    PAYER_FUNDS,
    PROVIDER,
    SECOND,
    STRANGER,
    STREAM,
    TREASURY,
    Bench,
    account,
)

from kybra_replica.driver import CallRejected


def test_collect_credits_protocol_provider_and_contributors(bench: Bench) -> None:
    bench.open_stream({FIRST: 3, SECOND: 1})
    answer = bench.collect(1, 1_000)
    # 2 % of 1,000 are 20; 10 % of the 980 left are 98; 882 are left for 3 + 1 units of work.
    assert answer == {
        "Ok": {"block_index": 0, "price": 1_000, "protocol_fee": 20, "provider_share": 98, "contributors_share": 882}
    }
    assert bench.claimable(TREASURY) == 20
    assert bench.claimable(PROVIDER, STREAM) == 98
    assert bench.claimable(FIRST, STREAM) == 661
    assert bench.claimable(SECOND, STREAM) == 220
    assert bench.money(PAYER) == PAYER_FUNDS - 1_000 - LEDGER_FEE
    assert bench.check_solvency()["received"] == 1_000
