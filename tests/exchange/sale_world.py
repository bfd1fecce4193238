"""The exchange under test: four canisters, a second ledger and raw cycles, with models beside it that watch every message."""

from __future__ import annotations

from copy import copy, deepcopy
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from money_watch import CYCLES, OWN, PLAIN, Watched

from exchange import ROOT, Exchange, account, deploy, subscription
from kybra_replica.driver import CallId, CallRejected, CanisterHandle, Replica, user
from kybra_replica.network.checkpoint import Checkpoint
from kybra_replica.network.execution import Outcome
from kybra_replica.principal import Principal
from model.exchange_model import StreamModel
from model.money_events import draws_in, weights_in

PROVIDER = user("provider")
OPERATORS = tuple(user(f"operator {number}") for number in range(3))
BUYERS = tuple(user(f"buyer {number}") for number in range(2))
FUNDS = 10**12
PERIOD_SECONDS = 600
MOST_PERIODS = 3
PLAIN_LEDGER = Path(__file__).resolve().parents[1] / "canisters" / "payout_splitter" / "plain_ledger_canister.py"
STREAM_REQUEST = {
    "title": "Readings",
    "description": "",
    "schema": '{"fields":[{"name":"value","type":"int"}]}',
    "media_type": "application/json",
    "tags": [],
    "curators": [],
    "created_at_time": None,
}


class Offered(NamedTuple):
    """What an offer asks for one period."""

    stream: int
    price: int
    ledger: int
    earning: dict[str, Any]
    cancellable: bool


class World(Watched):
    """A deployed exchange with two streams, three operators, two buyers, and the models.

    streams_model: what was appended to each stream. offers: by number. changed_canisters: who ran since their last check. final_orders:
    orders that cannot change any more. claims: payee, ledger and streams of what may be paid out. own_cycles is nobody's money.
    """

    _first: ClassVar[tuple[World, Checkpoint] | None] = None

    @classmethod
    def start(cls) -> World:
        """A world as if freshly deployed; deploying is done once."""
        if cls._first is None:
            world = cls(Replica(search_path=[ROOT / "src"]))
            cls._first = (world, world.replica.checkpoint())
        first, remembered = cls._first
        first.replica.restore(remembered)
        world = copy(first)
        world.streams_model, world.claims = deepcopy(first.streams_model), set(first.claims)
        world.pending, world.final_orders, world.changed_canisters = [], {}, set()
        world.watch_again()
        return world

    def __init__(self, replica: Replica) -> None:
        self.exchange: Exchange = deploy(replica)
        self.changed_canisters: set[Principal] = set()
        plain = replica.install(PLAIN_LEDGER, 7)
        self.sink = replica.create_canister()
        super().__init__(replica, self.exchange.payout_splitter, {OWN: self.exchange.token_ledger, PLAIN: plain})
        self.payees = (PROVIDER, *OPERATORS, *BUYERS, self.exchange.treasury)
        self.pending: list[tuple[str, CallId]] = []
        self.streams_model: dict[int, StreamModel] = {}
        self.offers: dict[int, Offered] = {}
        self.claims: set[tuple[str, int, tuple[int, ...]]] = set()
        self.final_orders: dict[int, dict[str, Any]] = {}
        for kind, ledger in (("Icrc", plain.id), ("Cycles", self.sink)):
            self.splitter.call("add_ledger", {"kind": {kind: None}, "ledger": ledger}, sender=self.exchange.governance)
        replica.tick()
        for number, share in enumerate((0, 333_333)):
            self._open_stream(number, share)
        self.streams = tuple(self.streams_model)
        for buyer in BUYERS:
            self.exchange.fund(buyer, FUNDS)
            plain.call("mint", account(buyer), FUNDS)
            for ledger in (OWN, PLAIN):
                self.approve(buyer, ledger, FUNDS)
                self.claims.add((str(buyer), ledger, ()))
        self.learn()

    def _open_stream(self, number: int, share_ppm: int) -> None:
        registry = self.exchange.stream_registry
        stream = registry.call("create_stream", STREAM_REQUEST | {"provider_share_ppm": share_ppm}, sender=PROVIDER)["Ok"]
        self.streams_model[stream] = StreamModel()
        for operator in OPERATORS:
            assert "Ok" in registry.call("admit_contributor", stream, operator, sender=PROVIDER)
        for operator in OPERATORS[: number + 1]:
            self.append(stream, operator, ['{"value":1}'])
        for ledger, earning in (
            (OWN, {"AtOnce": None}),
            (PLAIN, {"AtOnce": None}),
            (OWN, {"BySecond": None}),
            (PLAIN, {"ByRecord": 4}),
            (CYCLES, {"BySecond": None}),
        ):
            price = 1_000_003 + number if ledger != CYCLES else 10**9 + number
            offered = Offered(stream, price, ledger, earning, cancellable=earning != {"AtOnce": None} and ledger != PLAIN)
            self.offers[self._offer(offered)] = offered

    def _offer(self, offered: Offered) -> int:
        terms = subscription(
            PERIOD_SECONDS,
            offered.price,
            MOST_PERIODS,
            ledger=offered.ledger,
            earning=offered.earning,
            cancellable=offered.cancellable,
        )
        request = {"stream": offered.stream, "terms": terms, "title": None}
        number: int = self.exchange.dst_ledger.call("create_offer", request, sender=PROVIDER)["Ok"]
        return number

    # calls -----------------------------------------------------------------------------------------------------------

    def append(self, stream: int, operator: Principal, records: list[str]) -> tuple[dict[str, Any], Any]:
        """Append an operator's next batch; the request, and what was answered."""
        model = self.streams_model[stream]
        batch = model.next_batch.get(str(operator), 0)
        request = {"stream": stream, "batch": batch, "records": records}
        answer = self.call_canister(self.exchange.stream_registry, "append", request, sender=operator)
        model.records.extend((str(operator), record) for record in records)
        model.next_batch[str(operator)] = batch + 1
        return request, answer

    def canister(self, name: str) -> CanisterHandle:
        """One of the four canisters, or the second ledger."""
        handle: CanisterHandle = self.ledgers[PLAIN] if name == "plain_ledger" else getattr(self.exchange, name)
        return handle

    def approve(self, buyer: Principal, ledger: int, amount: int) -> None:
        """Let the splitter take up to `amount` from the buyer's account."""
        nothing = dict.fromkeys(("from_subaccount", "expected_allowance", "expires_at", "fee", "memo", "created_at_time"))
        request = {"spender": account(self.splitter.id), "amount": amount} | (nothing if ledger == OWN else {})
        self.call_canister(self.ledgers[ledger], "icrc2_approve", request, sender=buyer)

    def submit(self, canister: str, method: str, *arguments: Any, sender: Principal) -> Any:
        """Send a call and run a round; its answer, or None when it has none yet (or trapped)."""
        handle = self.canister(canister)
        call = handle.submit(method, *arguments, sender=sender)
        self.replica.tick()
        if self.replica.subnet.answers[call.number] is None:
            self.pending.append((canister, call))
            return None
        try:
            return handle.wait(method, call)
        except CallRejected:
            return None

    def open_orders(self) -> int:
        return int(self.exchange.dst_ledger.query("ledger_status")["unfinished_orders"])

    def orders(self) -> list[dict[str, Any]]:
        """All orders, in the order of their numbers; those that cannot change any more as they were."""
        ledger = self.exchange.dst_ledger
        found = []
        for number in range(1, ledger.query("ledger_status")["orders"] + 1):
            order = self.final_orders.get(number) or ledger.query("order", number)
            (state,) = order["state"]
            if state in {"Refused", "Ended"} or (state == "Completed" and not order["state"]["Completed"]["escrowed"]):
                self.final_orders[number] = order
            found.append(order)
        return found

    # laws ------------------------------------------------------------------------------------------------------------

    def was_asked(self, block: dict[str, Any]) -> None:
        """INV-MONEY-7: what the splitter did was asked for, by an order, an append or a payee."""
        kind = block["btype"].removeprefix("ddsx:")
        if kind in {"sale", "astray"}:
            order = self.exchange.dst_ledger.query("order", block["order"])
            offered = self.offers[order["offer"]]
            stated = tuple(block[name] for name in ("stream", "ledger", "payer", "price", "terms"))
            asked = (order["stream"], offered.ledger, str(order["buyer"]), offered.price * order["periods"], _terms(order, offered))
            assert stated == asked, "INV-MONEY-7"
        elif kind == "payout":
            assert (block["payee"], block["ledger"], tuple(draws_in(block["draws"])[0])) in self.claims, "INV-MONEY-7"
        elif kind == "end":
            (state,) = self.exchange.dst_ledger.query("order", block["order"])["state"]
            assert state in {"Ending", "Ended"}, "INV-MONEY-7"
        elif kind == "work":
            appended = self.streams_model[block["stream"]].appended()
            recorded = self.model.streams[block["stream"]].weights
            assert all(recorded[name] <= appended[name] for name in weights_in(block["work"])), "INV-WORK-1"

    def _watch(self, outcome: Outcome) -> None:
        super()._watch(outcome)
        if not outcome.context.is_query and outcome.trap is None:
            self.changed_canisters.add(outcome.canister.id)

    def has_changed(self, handle: CanisterHandle) -> bool:
        """Whether a canister ran since this was asked last."""
        changed = handle.id in self.changed_canisters
        self.changed_canisters.discard(handle.id)
        return changed


def _terms(order: dict[str, Any], offered: Offered) -> str:
    """The terms of a sale as its block states them."""
    (source,), ((earning, records),) = order["source"], offered.earning.items()
    periods = order["periods"]
    words = {"AtOnce": "now", "BySecond": f"seconds:{PERIOD_SECONDS * periods:x}", "ByRecord": f"records:{(records or 0) * periods:x}"}
    return f"{source.lower()} {words[earning]}"
