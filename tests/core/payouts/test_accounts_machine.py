"""Any events in any order: the books, kept as texts, say of everybody what the naive model says."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from kept_books import PROVIDER, SECOND, KeptBooks, step

from ddsx_core.fee_schedule import with_fee
from ddsx_core.payout_totals import TREASURY, VALIDATORS, audit_totals
from ddsx_core.plain_sales import sell_plainly
from ddsx_core.plan_history import announce
from ddsx_core.stream_books import (
    BY_RECORD,
    BY_SECOND,
    FEES_TAKEN,
    GIVEN,
    GROSS,
    HELD,
    PAID_BACK,
    PASSED_ON,
    PROVIDER_DUE,
    decode_dues,
)
from model.money_model import MoneyModel
from model.purse_model import Cut

STREAMS = (1, 2, 3)
LEDGERS = (0, 3)
WORKERS = ("worker-1", "worker-2")
AUTHOR = "author"

streams = st.sampled_from(STREAMS)
ledgers = st.sampled_from(LEDGERS)
prices = st.one_of(st.integers(1, 50), st.integers(1, 10**12))
steps = st.lists(
    st.tuples(
        st.sampled_from(("provider", "validators", f"p:{AUTHOR}", "s:1", "s:2", "s:3", "s:9")),
        st.sampled_from((0, 1, 100_000, 333_333, 1_000_000)),
        st.sampled_from((0, 0, 1, 1_000)),
        st.sampled_from((0, 0, 7, 1_000)),
    ),
    max_size=4,
)


class AccountsMachine(RuleBasedStateMachine):
    """Three streams whose plans may name each other, two ledgers, two clocks, and fees and plans that change."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = KeptBooks(20_000)
        self.model = MoneyModel(20_000, "treasury", "validators")
        self.orders: dict[int, tuple] = {}
        for stream in STREAMS:
            self.kept.open(stream, step("provider", 150_000))
            self.model.open(stream, f"{PROVIDER}{stream}", [Cut("provider", "provider", 150_000, 0, 0)])

    @rule(stream=streams, ledger=ledgers, price=prices)
    def sell(self, stream, ledger, price):
        self._next()
        order, kept = len(self.orders) + 1, self.kept
        totals = kept.stored_totals[ledger] if ledger < len(kept.stored_totals) else ""
        plain = sell_plainly(kept.books[stream], totals, kept.fees, ledger, price)
        accounts = kept.begin()
        shared = accounts.sell(stream, ledger, price)
        kept.keep(accounts)
        assert sum(shared) == price
        expected = self.model.sale(kept.now, order, stream, ledger, "payer", price)
        assert (shared.protocol_fee, shared.provider_share, shared.contributors_share) == expected
        if plain is not None:
            # PLAIN-1
            assert plain == (kept.books[stream], kept.stored_totals[ledger], *expected)
        self.orders[order] = (stream, ledger, price, None, 0, 0)

    @rule(
        stream=streams,
        ledger=ledgers,
        price=prices,
        length=st.sampled_from((1, 63, 64, 1_000)),
        clock=st.sampled_from((BY_SECOND, BY_RECORD)),
    )
    def hold(self, stream, ledger, price, length, clock):
        self._next()
        order, accounts = len(self.orders) + 1, self.kept.begin()
        start = accounts.hold(stream, ledger, price, clock, length)
        self.kept.keep(accounts)
        self.model.hold(self.kept.now, order, stream, ledger, "payer", price, length, by_record=clock == BY_RECORD)
        self.orders[order] = (stream, ledger, price, clock, start, length)

    @rule(data=st.data())
    def end(self, data):
        held = [order for order, terms in self.orders.items() if terms[3] is not None]
        if not held:
            return
        order = data.draw(st.sampled_from(held))
        self._next()
        stream, ledger, price, clock, start, length = self.orders[order]
        accounts = self.kept.begin()
        _, refund = accounts.release_rest(stream, ledger, price, clock, start, length)
        self.kept.keep(accounts)
        assert refund == self.model.end(self.kept.now, order)
        self.orders[order] = (stream, ledger, price, None, 0, 0)

    @rule(data=st.data(), share=st.integers(1, 100))
    def give_back(self, data, share):
        if not self.orders:
            return
        order = data.draw(st.sampled_from(list(self.orders)))
        self._next()
        stream, ledger, price, *_ = self.orders[order]
        accounts = self.kept.begin()
        amount = min(accounts.provider_due(stream, ledger) * share // 100, price - self.model.given_back.get(order, 0))
        if amount <= 0:
            return
        accounts.give_back(stream, ledger, amount)
        self.kept.keep(accounts)
        self.model.refund(self.kept.now, order, amount)

    @rule(stream=streams, weights=st.dictionaries(st.sampled_from(WORKERS), st.integers(1, 9)))
    def work(self, stream, weights):
        self._next()
        size = self.model.streams[stream].size + sum(weights.values())
        accounts = self.kept.begin()
        accounts.record(stream, weights, size)
        self.kept.keep(accounts)
        self.model.work(self.kept.now, stream, size, weights)

    @rule(stream=streams, plan=steps, notice=st.sampled_from((0, 1, 60)))
    def plan(self, stream, plan, notice):
        self._next()
        cuts = [
            Cut(payee, f"step {place}", share, cap, 0 if payee[:2] == "s:" else vest)
            for place, (payee, share, cap, vest) in enumerate(plan)
        ]
        cuts = [cut for cut in cuts if cut.payee != f"s:{stream}"]
        accounts = self.kept.begin()
        book = accounts.touch_all(stream)
        announce(
            book, [step(cut.payee, cut.share_ppm, cap=cut.cap, vest=cut.vest_seconds, name=cut.name) for cut in cuts], self._after(notice)
        )
        accounts.changed_books[stream] = book
        self.kept.keep(accounts)
        self.model.plan(self.kept.now, stream, self._after(notice), cuts)

    @rule(ppm=st.sampled_from((0, 1, 20_000, 100_000)), notice=st.sampled_from((0, 1, 60)))
    def fee(self, ppm, notice):
        self._next()
        self.kept.fees = with_fee(self.kept.fees, ppm, self._after(notice), self.kept.now)
        self.model.fee(self.kept.now, ppm, self._after(notice))

    @rule(stream=streams, ledger=ledgers, name=st.sampled_from((*WORKERS, AUTHOR, *[f"{PROVIDER}{stream}" for stream in STREAMS])))
    def draw(self, stream, ledger, name):
        self._next()
        accounts = self.kept.begin()
        drawn = accounts.draw(ledger, stream, name)
        self.kept.keep(accounts)
        draws, _ = self.model.draw(self.kept.now, name, ledger, [stream], offices=False)
        assert drawn == (draws[0].contribution, draws[0].due)
        again = self.kept.begin()
        assert again.draw(ledger, stream, name) == (0, 0)

    @rule(seconds=st.sampled_from((1, 5, 60, 10_000)))
    def time_passes(self, seconds):
        self.kept.now += seconds * SECOND

    @invariant()
    def everything_is_where_the_model_says(self):
        for ledger in LEDGERS:
            totals, expected = self.kept.totals(ledger), self.model.totals(ledger)
            audit = audit_totals(totals)
            assert totals[:2] == [expected.received, expected.protocol_fees]
            assert totals[2:6] == [expected.shares, expected.contributors, expected.escrowed, expected.refunded]
            assert (audit.credited_units, audit.remainder_units) == (expected.credited, expected.remainder)
            books = self.model.book(ledger)
            assert (totals[TREASURY], totals[VALIDATORS]) == (books.treasury, books.validators)
            for stream in STREAMS:
                self._compare_purse(stream, ledger)

    def _compare_purse(self, stream, ledger):
        book, model = self.kept.book(stream), self.model.streams[stream]
        assert (book.weight, book.size, book.next_batch) == (sum(model.weights.values()), model.size, model.batches)
        numbers = book.purse(ledger).numbers
        pool = book.purse(ledger).pool(book.weight)
        parts = [numbers[place] for place in (FEES_TAKEN, PASSED_ON, GIVEN, HELD, PAID_BACK)]
        # BOOK-2
        assert numbers[GROSS] == sum(parts) + pool.received_units
        if ledger in model.purses:
            purse = model.purses[ledger]
            dues = {name: units for name, units in purse.dues.items() if units and name != "validators"}
            kept = {f"p:{name}": units for name, units in decode_dues(book.purse(ledger).dues).items()}
            kept |= {"provider": numbers[PROVIDER_DUE]} if numbers[PROVIDER_DUE] else {}
            assert kept == dues
            assert numbers[HELD] == purse.held()
            assert pool.pending_units == purse.pool.pending

    def _next(self):
        self.kept.now += 1

    def _after(self, seconds):
        return self.kept.now + seconds * SECOND


TestAccounts = AccountsMachine.TestCase
TestAccounts.settings = settings(max_examples=80, stateful_step_count=30)
