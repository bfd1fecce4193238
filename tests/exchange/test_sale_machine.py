"""The whole exchange, driven at random against the naive models, with faults; every invariant after every step."""

from __future__ import annotations

from typing import Any

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from money_machine import settle_payments
from money_watch import CYCLES, LEDGERS, OWN, PLAIN
from sale_checks import after_every_step, at_rest
from sale_world import BUYERS, FUNDS, MOST_PERIODS, OPERATORS, PROVIDER, World

from exchange import account

DAY = 86_400
operators = st.sampled_from(OPERATORS)
buyers = st.sampled_from(BUYERS)
streams = st.integers(0, 1)
payees = st.sampled_from((PROVIDER, *OPERATORS, *BUYERS))
ledgers = st.sampled_from(LEDGERS)
FAULTS = ("trap_at_await", "drop_reply", "delay_reply", "fail_request")
METHODS = (
    "record_work",
    "collect",
    "icrc2_transfer_from",
    "icrc1_transfer",
    "settle_work",
    "apply_entitlements",
    "end_order",
    "deposit_cycles",
)
CANISTERS = ("token_ledger", "stream_registry", "dst_ledger", "payout_splitter")
REFUSALS = ("", "", "GenericError", "TemporarilyUnavailable", "Trap", "InsufficientFunds", "BadFee")
SOURCES = ("Allowance", "Allowance", "Deposit", "Balance")


def plan_step(payee: str, share: int, cap: int = 0, vest: int = 0) -> dict[str, Any]:
    """A step of a plan."""
    return {"payee": payee, "name": payee[:8].replace(":", " "), "share_ppm": share, "cap_units": cap, "vest_seconds": vest}


class SaleMachine(RuleBasedStateMachine):
    """Providers, operators, buyers, governance and bad luck."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World.start()
        self.last_requests: list[tuple[dict[str, Any], Any]] = []
        self.batches: list[tuple[dict[str, Any], Any, Any]] = []

    # -- Work and sales -------------------------------------------------------------------------------------------------------

    @rule(which=streams, operator=operators, values=st.lists(st.integers(0, 999), min_size=1, max_size=5))
    def append(self, which, operator, values):
        stream = self.world.streams[which]
        request, first = self.world.append(stream, operator, [f'{{"value":{value}}}' for value in values])
        assert first["Ok"]["size"] == len(self.world.streams_model[stream].records)
        self.batches = [entry for entry in self.batches if entry[1] != operator or entry[0]["stream"] != stream]
        self.batches.append((request, operator, first))

    @rule(data=st.data())
    def append_again(self, data):
        """The latest batch of an operator is answered as it was; one that is not next is refused."""
        if self.batches:
            request, operator, first = data.draw(st.sampled_from(self.batches))
            assert self.world.submit("stream_registry", "append", request, sender=operator) == first
            gap = request | {"batch": request["batch"] + 2}
            refusal = {"Err": {"BatchGap": {"expected": request["batch"] + 1}}}
            assert self.world.submit("stream_registry", "append", gap, sender=operator) == refusal

    @rule(data=st.data(), buyer=buyers, periods=st.integers(1, 4), source=st.sampled_from(SOURCES))
    def purchase(self, data, buyer, periods, source):
        self.buy(data.draw(st.sampled_from(sorted(self.world.offers))), buyer, periods, source)

    @rule(data=st.data(), buyer=buyers, periods=st.integers(1, 3))
    def purchase_by_allowance(self, data, buyer, periods):
        on_ledgers = [number for number, offered in self.world.offers.items() if offered.ledger != CYCLES]
        self.buy(data.draw(st.sampled_from(on_ledgers)), buyer, periods, "Allowance")

    def buy(self, offer, buyer, periods, source):
        offered = self.world.offers[offer]
        price, now = offered.price * periods, self.world.replica.get_time()
        if offered.ledger == CYCLES and source == "Balance":
            self.world.top_up(buyer, price)
        request = {"offer": offer, "periods": periods, "max_price": price, "created_at_time": now, "payer_subaccount": None}
        request |= {"source": {source: None}}
        answer = self.world.submit("dst_ledger", "purchase", request, sender=buyer)
        if periods > MOST_PERIODS:
            assert answer == {"Err": {"PeriodsOutOfRange": {"most": MOST_PERIODS}}}
            return
        self.last_requests.append((request, buyer))
        event(f"purchase: {kind(answer)}")
        if answer is not None and "Ok" in answer:
            assert answer["Ok"]["price"] == price

    @rule(data=st.data(), sent=st.sampled_from((0, 0, 0, -1, 50)))
    def purchase_again(self, data, sent):
        """The same request, sent again at any time, is the same order; it may have its deposit by now, or not quite."""
        if not self.last_requests:
            return
        request, buyer = data.draw(st.sampled_from(self.last_requests))
        before = self.world.exchange.dst_ledger.query("ledger_status")["orders"]
        answer = self.world.submit("dst_ledger", "purchase", request, sender=buyer)
        event(f"purchase again: {kind(answer)}")
        if answer is not None and "AwaitingDeposit" in answer.get("Err", {}):
            awaited = answer["Err"]["AwaitingDeposit"]
            ledger = self.world.offers[request["offer"]].ledger
            if ledger != CYCLES:
                self.world.send(ledger, buyer, awaited["account"], awaited["amount"] + sent)
                event(f"deposited: {kind(self.world.submit('dst_ledger', 'purchase', request, sender=buyer))}")
        assert self.world.exchange.dst_ledger.query("ledger_status")["orders"] == before

    @rule(buyer=buyers, ledger=st.sampled_from((OWN, PLAIN)), amount=st.sampled_from([FUNDS, FUNDS, 999_999, 0]))
    def approve(self, buyer, ledger, amount):
        self.world.approve(buyer, ledger, amount)

    # -- Licences -------------------------------------------------------------------------------------------------------------

    @rule(data=st.data(), to=buyers)
    def transfer_licence(self, data, to):
        ledger = self.world.exchange.dst_ledger
        tokens = ledger.query("icrc7_tokens", None, None)
        if not tokens:
            return
        token = data.draw(st.sampled_from(tokens))
        (owner,) = ledger.query("icrc7_owner_of", [token])
        transfer = {"from_subaccount": None, "to": account(to), "token_id": token, "memo": None, "created_at_time": None}
        (answer,) = self.world.submit("dst_ledger", "icrc7_transfer", [transfer], sender=owner["owner"])
        assert ("Ok" in answer) == (to != owner["owner"]), answer

    @rule(data=st.data(), by_provider=st.booleans())
    def end_licence(self, data, by_provider):
        ledger = self.world.exchange.dst_ledger
        number = ledger.query("ledger_status")["licences"]
        if not number:
            return
        licence = ledger.query("licence", data.draw(st.integers(1, number)))
        sender = PROVIDER if by_provider else licence["holder"]["owner"]
        answer = self.world.submit("dst_ledger", "end_licence", licence["licence"], sender=sender)
        event(f"end: {kind(answer)}")
        offered = self.world.offers[licence["offer"]]
        if answer is not None and offered.earning == {"AtOnce": None}:
            assert answer == {"Err": {"NotCancellable": None}}

    # -- Payees ---------------------------------------------------------------------------------------------------------------

    @rule(payee=payees, ledger=ledgers)
    def claim(self, payee, ledger):
        self.claim_of(payee, ledger)

    @rule(ledger=st.sampled_from((OWN, PLAIN)))
    def everybody_claims(self, ledger):
        for payee in self.world.due(ledger, self.known_streams()):
            self.claim_of(payee, ledger)

    def claim_of(self, payee, ledger):
        streams = self.known_streams()
        to = {"Account": account(self.world.sink)} if ledger == CYCLES else None
        self.world.claims.add((str(payee), ledger, tuple(streams)))
        request = {"streams": streams, "ledger": ledger, "to": to, "created_at_time": None}
        least = self.world.claimable(payee, ledger, streams)
        answer = self.world.submit("payout_splitter", "claim", request, sender=payee)
        event(f"claim: {kind(answer)}")
        if answer is not None and "NothingToClaim" in answer.get("Err", {}):
            refused = answer["Err"]["NothingToClaim"]
            assert least <= refused["claimable"] <= refused["ledger_fee"], "INV-MONEY-8"

    @rule(payee=payees, ledger=ledgers, threshold=st.sampled_from([1, 500_000]), enabled=st.booleans())
    def set_push(self, payee, ledger, threshold, enabled):
        streams = self.known_streams()
        self.world.claims.add((str(payee), ledger, tuple(streams)))
        request = {"enabled": enabled, "threshold": threshold, "to": None, "streams": streams, "ledger": ledger}
        self.world.submit("payout_splitter", "set_push", request, sender=payee)

    @rule(data=st.data(), amount=st.sampled_from((1, 300_000)))
    def provider_refunds(self, data, amount):
        if self.world.model.sales:
            order = data.draw(st.sampled_from(sorted(self.world.model.sales)))
            request = {"order": order, "amount": amount, "refunded_before": self.world.model.given_back.get(order, 0)}
            event(f"refund: {kind(self.world.submit('payout_splitter', 'refund', request, sender=PROVIDER))}")

    # -- Plans and governance -------------------------------------------------------------------------------------------------

    @rule(which=streams, choice=st.integers(0, 3))
    def set_plan(self, which, choice):
        this, other = self.world.streams[which], self.world.streams[1 - which]
        steps = [
            [],
            [plan_step("provider", 500_000), plan_step(f"p:{OPERATORS[0]}", 100_001)],
            [plan_step(f"s:{other:x}", 300_000), plan_step("provider", 1_000_000, 10**6)],
            [plan_step("validators", 50_000), plan_step("provider", 200_000, 0, 1_000)],
        ][choice]
        event(f"plan: {kind(self.world.submit('payout_splitter', 'set_plan', {'stream': this, 'steps': steps}, sender=PROVIDER))}")

    @rule(
        change=st.sampled_from(
            (
                ("set_protocol_fee", 0),
                ("set_protocol_fee", 100_000),
                ("set_plan_notice", 500),
                ("set_change_delay", 500),
                ("set_paused", True),
                ("set_paused", False),
                ("set_paused", False),
            )
        )
    )
    def govern(self, change):
        name, value = change
        self.world.submit("payout_splitter", name, value, sender=self.world.exchange.governance)

    # -- Bad luck -------------------------------------------------------------------------------------------------------------

    @rule(which=st.sampled_from((*CANISTERS, *["nothing"] * 8)))
    def upgrade(self, which):
        """Seldom: it takes as long as twenty other steps."""
        if which != "nothing":
            self.world.canister(which).upgrade(sender=self.world.exchange.governance)
        self.world.replica.tick()

    @rule(fault=st.sampled_from(FAULTS), method=st.sampled_from(METHODS), nth=st.integers(1, 2))
    def arm_a_fault(self, fault, method, nth):
        getattr(self.world.replica.faults, fault)(nth, method=method)

    @rule(fee=st.sampled_from((0, 7, 1_000)), fee_first=st.booleans(), refusal=st.sampled_from(REFUSALS))
    def the_ledger_changes_its_mind(self, fee, fee_first, refusal):
        """Its fee, the order of its checks, and what it answers next."""
        ledger = self.world.ledgers[PLAIN]
        ledger.call("set_fee", fee)
        ledger.call("set_order", fee_first)
        ledger.call("fail_next", {"kind": refusal, "times": 1})

    @rule(payee=payees, refusal=st.sampled_from(("", "GenericError", "Trap")))
    def the_ledger_refuses_an_account(self, payee, refusal):
        self.world.refuse(payee, refusal)

    @rule()
    def deliver_what_was_delayed(self):
        self.world.replica.faults.deliver_delayed()
        self.world.replica.tick()

    @rule(seconds=st.sampled_from([1, 31, 61, 700, 700, DAY, 40 * DAY]))
    def time_passes(self, seconds):
        self.world.replica.advance_time(seconds)
        self.world.replica.tick()

    @rule(now=st.sampled_from((*[False] * 7, True)))
    def all_settles(self, now):
        """Seldom: it takes as long as twenty other steps."""
        if now:
            self.everything_settles()

    def everything_settles(self):
        settle(self.world)
        after_every_step(self.world)
        at_rest(self.world)

    @invariant()
    def all_invariants_hold(self):
        after_every_step(self.world)

    def teardown(self):
        self.everything_settles()

    def known_streams(self):
        """Streams that have a book."""
        return [stream for stream in self.world.streams if stream in self.world.model.streams]


def settle(world: World) -> None:
    """No more faults: everything is delivered, and the timers run until nothing is left to do."""
    world.submit("payout_splitter", "set_paused", False, sender=world.exchange.governance)
    settle_payments(world)
    for seconds in (61, 61, 3_600, DAY, DAY):
        world.replica.advance_time(seconds)
        world.replica.tick(2)
        if not world.open_orders() and not any(world.open_payments().values()):
            break
    settle_payments(world)
    world.replica.advance_time(61)
    world.replica.tick(2)


def kind(answer: Any) -> str:
    """What became of a call, for the statistics of a run."""
    if answer is None:
        return "no answer yet, or a trap"
    ((tag, payload),) = answer.items()
    return tag if tag == "Ok" else "/".join(payload)


TestSale = SaleMachine.TestCase
# The profile `soak` asks for more of both.
TestSale.settings = settings(
    max_examples=max(300, settings.default.max_examples), stateful_step_count=max(60, settings.default.stateful_step_count)
)
