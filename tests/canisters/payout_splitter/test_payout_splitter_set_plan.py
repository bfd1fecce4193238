from __future__ import annotations

import pytest
from splitter_bench import ANONYMOUS, FIRST, OTHER_STREAM, PROVIDER, STREAM, Bench

from kybra_replica.driver import CallRejected


@pytest.fixture
def listed(bench: Bench) -> Bench:
    """A bench with a stream of one contributor, whose provider takes 10 %."""
    bench.open_stream({FIRST: 1})
    return bench


def test_a_plan_holds_for_sales_from_now_on(listed: Bench) -> None:
    assert listed.sell(1, 1_000)["provider_share"] == 98
    assert listed.splitter.call("set_plan", STREAM, 500_000, sender=PROVIDER) == {"Ok": None}
    assert listed.sell(2, 1_000)["provider_share"] == 490
    assert listed.claimable(FIRST, STREAM) == 882 + 490
    listed.check_solvency()


@pytest.mark.parametrize(("share", "provider_share"), [(0, 0), (1_000_000, 980)])
def test_a_share_is_nothing_to_everything(listed: Bench, share: int, provider_share: int) -> None:
    assert listed.splitter.call("set_plan", STREAM, share, sender=PROVIDER) == {"Ok": None}
    assert listed.sell(1, 1_000)["provider_share"] == provider_share


def test_a_share_of_more_than_everything_is_refused(listed: Bench) -> None:
    answer = listed.splitter.call("set_plan", STREAM, 1_000_001, sender=PROVIDER)
    assert answer == {"Err": {"InvalidShare": {"most_ppm": 1_000_000}}}
    assert listed.splitter.query("audit_of", STREAM)["provider_share_ppm"] == 100_000


def test_only_the_provider_sets_the_plan(listed: Bench) -> None:
    assert listed.splitter.call("set_plan", STREAM, 0, sender=FIRST) == {"Err": {"NotTheProvider": None}}
    with pytest.raises(CallRejected, match="rejected the message"):
        listed.splitter.call("set_plan", STREAM, 0, sender=ANONYMOUS)


def test_a_stream_without_a_book_has_no_plan(listed: Bench) -> None:
    answer = listed.splitter.call("set_plan", OTHER_STREAM, 0, sender=PROVIDER)
    assert answer == {"Err": {"UnknownStream": {"stream": OTHER_STREAM}}}
