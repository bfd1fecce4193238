"""Random lives of a pool beside the naive model: every unit accounted for and every member's share exact, after each step."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ddsx_core import accrual
from ddsx_core.accrual import Member, Pool
from ddsx_core.limits import ACCRUAL_SCALE
from ddsx_core.units import Units, Weight
from model.accrual_model import Credited, Outcome, Weighed, replay

NAMES = st.sampled_from(["annotator", "collector", "sensor", "station"])
AMOUNTS = st.one_of(st.integers(0, 3), st.integers(0, 10**6), st.integers(0, 10**18)).map(Units)
WEIGHTS = st.one_of(st.integers(0, 2), st.integers(0, 1_000), st.integers(0, 10**15)).map(Weight)


class PoolMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.pool = Pool()
        self.members: dict[str, Member] = {}
        self.log: list[Credited | Weighed] = []
        self.received = 0

    def member(self, name: str) -> Member:
        return self.members.get(name, Member())

    @rule(amount=AMOUNTS)
    def credit(self, amount: Units) -> None:
        self.pool = accrual.credit(self.pool, amount)
        self.received += amount
        self.log.append(Credited(amount))

    @rule(work=st.dictionaries(NAMES, WEIGHTS))
    def record_batch(self, work: dict[str, Weight]) -> None:
        self.pool, members = accrual.record_batch(self.pool, [(self.member(name), added) for name, added in work.items()])
        self.log.append(Weighed({name: self.member(name).weight + added for name, added in work.items()}))
        self.members.update(zip(work, members, strict=True))

    @rule(name=NAMES, added=WEIGHTS)
    def record_work(self, name: str, added: Weight) -> None:
        before = self.member(name).weight
        self.pool, self.members[name] = accrual.record_work(self.pool, self.member(name), added)
        self.log.append(Weighed({name: before + added}))

    @rule(name=NAMES, weight=st.one_of(st.just(Weight(0)), WEIGHTS))
    def set_weight(self, name: str, weight: Weight) -> None:
        self.pool, self.members[name] = accrual.set_weight(self.pool, self.member(name), weight)
        self.log.append(Weighed({name: weight}))

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        expected = accrual.owed_scaled(self.pool, self.member(name))
        self.pool, self.members[name] = accrual.remove_member(self.pool, self.member(name))
        assert accrual.owed_scaled(self.pool, self.members[name]) == expected
        self.log.append(Weighed({name: 0}))

    @rule(name=NAMES, weight=WEIGHTS)
    def come_back(self, name: str, weight: Weight) -> None:
        if not self.member(name).weight:
            self.pool, self.members[name] = accrual.return_member(self.pool, self.member(name), weight)
            self.log.append(Weighed({name: weight}))

    @rule(name=NAMES)
    def claim(self, name: str) -> None:
        others = {other: accrual.owed_scaled(self.pool, member) for other, member in self.members.items() if other != name}
        expected = accrual.owed(self.pool, self.member(name))
        self.pool, self.members[name], paid = accrual.claim(self.pool, self.member(name))
        assert paid == expected
        assert accrual.owed(self.pool, self.member(name)) == 0
        assert all(accrual.owed_scaled(self.pool, self.members[other]) == owed for other, owed in others.items())

    @precondition(lambda self: any(member.claimed_units for member in self.members.values()))
    @rule(data=st.data())
    def return_claim(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([name for name, member in self.members.items() if member.claimed_units]))
        amount = Units(data.draw(st.integers(0, self.members[name].claimed_units)))
        before = accrual.owed(self.pool, self.members[name])
        self.pool, self.members[name] = accrual.return_claim(self.pool, self.members[name], amount)
        assert accrual.owed(self.pool, self.members[name]) == before + amount

    @rule(name=NAMES)
    def touching_a_member_changes_nothing(self, name: str) -> None:
        member = self.member(name)
        assert accrual.set_weight(self.pool, member, Weight(member.weight)) == (self.pool, member)
        assert accrual.record_work(self.pool, member, Weight(0)) == (self.pool, member)

    @rule()
    def store_and_load(self) -> None:
        self.pool = accrual.decode_pool(accrual.encode_pool(self.pool))
        self.members = {name: accrual.decode_member(accrual.encode_member(member)) for name, member in self.members.items()}

    @invariant()
    def every_unit_is_accounted_for(self) -> None:
        accrual.reconcile(self.pool, self.members.values())
        audit = accrual.audit(self.pool)
        assert audit.lost_scaled == 0
        assert audit.received_units == self.received
        assert audit.received_units == audit.credited_units + audit.pending_units + audit.remainder_units
        assert audit.credited_units == audit.claimed_units + audit.claimable_units
        assert audit.claimable_fraction_scaled + audit.index_remainder_scaled == audit.remainder_units * ACCRUAL_SCALE
        assert audit.claimed_units == sum(member.claimed_units for member in self.members.values())

    @invariant()
    def members_can_draw_what_the_audit_says_but_for_less_than_a_unit_each(self) -> None:
        owed = [accrual.owed(self.pool, member) for member in self.members.values()]
        assert 0 <= accrual.audit(self.pool).claimable_units - sum(owed) < max(1, len(owed))

    @invariant()
    def every_share_is_exact(self) -> None:
        model = replay(self.log)
        assert self.pool.pending_units == model.pending
        assert self.pool.total_weight == sum(model.weights.values())
        for name, member in self.members.items():
            self.check_share(member, model.weights.get(name, 0), model.earned.get(name, Fraction(0)), model)

    def check_share(self, member: Member, weight: int, exact: Fraction, model: Outcome) -> None:
        assert member.weight == weight
        passed_on = Fraction((model.changes + 1) * model.largest_total, ACCRUAL_SCALE)
        earned = member.claimed_units + Fraction(accrual.owed_scaled(self.pool, member), ACCRUAL_SCALE)
        assert abs(exact - earned) <= passed_on
        in_units = member.claimed_units + accrual.owed(self.pool, member)
        assert exact - 1 - passed_on < in_units <= exact + passed_on


TestPool = PoolMachine.TestCase
