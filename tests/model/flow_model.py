"""Payments earned along a clock, tick by tick in exact fractions, each payment on its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass
class Payment:
    amount: int
    start: int
    end: int
    earned: Fraction = Fraction(0)
    refunded: int = 0
    is_over: bool = False

    def full_at(self) -> int:
        """The agreed end, or the last multiple before it of the largest power of two of which 64 fit into the length."""
        step = 1
        while 64 * step * 2 <= self.end - self.start:
            step *= 2
        return max(tick for tick in range(self.end - step + 1, self.end + 1) if tick % step == 0)


@dataclass
class Clock:
    now: int = 0
    payments: list[Payment] = field(default_factory=list)

    def open(self, amount: int, length: int) -> Payment:
        payment = Payment(amount, self.now, self.now + length)
        self.payments.append(payment)
        return payment

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self.now += 1
            for payment in self.payments:
                if payment.is_over:
                    continue
                payment.earned += Fraction(payment.amount, payment.end - payment.start)
                if self.now == payment.full_at():
                    payment.earned = Fraction(payment.amount)
                    payment.is_over = True

    def close(self, payment: Payment) -> int:
        """The units that go back; the rest of the payment counts as earned."""
        if payment.is_over:
            return 0
        left = Fraction(payment.amount * (payment.end - self.now), payment.end - payment.start)
        payment.refunded = left.numerator // left.denominator
        payment.earned = Fraction(payment.amount - payment.refunded)
        payment.is_over = True
        return payment.refunded

    def earned(self) -> Fraction:
        return sum((payment.earned for payment in self.payments), Fraction(0))

    def opened(self) -> int:
        return sum(payment.amount for payment in self.payments)

    def refunded(self) -> int:
        return sum(payment.refunded for payment in self.payments)
