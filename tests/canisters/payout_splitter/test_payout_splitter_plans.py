"""Plans: announced by providers, in force after notice, remembered for good, and carried out."""

from __future__ import annotations

from typing import Any

import pytest
from splitter_bench import ANONYMOUS, FIRST, OTHER_STREAM, PROVIDER, SECOND, STRANGER, STREAM, VALIDATORS, Bench

from kybra_replica.driver import CallRejected

DAY = 86_400
SECOND_NS = 10**9


def step(payee: str, share_ppm: int, *, name: str = "", cap: int = 0, vest: int = 0) -> dict[str, Any]:
    """A step of a plan on the wire."""
    return {"payee": payee, "name": name or payee.split(":", maxsplit=1)[0], "share_ppm": share_ppm, "cap_units": cap, "vest_seconds": vest}


HALF = step("provider", 500_000)


@pytest.fixture
def listed(bench: Bench) -> Bench:
    """A bench with a stream of one contributor, whose provider takes 10 %."""
    bench.open_stream({FIRST: 1})
    return bench


def test_without_notice_a_plan_holds_from_now_on(listed: Bench) -> None:
    assert listed.sell(1, 1_000)["provider_share"] == 98
    now = listed.replica.get_time()
    answer = listed.set_plan(HALF)
    assert answer["Ok"]["version"] == 2
    assert answer["Ok"]["effective_at"] >= now
    assert listed.sell(2, 1_000)["provider_share"] == 490
    assert listed.claimable(FIRST, STREAM) == 882 + 490
    assert listed.splitter.query("plan_of", STREAM)["in_force"]["steps"] == [HALF]
    listed.check_solvency()


def test_with_notice_a_plan_holds_when_the_notice_is_over(listed: Bench) -> None:
    listed.govern("set_plan_notice", DAY)
    effective_at = listed.set_plan(HALF)["Ok"]["effective_at"]
    plans = listed.splitter.query("plan_of", STREAM)
    assert (plans["in_force"]["version"], plans["announced"]["version"], plans["announced"]["effective_at"]) == (1, 2, effective_at)
    listed.replica.advance_time(DAY - 60)
    assert listed.sell(1, 1_000)["provider_share"] == 98
    listed.replica.advance_time(60)
    plans = listed.splitter.query("plan_of", STREAM)
    assert (plans["in_force"]["version"], plans["announced"]) == (2, None)
    assert listed.sell(2, 1_000)["provider_share"] == 490
    assert listed.splitter.query("audit_of", STREAM)["plan_version"] == 2


def test_an_announcement_replaces_the_one_that_waits_and_begins_the_notice_anew(listed: Bench) -> None:
    listed.govern("set_plan_notice", DAY)
    listed.set_plan(step("provider", 1))
    listed.replica.advance_time(DAY // 2)
    effective_at = listed.set_plan(HALF)["Ok"]["effective_at"]
    history = listed.splitter.query("plan_history", STREAM, 1, 10)
    assert [(plan["version"], plan["replaced"]) for plan in history] == [(1, False), (2, True), (3, False)]
    assert history[2]["effective_at"] == effective_at == history[2]["announced_at"] + DAY * SECOND_NS
    assert history[2]["steps"] == [HALF]
    listed.replica.advance_time(DAY // 2)
    assert listed.sell(1, 1_000)["provider_share"] == 98
    listed.replica.advance_time(DAY // 2)
    assert listed.sell(2, 1_000)["provider_share"] == 490
    blocks = listed.blocks()
    assert [blocks[plan["block"]]["btype"] for plan in history] == ["ddsx:open", "ddsx:plan", "ddsx:plan"]
    assert blocks[history[2]["block"]]["version"] == 3


def test_a_history_is_told_in_parts(listed: Bench) -> None:
    for _ in range(3):
        listed.set_plan(HALF)
    assert [plan["version"] for plan in listed.splitter.query("plan_history", STREAM, 2, 2)] == [2, 3]
    assert [plan["version"] for plan in listed.splitter.query("plan_history", STREAM, 0, 1)] == [1]
    assert listed.splitter.query("plan_history", STREAM, 5, 9) == []
    assert listed.splitter.query("plan_history", OTHER_STREAM, 1, 9) == []
    assert listed.splitter.query("plan_of", OTHER_STREAM) is None


@pytest.mark.parametrize(("share", "provider_share"), [(0, 0), (1_000_000, 980)])
def test_a_share_is_nothing_to_everything(listed: Bench, share: int, provider_share: int) -> None:
    assert "Ok" in listed.set_plan(step("provider", share))
    assert listed.sell(1, 1_000)["provider_share"] == provider_share


@pytest.mark.parametrize(
    ("steps", "place"),
    [
        ([step("provider", 1_000_001)], 0),
        ([HALF, step("nobody", 1)], 1),
        ([HALF, step(f"s:{STREAM:x}", 1)], 1),
        ([step(f"s:{OTHER_STREAM:x}", 1, vest=1)], 0),
        ([step("provider", 1, name=f"part {number}") for number in range(17)], 16),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_its_step(listed: Bench, steps: list[dict[str, Any]], place: int) -> None:
    refusal = listed.set_plan(*steps)["Err"]["InvalidPlan"]
    assert refusal["step"] == place
    assert listed.splitter.query("plan_of", STREAM)["in_force"]["version"] == 1
    assert "Ok" in listed.set_plan(*steps[:place])


def test_only_the_provider_announces_a_plan(listed: Bench) -> None:
    assert listed.set_plan(HALF, sender=FIRST) == {"Err": {"NotTheProvider": None}}
    with pytest.raises(CallRejected, match="rejected the message"):
        listed.set_plan(HALF, sender=ANONYMOUS)


def test_a_stream_without_a_book_has_no_plan(listed: Bench) -> None:
    assert listed.set_plan(HALF, stream=OTHER_STREAM) == {"Err": {"UnknownStream": {"stream": OTHER_STREAM}}}


def test_a_pause_stops_announcements_and_not_what_was_announced(listed: Bench) -> None:
    listed.govern("set_plan_notice", 60)
    listed.set_plan(HALF)
    listed.govern("set_paused", True)
    assert listed.set_plan(step("provider", 1)) == {"Err": {"Paused": None}}
    listed.replica.advance_time(60)
    listed.govern("set_paused", False)
    assert listed.sell(1, 1_000)["provider_share"] == 490


def test_everybody_in_a_plan_is_paid(listed: Bench) -> None:
    listed.open_stream({SECOND: 1}, stream=OTHER_STREAM)
    plan = [HALF, step("validators", 100_000), step(f"p:{STRANGER}", 100_000), step(f"s:{OTHER_STREAM:x}", 100_000)]
    listed.set_plan(*plan)
    # Of 980: 490 to the provider, 49 of 490, 45 of 441 (rounded up), 40 of 396 (rounded up), and 356 are left.
    sale = listed.sell(1, 1_000)
    assert (sale["provider_share"], sale["others_share"], sale["contributors_share"]) == (490, 49 + 45 + 40, 356)
    assert listed.claimable(VALIDATORS) == 49
    assert listed.claimable(STRANGER, STREAM) == 45
    # The other stream has 40, without fee: 4 to its provider, who provides both, 36 to its contributor.
    assert listed.claimable(PROVIDER, STREAM, OTHER_STREAM) == 490 + 4
    assert listed.claimable(SECOND, OTHER_STREAM) == 36
    assert listed.purse()["dues"] == [{"payee": str(STRANGER), "units": 45}]
    listed.check_solvency((STREAM, OTHER_STREAM))
    for payee, streams in ((STRANGER, (STREAM,)), (VALIDATORS, ()), (PROVIDER, (STREAM, OTHER_STREAM)), (SECOND, (OTHER_STREAM,))):
        assert "Ok" in listed.claim(payee, streams)
    assert listed.check_solvency((STREAM, OTHER_STREAM))["paid"] == 490 + 49 + 45 + 40 - 4 * 10


def test_a_tier_is_filled_before_anybody_behind_it_has_anything(listed: Bench) -> None:
    listed.set_plan(step("provider", 1_000_000, name="recoup", cap=1_500), HALF)
    assert [listed.sell(order, 1_000)["provider_share"] for order in (1, 2, 3)] == [980, 520 + 230, 490]


def test_shares_that_nobody_drew_outlive_the_plan(listed: Bench) -> None:
    listed.set_plan(step(f"p:{STRANGER}", 500_000))
    listed.sell(1, 1_000)
    listed.set_plan(HALF)
    # A balance now, of no stream: nothing but the payee's own account has to be named.
    assert listed.claimable(STRANGER) == 490
    assert "Ok" in listed.claim(STRANGER, ())
    assert listed.money(STRANGER) == 480
    listed.check_solvency()


def test_a_share_vests_in_its_time(listed: Bench) -> None:
    listed.set_plan(step("provider", 500_000, vest=100))
    assert listed.sell(1, 1_000)["provider_share"] == 490
    assert (listed.claimable(PROVIDER, STREAM), listed.purse()["escrowed"]) == (0, 490)
    listed.replica.advance_time(50)
    # Half of 490, and the rate is rounded down: what that leaves is earned at the end.
    assert listed.claimable(PROVIDER, STREAM) == 244
    listed.set_plan(HALF)
    listed.replica.advance_time(50)
    assert listed.claimable(PROVIDER, STREAM) == 490
    assert "Ok" in listed.claim(PROVIDER)
    assert listed.check_solvency()["escrowed"] == 0


def test_a_changed_fee_holds_for_what_is_earned_after_it(listed: Bench) -> None:
    listed.set_plan(step("provider", 1_000_000))
    listed.collect(1, 10_000, earning={"BySecond": 64})
    listed.govern("set_change_delay", 16)
    listed.govern("set_protocol_fee", 100_000)
    listed.replica.advance_time(64)
    listed.claim(PROVIDER)
    # A quarter by 2 %, give or take the second in which each of the calls was made; the rest by 10 %.
    fees = listed.check_solvency()["protocol_fees"]
    assert 50 + 750 - 2 * 13 <= fees <= 50 + 750 + 13
