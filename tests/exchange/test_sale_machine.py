"""The whole exchange, driven at random against the naive model, with faults; every invariant after every step."""

from __future__ import annotations

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sale_world import BUYERS, OPERATORS, PAYEES, World

from exchange import account
from model.invariants import AFTER_EVERY_STEP, at_rest

operators = st.sampled_from(OPERATORS)
buyers = st.sampled_from(BUYERS)
streams = st.integers(0, 1)
FAULTS = ("trap_at_await", "drop_reply", "delay_reply", "fail_request")
METHODS = ("record_work", "collect", "icrc2_transfer_from", "icrc1_transfer", "settle_work", "apply_entitlements")
CANISTERS = ("token_ledger", "stream_registry", "dst_ledger", "payout_splitter")


class SaleMachine(RuleBasedStateMachine):
    """Providers, operators, buyers and bad luck."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World.start()
        self.stream_ids = list(self.world.model.streams)
        self.offer_ids = list(self.world.offers)
        self.last_requests: list[tuple] = []

    @rule(which=streams, operator=operators, values=st.lists(st.integers(0, 999), min_size=1, max_size=5))
    def append(self, which, operator, values):
        stream = self.stream_ids[which]
        model = self.world.model.streams[stream]
        batch = model.next_batch.get(operator.text, 0)
        records = [f'{{"value":{value}}}' for value in values]
        request = {"stream": stream, "batch": batch, "records": records}
        first = self.world.submit("stream_registry", "append", request, sender=operator)
        model.records.extend((operator.text, record) for record in records)
        model.next_batch[operator.text] = batch + 1
        assert first["Ok"]["size"] == len(model.records)
        assert self.world.submit("stream_registry", "append", request, sender=operator) == first

    @rule(which=streams, operator=operators)
    def append_out_of_order(self, which, operator):
        stream = self.stream_ids[which]
        batch = self.world.model.streams[stream].next_batch.get(operator.text, 0)
        request = {"stream": stream, "batch": batch + 1, "records": ["{}"]}
        assert self.world.submit("stream_registry", "append", request, sender=operator) == {"Err": {"BatchGap": {"expected": batch}}}

    @rule(which=streams, buyer=buyers, periods=st.integers(1, 4))
    def purchase(self, which, buyer, periods):
        offer = self.offer_ids[which]
        price = self.world.offers[offer] * periods
        now = self.world.replica.get_time()
        request = {"offer": offer, "periods": periods, "max_price": price, "created_at_time": now, "payer_subaccount": None}
        answer = self.world.submit("dst_ledger", "purchase", request, sender=buyer)
        if periods > 3:
            assert answer == {"Err": {"PeriodsOutOfRange": {"most": 3}}}
            return
        self.last_requests.append((request, buyer))
        event(f"purchase: {_kind(answer)}")
        if answer is not None and "Ok" in answer:
            assert answer["Ok"]["price"] == price

    @rule(data=st.data())
    def purchase_again(self, data):
        """The same request, sent again at any time, is the same order."""
        if not self.last_requests:
            return
        request, buyer = data.draw(st.sampled_from(self.last_requests))
        before = len(self.world.orders())
        self.world.submit("dst_ledger", "purchase", request, sender=buyer)
        assert len(self.world.orders()) == before

    @rule(buyer=buyers, amount=st.sampled_from([10**12, 10**12, 999_999, 0]))
    def approve(self, buyer, amount):
        self.world.approve(buyer, amount)

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

    @rule(payee=st.sampled_from(PAYEES))
    def one_claims(self, payee):
        self.claim(payee)

    def claim(self, payee):
        event(f"claim: {_kind(self.world.submit('payout_splitter', 'claim', self._claim(), sender=payee))}")

    @rule()
    def everybody_claims(self):
        for payee in PAYEES:
            self.claim(payee)

    @rule()
    def claim_of_the_treasury(self):
        request = {"streams": [], "to": None, "created_at_time": None}
        self.world.submit("payout_splitter", "claim", request, sender=self.world.exchange.treasury)

    @rule(payee=st.sampled_from(PAYEES), threshold=st.sampled_from([1, 500_000]), enabled=st.booleans())
    def set_push(self, payee, threshold, enabled):
        request = {"enabled": enabled, "threshold": threshold, "to": None, "streams": self._claim()["streams"]}
        self.world.submit("payout_splitter", "set_push", request, sender=payee)

    @rule(which=st.sampled_from(CANISTERS))
    def upgrade(self, which):
        getattr(self.world.exchange, which).upgrade(sender=self.world.exchange.governance)
        self.world.replica.tick()

    @rule(fault=st.sampled_from(FAULTS), method=st.sampled_from(METHODS), nth=st.integers(1, 2))
    def arm_a_fault(self, fault, method, nth):
        getattr(self.world.replica.faults, fault)(nth, method=method)

    @rule()
    def deliver_what_was_delayed(self):
        self.world.replica.faults.deliver_delayed()
        self.world.replica.tick()

    @rule(seconds=st.sampled_from([1, 31, 61, 700]))
    def time_passes(self, seconds):
        self.world.replica.advance_time(seconds)
        self.world.replica.tick()

    @rule()
    def everything_settles(self):
        self.world.settle()
        at_rest(self.world)

    @invariant()
    def all_invariants_hold(self):
        for check in AFTER_EVERY_STEP:
            check(self.world)

    def teardown(self):
        self.everything_settles()
        self.all_invariants_hold()

    def _claim(self):
        opened = [stream for stream, model in self.world.model.streams.items() if model.next_work]
        return {"streams": opened, "to": None, "created_at_time": None}


def _kind(answer):
    """What became of a call, for the statistics of a run."""
    if answer is None:
        return "no answer yet, or a trap"
    ((tag, payload),) = answer.items()
    return tag if tag == "Ok" else "/".join(payload)


TestSale = SaleMachine.TestCase
TestSale.settings = settings(max_examples=60, stateful_step_count=30)
