"""All money that a splitter was ever entrusted with, as a naive fold over what happened: who earned what, who drew it, what is in escrow.

Events come in order and carry their time. Amounts that follow from the rules (parts, refunds, draws) are computed here from prices, work
and time alone; nothing is taken over from the product, and no code is shared with it. `purse_model` has the arithmetic of one stream on
one ledger, `revenue_model` how revenue moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from model.money_state import Draw, Payout, Sale, Stream, Totals
from model.purse_model import ONE, SECOND, Cut
from model.revenue_model import RevenueModel

Value = TypeVar("Value")


class MoneyModel(RevenueModel):
    """The whole: streams, sales, offices and the books of every ledger."""

    def __init__(self, fee_ppm: int, treasury: str, validators: str) -> None:
        super().__init__(fee_ppm)
        self.offices: dict[str, list[tuple[int, str]]] = {"treasury": [(0, treasury)], "validators": [(0, validators)]}
        self.given_back: dict[int, int] = {}
        """What the payer of an order had back, of refunds and of what could not be credited."""
        self.given_back_by_ending: dict[int, int] = {}

    # -- Events ---------------------------------------------------------------------------------------------------------------

    def open(self, stream: int, provider: str, steps: Iterable[Cut]) -> None:
        """A stream's book."""
        self.streams[stream] = Stream(provider, list(steps))

    def work(self, now: int, stream: int, size: int, added: dict[str, int]) -> None:
        """A batch of recorded work. What its records earn goes to everybody whose work is recorded, its own included."""
        book = self.streams[stream]
        self.touch_all(now, stream)
        for name, weight in added.items():
            book.weights[name] = book.weights.get(name, 0) + weight
        book.size, book.batches = size, book.batches + 1
        for ledger in sorted(book.purses):
            purse = book.purses[ledger]
            purse.pool.release(book.weights)
            if purse.records.held():
                self.credit(now, stream, ledger, purse.records.take(size))

    def plan(self, now: int, stream: int, effective_at: int, steps: Iterable[Cut]) -> None:
        """A plan is announced; one announced before and not in force yet is forgotten."""
        self.touch_all(now, stream)
        self.streams[stream].announced = (effective_at, list(steps))

    def fee(self, now: int, ppm: int, effective_at: int) -> None:
        """The protocol's fee is announced; one announced before and not in force yet is forgotten."""
        self.fees = [*_past(self.fees, now, effective_at), (effective_at, ppm)]

    def office(self, now: int, name: str, holder: str, effective_at: int) -> None:
        """Another treasury or other validators; what the former has not drawn is the new one's."""
        self.offices[name] = [*_past(self.offices[name], now, effective_at), (effective_at, holder)]

    def sale(self, now: int, order: int, stream: int, ledger: int, payer: str, price: int, *, spent: bool = False) -> tuple[int, int, int]:
        """A price that is earned at once, or was spent from a balance; what protocol, provider and contributors have of it."""
        self._receive(ledger, payer, price, spent)
        self.touch(now, stream, ledger)
        self.sales[order] = Sale(stream, ledger, payer, price, spent)
        fee, parts, rest = self.shares_of(stream, ledger, price)
        provider = sum(part for step, part in zip(self.streams[stream].steps, parts, strict=True) if step.payee == "provider")
        self.credit(now, stream, ledger, price)
        return fee, provider, rest

    def hold(
        self, now: int, order: int, stream: int, ledger: int, payer: str, price: int, ticks: int, *, by_record: bool, spent: bool = False
    ) -> None:
        """A price that is earned in the next `ticks` seconds, or by as many further records."""
        self._receive(ledger, payer, price, spent)
        purse = self.touch(now, stream, ledger)
        escrow = purse.records if by_record else purse.seconds
        escrow.tick = self.streams[stream].size if by_record else now // SECOND
        payment = escrow.open(price, ticks)
        self.sales[order] = Sale(stream, ledger, payer, price, spent, payment, by_record)

    def astray(self, order: int, stream: int, ledger: int, payer: str, price: int, *, spent: bool = False) -> None:
        """A price that arrived and can be credited to nobody: the payer's balance."""
        self._receive(ledger, payer, price, spent)
        self.sales[order] = Sale(stream, ledger, payer, price, spent)
        self.given_back[order] = price
        self._refund(ledger, payer, price)

    def end(self, now: int, order: int) -> int:
        """An order is closed early: what was not delivered is the payer's balance; how much that is."""
        sale = self.sales[order]
        purse = self.touch(now, sale.stream, sale.ledger)
        escrow = purse.records if sale.by_record else purse.seconds
        if sale.payment is None or sale.payment.closed or not escrow.held():
            return 0
        refund = sale.payment.close(self.streams[sale.stream].size if sale.by_record else now // SECOND)
        self.given_back[order] = self.given_back.get(order, 0) + refund
        self.given_back_by_ending[order] = refund
        self._refund(sale.ledger, sale.payer, refund)
        self.credit(now, sale.stream, sale.ledger, escrow.take(escrow.tick))
        return refund

    def refund(self, now: int, order: int, amount: int) -> None:
        """A stream's provider gives back undrawn shares of its own."""
        sale = self.sales[order]
        purse = self.touch(now, sale.stream, sale.ledger)
        assert purse.dues["provider"] >= amount, "a provider gave back what it did not have"
        purse.dues["provider"] -= amount
        purse.given -= amount
        self.given_back[order] = self.given_back.get(order, 0) + amount
        assert self.given_back[order] <= sale.price, "more was given back than was paid"
        self._refund(sale.ledger, sale.payer, amount)

    def top_up(self, ledger: int, payee: str, amount: int) -> None:
        """A payee paid into its balance."""
        self.book(ledger).topped_up += amount
        self.book(ledger).add(payee, amount)

    def draw(self, now: int, payee: str, ledger: int, streams: Iterable[int], *, offices: bool = True) -> tuple[list[Draw], int]:
        """A payee takes what it has in some streams, and of its offices if it asks for it, into its balance; how much of each.

        All streams are touched before the first is drawn from. Dues that a plan leaves behind as it ends by that are a balance for all
        others, and drawn with the first stream by their payee.
        """
        named, before = list(streams), self.book(ledger).balances.get(payee, 0)
        for stream in named:
            self.touch(now, stream, ledger)
        moved = self.book(ledger).balances.get(payee, 0) - before
        self.book(ledger).add(payee, -moved)
        draws = [self._draw(payee, ledger, stream) for stream in named]
        if moved:
            draws[0] = Draw(draws[0].contribution, draws[0].due + moved)
        office = self.office_due(now, payee, ledger) if offices else 0
        books = self.book(ledger)
        if offices and payee == self.holder("treasury", now):
            books.treasury = 0
        if offices and payee == self.holder("validators", now):
            books.validators = 0
        books.add(payee, office + sum(drawn.contribution + drawn.due for drawn in draws))
        return draws, office

    def office_due(self, now: int, payee: str, ledger: int) -> int:
        """Fees and validators' shares that nobody has drawn, if they are the payee's."""
        books = self.book(ledger)
        return books.treasury * (payee == self.holder("treasury", now)) + books.validators * (payee == self.holder("validators", now))

    def payout(self, payout: int, payee: str, ledger: int, amount: int, fee: int) -> None:
        """A payment out of a balance is on its way."""
        self.book(ledger).add(payee, -amount - fee)
        assert self.book(ledger).balances[payee] >= 0, "a payee is paid more than it has"
        self.payouts[payout] = self.book(ledger).in_flight[payout] = Payout(payee, ledger, amount, fee)

    def requote(self, payout: int, amount: int, fee: int) -> None:
        """A payment on its way is started over with another fee."""
        before = self.payouts[payout]
        self.unpaid(payout)
        self.payout(payout, before.payee, before.ledger, amount, fee)

    def paid(self, payout: int) -> None:
        """A payment arrived."""
        done = self.payouts[payout]
        books = self.book(done.ledger)
        assert books.in_flight.pop(payout) == done
        books.paid += done.amount
        books.paid_fees += done.fee
        books.paid_to[done.payee] = books.paid_to.get(done.payee, 0) + done.amount + done.fee

    def unpaid(self, payout: int) -> None:
        """A payment did not happen: its payee's balance again."""
        failed = self.payouts[payout]
        books = self.book(failed.ledger)
        assert books.in_flight.pop(payout) == failed
        books.add(failed.payee, failed.amount + failed.fee)

    # -- Looks ----------------------------------------------------------------------------------------------------------------

    def totals(self, ledger: int) -> Totals:
        """Where every unit of a ledger is, as of the last touches."""
        books = self.book(ledger)
        purses = [stream.purses[ledger] for stream in self.streams.values() if ledger in stream.purses]
        pools = [purse.pool for purse in purses]
        owed = sum(sum(pool.earned.values()) - sum(pool.drawn.values()) * ONE for pool in pools)
        drawn = sum(sum(pool.drawn.values()) for pool in pools)
        shares = sum(purse.given for purse in purses)
        undrawn = sum(sum(purse.dues.values()) for purse in purses) + books.treasury + books.validators
        flying = sum(payout.amount + payout.fee for payout in books.in_flight.values())
        return Totals(
            received=books.received,
            protocol_fees=books.fees,
            shares=shares,
            contributors=sum(pool.received for pool in pools),
            credited=books.fees + shares + drawn + owed // ONE,
            claimable=undrawn + sum(books.balances.values()) + owed // ONE,
            in_flight=flying,
            paid=books.paid,
            ledger_fees_paid=books.paid_fees,
            pending=sum(pool.pending for pool in pools),
            remainder=(owed % ONE + sum(pool.carried for pool in pools)) // ONE,
            escrowed=sum(purse.held() for purse in purses),
            refunded=books.refunded,
            topped_up=books.topped_up,
            spent=books.spent,
        )

    def holder(self, office: str, now: int) -> str:
        """Who is the treasury, or the validators."""
        return [holder for since, holder in self.offices[office] if since <= now][-1]

    # -- Parts ----------------------------------------------------------------------------------------------------------------

    def _draw(self, payee: str, ledger: int, stream: int) -> Draw:
        purse = self.purse(stream, ledger)
        names = [f"p:{payee}"] + ["provider"] * (payee == self.streams[stream].provider)
        return Draw(purse.pool.draw(payee), sum(purse.dues.pop(name, 0) for name in names))

    def _receive(self, ledger: int, payer: str, price: int, spent: bool) -> None:
        books = self.book(ledger)
        books.received += price
        if spent:
            books.spent += price
            books.add(payer, -price)
            assert books.balances[payer] >= 0, "a payer spent more than it had"

    def _refund(self, ledger: int, payer: str, units: int) -> None:
        self.book(ledger).refunded += units
        self.book(ledger).add(payer, units)


def _past(changes: list[tuple[int, Value]], now: int, effective_at: int) -> list[tuple[int, Value]]:
    """What was in force by now; the rest was only announced."""
    return [change for change in changes if change[0] <= now and change[0] < effective_at]
