"""What governance can change in the splitter: bounds at equality, the words shown, and when it holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.fee_schedule import fee_at
from ddsx_core.refused import Refused
from ddsx_core.splitter_changes import (
    Decision,
    announced,
    change_delay_change,
    enacted,
    governance_change,
    ledger_addition,
    ledger_switch,
    pause_change,
    plan_notice_change,
    protocol_fee_change,
    registries_change,
    treasury_change,
    validators_change,
)
from ddsx_core.splitter_settings import (
    CYCLES,
    ICRC,
    Settings,
    cycles_number,
    decode_settings,
    encode_settings,
    first_settings,
    in_force,
    is_registry,
    ledger_count,
    ledger_kind,
    ledger_principal,
    sells_in,
    settings_of,
)
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText

GOVERNANCE = PrincipalText("rrkah-fqaaa-aaaaa-aaaaq-cai")
TREASURY = AccountKey(PrincipalText("ryjl3-tyaaa-aaaaa-aaaba-cai"))
OTHER = PrincipalText("qoctq-giaaa-aaaaa-aaaea-cai")
NOW = Nanoseconds(1_700_000_000_000_000_000)
DAY_NS = 86_400_000_000_000
TWO_DAYS = 172_800
MONTH = 30 * 86_400


def _settings(delay: int = TWO_DAYS) -> Settings:
    settings = first_settings(GOVERNANCE, PrincipalText("r7inp-6aaaa-aaaaa-aaabq-cai"), PrincipalText("own"), TREASURY, 20_000)
    settings = _enact(settings, ledger_addition(settings, NOW, ICRC, OTHER))
    return settings._replace(change_delay_seconds=delay)


def _enact(settings: Settings, decision: Decision, now: Nanoseconds = NOW) -> Settings:
    return enacted(settings, decision, now)[0]


Making = Callable[[Settings], Decision]
CASES: dict[str, tuple[Making, Callable[[Settings, Nanoseconds], object], object, str]] = {
    "fee": (
        lambda settings: protocol_fee_change(settings, NOW, 50_000),
        lambda settings, now: fee_at(settings.fees, now),
        50_000,
        "protocol fee: 20000 ppm (2 %) -> 50000 ppm (5 %); in force 172800 s (2 d) after execution",
    ),
    "notice": (
        lambda settings: plan_notice_change(settings, NOW, 3_600),
        lambda settings, now: settings.plan_notice_seconds,
        3_600,
        "notice of new plans: 0 s -> 3600 s (1 h); in force 172800 s (2 d) after execution",
    ),
    "delay": (
        lambda settings: change_delay_change(settings, NOW, 0),
        lambda settings, now: settings.change_delay_seconds,
        0,
        "delay of changes: 172800 s (2 d) -> 0 s; in force 172800 s (2 d) after execution",
    ),
    "treasury": (
        lambda settings: treasury_change(settings, NOW, AccountKey(OTHER)),
        lambda settings, now: settings.treasury,
        OTHER,
        f"treasury, with the fees not claimed yet: {TREASURY} -> {OTHER}; in force 172800 s (2 d) after execution",
    ),
    "validators": (
        lambda settings: validators_change(settings, NOW, OTHER),
        lambda settings, now: settings.validators,
        OTHER,
        f"validators, with the shares not claimed yet: {TREASURY} -> {OTHER}; in force 172800 s (2 d) after execution",
    ),
    "registries": (
        lambda settings: registries_change(settings, NOW, [OTHER, GOVERNANCE, OTHER]),
        lambda settings, now: settings.registries,
        f"{OTHER},{GOVERNANCE}",
        f"registries: [] -> [{OTHER},{GOVERNANCE}]; in force 172800 s (2 d) after execution",
    ),
    "governance": (
        lambda settings: governance_change(settings, NOW, OTHER),
        lambda settings, now: settings.governance,
        OTHER,
        f"governance: {GOVERNANCE} -> {OTHER}; in force 172800 s (2 d) after execution",
    ),
    "new ledger": (
        lambda settings: ledger_addition(settings, NOW, CYCLES, GOVERNANCE),
        lambda settings, now: (
            ledger_count(settings) == 2 and sells_in(settings, 1),
            ledger_kind(settings, 1),
            ledger_principal(settings, 1),
        ),
        (True, CYCLES, GOVERNANCE),
        f"ledger 1: none -> raw cycles, with the cycles ledger {GOVERNANCE}, on sale; in force 172800 s (2 d) after execution",
    ),
    "ledger": (
        lambda settings: ledger_switch(settings, NOW, 0, sells=False),
        lambda settings, now: sells_in(settings, 0),
        False,
        f"ledger 0: ICRC ledger {OTHER}, on sale -> ICRC ledger {OTHER}, no new sales; in force 172800 s (2 d) after execution",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_shown_before_and_holds_after_its_delay(case: str) -> None:
    make, read, wanted, words = CASES[case]
    before = _settings()
    decision = make(before)
    assert decision.words == words
    stored = encode_settings(_enact(before, decision))
    moment = Nanoseconds(NOW + 2 * DAY_NS)
    assert read(settings_of(stored, Nanoseconds(moment - 1)), Nanoseconds(moment - 1)) != wanted
    assert read(settings_of(stored, moment), moment) == wanted
    assert [change.effective_at for change in announced(settings_of(stored, NOW), NOW)] == [moment]
    assert announced(settings_of(stored, moment), moment) == []


@pytest.mark.parametrize("case", CASES)
def test_without_a_delay_a_change_holds_at_once(case: str) -> None:
    make, read, wanted, _ = CASES[case]
    settings = _settings(delay=0)
    if case == "delay":
        settings = _enact(settings, change_delay_change(settings, NOW, 1))
        make = lambda before: change_delay_change(before._replace(change_delay_seconds=0), NOW, 0)  # noqa: E731
        settings = settings._replace(change_delay_seconds=0)
    assert read(_enact(settings, make(settings)), NOW) == wanted


@pytest.mark.parametrize("case", [case for case in CASES if case != "new ledger"])
def test_a_second_change_takes_the_place_of_the_first(case: str) -> None:
    make, *_ = CASES[case]
    settings = _enact(_settings(), make(_settings()))
    later = Nanoseconds(NOW + DAY_NS)
    again = make(settings)
    assert "; takes the place of the pending change to " in again.words
    settings, moment = enacted(settings, again, later)
    assert [change.effective_at for change in announced(settings, later)] == [moment] == [later + 2 * DAY_NS]


def test_a_change_without_delay_drops_the_pending_one() -> None:
    settings = _enact(_settings(), treasury_change(_settings(), NOW, AccountKey(OTHER)))._replace(change_delay_seconds=0)
    settings = _enact(settings, treasury_change(settings, NOW, AccountKey(GOVERNANCE)))
    assert in_force(settings, Nanoseconds(NOW + 9 * DAY_NS)).treasury == GOVERNANCE


def test_a_pause_holds_at_once() -> None:
    settings = _settings()
    decision = pause_change(settings, NOW, paused=True)
    assert decision.words == "sales, new plans and refunds: open -> paused; in force at execution"
    settings, moment = enacted(settings, decision, NOW)
    assert (settings.paused, moment, settings.pending) == (1, NOW, "")
    assert _enact(settings, pause_change(settings, NOW, paused=False)).paused == 0


def test_ledgers_are_numbered_when_they_are_listed() -> None:
    settings = _settings()
    settings = _enact(settings, ledger_addition(settings, NOW, ICRC, GOVERNANCE))
    settings = _enact(settings, change_delay_change(settings, NOW, 0), Nanoseconds(NOW - DAY_NS))
    settings = in_force(settings, Nanoseconds(NOW + DAY_NS))
    # The second addition is in force before the first one.
    settings = _enact(settings, ledger_addition(settings, NOW, CYCLES, GOVERNANCE), Nanoseconds(NOW + DAY_NS))
    assert [ledger_principal(settings, number) for number in range(3)] == [OTHER, GOVERNANCE, GOVERNANCE]
    assert [sells_in(settings, number) for number in range(3)] == [True, False, True]
    assert cycles_number(settings) == 2
    settings = in_force(settings, Nanoseconds(NOW + 2 * DAY_NS))
    assert [sells_in(settings, number) for number in range(3)] == [True, True, True]


def _refusal(make: Callable[[], object]) -> object:
    with pytest.raises(Refused) as refusal:
        make()
    return refusal.value.as_case()


def test_bounds_hold_at_equality() -> None:
    settings = _settings()
    assert protocol_fee_change(settings, NOW, 100_000).value == "100000"
    assert _refusal(lambda: protocol_fee_change(settings, NOW, 100_001)) == {"OutOfBounds": {"least": 0, "most": 100_000}}
    for change in (plan_notice_change, change_delay_change):
        assert change(settings, NOW, MONTH).value == str(MONTH)
        assert _refusal(lambda change=change: change(settings, NOW, MONTH + 1)) == {"OutOfBounds": {"least": 0, "most": MONTH}}
    sixteen = [f"registry-{number}" for number in range(16)]
    assert is_registry(settings._replace(registries=registries_change(settings, NOW, sixteen).value), "registry-15")
    assert _refusal(lambda: registries_change(settings, NOW, [*sixteen, "one-more"])) == {"TooManyRegistries": {"most": 16}}


def test_nobody_is_anonymous() -> None:
    settings, anonymous = _settings(), {"InvalidAccount": {"reason": "an account of the anonymous principal"}}
    assert _refusal(lambda: treasury_change(settings, NOW, AccountKey(f"{ANONYMOUS}.{'01' * 32}"))) == anonymous
    assert _refusal(lambda: validators_change(settings, NOW, ANONYMOUS)) == anonymous
    assert _refusal(lambda: governance_change(settings, NOW, ANONYMOUS)) == anonymous


def test_eight_ledgers_each_once() -> None:
    settings = _settings()
    assert _refusal(lambda: ledger_addition(settings, NOW, ICRC, OTHER)) == {"KnownLedger": {"ledger": 0}}
    assert _refusal(lambda: ledger_switch(settings, NOW, 1, sells=True)) == {"UnknownLedger": {"ledger": 1}}
    for number in range(1, 8):
        kind, canister = (CYCLES, OTHER) if number == 7 else (ICRC, PrincipalText(f"ledger-{number}"))
        settings = _enact(settings, ledger_addition(settings, NOW, kind, canister))
    assert ledger_count(settings) == 8
    assert cycles_number(settings) is None
    assert _refusal(lambda: ledger_addition(settings, NOW, ICRC, GOVERNANCE)) == {"TooManyLedgers": {"most": 8}}
    seven = settings._replace(ledgers=settings.ledgers.partition(",")[2])
    assert _refusal(lambda: ledger_addition(seven, NOW, CYCLES, GOVERNANCE)) == {"KnownLedger": {"ledger": 6}}


def test_the_line_has_room_for_everything_at_once() -> None:
    long = PrincipalText("a" * 63)
    settings = first_settings(long, long, long, AccountKey(f"{long}.{'f' * 64}"), 100_000)._replace(validators=long)
    for number in range(8):
        settings = _enact(settings, ledger_addition(settings, NOW, ICRC, PrincipalText(f"{number}" * 63)))
    settings = _enact(settings, registries_change(settings, NOW, [f"{number:x}" * 63 for number in range(16)]))
    settings = settings._replace(change_delay_seconds=MONTH)
    for number in range(8):
        settings = _enact(settings, ledger_switch(settings, NOW, number, sells=False))
    settings = _enact(settings, registries_change(settings, NOW, [f"{number:x}" * 63 for number in range(16)]))
    for change in (treasury_change, validators_change, governance_change):
        settings = _enact(settings, change(settings, NOW, settings.treasury if change is treasury_change else long))  # type: ignore[operator]
    for delay in (plan_notice_change, change_delay_change):
        settings = _enact(settings, delay(settings, NOW, MONTH))
    for day in range(17):
        moment = Nanoseconds(NOW + day * 31 * DAY_NS)
        settings = _enact(settings, protocol_fee_change(settings, moment, 100_000), moment)
    assert 4_000 < len(encode_settings(settings)) <= 4_600


@given(st.lists(st.tuples(st.sampled_from(sorted(CASES)), st.integers(0, 3 * DAY_NS)), max_size=8), st.integers(0, 5 * DAY_NS))
def test_reading_back_what_was_written(steps: list[tuple[str, int]], look: int) -> None:
    settings, now = _settings(), NOW
    for case, pause in steps:
        now = Nanoseconds(now + pause)
        settings = in_force(settings, now)
        if case != "new ledger" or ledger_count(settings) == 1:
            settings = _enact(settings, CASES[case][0](settings), now)
    assert decode_settings(encode_settings(settings)) == settings
    at = Nanoseconds(now + look)
    assert settings_of(encode_settings(settings), at) == in_force(settings, at)
