"""Random lives of a ledger that writes the plans of the rules, beside a model that only keeps the list of calls."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ddsx_core.accounts import account_key
from ddsx_core.deduplication import fingerprint, remember_until
from ddsx_core.refused import Refused
from ddsx_core.token_rules import (
    NO_ALLOWANCE,
    Allowance,
    Approval,
    Plan,
    TokenRules,
    Transfer,
    View,
    live_allowance,
    plan_approval,
    plan_transfer,
)
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units
from model import ledger_model
from model.ledger_model import Answer, Call, LedgerModel

Party = tuple[str, bytes | None]

RULES = TokenRules(Units(ledger_model.FEE), AccountKey("minter"), Units(ledger_model.MIN_BURN))
HOLDERS = ["buyer", "provider", "contributor"]
ONE = bytes(31) + b"\x01"

OWNERS = st.sampled_from([*HOLDERS, "minter"])
SUBACCOUNTS = st.sampled_from([None, bytes(32), ONE])
PARTIES = st.tuples(OWNERS, SUBACCOUNTS)
AMOUNTS = st.sampled_from([0, 1, 6, 7, 8, 9, 10, 11, 20, 50, 100, 110, 1_000])
FEES = st.sampled_from([None, None, None, 0, 10, 11])
MEMOS = st.sampled_from([None, None, b"", b"order"])
AGES = st.sampled_from([0, 1, -ledger_model.DRIFT, ledger_model.DAY, ledger_model.DAY + ledger_model.DRIFT])
CREATED = st.none() | st.builds(lambda age, off: (age, off), AGES, st.sampled_from([0, 0, 1, -1]))
LASTS = st.sampled_from([None, -1, 0, 1, 10**9])
RARELY = st.sampled_from([False] * 15 + [True])


def key_of(party: Party) -> AccountKey:
    return account_key(PrincipalText(party[0]), party[1])


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.model = LedgerModel()
        self.now = 1_700_000_000 * 10**9
        self.balances: dict[AccountKey, Units] = {}
        self.allowances: dict[tuple[AccountKey, AccountKey], Allowance] = {}
        self.remembered: dict[str, tuple[int, Nanoseconds]] = {}
        self.blocks = 0
        self.supply = 0
        self.calls: list[Call] = []
        for place, holder in enumerate(HOLDERS):
            self.submit(Call("transfer", "minter", None, (holder, None), None, 100 * place + 60, None, None, None))

    # -- What happens --------------------------------------------------------------------------------------------------------

    @rule(caller=OWNERS, own=SUBACCOUNTS, to=PARTIES, amount=AMOUNTS, fee=FEES, memo=MEMOS, created=CREATED)
    def transfer(
        self, caller: str, own: bytes | None, to: Party, amount: int, fee: int | None, memo: bytes | None, created: object
    ) -> None:
        self.submit(Call("transfer", caller, own, to, None, amount, fee, memo, self.time_of(created)))

    @rule(caller=OWNERS, own=SUBACCOUNTS, source=PARTIES, to=PARTIES, amount=AMOUNTS, fee=FEES, created=CREATED)
    def transfer_from(
        self,
        caller: str,
        own: bytes | None,
        source: Party,
        to: Party,
        amount: int,
        fee: int | None,
        created: object,
    ) -> None:
        self.submit(Call("transfer_from", caller, own, to, source, amount, fee, None, self.time_of(created)))

    @rule(data=st.data(), amount=AMOUNTS, fee=FEES)
    def spend_what_was_approved(self, data: st.DataObject, amount: int, fee: int | None) -> None:
        """Calls that fit an allowance, up to its last unit, since random parties seldom meet one."""
        if not self.allowances:
            return
        source, spender = data.draw(st.sampled_from(sorted(self.allowances)))
        left = self.allowances[source, spender].amount
        if data.draw(st.booleans()):
            amount = max(0, left - ledger_model.FEE)
        to = data.draw(PARTIES)
        self.submit(Call("transfer_from", *self.party(spender), to, self.party(source), amount, fee, None, None))

    @rule(caller=OWNERS, own=SUBACCOUNTS, spender=PARTIES, amount=AMOUNTS, expected=st.none() | AMOUNTS, lasts=LASTS)
    def approve(self, caller: str, own: bytes | None, spender: Party, amount: int, expected: int | None, lasts: int | None) -> None:
        expires_at = None if lasts is None else self.now + lasts
        self.submit(Call("approve", caller, own, spender, None, amount, None, None, None, expected, expires_at))

    @rule(caller=OWNERS, spender=PARTIES, amount=AMOUNTS, fee=FEES, memo=MEMOS, created=CREATED)
    def approve_with_time(self, caller: str, spender: Party, amount: int, fee: int | None, memo: bytes | None, created: object) -> None:
        self.submit(Call("approve", caller, None, spender, None, amount, fee, memo, self.time_of(created)))

    @rule(to=PARTIES, long=RARELY)
    def anyone_tries(self, to: Party, long: bool) -> None:
        memo = b"m" * 33 if long else b"m" * 32
        self.submit(Call("transfer", ledger_model.ANONYMOUS, None, to, None, 0, None, memo, None))
        self.submit(Call("transfer", "buyer", None, (ledger_model.ANONYMOUS, ONE), None, 0, None, memo, None))

    @rule(data=st.data())
    def repeat_a_call(self, data: st.DataObject) -> None:
        self.submit(data.draw(st.sampled_from(self.calls)))

    @rule(step=st.sampled_from([1, ledger_model.DRIFT, ledger_model.DAY]))
    def wait(self, step: int) -> None:
        self.now += step

    # -- How it is carried out ---------------------------------------------------------------------------------------------

    def time_of(self, created: object) -> int | None:
        return self.now - sum(created) if isinstance(created, tuple) else None

    def party(self, key: AccountKey) -> Party:
        owner, _, digits = key.partition(".")
        return owner, bytes.fromhex(digits) if digits else None

    def submit(self, call: Call) -> None:
        self.calls.append(call)
        expected = self.model.submit(call, self.now)
        assert self.answer(call) == expected

    def answer(self, call: Call) -> Answer:
        source = key_of(call.source or (call.caller, call.own_subaccount))
        pair = (source, key_of(call.other if call.method == "approve" else (call.caller, call.own_subaccount)))
        trace = fingerprint(call.method, PrincipalText(call.caller), self.arguments(call))
        view = View(
            now=Nanoseconds(self.now),
            source_balance=self.balances.get(source, Units(0)),
            target_balance=self.balances.get(key_of(call.other), Units(0)),
            duplicate_of=self.remembered[trace][0] if trace in self.remembered else None,
            allowance=self.allowances.get(pair, NO_ALLOWANCE),
        )
        try:
            plan = self.plan(call, view)
        except Refused as refused:
            return refused.kind, {name: value for name, value in refused.data.items() if isinstance(value, int)}
        self.write(plan, pair)
        if call.created_at_time is not None:
            self.remembered[trace] = self.blocks, remember_until(Nanoseconds(call.created_at_time))
        self.remembered = {old: entry for old, entry in self.remembered.items() if entry[1] >= self.now}
        self.blocks += 1
        return self.blocks - 1

    def arguments(self, call: Call) -> list[int | str | bytes | None]:
        source = call.source or (None, None)
        return [call.own_subaccount, *call.other, *source, *call[5:]]

    def plan(self, call: Call, view: View) -> Plan:
        said: Any = call[5:]
        amount, fee, memo, created_at_time, expected, expires_at = said
        own = key_of((call.caller, call.own_subaccount))
        if call.method == "approve":
            return plan_approval(RULES, Approval(own, key_of(call.other), amount, expected, expires_at, fee, memo, created_at_time), view)
        spender = own if call.method == "transfer_from" else None
        source = key_of(call.source) if call.source else own
        return plan_transfer(RULES, Transfer(source, key_of(call.other), amount, fee, memo, created_at_time, spender), view)

    def write(self, plan: Plan, pair: tuple[AccountKey, AccountKey]) -> None:
        assert len(dict(plan.balances)) == len(plan.balances)
        self.balances.update(plan.balances)
        self.balances = {account: balance for account, balance in self.balances.items() if balance}
        if plan.allowance is not None:
            self.allowances[pair] = plan.allowance
            self.allowances = {pair: allowance for pair, allowance in self.allowances.items() if allowance.amount}
        self.supply += plan.supply_change

    # -- What must hold ------------------------------------------------------------------------------------------------------

    @invariant()
    def balances_are_those_of_the_log(self) -> None:
        expected = {key_of(account): self.model.balance(account) for account in self.model.accounts()}
        assert self.balances == {account: balance for account, balance in expected.items() if balance}
        assert all(balance > 0 for balance in self.balances.values())

    @invariant()
    def supply_is_the_sum_of_balances(self) -> None:
        assert self.supply == sum(self.balances.values()) == self.model.supply()

    @invariant()
    def allowances_are_those_of_the_log(self) -> None:
        for (source, spender), stored in self.allowances.items():
            live = live_allowance(stored, Nanoseconds(self.now))
            pair = [(owner, subaccount or bytes(32)) for owner, subaccount in (self.party(source), self.party(spender))]
            assert tuple(live) == self.model.allowance(pair[0], pair[1], self.now)


TestLedger = LedgerMachine.TestCase
