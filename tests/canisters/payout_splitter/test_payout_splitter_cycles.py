"""Raw cycles: paid in with a call, spent on orders, and paid out to canisters or into the cycles ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from splitter_bench import ANONYMOUS, FIRST, STREAM, TREASURY, Bench, account

from ddsx_core.cycles_rules import PAYOUT_FEE, RESERVE
from kybra_replica.driver import CallRejected, CanisterHandle
from kybra_replica.principal import Principal

HERE = Path(__file__).parent
CYCLES = 1
PRICE = 10_000_000_000
NOBODY = Principal.canister(77)
HOUR = 60 * 60


class CyclesBench:
    """A bench that sells for cycles, with a buyer that is a canister, another that records work, and a cycles ledger."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.replica, self.splitter = bench.replica, bench.splitter
        self.ledger: CanisterHandle = self.replica.install(HERE / "cycles_ledger_canister.py")
        self.buyer: CanisterHandle = self.replica.install(HERE / "cycles_buyer_canister.py")
        self.worker: CanisterHandle = self.replica.install(HERE / "cycles_buyer_canister.py")
        bench.govern("add_ledger", {"kind": {"Cycles": None}, "ledger": self.ledger.id})
        bench.open_stream({self.worker.id: 1, FIRST: 1})

    def top_up(self, amount: int) -> Any:
        return self.buyer.call("top_up", self.splitter.id, amount)

    def sell(self, order: int = 1, price: int = PRICE) -> dict[str, Any]:
        """A sale that the buyer pays out of its balance."""
        return self.bench.sell(order, price, payer=str(self.buyer.id), ledger=CYCLES, source={"Balance": None})

    def claim(self, claimer: CanisterHandle | None = None, **changes: Any) -> Any:
        wish = {"streams": [STREAM], "ledger": CYCLES, "to": None, "created_at_time": None} | changes
        return (claimer or self.worker).call("claim", self.splitter.id, wish)

    def held(self, canister: Principal | None = None) -> int:
        """The cycles in a canister's balance, the splitter's unless another one is named."""
        return self.replica.get_cycles_balance(canister or self.splitter.id)

    def balance(self, payee: Principal, *streams: int) -> dict[str, Any]:
        balance: dict[str, Any] = self.bench.balance(payee, *streams, ledger=CYCLES)
        return balance

    def in_ledger(self, owner: Principal, subaccount: bytes | None = None) -> int:
        amount: int = self.ledger.query("icrc1_balance_of", account(owner, subaccount))
        return amount

    def check(self) -> dict[str, Any]:
        """Everything adds up, and the splitter has the cycles that its books say it owes."""
        audit: dict[str, Any] = self.bench.audit(CYCLES)
        assert audit["balanced"]
        assert audit["received"] == audit["credited"] + audit["pending"] + audit["remainder"] + audit["escrowed"] + audit["refunded"]
        given = audit["credited"] + audit["refunded"] + audit["topped_up"]
        assert given == sum(audit[name] for name in ("claimable", "in_flight", "paid", "ledger_fees_paid", "spent"))
        assert self.held() >= audit["holdings"] >= 0
        return audit


@pytest.fixture(scope="module")
def fresh_cycles(fresh_bench: Bench) -> CyclesBench:
    """Made once; tests use `made`."""
    return CyclesBench(fresh_bench)


@pytest.fixture
def made(fresh_cycles: CyclesBench) -> Iterator[CyclesBench]:
    """A bench that sells for cycles, as new."""
    with fresh_cycles.replica.isolated():
        yield fresh_cycles


@pytest.fixture
def sold(made: CyclesBench) -> CyclesBench:
    """One sale of 10 B cycles: treasury 0.2 B, provider 0.98 B, two contributors 4.41 B each."""
    assert made.top_up(PRICE) == {"Ok": PRICE}
    made.sell()
    return made


# -- Paying in --------------------------------------------------------------------------------------------------------------


def test_cycles_are_taken_in_whole_and_are_the_payers_balance(made: CyclesBench) -> None:
    before, spent = made.held(), made.held(made.buyer.id)
    assert made.top_up(3 * PRICE) == {"Ok": 3 * PRICE}
    assert made.top_up(PRICE) == {"Ok": 4 * PRICE}
    assert (made.held() - before, spent - made.held(made.buyer.id)) == (4 * PRICE, 4 * PRICE)
    assert made.balance(made.buyer.id)["claimable"] == 4 * PRICE
    assert made.check()["topped_up"] == 4 * PRICE


def test_less_than_a_payout_costs_is_not_taken(made: CyclesBench) -> None:
    before = made.held()
    assert made.top_up(PAYOUT_FEE - 1) == {"Err": {"TooFewCycles": {"least": PAYOUT_FEE}}}
    assert made.held() == before
    assert made.top_up(PAYOUT_FEE) == {"Ok": PAYOUT_FEE}


def test_without_sales_for_cycles_none_are_taken(made: CyclesBench) -> None:
    made.bench.govern("switch_ledger", {"ledger": CYCLES, "sells": False})
    before = made.held()
    assert made.top_up(PRICE) == {"Err": {"NoCyclesLedger": None}}
    assert made.held() == before
    made.bench.govern("switch_ledger", {"ledger": CYCLES, "sells": True})
    assert made.top_up(PRICE) == {"Ok": PRICE}


def test_callers_without_cycles_are_turned_away(made: CyclesBench) -> None:
    with pytest.raises(CallRejected, match="rejected the message"):
        made.splitter.call("top_up", sender=FIRST)
    assert made.bench.from_inside("top_up", sender=FIRST) == {"Err": {"TooFewCycles": {"least": PAYOUT_FEE}}}
    assert made.bench.from_inside("top_up", sender=ANONYMOUS) == {"Err": {"TooFewCycles": {"least": PAYOUT_FEE}}}


def test_a_sale_is_paid_from_the_balance_and_credited_at_once(made: CyclesBench) -> None:
    made.top_up(PRICE + 5)
    collected = made.sell()
    shares = [collected[name] for name in ("protocol_fee", "provider_share", "contributors_share")]
    assert shares == [200_000_000, 980_000_000, 8_820_000_000]
    assert made.balance(made.buyer.id) == {
        "credited": PRICE + 5, "claimable": 5, "in_flight": 0, "paid": 0, "ledger_fees": 0, "spent": PRICE, "ledger_fee": PAYOUT_FEE
    }  # fmt: skip
    assert made.check()["spent"] == PRICE


def test_what_a_balance_lacks_is_not_sold(made: CyclesBench) -> None:
    made.top_up(PRICE - 1)
    terms = {"payer": str(made.buyer.id), "ledger": CYCLES, "source": {"Balance": None}}
    assert made.bench.collect(1, PRICE, **terms) == {"Err": {"InsufficientFunds": {"balance": PRICE - 1, "needed": PRICE}}}
    made.top_up(PAYOUT_FEE)
    assert made.sell()["price"] == PRICE


# -- Paying out to canisters ------------------------------------------------------------------------------------------------


def test_a_canister_is_paid_into_its_balance(sold: CyclesBench) -> None:
    before, held = sold.held(sold.worker.id), sold.held()
    amount = 4_410_000_000 - PAYOUT_FEE
    assert sold.claim() == {"Ok": {"payout": 1, "amount": amount, "fee": PAYOUT_FEE, "block_index": None}}
    assert (sold.held(sold.worker.id) - before, held - sold.held()) == (amount, amount)
    state = sold.splitter.query("payout_state", 1)
    assert (state["status"], state["way"], state["to"]) == ({"Paid": None}, {"Canister": None}, str(sold.worker.id))
    assert sold.claim() == {"Err": {"NothingToClaim": {"claimable": 0, "ledger_fee": PAYOUT_FEE}}}
    assert sold.check()["paid"] == amount


def test_cycles_not_spent_are_claimed_back(made: CyclesBench) -> None:
    made.top_up(PRICE)
    before = made.held(made.buyer.id)
    assert made.claim(made.buyer, streams=[])["Ok"]["amount"] == PRICE - PAYOUT_FEE
    assert made.held(made.buyer.id) - before == PRICE - PAYOUT_FEE
    made.check()


@pytest.mark.parametrize(("extra", "paid"), [(0, None), (1, 1)])
def test_more_than_the_fee_is_paid(made: CyclesBench, extra: int, paid: int | None) -> None:
    made.top_up(PAYOUT_FEE + extra)
    answer = made.claim(made.buyer, streams=[])
    if paid is None:
        assert answer == {"Err": {"NothingToClaim": {"claimable": PAYOUT_FEE, "ledger_fee": PAYOUT_FEE}}}
    else:
        assert answer["Ok"]["amount"] == paid


def test_who_is_no_canister_cannot_be_paid_cycles(sold: CyclesBench) -> None:
    answer = sold.bench.claim(FIRST, ledger=CYCLES)
    assert answer["Err"]["PaymentRefused"]["reason"].startswith("NotAccepted: ")
    assert sold.balance(FIRST)["claimable"] == 4_410_000_000
    to = {"Account": account(sold.buyer.id)}
    assert sold.bench.claim(FIRST, (), ledger=CYCLES, to=to)["Ok"]["amount"] == 4_410_000_000 - PAYOUT_FEE
    sold.check()


def test_a_canister_that_is_not_there_is_not_paid(sold: CyclesBench) -> None:
    assert "PaymentRefused" in sold.claim(to={"Account": account(NOBODY)})["Err"]
    assert "Ok" in sold.claim()
    sold.check()


def test_a_canister_has_no_subaccounts_for_cycles(sold: CyclesBench) -> None:
    refusal = {"Err": {"InvalidAccount": {"reason": "a canister has no subaccounts for cycles"}}}
    assert sold.claim(to={"Account": account(sold.worker.id, b"\1" * 32)}) == refusal
    assert "Ok" in sold.claim(to={"Account": account(sold.worker.id, bytes(32))})


def test_payouts_leave_the_splitter_what_it_lives_on(sold: CyclesBench) -> None:
    amount = 4_410_000_000 - PAYOUT_FEE
    sold.replica.add_cycles(sold.splitter.id, amount + RESERVE - 1 - sold.held())
    refusal = {"Err": {"TemporarilyUnavailable": {"reason": "the splitter is short of cycles"}}}
    assert sold.claim() == refusal
    assert sold.balance(sold.worker.id, STREAM)["claimable"] == 4_410_000_000
    sold.replica.add_cycles(sold.splitter.id, 1)
    assert sold.claim()["Ok"]["amount"] == amount


def test_cycles_are_pushed(made: CyclesBench) -> None:
    wish = {"enabled": True, "ledger": CYCLES, "threshold": 4_410_000_000, "to": None, "streams": [STREAM]}
    assert made.worker.call("set_push", made.splitter.id, wish) == {"Ok": None}
    made.top_up(PRICE)
    made.sell()
    before = made.held(made.worker.id)
    made.bench.later(rounds=2)
    assert made.held(made.worker.id) - before == 4_410_000_000 - PAYOUT_FEE
    made.check()


# -- Paying out into the cycles ledger --------------------------------------------------------------------------------------


def test_the_cycles_ledger_is_paid_with_a_memo(sold: CyclesBench) -> None:
    amount = 4_410_000_000 - PAYOUT_FEE
    to = {"CyclesLedger": account(FIRST, b"\4" * 32)}
    assert sold.bench.claim(FIRST, ledger=CYCLES, to=to)["Ok"] == {"payout": 1, "amount": amount, "fee": PAYOUT_FEE, "block_index": 0}
    # The cycles ledger has a fee of its own.
    assert sold.in_ledger(FIRST, b"\4" * 32) == amount - 100_000_000
    assert sold.ledger.query("last_memo") == (1).to_bytes(8, "big").hex()
    assert sold.splitter.query("payout_state", 1)["way"] == {"CyclesLedger": None}
    sold.check()


@pytest.mark.parametrize("mood", ["trap", "take nothing"])
def test_cycles_that_come_back_are_the_payees_again(sold: CyclesBench, mood: str) -> None:
    held = sold.held()
    sold.ledger.call("set_mood", mood)
    to = {"CyclesLedger": account(FIRST)}
    assert sold.bench.claim(FIRST, ledger=CYCLES, to=to)["Err"]["PaymentRefused"]["reason"].startswith("NotAccepted: ")
    assert (sold.balance(FIRST)["claimable"], sold.held()) == (4_410_000_000, held)
    assert sold.check()["in_flight"] == 0
    sold.ledger.call("set_mood", "")
    assert sold.bench.claim(FIRST, (), ledger=CYCLES, to=to)["Ok"]["payout"] == 2


def test_cycles_that_come_back_in_part_are_the_payees_again_in_part(sold: CyclesBench) -> None:
    held, amount = sold.held(), 4_410_000_000 - PAYOUT_FEE
    sold.ledger.call("set_mood", "take half")
    assert sold.bench.claim(FIRST, ledger=CYCLES, to={"CyclesLedger": account(FIRST)})["Ok"]["amount"] == amount
    assert held - sold.held() == amount // 2
    assert sold.balance(FIRST)["claimable"] == amount // 2
    assert sold.check()["topped_up"] == PRICE + amount // 2


def test_a_treasury_with_a_subaccount_is_paid_cycles_in_the_cycles_ledger(sold: CyclesBench) -> None:
    sold.bench.govern("set_treasury", account(TREASURY, b"\6" * 32))
    refusal = {"Err": {"NothingToClaim": {"claimable": 200_000_000, "ledger_fee": PAYOUT_FEE}}}
    assert sold.splitter.call("pay_treasury", CYCLES, sender=FIRST) == refusal
    sold.top_up(30 * PRICE)
    sold.sell(2, 30 * PRICE)
    assert sold.splitter.call("pay_treasury", CYCLES, sender=FIRST)["Ok"]["amount"] == 6_200_000_000 - PAYOUT_FEE
    assert sold.in_ledger(TREASURY, b"\6" * 32) == 6_200_000_000 - PAYOUT_FEE - 100_000_000
    sold.check()


# -- When calls go wrong ----------------------------------------------------------------------------------------------------

DEPOSIT = "deposit_cycles"


def _resolve(made: CyclesBench, outcome: dict[str, int | None]) -> str:
    resolution = {"payment": {"Payout": 1}, "outcome": outcome}
    words: str = made.splitter.query("validate_resolve", resolution)["Ok"]
    made.bench.govern("resolve", resolution)
    return words


def _trap_in_callback(made: CyclesBench) -> None:
    made.replica.faults.trap_at_await(canister=made.splitter.id, method=DEPOSIT)
    with pytest.raises(CallRejected, match="trap injected"):
        made.claim()
    assert made.balance(made.worker.id, STREAM)["in_flight"] == 4_410_000_000


def test_a_callback_that_traps_is_never_followed_by_another_attempt(sold: CyclesBench) -> None:
    before = sold.held(sold.worker.id)
    _trap_in_callback(sold)
    sold.bench.later(HOUR - 60)
    assert sold.splitter.query("payout_state", 1)["status"] == {"Open": None}
    sold.bench.later(120)
    assert sold.splitter.query("payout_state", 1)["status"] == {"Unresolved": None}
    sold.bench.later(HOUR, rounds=3)
    assert sold.held(sold.worker.id) - before == 4_410_000_000 - PAYOUT_FEE
    assert sold.splitter.query("payout_state", 1)["attempts"] == 1
    assert sold.check()["in_flight"] == 4_410_000_000


def test_governance_enters_that_cycles_were_paid(sold: CyclesBench) -> None:
    _trap_in_callback(sold)
    sold.bench.later(HOUR + 60)
    words = _resolve(sold, {"CarriedOut": None})
    amount = 4_410_000_000 - PAYOUT_FEE
    assert words == f"payout 1 of {amount} units to c:{sold.worker.id} for {sold.worker.id}: unresolved -> carried out"
    assert sold.splitter.query("payout_state", 1)["status"] == {"Paid": None}
    assert sold.check()["paid"] == amount


def test_governance_enters_that_cycles_came_back(sold: CyclesBench) -> None:
    sold.replica.faults.fail_request(method=DEPOSIT)
    _trap_in_callback(sold)
    sold.bench.later(HOUR + 60)
    assert _resolve(sold, {"NotCarriedOut": None}).endswith("unresolved -> not carried out")
    assert sold.balance(sold.worker.id)["claimable"] == 4_410_000_000
    assert sold.claim()["Ok"]["payout"] == 2
    assert sold.check()["in_flight"] == 0


def test_how_many_cycles_came_back_says_more_than_the_answer(sold: CyclesBench) -> None:
    # The reply is lost, the refund is not.
    sold.replica.faults.drop_reply(method=DEPOSIT)
    assert sold.claim()["Ok"]["amount"] == 4_410_000_000 - PAYOUT_FEE
    assert sold.check()["in_flight"] == 0


def test_a_call_that_gets_lost_pays_nothing(sold: CyclesBench) -> None:
    sold.replica.faults.fail_request(method=DEPOSIT)
    assert "PaymentRefused" in sold.claim()["Err"]
    assert sold.claim()["Ok"]["payout"] == 2
    assert sold.check()["in_flight"] == 0


@pytest.mark.parametrize("lost", [False, True])
def test_an_answer_is_believed_however_late(sold: CyclesBench, lost: bool) -> None:
    if lost:
        sold.replica.faults.fail_request(method=DEPOSIT)
    sold.replica.faults.delay_reply(method=DEPOSIT)
    wish = {"streams": [STREAM], "ledger": CYCLES, "to": None, "created_at_time": None}
    call = sold.worker.submit("claim", sold.splitter.id, wish)
    sold.replica.tick()
    sold.bench.later(HOUR + 60)
    assert sold.bench.open_payments()["unresolved_payouts"] == [1]
    assert sold.replica.faults.deliver_delayed() == 1
    answer = sold.worker.wait("claim", call)
    assert "PaymentRefused" in answer["Err"] if lost else answer["Ok"]["payout"] == 1
    assert sold.bench.open_payments()["unresolved_payouts"] == []
    assert sold.check()["in_flight"] == 0


def test_an_upgrade_in_flight_leaves_it_to_governance(sold: CyclesBench) -> None:
    sold.replica.faults.delay_reply(method=DEPOSIT)
    wish = {"streams": [STREAM], "ledger": CYCLES, "to": None, "created_at_time": None}
    sold.worker.submit("claim", sold.splitter.id, wish)
    sold.replica.tick()
    sold.splitter.upgrade()
    assert sold.replica.faults.deliver_delayed() == 1
    sold.replica.tick(2)
    assert sold.splitter.query("payout_state", 1)["status"] == {"Open": None}
    sold.bench.later(HOUR + 60, rounds=2)
    assert sold.splitter.query("payout_state", 1)["status"] == {"Unresolved": None}
    _resolve(sold, {"CarriedOut": None})
    assert sold.check()["in_flight"] == 0
