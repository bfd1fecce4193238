"""The splitter between its ledgers, with the naive model beside it; whoever drives it stands in for the registry and the licence ledger.

What may happen is written down before it is asked for: whatever else the splitter's log tells of should not have happened.
"""

from __future__ import annotations

from copy import copy, deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from money_watch import CYCLES, LEDGERS, OWN, PLAIN, Watched

from exchange import account, entry
from kybra_replica.driver import CanisterHandle, Replica, user
from kybra_replica.network.checkpoint import Checkpoint
from kybra_replica.principal import Principal
from model.money_events import draws_in

ROOT = Path(__file__).resolve().parents[2]
PLAIN_LEDGER = ROOT / "tests" / "canisters" / "payout_splitter" / "plain_ledger_canister.py"
GOVERNANCE, LICENCE_LEDGER, REGISTRY = user("governance"), user("licence ledger"), user("registry")
TREASURY, VALIDATORS, AUTHOR = user("treasury"), user("validators"), user("author")
PROVIDERS = (user("provider"), user("other provider"))
WORKERS = tuple(user(f"operator {number}") for number in range(3))
PAYERS = tuple(user(f"buyer {number}") for number in range(2))
PAYEES = (*PROVIDERS, *WORKERS, AUTHOR, TREASURY, VALIDATORS, *PAYERS)
STREAMS = tuple((3 << 48) + number for number in range(1, 5))
PROTOCOL_FEE_PPM = 20_000
FUNDS = 10**15


@dataclass
class Asked:
    """What was asked for: nothing else may happen."""

    orders: dict[int, dict[str, Any]] = field(default_factory=dict)
    claims: set[tuple[str, int, tuple[int, ...]]] = field(default_factory=set)
    """Payee, ledger and streams of claims and pushes; of refunds, with no streams."""
    events: set[tuple[Any, ...]] = field(default_factory=set)
    """Everything else, as its block would state it."""


class MoneyWorld(Watched):
    """A splitter with three ledgers, four streams and the model."""

    payees, streams = PAYEES, STREAMS

    _first: ClassVar[tuple[MoneyWorld, Checkpoint] | None] = None

    @classmethod
    def start(cls) -> MoneyWorld:
        """A world as if freshly deployed; deploying is done once."""
        if cls._first is None:
            world = cls(Replica(search_path=[ROOT / "src"]))
            cls._first = (world, world.replica.checkpoint())
        first, remembered = cls._first
        first.replica.restore(remembered)
        world = copy(first)
        world.asked = deepcopy(first.asked)
        world.watch_again()
        return world

    def __init__(self, replica: Replica) -> None:
        splitter = replica.create_canister(controllers=[GOVERNANCE])
        minting = {"name": "Local test token", "symbol": "LTT", "decimals": 8, "transfer_fee": 10, "minting_account": account(GOVERNANCE)}
        ledgers = {OWN: replica.install(entry("token_ledger"), minting), PLAIN: replica.install(PLAIN_LEDGER, 7)}
        self.sink = replica.create_canister(controllers=[GOVERNANCE])
        super().__init__(replica, self._install(replica, splitter, ledgers), ledgers)
        self.asked = Asked()
        replica.tick(2)
        for payer in PAYERS:
            self.fund(payer)
        for number, stream in enumerate(STREAMS):
            self.asked.events |= {("open", stream), ("work", stream, 1, number)}
            share = (0, 333_333, 1_000_000, 100_000)[number]
            work = dict.fromkeys(WORKERS[:number], 7 + number)
            for batch in (self.batch(stream, 0, 0, {}, share), self.batch(stream, 1, number, work)):
                self.call("record_work", batch, sender=REGISTRY)
        self.learn()

    def _install(self, replica: Replica, splitter: Principal, ledgers: dict[int, CanisterHandle]) -> CanisterHandle:
        kinds = {OWN: ("Icrc", ledgers[OWN].id), PLAIN: ("Icrc", ledgers[PLAIN].id), CYCLES: ("Cycles", self.sink)}
        arguments = {
            "governance": GOVERNANCE,
            "dst_ledger": LICENCE_LEDGER,
            "registries": [REGISTRY],
            "ledgers": [{"kind": {kinds[ledger][0]: None}, "ledger": kinds[ledger][1]} for ledger in LEDGERS],
            "treasury": account(TREASURY),
            "validators": VALIDATORS,
            "protocol_fee_ppm": PROTOCOL_FEE_PPM,
            "plan_notice_seconds": 100,
            "change_delay_seconds": 100,
        }
        return replica.install_handle(splitter, entry("payout_splitter"), arguments, sender=GOVERNANCE)

    # calls -----------------------------------------------------------------------------------------------------------

    @staticmethod
    def batch(stream: int, number: int, size: int, work: dict[Principal, int], share: int = 0) -> dict[str, Any]:
        """A batch of work on the wire."""
        return {
            "stream": stream,
            "batch": number,
            "provider": str(PROVIDERS[stream % 2]),
            "provider_share_ppm": share,
            "size": size,
            "work": [{"contributor": str(worker), "weight": weight} for worker, weight in work.items()],
        }

    # ledgers ---------------------------------------------------------------------------------------------------------

    def fund(self, payer: Principal) -> None:
        """Money on both ledgers, all of which the splitter may collect."""
        nothing = dict.fromkeys(("from_subaccount", "expected_allowance", "expires_at", "fee", "memo", "created_at_time"))
        transfer = {"from_subaccount": None, "to": account(payer), "amount": FUNDS, "fee": None, "memo": None, "created_at_time": None}
        self.ledgers[OWN].call("icrc1_transfer", transfer, sender=GOVERNANCE)
        self.ledgers[PLAIN].call("mint", account(payer), FUNDS)
        approval = {"spender": account(self.splitter.id), "amount": FUNDS}
        self.ledgers[OWN].call("icrc2_approve", approval | nothing, sender=payer)
        self.ledgers[PLAIN].call("icrc2_approve", approval, sender=payer)

    # laws ------------------------------------------------------------------------------------------------------------

    def was_asked(self, block: dict[str, Any]) -> None:
        """INV-MONEY-7: as `Watched.was_asked`; the model has seen to amounts, and to sales that come twice."""
        kind = block["btype"].removeprefix("ddsx:")
        if kind in {"sale", "astray"}:
            order = self.asked.orders[block["order"]]
            stated = tuple(block[name] for name in ("stream", "ledger", "payer", "price", "terms"))
            assert stated == (order["stream"], order["ledger"], order["payer"], order["price"], terms_of(order)), "INV-MONEY-7"
        elif kind == "payout":
            assert (block["payee"], block["ledger"], tuple(draws_in(block["draws"])[0])) in self.asked.claims, "INV-MONEY-7"
        elif kind in _STATED:
            assert (kind, *(block[name] for name in _STATED[kind])) in self.asked.events, f"INV-MONEY-7: {block}"


_STATED = {
    "open": ("stream",),
    "work": ("stream", "batch", "size"),
    "plan": ("stream", "plan"),
    "fee": ("ppm",),
    "end": ("order",),
    "refund": ("order", "amount"),
}
"""What a block states of an event in `Asked`."""


def terms_of(order: dict[str, Any]) -> str:
    """The terms of an order as its block states them."""
    (source,), ((earning, ticks),) = order["source"], order["earning"].items()
    words = {"AtOnce": "now", "BySecond": f"seconds:{ticks or 0:x}", "ByRecord": f"records:{ticks or 0:x}"}
    return f"{source.lower()} {words[earning]}"
