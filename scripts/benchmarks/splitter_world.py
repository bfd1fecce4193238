"""A splitter with a stream of many contributors, and the ledger it is paid on: canisters on the replica in process."""

from __future__ import annotations

from typing import Any

from ddsx_core.limits import MAX_BATCH_WORK
from exchange import LEDGER_FEE, NAMES, ROOT, account, entry, init_arguments
from kybra_replica.driver import Replica, user
from kybra_replica.principal import Principal

STREAM = 1
PRICE = 1_000_000_000_039
BATCH = MAX_BATCH_WORK
LEDGER = 0
PROVIDER, PAYER, MINTER = user("provider"), user("payer"), user("minter")
_FUNDS = 10**24


class SplitterWorld:
    """One stream, opened and filled as its registry does; work of `members` contributors is recorded.

    The registry and the licence ledger are ids alone, in whose names the splitter is called.
    """

    def __init__(self, members: int) -> None:
        self.replica = Replica(search_path=[ROOT / "src"])
        self.members = members
        self._ids = {name: self.replica.create_canister() for name in NAMES}
        arguments = init_arguments(self._ids, governance=user("governance"), treasury=user("treasury"), minter=MINTER)
        self.ledger, self.splitter = (
            self.replica.install_handle(self._ids[name], entry(name), arguments[name]) for name in ("token_ledger", "payout_splitter")
        )
        self.replica.tick(2)
        self.sold = 0
        self._orders = 0
        self._next_batch = 0
        self._record([])
        for start in range(0, members, BATCH):
            places = range(start, min(start + BATCH, members))
            self._record([{"contributor": str(member(place)), "weight": 1 + place * 7919 % 10_007} for place in places])
        transfer = {"to": account(PAYER), "amount": _FUNDS, **dict.fromkeys(("from_subaccount", "fee", "memo", "created_at_time"))}
        self._ok(self.ledger, "icrc1_transfer", transfer, MINTER)
        wish = dict.fromkeys(("from_subaccount", "expected_allowance", "expires_at", "fee", "memo", "created_at_time"))
        self._ok(self.ledger, "icrc2_approve", {**wish, "spender": account(self.splitter.id), "amount": _FUNDS}, PAYER)

    def sell(self, price: int = PRICE) -> dict[str, Any]:
        """Collect the price of another order."""
        self._orders += 1
        order = {
            "order": self._orders, "stream": STREAM, "payer": str(PAYER), "price": price, "ledger": LEDGER,
            "source": {"Allowance": None}, "earning": {"AtOnce": None},
        }  # fmt: skip
        collected: dict[str, Any] = self._ok(self.splitter, "collect", order, self._ids["dst_ledger"])
        self.sold += price
        return collected

    def claim(self, place: int) -> dict[str, Any]:
        """Pay out what a contributor has."""
        wish = {"streams": [STREAM], "ledger": LEDGER, "to": None, "created_at_time": None}
        paid: dict[str, Any] = self._ok(self.splitter, "claim", wish, member(place))
        return paid

    def push(self, place: int) -> None:
        """Let a contributor be paid without asking, whenever it can claim more than the ledger's fee."""
        wish = {"enabled": True, "ledger": LEDGER, "threshold": LEDGER_FEE + 1, "to": None, "streams": [STREAM]}
        self._ok(self.splitter, "set_push", wish, member(place))

    def let_time_pass(self) -> None:
        """Give timers a second to do what is due."""
        self.replica.advance_time(1)
        self.replica.tick()

    def audit(self) -> dict[str, Any]:
        """Where every unit is."""
        audit: dict[str, Any] = self.splitter.query("audit")["ledgers"][LEDGER]
        return audit

    def check(self) -> None:
        """Whether every sale was received, once, and nothing was lost. Raises RuntimeError: what was measured was something else."""
        audit = self.audit()
        if audit["received"] != self.sold or audit["lost_scaled"] or not audit["balanced"]:
            raise RuntimeError(f"{self.sold} units were sold, and the splitter says {audit}")

    def _record(self, work: list[dict[str, Any]]) -> None:
        batch = {
            "stream": STREAM, "batch": self._next_batch, "provider": str(PROVIDER), "provider_share_ppm": 100_000,
            "size": self._next_batch, "work": work,
        }  # fmt: skip
        self._next_batch = self._ok(self.splitter, "record_work", batch, self._ids["stream_registry"])

    @staticmethod
    def _ok(canister: Any, method: str, argument: dict[str, Any], sender: Principal) -> Any:
        answer = canister.call(method, argument, sender=sender)
        if "Ok" not in answer:
            raise RuntimeError(f"{method} was refused: {answer}")
        return answer["Ok"]


def member(place: int) -> Principal:
    """A contributor."""
    return Principal(b"contributor" + place.to_bytes(4, "big") + b"\x02")
