"""The splitter, driven at random with faults between its ledgers; every invariant of money after every step.

The naive model learns what happened from the splitter's log, and computes what must follow from it. So the machine asks for something, in
any state of the ledgers and of the calls under way, and everything else is compared: the log with what was asked for, the books with the
model, the model with what the ledgers hold.
"""

from __future__ import annotations

from typing import Any

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from money_checks import at_rest, balances, check
from money_machine import settle_payments
from money_watch import CYCLES, LEDGERS, OWN, PLAIN
from money_world import (
    AUTHOR,
    GOVERNANCE,
    LICENCE_LEDGER,
    PAYEES,
    PAYERS,
    PROVIDERS,
    REGISTRY,
    STREAMS,
    TREASURY,
    VALIDATORS,
    WORKERS,
    MoneyWorld,
)

from exchange import account
from kybra_replica.principal import Principal

DAY = 86_400
FAULTS = ("trap_at_await", "drop_reply", "delay_reply", "fail_request")
AWAITED = ("icrc2_transfer_from", "icrc1_transfer", "icrc1_fee", "icrc1_balance_of", "deposit_cycles")
REFUSALS = ("", "", "GenericError", "TemporarilyUnavailable", "Trap", "InsufficientFunds", "TooOld", "BadFee")
CALM = 61
"""Seconds after which what is open is asked for again."""

streams = st.sampled_from(STREAMS)
payers = st.sampled_from(PAYERS)
ledgers = st.sampled_from((OWN, PLAIN))
prices = st.sampled_from((1, 29, 1_000, 999_983, 999_983, 10**9 + 7))
payees = st.sampled_from((*PROVIDERS, *WORKERS, *PAYEES))
chosen = st.sampled_from((STREAMS, STREAMS, STREAMS[:1], STREAMS[1:3], ()))


def earnings() -> st.SearchStrategy[dict[str, Any]]:
    """At once, by the second or by the delivered record."""
    terms = st.sampled_from((1, 7, 100, 3_600, 30 * DAY))
    return st.one_of(
        st.just({"AtOnce": None}),
        st.builds(lambda ticks: {"BySecond": ticks}, terms),
        st.sampled_from([{"ByRecord": 3}, {"ByRecord": 200}]),
    )


def step(payee: str, share: int, cap: int = 0, vest: int = 0) -> dict[str, Any]:
    """A step of a plan."""
    return {"payee": payee, "name": payee[:8].replace(":", " "), "share_ppm": share, "cap_units": cap, "vest_seconds": vest}


PLANS = (
    [],
    [step("provider", 333_333), step(f"p:{AUTHOR}", 100_001)],
    [step("validators", 50_000), step(f"p:{AUTHOR}", 1_000_000, 70), step("provider", 500_000, 0, 100)],
    [step(f"s:{STREAMS[1]:x}", 300_000), step("provider", 100_000, 10**6)],
    [step(f"s:{STREAMS[2]:x}", 1_000_000)],
    [step(f"s:{STREAMS[0]:x}", 500_000), step(f"p:{WORKERS[0]}", 250_000, 0, 5 * DAY)],
)


CHANGES = (
    *(("set_protocol_fee", ppm) for ppm in (0, 20_000, 100_000)),
    *((name, seconds) for name in ("set_plan_notice", "set_change_delay") for seconds in (0, 100, 30 * DAY)),
    *(("set_treasury", account(owner)) for owner in (TREASURY, VALIDATORS, WORKERS[0])),
    *(("set_paused", paused) for paused in (True, False, False)),
    *(("switch_ledger", {"ledger": ledger, "sells": sells}) for ledger in (PLAIN, CYCLES) for sells in (True, False)),
)
"""What governance may decide: a method and its argument."""


def text_of(steps: list[dict[str, Any]]) -> str:
    """A plan as its block states it."""
    return ";".join(["1", *(f"{s['payee']},{s['name']},{s['share_ppm']:x},{s['cap_units']:x},{s['vest_seconds']:x}" for s in steps)])


class MoneyMachine(RuleBasedStateMachine):
    """Registry, licence ledger, payees, governance, and bad luck."""

    def __init__(self) -> None:
        super().__init__()
        self.world = MoneyWorld.start()
        self.batches: list[dict[str, Any]] = []
        self.answers: dict[int, Any] = {}
        self.claims: list[tuple[Any, Any, Any]] = []
        self.paused = False
        self.steps = 0

    # -- Work and sales -------------------------------------------------------------------------------------------------------

    @rule(
        stream=streams,
        work=st.dictionaries(st.sampled_from(WORKERS), st.sampled_from((0, 1, 3, 10**9)), max_size=3),
        more=st.integers(0, 5),
    )
    def record_work(self, stream, work, more):
        book = self.world.model.streams[stream]
        batch = self.world.batch(stream, book.batches, book.size + more, work)
        self.world.asked.events.add(("work", stream, batch["batch"], batch["size"]))
        assert self.world.call("record_work", batch, sender=REGISTRY) == {"Ok": book.batches + 1}
        self.batches.append(batch)

    @rule(stream=streams, payer=payers, ledger=ledgers, price=prices)
    def sell(self, stream, payer, ledger, price):
        self.collect(stream, payer, ledger, price, "Allowance", {"AtOnce": None})

    @rule(stream=streams, payer=payers, ledger=ledgers, price=prices, earning=earnings())
    def sell_what_is_delivered_later(self, stream, payer, ledger, price, earning):
        self.collect(stream, payer, ledger, price, "Allowance", earning)

    @rule(stream=streams, payer=payers, ledger=ledgers, price=prices, earning=earnings(), sent=st.sampled_from((0, -1, 0, 0, 50)))
    def sell_for_a_deposit(self, stream, payer, ledger, price, earning, sent):
        """The deposit comes before the order is collected; one unit short, or more than is needed."""
        order = len(self.world.asked.orders) + 1
        self.deposit(order, ledger, payer, price + sent)
        self.collect(stream, payer, ledger, price, "Deposit", earning)

    def deposit(self, order, ledger, payer, amount):
        to = self.world.splitter.query("deposit_account", order)
        self.world.send(ledger, payer, to, amount + self.world.ledgers[ledger].query("icrc1_fee"))

    @rule(stream=streams, payer=payers, ledger=st.sampled_from((*LEDGERS, CYCLES)), price=prices, earning=earnings())
    def sell_for_a_balance(self, stream, payer, ledger, price, earning):
        if ledger == CYCLES:
            event(f"top up: {kind(self.world.top_up(payer, 10**12 + price))}")
        self.collect(stream, payer, ledger, price * 10**3 if ledger == CYCLES else price, "Balance", earning)

    @rule(data=st.data(), deposited=st.booleans())
    def collect_any_again(self, data, deposited):
        """An order that waits for its deposit may have it by now."""
        if self.answers:
            order = data.draw(st.sampled_from(sorted(self.answers)))
            asked = self.world.asked.orders[order]
            if deposited and "Deposit" in asked["source"]:
                self.deposit(order, asked["ledger"], Principal.from_text(asked["payer"]), asked["price"])
            self.collect_again(order)

    @rule(data=st.data())
    def ask_again(self, data):
        """Work that was taken, and claims that were answered."""
        if self.batches:
            batch = data.draw(st.sampled_from(self.batches))
            next_batch = self.world.model.streams[batch["stream"]].batches
            assert self.world.call("record_work", batch, sender=REGISTRY) == {"Ok": next_batch}
        if self.claims:
            self.claim_again(*data.draw(st.sampled_from(self.claims)))

    def collect(self, stream, payer, ledger, price, source, earning):
        order = len(self.world.asked.orders) + 1
        request = {"order": order, "stream": stream, "payer": str(payer), "price": price, "ledger": ledger}
        self.world.asked.orders[order] = request | {"source": {source: None}, "earning": earning}
        self.may_be_refunded(payer, ledger)
        self.collect_again(order)

    def collect_again(self, order):
        """What was answered for good is answered again."""
        request = self.world.asked.orders[order]
        answer = self.world.call("collect", request, sender=LICENCE_LEDGER)
        event(f"collect: {kind(answer)}")
        before = self.answers.get(order)
        if before is not None and is_final(before, request):
            assert answer == before, "INV-SALE-2"
        if answer is not None and "Ok" in answer:
            shares = ("protocol_fee", "provider_share", "others_share", "contributors_share", "escrowed")
            assert sum(answer["Ok"][name] for name in shares) == answer["Ok"]["price"] == request["price"], "INV-MONEY-4"
        self.answers[order] = answer

    # -- Money back -----------------------------------------------------------------------------------------------------------

    @rule(data=st.data(), how=st.sampled_from(("end", "end", "refund", "return")), amount=st.sampled_from((1, 100, 10**6)))
    def give_back(self, data, how, amount):
        known = sorted(self.world.asked.orders if how == "return" else self.world.model.sales)
        if known:
            order = data.draw(st.sampled_from(known))
            answer = {"end": self.end_order, "refund": self.refund, "return": self.return_deposit}[how](order, amount)
            event(f"{how}: {kind(answer)}")

    def end_order(self, order, _):
        self.world.asked.events.add(("end", order))
        answer = self.world.call("end_order", {"order": order}, sender=LICENCE_LEDGER)
        assert answer is not None
        assert self.world.call("end_order", {"order": order}, sender=LICENCE_LEDGER) == answer
        return answer

    def refund(self, order, amount):
        sale = self.world.model.sales[order]
        before = self.world.model.given_back.get(order, 0)
        self.world.asked.events.add(("refund", order, amount))
        request = {"order": order, "amount": amount, "refunded_before": before}
        answer = self.world.call("refund", request, sender=PROVIDERS[sale.stream % 2])
        assert not self.paused or answer == {"Err": {"Paused": None}}
        return answer

    def return_deposit(self, order, _):
        asked = self.world.asked.orders[order]
        return self.world.call("return_deposit", {"order": order, "ledger": asked["ledger"]}, sender=Principal.from_text(asked["payer"]))

    def may_be_refunded(self, payer, ledger):
        self.world.asked.claims.add((str(payer), ledger, ()))

    # -- Payees ---------------------------------------------------------------------------------------------------------------

    @rule(payee=payees, ledger=st.sampled_from(LEDGERS), named=chosen, timed=st.booleans())
    def claim(self, payee, ledger, named, timed):
        self.claim_of(payee, ledger, named, timed=timed)

    def claim_of(self, payee, ledger, named, *, timed):
        now = self.world.replica.get_time()
        to = {"Account": account(self.world.sink)} if ledger == CYCLES else None
        request = {"streams": list(named), "ledger": ledger, "to": to, "created_at_time": now if timed else None}
        self.world.asked.claims.add((str(payee), ledger, named))
        least = self.world.claimable(payee, ledger, named)
        answer = self.world.call("claim", request, sender=payee)
        event(f"claim: {kind(answer)}")
        if answer is not None and "NothingToClaim" in answer.get("Err", {}):
            refused = answer["Err"]["NothingToClaim"]
            assert least <= refused["claimable"] <= refused["ledger_fee"], "INV-MONEY-8: what can be claimed is paid"
        if timed:
            self.claims.append((payee, request, answer))

    @rule(ledger=ledgers)
    def everybody_claims(self, ledger):
        for payee in self.world.due(ledger, STREAMS):
            self.claim_of(payee, ledger, STREAMS, timed=False)

    def claim_again(self, payee, request, before):
        answer = self.world.call("claim", request, sender=payee)
        if before is not None and "Ok" in before:
            assert answer == before or "Superseded" in answer["Err"], "INV-MONEY-5"
            assert not [block for block in self.world.learn() if block["btype"] == "ddsx:payout" and block["payee"] == str(payee)]

    @rule(payee=payees, ledger=ledgers, named=chosen, threshold=st.sampled_from((1, 500_000)), enabled=st.booleans())
    def set_push(self, payee, ledger, named, threshold, enabled):
        self.world.asked.claims.add((str(payee), ledger, named))
        wish = {"enabled": enabled, "ledger": ledger, "threshold": threshold, "to": None, "streams": list(named)}
        event(f"push: {kind(self.world.call('set_push', wish, sender=payee))}")

    # -- Plans and governance -------------------------------------------------------------------------------------------------

    @rule(stream=streams, steps=st.sampled_from(PLANS))
    def set_plan(self, stream, steps):
        self.world.asked.events.add(("plan", stream, text_of(steps)))
        answer = self.world.call("set_plan", {"stream": stream, "steps": steps}, sender=PROVIDERS[stream % 2])
        event(f"plan: {kind(answer)}")
        assert not self.paused or answer == {"Err": {"Paused": None}}

    @rule(change=st.sampled_from(CHANGES))
    def govern(self, change):
        name, value = change
        if name == "set_protocol_fee":
            self.world.asked.events.add(("fee", value))
        self.world.call(name, value, sender=GOVERNANCE)
        if name == "set_paused":
            self.paused = value

    # -- Bad luck -------------------------------------------------------------------------------------------------------------

    @rule(fault=st.sampled_from(FAULTS), method=st.sampled_from(AWAITED), nth=st.integers(1, 2))
    def arm_a_fault(self, fault, method, nth):
        getattr(self.world.replica.faults, fault)(nth, method=method)

    @rule()
    def deliver_what_was_delayed(self):
        self.world.replica.faults.deliver_delayed()
        self.world.replica.tick()

    @rule(which=st.sampled_from(("splitter", "nothing", "nothing", "ledgers", "nothing", "splitter")))
    def upgrade(self, which):
        """Seldom: it takes as long as twenty other steps."""
        if which == "splitter":
            self.world.splitter.upgrade(sender=GOVERNANCE)
        if which == "ledgers":
            self.world.ledgers[OWN].upgrade()
        self.world.replica.tick()

    @rule(fee=st.sampled_from((0, 7, 1_000)), fee_first=st.booleans(), refusal=st.sampled_from(REFUSALS), times=st.integers(0, 1))
    def the_ledger_changes_its_mind(self, fee, fee_first, refusal, times):
        """Its fee, the order of its checks, and what it answers next."""
        ledger = self.world.ledgers[PLAIN]
        ledger.call("set_fee", fee)
        ledger.call("set_order", fee_first)
        ledger.call("fail_next", {"kind": refusal, "times": times})

    @rule(payee=payees, refusal=st.sampled_from(("", "GenericError", "Trap")))
    def the_ledger_refuses_an_account(self, payee, refusal):
        self.world.refuse(payee, refusal)

    @rule(seconds=st.sampled_from((1, 1, CALM, CALM, 700, 3_600, DAY, 40 * DAY)))
    def time_passes(self, seconds):
        self.world.replica.advance_time(seconds)
        self.world.replica.tick()

    @rule(now=st.sampled_from((*[False] * 7, True)))
    def all_settles(self, now):
        """Seldom: it takes as long as twenty other steps."""
        if now:
            self.everything_settles()

    def everything_settles(self):
        settle_payments(self.world)
        check(self.world)
        at_rest(self.world)

    # -- Laws -----------------------------------------------------------------------------------------------------------------

    @invariant()
    def money_is_where_it_belongs(self):
        check(self.world)
        self.steps += 1
        if self.steps % 20 == 0:
            balances(self.world, LEDGERS[self.steps // 20 % 3])

    def teardown(self):
        self.everything_settles()


def is_final(answer: Any, request: dict[str, Any]) -> bool:
    """Whether an order's answer cannot change any more."""
    if "Ok" in answer:
        return True
    (refusal,) = answer["Err"]
    waits = ("Deposit" in request["source"] or "Balance" in request["source"]) and refusal == "InsufficientFunds"
    return refusal not in {"Pending", "Paused", "UnknownLedger"} and not waits


def kind(answer: Any) -> str:
    """What became of a call, for the statistics of a run."""
    if answer is None:
        return "no answer yet, or a trap"
    ((tag, payload),) = answer.items()
    return tag if tag == "Ok" else "/".join(payload)


TestMoney = MoneyMachine.TestCase
# The profile `soak` asks for more of both.
TestMoney.settings = settings(
    max_examples=max(100, settings.default.max_examples), stateful_step_count=max(60, settings.default.stateful_step_count)
)
