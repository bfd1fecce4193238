"""Crediting a sale and claiming from it with a million members beside ten, in the core, with the stored values read and written."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.result import Result, times_beside
from ddsx_core import accrual
from ddsx_core.accrual import Member, Pool
from ddsx_core.units import Units, Weight

FEW, MANY = 10, 1_000_000
CREDITS = 20_000
SALES = 50
_MICROSECOND = 1e-6


def credits_beside() -> Iterator[Result]:
    """Microseconds a credit."""
    few, _ = _pool(FEW)
    many, _ = _pool(MANY)
    each = CREDITS * _MICROSECOND
    yield times_beside("core_credit_members_ratio", "us/credit", each, lambda: _credit(many), lambda: _credit(few))


def claims_beside() -> Iterator[Result]:
    """Microseconds a claim."""
    few, few_members = _pool(FEW)
    many, many_members = _pool(MANY)
    each = CREDITS * _MICROSECOND
    yield times_beside("core_claim_members_ratio", "us/claim", each, lambda: _claim(many, many_members), lambda: _claim(few, few_members))


def _pool(count: int) -> tuple[str, list[str]]:
    """The stored values of a pool that was sold from, and of ten of its members."""
    pool, members = accrual.record_batch(Pool(), _work(count))
    pool = accrual.credit(pool, Units(1_000_000_000_039))
    return accrual.encode_pool(pool), [accrual.encode_member(member) for member in members[:FEW]]


def _work(count: int) -> list[tuple[Member, Weight]]:
    return [(Member(), Weight(1 + place * 7_919 % 10_007)) for place in range(count)]


def _credit(stored: str) -> None:
    for amount in range(CREDITS):
        stored = accrual.encode_pool(accrual.credit(accrual.decode_pool(stored), Units(1_000_000_007 + amount)))


def _claim(stored: str, members: list[str]) -> None:
    for place in range(CREDITS):
        pool, member, _ = accrual.claim(accrual.decode_pool(stored), accrual.decode_member(members[place % FEW]))
        accrual.encode_pool(pool)
        accrual.encode_member(member)


def settle_all() -> Iterator[Result]:
    """A million members settled one after the other, as pushes do, after sales that divide unevenly: where every unit is in the end.

    Units lost are what was received less what was paid, what is owed still, and what the index carries, exactly; fractions owed are what
    the members have below a unit each, together, and have with the next sale. Bytes are those of a member's stored value.
    """
    pool, members = accrual.record_batch(Pool(), _work(MANY))
    received = 0
    for sale in range(SALES):
        amount = Units(1_000_000_007 * sale + 1)
        pool = accrual.credit(pool, amount)
        received += amount
    paid = stored = 0
    for place, member in enumerate(members):
        pool, settled, units = accrual.claim(pool, accrual.decode_member(accrual.encode_member(member)))
        members[place] = settled
        stored += len(accrual.encode_member(settled))
        paid += units
    accrual.reconcile(pool, members)
    audit = accrual.audit(pool)
    lost = received - paid - audit.claimable_units - audit.pending_units - audit.remainder_units
    yield Result("push_1e6_units_lost", lost, "units", 0, 0)
    yield Result("push_1e6_fractions_owed", audit.claimable_units, "units", MANY, audit.claimable_units / MANY)
    yield Result("member_bytes", stored / MANY, "bytes", 0, 0)
