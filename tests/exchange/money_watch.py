"""A splitter that is watched: its log goes into the naive model, and what its ledgers really did is noted as they do it."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from typing import Any, NamedTuple

from exchange import account
from kybra_replica.candid import decode
from kybra_replica.driver import CallId, CallRejected, CanisterHandle, Replica, _decode, _encode, _unwrap
from kybra_replica.network.execution import Outcome
from kybra_replica.plain import to_plain
from kybra_replica.principal import Principal
from model.money_events import apply, block_of
from model.money_model import MoneyModel

OWN, PLAIN, CYCLES = 0, 1, 2
LEDGERS = (OWN, PLAIN, CYCLES)
"""The exchange's own ledger, a plain one of the tests that changes its fee and refuses accounts, and raw cycles."""

PAGE = 100
_TRANSFERS = ("canister_update icrc1_transfer", "canister_update icrc2_transfer_from")


class Moved(NamedTuple):
    """A transfer that a ledger carried out for the splitter: what it took in all, and the block."""

    taken: int
    block: int


class Watched:
    """A splitter, its ledgers and the model.

    taken: (ledger, order) -> the price as it arrived. paid_out: (ledger, payout) -> as it was carried out. changed: something ran since
    the last check. first_cycles: the splitter's own, which are nobody's money.
    """

    payees: tuple[Principal, ...] = ()
    """Who can claim anything."""
    streams: tuple[int, ...] = ()
    """Streams with a book."""

    def __init__(self, replica: Replica, splitter: CanisterHandle, ledgers: dict[int, CanisterHandle]) -> None:
        replica.subnet.certify = None  # A signature costs as much as all other checks of a step; what is certified is looked at instead.
        self.replica, self.splitter, self.ledgers = replica, splitter, ledgers
        self.model = MoneyModel(0, "nobody", "nobody")
        self.blocks = 0
        self.changed = True
        self.taken: dict[tuple[int, int], Moved] = {}
        self.paid_out: dict[tuple[int, int], Moved] = {}
        self.refused: set[Principal] = set()
        """Accounts that the plain ledger refuses."""
        self.first_cycles = replica.get_cycles_balance(splitter.id)
        replica.subnet.observers.append(self._watch)

    def watch_again(self) -> None:
        """A copy of a world takes over from the one that it was copied from, at a checkpoint."""
        self.model = self.preview()
        self.taken, self.paid_out, self.refused, self.changed = dict(self.taken), dict(self.paid_out), set(), True
        self.replica.subnet.observers[-1] = self._watch

    # calls -----------------------------------------------------------------------------------------------------------

    def call(self, method: str, *arguments: Any, sender: Principal) -> Any:
        """Send a call to the splitter and run a round; its answer, or None when it has none yet, or trapped."""
        return self.call_canister(self.splitter, method, *arguments, sender=sender)

    def call_canister(self, handle: CanisterHandle, method: str, *arguments: Any, sender: Principal) -> Any:
        """The same for any canister."""
        number = handle.submit(method, *arguments, sender=sender).number
        self.replica.tick()
        if self.replica.subnet.answers[number] is None:
            return None
        try:
            return handle.wait(method, CallId(number))
        except CallRejected:
            return None

    def top_up(self, payer: Principal, cycles: int) -> Any:
        """A call with cycles attached, as canisters make it."""
        function = self.splitter.function("top_up")
        response = self.replica.subnet.call_directly(payer, self.splitter.id, "top_up", _encode(function.arguments, ()), cycles)
        return _decode(function.results, _unwrap(response))

    def send(self, ledger: int, payer: Principal, to: dict[str, Any], amount: int) -> None:
        """A payer's own transfer, if the ledger carries it out."""
        transfer = {"from_subaccount": None, "to": to, "amount": amount, "fee": None, "memo": None, "created_at_time": None}
        self.call_canister(self.ledgers[ledger], "icrc1_transfer", transfer, sender=payer)

    def refuse(self, owner: Principal, refusal: str) -> None:
        """Let the plain ledger refuse an account, or not any more where nothing is said."""
        self.ledgers[PLAIN].call("fail_to", {"to": account(owner), "kind": refusal})
        (self.refused.add if refusal else self.refused.discard)(owner)

    def due(self, ledger: int, streams: Iterable[int]) -> list[Principal]:
        """Payees who could claim anything now."""
        model, now = self.preview(), self.replica.get_time()
        for payee in self.payees:
            model.draw(now, str(payee), ledger, streams)
        return [payee for payee in self.payees if model.book(ledger).balances.get(str(payee))]

    def money(self, ledger: int, owner: Principal) -> int:
        """What an account holds, a balance of cycles among them."""
        if ledger == CYCLES:
            return self.replica.get_cycles_balance(owner)
        units: int = self.ledgers[ledger].query("icrc1_balance_of", account(owner))
        return units

    # what became of it -----------------------------------------------------------------------------------------------

    def was_asked(self, block: dict[str, Any]) -> None:
        """INV-MONEY-7: nothing happens but what was asked for. Raises AssertionError for a block that tells of something else."""

    def learn(self) -> list[dict[str, Any]]:
        """Fold the new blocks into the model; those blocks."""
        learned = []
        while True:
            page = self.splitter.query("icrc3_get_blocks", [{"start": self.blocks, "length": PAGE}])
            blocks = [block_of(item["block"]) for item in page["blocks"]]
            for block in blocks:
                apply(self.model, block)
            learned += blocks
            self.blocks += len(blocks)
            if self.blocks >= page["log_length"]:
                return learned
            assert blocks, "the log does not give out all of its blocks"

    def preview(self) -> MoneyModel:
        """A copy of the model to try something on."""
        copied: MoneyModel = pickle.loads(pickle.dumps(self.model))
        return copied

    def claimable(self, payee: Principal, ledger: int, streams: Iterable[int]) -> int:
        """What a payee could claim now."""
        model = self.preview()
        model.draw(self.replica.get_time(), str(payee), ledger, streams)
        return model.book(ledger).balances.get(str(payee), 0)

    def open_payments(self) -> dict[str, list[int]]:
        """Orders and payouts without outcome."""
        payments: dict[str, list[int]] = self.splitter.query("open_payments")
        return payments

    def _watch(self, outcome: Outcome) -> None:
        """Note what changed anything, and what ledgers carried out for the splitter."""
        if outcome.context.is_query or outcome.trap is not None:
            return
        self.changed = True
        if outcome.entry.export not in _TRANSFERS or outcome.environment.caller != self.splitter.id:
            return
        for ledger, handle in self.ledgers.items():
            if handle.id == outcome.canister.id:
                self._note(ledger, handle, outcome)

    def _note(self, ledger: int, handle: CanisterHandle, outcome: Outcome) -> None:
        function = handle.function(outcome.entry.export.partition(" ")[2])
        (request,) = decode(outcome.environment.argument, function.arguments)
        (result,) = decode(outcome.effects.reply, function.results)
        request, result = to_plain(function.arguments[0], request), to_plain(function.results[0], result)
        if "Ok" not in result:
            return
        number = int.from_bytes(request["memo"], "big")
        arrives = request["to"]["owner"] == self.splitter.id
        if arrives:
            assert (ledger, number) not in self.taken, "a price was taken twice"
            self.taken[(ledger, number)] = Moved(request["amount"], result["Ok"])
        elif request["from_subaccount"] is None:
            assert (ledger, number) not in self.paid_out, "a payout was paid twice"
            self.paid_out[(ledger, number)] = Moved(request["amount"] + request["fee"], result["Ok"])
