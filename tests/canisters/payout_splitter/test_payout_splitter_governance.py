"""Governance's pairs of methods: what one shows the other does, after the delay; whoever else calls, and whatever fails, traps."""

from __future__ import annotations

from typing import Any

import pytest
from splitter_bench import (
    ANONYMOUS,
    FIRST,
    GOVERNANCE,
    LICENCE_LEDGER,
    OTHER_REGISTRY,
    PROVIDER,
    REGISTRY,
    SPLITTER,
    STRANGER,
    STREAM,
    TREASURY,
    VALIDATORS,
    Bench,
    account,
)

from kybra_replica.driver import CallRejected, user

DAY = 24 * 60 * 60
MONTH = 30 * DAY
DELAY = 2 * DAY
IN_TWO_DAYS = "; in force 172800 s (2 d) after execution"
NEW_LEDGER = user("another ledger")
ICRC_LEDGER = {"kind": {"Icrc": None}, "ledger": NEW_LEDGER}
NO_OUTCOME = {"payment": {"Payout": 1}, "outcome": {"NotCarriedOut": None}}

# Method, argument, what voters are shown, the parameter that changes, its old value and its new one.
CHANGES: dict[str, tuple[Any, str, str, Any, Any]] = {
    "set_protocol_fee": (
        100_000, "protocol fee: 20000 ppm (2 %) -> 100000 ppm (10 %)" + IN_TWO_DAYS, "protocol_fee_ppm", 20_000, 100_000
    ),
    "set_plan_notice": (MONTH, "notice of new plans: 0 s -> 2592000 s (30 d)" + IN_TWO_DAYS, "plan_notice_seconds", 0, MONTH),
    "set_change_delay": (
        MONTH, "delay of changes: 172800 s (2 d) -> 2592000 s (30 d)" + IN_TWO_DAYS, "change_delay_seconds", DELAY, MONTH
    ),
    "set_treasury": (
        account(STRANGER),
        f"treasury, with the fees not claimed yet: {TREASURY} -> {STRANGER}" + IN_TWO_DAYS,
        "treasury", str(TREASURY), str(STRANGER),
    ),
    "set_validators": (
        STRANGER,
        f"validators, with the shares not claimed yet: {VALIDATORS} -> {STRANGER}" + IN_TWO_DAYS,
        "validators", str(VALIDATORS), str(STRANGER),
    ),
    "set_registries": (
        [STRANGER], f"registries: [{REGISTRY},{OTHER_REGISTRY}] -> [{STRANGER}]" + IN_TWO_DAYS,
        "registries", [str(REGISTRY), str(OTHER_REGISTRY)], [str(STRANGER)],
    ),
    "set_governance": (
        STRANGER, f"governance: {GOVERNANCE} -> {STRANGER}" + IN_TWO_DAYS, "governance", str(GOVERNANCE), str(STRANGER)
    ),
}  # fmt: skip

REFUSED: list[tuple[str, Any, str]] = [
    ("set_protocol_fee", 100_001, "OutOfBounds: least = 0, most = 100000"),
    ("set_plan_notice", MONTH + 1, "OutOfBounds: least = 0, most = 2592000"),
    ("set_change_delay", MONTH + 1, "OutOfBounds: least = 0, most = 2592000"),
    ("set_treasury", account(ANONYMOUS), "InvalidAccount: reason = 'an account of the anonymous principal'"),
    ("set_treasury", account(STRANGER, b"\2"), "InvalidAccount: reason = 'a subaccount has 32 bytes, not 1'"),
    ("set_validators", ANONYMOUS, "InvalidAccount: reason = 'an account of the anonymous principal'"),
    ("set_governance", ANONYMOUS, "InvalidAccount: reason = 'an account of the anonymous principal'"),
    ("set_registries", [user(f"registry {number}") for number in range(17)], "TooManyRegistries: most = 16"),
    ("switch_ledger", {"ledger": 1, "sells": False}, "UnknownLedger: ledger = 1"),
    ("resolve", NO_OUTCOME, "NotUnresolved"),
    ("resolve", {"payment": {"Collection": 1}, "outcome": {"CarriedOut": 1}}, "NotUnresolved"),
]

EVERY_METHOD: list[tuple[str, Any]] = [
    *[(method, case[0]) for method, case in CHANGES.items()],
    ("add_ledger", ICRC_LEDGER),
    ("switch_ledger", {"ledger": 0, "sells": False}),
    ("set_paused", True),
    ("resolve", NO_OUTCOME),
]


def _parameters(bench: Bench) -> dict[str, Any]:
    parameters: dict[str, Any] = bench.splitter.query("parameters")
    return parameters


def _pass(bench: Bench, seconds: int) -> None:
    bench.replica.advance_time(seconds)


@pytest.fixture
def slow(bench: Bench) -> Bench:
    """A bench whose governance waits for two days."""
    bench.govern("set_change_delay", DELAY)
    assert _parameters(bench)["change_delay_seconds"] == DELAY
    return bench


def test_parameters_tell_who_is_who(bench: Bench) -> None:
    assert _parameters(bench) == {
        "governance": str(GOVERNANCE),
        "dst_ledger": str(LICENCE_LEDGER),
        "registries": [str(REGISTRY), str(OTHER_REGISTRY)],
        "ledgers": [{"ledger": 0, "kind": {"Icrc": None}, "canister": str(bench.ledger.id), "sells": True, "fee": 10}],
        "treasury": str(TREASURY),
        "validators": str(VALIDATORS),
        "protocol_fee_ppm": 20_000,
        "plan_notice_seconds": 0,
        "change_delay_seconds": 0,
        "paused": False,
    }


@pytest.mark.parametrize("method", CHANGES)
def test_voters_are_shown_what_the_change_does_and_when(slow: Bench, method: str) -> None:
    argument, words, name, old, new = CHANGES[method]
    before = _parameters(slow)
    # Anyone may ask; nothing happens.
    assert slow.splitter.query(f"validate_{method}", argument, sender=STRANGER) == {"Ok": words}
    assert slow.splitter.call(f"validate_{method}", argument, sender=STRANGER) == {"Ok": words}
    assert (_parameters(slow), slow.splitter.query("pending_changes")) == (before, [])
    slow.govern(method, argument)
    (pending,) = slow.splitter.query("pending_changes")
    assert pending["name"] == name
    _pass(slow, DELAY - 3)
    assert (_parameters(slow), before[name]) == (before, old)
    _pass(slow, 3)
    assert (_parameters(slow), slow.splitter.query("pending_changes")) == (before | {name: new}, [])


@pytest.mark.parametrize(("method", "argument", "words"), REFUSED)
def test_what_cannot_be_is_told_to_voters_and_traps(slow: Bench, method: str, argument: Any, words: str) -> None:
    before = _parameters(slow), slow.blocks()
    assert slow.splitter.query(f"validate_{method}", argument) == {"Err": words}
    with pytest.raises(CallRejected, match=words.partition("=")[0].strip()):
        slow.govern(method, argument)
    assert (_parameters(slow), slow.blocks(), slow.splitter.query("pending_changes")) == (*before, [])


@pytest.mark.parametrize(("method", "argument"), EVERY_METHOD)
def test_whoever_else_calls_is_trapped(bench: Bench, method: str, argument: Any) -> None:
    before = _parameters(bench)
    with pytest.raises(CallRejected, match="only governance may do this"):
        bench.from_inside(method, argument, sender=STRANGER)
    with pytest.raises(CallRejected, match="rejected the message"):
        bench.govern(method, argument, sender=STRANGER)
    assert (_parameters(bench), bench.splitter.query("pending_changes")) == (before, [])


def test_a_pause_holds_at_once_and_ends_at_once(slow: Bench) -> None:
    slow.open_stream({FIRST: 1})
    assert slow.splitter.query("validate_set_paused", True) == {"Ok": "sales, new plans and refunds: open -> paused; in force at execution"}
    slow.govern("set_paused", True)
    assert _parameters(slow)["paused"]
    assert slow.collect(1, 1_000) == {"Err": {"Paused": None}}
    slow.govern("set_paused", False)
    assert slow.sell(1, 1_000)["price"] == 1_000


def test_a_later_decision_takes_the_place_of_a_pending_one(slow: Bench) -> None:
    slow.govern("set_protocol_fee", 30_000)
    _pass(slow, DAY)
    shown = slow.splitter.query("validate_set_protocol_fee", 40_000)["Ok"]
    assert shown.endswith("; takes the place of the pending change to 30000")
    slow.govern("set_protocol_fee", 40_000)
    _pass(slow, DAY)
    assert _parameters(slow)["protocol_fee_ppm"] == 20_000
    _pass(slow, DAY)
    assert _parameters(slow)["protocol_fee_ppm"] == 40_000


def test_governance_is_handed_over_after_the_delay(slow: Bench) -> None:
    slow.govern("set_governance", STRANGER)
    slow.govern("set_paused", True)
    _pass(slow, DELAY)
    with pytest.raises(CallRejected, match="only governance may do this"):
        slow.from_inside("set_paused", False, sender=GOVERNANCE)
    slow.govern("set_paused", False, sender=STRANGER)
    assert not _parameters(slow)["paused"]


def test_pending_changes_survive_an_upgrade(slow: Bench) -> None:
    slow.govern("set_treasury", account(STRANGER))
    slow.splitter.upgrade()
    assert [change["name"] for change in slow.splitter.query("pending_changes")] == ["treasury"]
    _pass(slow, DELAY)
    assert _parameters(slow)["treasury"] == str(STRANGER)


def test_a_new_ledger_is_listed_at_once_and_on_sale_after_the_delay(slow: Bench) -> None:
    words = f"ledger 1: none -> ICRC ledger {NEW_LEDGER}, on sale" + IN_TWO_DAYS
    assert slow.splitter.query("validate_add_ledger", ICRC_LEDGER) == {"Ok": words}
    slow.govern("add_ledger", ICRC_LEDGER)
    assert [ledger["sells"] for ledger in _parameters(slow)["ledgers"]] == [True, False]
    assert slow.splitter.query("validate_add_ledger", ICRC_LEDGER) == {"Err": "KnownLedger: ledger = 1"}
    with pytest.raises(CallRejected, match="KnownLedger"):
        slow.govern("add_ledger", ICRC_LEDGER)
    _pass(slow, DELAY)
    assert [ledger["sells"] for ledger in _parameters(slow)["ledgers"]] == [True, True]


def test_eight_ledgers_are_the_most(bench: Bench) -> None:
    for number in range(1, 8):
        bench.govern("add_ledger", {"kind": {"Icrc": None}, "ledger": user(f"ledger {number}")})
    assert bench.splitter.query("validate_add_ledger", ICRC_LEDGER) == {"Err": "TooManyLedgers: most = 8"}
    with pytest.raises(CallRejected, match="TooManyLedgers"):
        bench.govern("add_ledger", ICRC_LEDGER)


def test_a_ledger_is_taken_off_sale_and_put_back(bench: Bench) -> None:
    switch = {"ledger": 0, "sells": False}
    words = f"ledger 0: ICRC ledger {bench.ledger.id}, on sale -> ICRC ledger {bench.ledger.id}, no new sales; in force at execution"
    assert bench.splitter.query("validate_switch_ledger", switch) == {"Ok": words}
    bench.open_stream({FIRST: 1})
    bench.govern("switch_ledger", switch)
    assert bench.collect(1, 1_000) == {"Err": {"UnknownLedger": {"ledger": 0}}}
    bench.govern("switch_ledger", switch | {"sells": True})
    assert bench.sell(1, 1_000)["price"] == 1_000


def test_a_changed_fee_holds_for_sales_from_its_moment_on(slow: Bench) -> None:
    slow.open_stream({FIRST: 1})
    slow.govern("set_protocol_fee", 50_000)
    assert slow.sell(1, 1_000)["protocol_fee"] == 20
    _pass(slow, DELAY)
    assert slow.sell(2, 1_000)["protocol_fee"] == 50


def test_sixteen_registries_are_allowed(bench: Bench) -> None:
    registries = [user(f"registry {number}") for number in range(16)]
    bench.govern("set_registries", registries)
    assert bench.record(bench.batch(0), sender=registries[15]) == {"Ok": 1}
    with pytest.raises(CallRejected, match="rejected the message"):
        bench.record(bench.batch(0), sender=REGISTRY)


def test_what_the_old_treasury_left_is_the_new_ones(bench: Bench) -> None:
    bench.open_stream({FIRST: 1})
    bench.sell(1, 1_000)
    bench.govern("set_treasury", account(STRANGER, b"\2" * 32))
    assert (bench.claimable(TREASURY), bench.claimable(STRANGER)) == (0, 20)
    assert _parameters(bench)["treasury"].startswith(f"{STRANGER}-")
    bench.check_solvency()


def test_every_decision_is_in_the_log(slow: Bench) -> None:
    start = len(slow.blocks())
    slow.govern("set_protocol_fee", 50_000)
    slow.govern("set_treasury", account(STRANGER))
    slow.govern("set_paused", True)
    fee, treasury, pause = slow.blocks(start)
    assert (fee["btype"], fee["ppm"], fee["effective_at"] - fee["ts"]) == ("ddsx:fee", 50_000, DELAY * 10**9)
    assert (treasury["btype"], treasury["name"], treasury["value"]) == ("ddsx:set", "treasury", str(STRANGER))
    assert (pause["name"], pause["value"], pause["effective_at"]) == ("paused", "1", pause["ts"])


# -- Offices ----------------------------------------------------------------------------------------------------------------


def test_anyone_may_have_the_treasury_paid_on_its_account(bench: Bench) -> None:
    bench.govern("set_treasury", account(TREASURY, b"\3" * 32))
    bench.open_stream({FIRST: 1})
    bench.sell(1, 49_999)
    assert bench.splitter.call("pay_treasury", 0, sender=STRANGER)["Ok"]["amount"] == 990
    assert bench.money(TREASURY, b"\3" * 32) == 990
    bench.check_solvency()


@pytest.mark.parametrize(("price", "answer"), [(49_950, None), (49_951, 990)])
def test_nobody_can_turn_the_treasury_into_fees(bench: Bench, price: int, answer: int | None) -> None:
    # A hundred times the ledger's fee of 10 is 1,000 units: 2 % of 49,951, rounded up.
    bench.open_stream({FIRST: 1})
    bench.sell(1, price)
    paid = bench.splitter.call("pay_treasury", 0, sender=STRANGER)
    if answer is None:
        assert paid == {"Err": {"NothingToClaim": {"claimable": 999, "ledger_fee": 10}}}
    else:
        assert paid["Ok"]["amount"] == answer


def test_a_treasury_that_is_paid_keeps_what_it_has_besides(bench: Bench) -> None:
    bench.govern("set_treasury", account(FIRST))
    bench.open_stream({FIRST: 1})
    bench.sell(1, 100_000)
    assert bench.splitter.call("pay_treasury", 0, sender=STRANGER)["Ok"]["amount"] == 1_990
    assert bench.claimable(FIRST, STREAM) == 88_200
    bench.check_solvency()


def test_validators_are_paid_on_their_default_account(bench: Bench) -> None:
    bench.open_stream({FIRST: 1})
    step = {"payee": "validators", "name": "review", "share_ppm": 500_000, "cap_units": 0, "vest_seconds": 0}
    assert "Ok" in bench.set_plan(step)
    bench.sell(1, 10_000)
    assert bench.splitter.call("pay_validators", 0, sender=STRANGER)["Ok"]["amount"] == 4_890
    assert bench.money(VALIDATORS) == 4_890
    bench.sell(2, 1_000)
    assert bench.claim(VALIDATORS, ())["Ok"]["amount"] == 480
    assert bench.claimable(PROVIDER, STREAM) == 0
    bench.check_solvency()


def test_an_office_is_not_paid_on_an_unknown_ledger(bench: Bench) -> None:
    assert bench.splitter.call("pay_treasury", 1, sender=STRANGER) == {"Err": {"UnknownLedger": {"ledger": 1}}}


# -- Beginning --------------------------------------------------------------------------------------------------------------


def _init(bench: Bench, **changes: Any) -> dict[str, Any]:
    return {
        "governance": GOVERNANCE,
        "dst_ledger": LICENCE_LEDGER,
        "registries": [],
        "ledgers": [{"kind": {"Icrc": None}, "ledger": bench.ledger.id}],
        "treasury": account(TREASURY),
        "validators": None,
        "protocol_fee_ppm": 100_000,
        "plan_notice_seconds": MONTH,
        "change_delay_seconds": MONTH,
    } | changes


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"protocol_fee_ppm": 100_001}, "OutOfBounds"),
        ({"treasury": account(ANONYMOUS)}, "InvalidAccount"),
        ({"validators": ANONYMOUS}, "InvalidAccount"),
        ({"registries": [user(f"registry {number}") for number in range(17)]}, "TooManyRegistries"),
        ({"plan_notice_seconds": MONTH + 1}, "OutOfBounds"),
        ({"change_delay_seconds": MONTH + 1}, "OutOfBounds"),
        ({"ledgers": [ICRC_LEDGER, ICRC_LEDGER]}, "KnownLedger"),
        ({"ledgers": [{"kind": {"Cycles": None}, "ledger": user(f"cycles {number}")} for number in range(2)]}, "KnownLedger"),
    ],
)
def test_a_splitter_is_not_installed_beyond_its_limits(bench: Bench, changes: dict[str, Any], kind: str) -> None:
    with pytest.raises(CallRejected, match=f"Refused: {kind}"):
        bench.replica.install(SPLITTER, _init(bench, **changes))


def test_a_splitter_is_installed_at_its_limits(bench: Bench) -> None:
    made = bench.replica.install(SPLITTER, _init(bench))
    parameters = made.query("parameters")
    assert (parameters["plan_notice_seconds"], parameters["change_delay_seconds"]) == (MONTH, MONTH)
    # Without validators of their own, their shares are the treasury's owner's.
    assert (parameters["validators"], parameters["ledgers"][0]["sells"]) == (str(TREASURY), True)
    assert made.query("audit_of", STREAM) is None
