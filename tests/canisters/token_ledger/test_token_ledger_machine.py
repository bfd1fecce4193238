"""Random lives of a token ledger on a replica, beside a model that only keeps the list of calls."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from token_ledger_driver import BUYER, DAY_NS, DRIFT_NS, MINTER, ONE, PROVIDER, SPLITTER, Ledger, install

from ddsx_core.token_log import decode_block
from kybra_replica.driver import Replica
from kybra_replica.principal import Principal
from model.block_log import last_hash, replay
from model.ledger_model import Answer, Call, LedgerModel

FEE = 10
ZEROS = bytes(32)
HOLDERS = {str(principal): principal for principal in (BUYER, PROVIDER, SPLITTER)}
PEOPLE = HOLDERS | {str(MINTER): MINTER}

OWNERS = st.sampled_from([*PEOPLE])
SUBACCOUNTS = st.sampled_from([None, None, ZEROS, ONE])
PARTIES = st.tuples(OWNERS, SUBACCOUNTS)
AMOUNTS = st.sampled_from([0, 1, 9, 10, 11, 20, 50, 100, 110, 1_000])
FEES = st.sampled_from([None, None, None, 0, 10, 11])
MEMOS = st.sampled_from([None, None, b"", b"order", b"m" * 33])
AGES = st.sampled_from([0, 1, -DRIFT_NS, DAY_NS, DAY_NS + DRIFT_NS])
OFF = st.sampled_from([0, 0, 1, -1])
CREATED = st.none() | st.tuples(AGES, OFF)
LASTS = st.sampled_from([None, -1, 0, 1, 10**9, 7_200 * 10**9])

Said = tuple[str, bytes | None]


class TokenLedgerMachine(RuleBasedStateMachine):
    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self.ledger = ledger
        self.upgraded = False
        self.model = LedgerModel((str(MINTER), ZEROS), FEE, min_burn=FEE)
        self.calls: list[Call] = []
        self.approvals: set[tuple[Said, Said]] = set()

    @initialize()
    def some_have_tokens(self) -> None:
        for place, holder in enumerate(HOLDERS):
            self.submit(Call("transfer", str(MINTER), None, (holder, None), None, 100 * place + 60, None, None, None))

    # -- What happens --------------------------------------------------------------------------------------------------------

    @rule(caller=OWNERS, own=SUBACCOUNTS, to=PARTIES, amount=AMOUNTS, fee=FEES, memo=MEMOS, created=CREATED)
    def transfer(self, caller: str, own: bytes | None, to: Said, amount: int, fee: int | None, memo: bytes | None, created: Any) -> None:
        self.submit(Call("transfer", caller, own, to, None, amount, fee, memo, self.time_of(created)))

    @rule(caller=OWNERS, own=SUBACCOUNTS, source=PARTIES, to=PARTIES, amount=AMOUNTS, fee=FEES, created=CREATED)
    def transfer_from(
        self, caller: str, own: bytes | None, source: Said, to: Said, amount: int, fee: int | None, created: Any
    ) -> None:
        self.submit(Call("transfer_from", caller, own, to, source, amount, fee, None, self.time_of(created)))

    @rule(data=st.data(), to=PARTIES, left=st.sampled_from([0, 1]))
    def spend_what_was_approved(self, data: st.DataObject, to: Said, left: int) -> None:
        """Calls that fit an allowance, to its last unit or the one before, since random parties seldom meet one."""
        if self.approvals:
            source, spender = data.draw(st.sampled_from(sorted(self.approvals, key=repr)))
            live = self.model.allowance(spelt(source), spelt(spender), self.ledger.now())[0]
            self.submit(Call("transfer_from", *spender, to, source, max(0, live - self.model.fee - left), None, None, None))

    @rule(caller=OWNERS, own=SUBACCOUNTS, spender=PARTIES, amount=AMOUNTS, expected=st.none() | AMOUNTS, lasts=LASTS, created=CREATED)
    def approve(
        self, caller: str, own: bytes | None, spender: Said, amount: int, expected: int | None, lasts: int | None, created: Any
    ) -> None:
        expires_at = None if lasts is None else self.ledger.now() + lasts
        self.submit(Call("approve", caller, own, spender, None, amount, None, None, self.time_of(created), expected, expires_at))
        self.approvals.add(((caller, own), spender))

    @rule(data=st.data())
    def repeat_a_call(self, data: st.DataObject) -> None:
        self.submit(data.draw(st.sampled_from(self.calls)))

    @rule(fee=st.sampled_from([0, FEE, FEE, 11]))
    def change_the_fee(self, fee: int) -> None:
        self.ledger.set_fee(fee)
        self.model.fee, self.model.min_burn = fee, max(fee, 1)

    @rule(step=st.sampled_from([DRIFT_NS, 3_601 * 10**9, DAY_NS + 10**9]))
    def wait(self, step: int) -> None:
        # No whole hours: the ledger's timer would be due in the very round of the next call, and move the clock before it.
        self.ledger.go_to(self.ledger.now() + step)

    @precondition(lambda self: not self.upgraded)
    @rule()
    def upgrade(self) -> None:
        """Once a life: an upgrade takes as long as twenty calls."""
        self.upgraded = True
        self.ledger.canister.upgrade()
        self.ledger.replica.tick(2)

    # -- How it is carried out ---------------------------------------------------------------------------------------------

    def time_of(self, created: tuple[int, int] | None) -> int | None:
        return None if created is None else self.ledger.now() - sum(created)

    def submit(self, call: Call) -> None:
        self.calls.append(call)
        expected = self.model.submit(call, self.ledger.now())
        assert answer_of(self.carry_out(call)) == expected

    def carry_out(self, call: Call) -> dict[str, Any]:
        sender, other = PEOPLE[call.caller], party(call.other)
        said = {"fee": call.fee, "memo": call.memo, "created_at_time": call.created_at_time}
        if call.method == "approve":
            said |= {"expected_allowance": call.expected_allowance, "expires_at": call.expires_at}
            return self.ledger.approve(sender, other, call.amount, from_subaccount=call.own_subaccount, **said)
        if call.source is None:
            return self.ledger.transfer(sender, other, call.amount, from_subaccount=call.own_subaccount, **said)
        return self.ledger.transfer_from(sender, party(call.source), other, call.amount, spender_subaccount=call.own_subaccount, **said)

    # -- What must hold ------------------------------------------------------------------------------------------------------

    @invariant()
    def balances_add_up_to_the_supply(self) -> None:
        """LEDGER-1, with what the ledger itself says of each account."""
        assert sum(self.ledger.balance(party(account)) for account in self.model.accounts()) == self.ledger.supply()

    @invariant()
    def what_was_minted_less_what_was_burned_is_what_accounts_hold(self) -> None:
        status = self.ledger.status()
        assert status["blocks"] == len(self.model.log)
        assert status["minted"] - status["burned"] == self.model.supply()
        assert status["accounts"] == sum(self.model.balance(account) > 0 for account in self.model.accounts())

    def teardown(self) -> None:
        """At the end every account, allowance and block is that of the model, and the blocks alone tell the same."""
        accounts = self.model.accounts()
        assert {account: self.ledger.balance(party(account)) for account in accounts} == {
            account: self.model.balance(account) for account in accounts
        }
        assert self.ledger.supply() == self.model.supply()
        for source, spender in self.approvals:
            expected = self.model.allowance(spelt(source), spelt(spender), self.ledger.now())
            assert self.ledger.allowance(party(source), party(spender)) == expected
        for index, (time, call) in enumerate(self.model.log):
            block = decode_block(self.ledger.canister.query("block", index))
            assert (block.ts, block.tx["amt"], block.tx.get("memo"), block.tx.get("ts")) == (
                time,
                call.amount,
                call.memo,
                call.created_at_time,
            )
        blocks = self.ledger.blocks()
        assert self.ledger.tip() == ((len(blocks) - 1, last_hash(blocks)) if blocks else None)
        balances, allowances = replay(blocks, self.ledger.now())
        assert balances == {raw(account): self.model.balance(account) for account in accounts if self.model.balance(account)}
        pairs = {(spelt(source), spelt(spender)) for source, spender in self.approvals}
        known = {pair: self.model.allowance(*pair, self.ledger.now()) for pair in pairs}
        assert allowances == {(raw(source), raw(spender)): left for (source, spender), left in known.items() if left[0]}


def party(said: Said) -> Principal | tuple[Principal, bytes]:
    owner, subaccount = said
    return PEOPLE[owner] if subaccount is None else (PEOPLE[owner], subaccount)


def spelt(said: Said) -> tuple[str, bytes]:
    return said[0], said[1] or ZEROS


def raw(account: tuple[str, bytes]) -> tuple[bytes, bytes]:
    return Principal.from_text(account[0]).raw, account[1]


def answer_of(answer: dict[str, Any]) -> Answer:
    if "Ok" in answer:
        index: int = answer["Ok"]
        return index
    ((kind, data),) = answer["Err"].items()
    return kind, {name: value for name, value in (data or {}).items() if isinstance(value, int)}


def test_random_lives(module_replica: Replica) -> None:
    ledger = install(module_replica, transfer_fee=FEE)
    start = module_replica.checkpoint()

    class Life(TokenLedgerMachine):
        def __init__(self) -> None:
            module_replica.restore(start)
            super().__init__(ledger)

    # Half as many lives as usual, and three fifths of the steps: each step is a call or two.
    usual = settings()
    some = settings(usual, max_examples=usual.max_examples // 2, stateful_step_count=usual.stateful_step_count * 3 // 5)
    run_state_machine_as_test(Life, settings=some)
