"""The exchange under test, with a model beside it that watches every message."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any, ClassVar

from exchange import PROTOCOL_FEE_PPM, ROOT, Exchange, account, deploy
from kybra_replica.candid import decode
from kybra_replica.driver import CallId, CallRejected, Replica, user
from kybra_replica.network.checkpoint import Checkpoint
from kybra_replica.network.execution import Outcome
from kybra_replica.plain import to_plain
from kybra_replica.principal import Principal
from kybra_replica.system_api import Context
from model.exchange_model import ExchangeModel, StreamModel

PROVIDER = user("provider")
OPERATORS = tuple(user(f"operator {number}") for number in range(3))
BUYERS = tuple(user(f"buyer {number}") for number in range(2))
PAYEES = (PROVIDER, *OPERATORS)
PERIOD_SECONDS = 600
STREAM_REQUEST = {
    "title": "Readings",
    "description": "",
    "schema": '{"fields":[{"name":"value","type":"int"}]}',
    "media_type": "application/json",
    "tags": [],
    "curators": [],
    "created_at_time": None,
}


class World:
    """A deployed exchange with two streams, three operators, two buyers, and the model."""

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
        world.model, world.pending, world._received = deepcopy(first.model), [], {}
        world.replica.subnet.observers[-1] = world._watch
        return world

    def __init__(self, replica: Replica) -> None:
        self.exchange: Exchange = deploy(replica)
        self.replica = replica
        self.model = ExchangeModel(PROTOCOL_FEE_PPM)
        self.pending: list[tuple[str, CallId]] = []
        self.offers: dict[int, int] = {}
        """Offer -> price of one period."""
        self._received: dict[int, int] = {}
        replica.subnet.observers.append(self._watch)
        for number, share in enumerate((0, 333_333)):
            self._open_stream(number, share)
        for buyer in BUYERS:
            self.exchange.fund(buyer, 10**12)
            self.approve(buyer, 10**12)

    @property
    def provider(self) -> Principal:
        return PROVIDER

    @property
    def operators(self) -> tuple[Principal, ...]:
        return OPERATORS

    @property
    def buyers(self) -> tuple[Principal, ...]:
        return BUYERS

    @staticmethod
    def principals() -> tuple[Principal, ...]:
        """Everybody who can hold the payment token, but for the treasury and the splitter."""
        return (PROVIDER, *OPERATORS, *BUYERS)

    def _open_stream(self, number: int, share_ppm: int) -> None:
        registry, ledger = self.exchange.stream_registry, self.exchange.dst_ledger
        stream = registry.call("create_stream", STREAM_REQUEST | {"provider_share_ppm": share_ppm}, sender=PROVIDER)["Ok"]
        self.model.streams[stream] = StreamModel(share_ppm)
        for operator in OPERATORS:
            assert "Ok" in registry.call("admit_contributor", stream, operator, sender=PROVIDER)
        price = 1_000_003 + number
        terms = {"Subscription": {"period_seconds": PERIOD_SECONDS, "price": price, "max_periods": 3}}
        offer = ledger.call("create_offer", {"stream": stream, "terms": terms, "title": None}, sender=PROVIDER)["Ok"]
        self.offers[offer] = price

    def approve(self, buyer: Principal, amount: int) -> None:
        """Let the splitter take up to `amount` from the buyer's account."""
        nothing = dict.fromkeys(("from_subaccount", "expected_allowance", "expires_at", "fee", "memo", "created_at_time"))
        request = {"spender": account(self.exchange.payout_splitter.id), "amount": amount, **nothing}
        assert "Ok" in self.exchange.token_ledger.call("icrc2_approve", request, sender=buyer)

    def submit(self, canister: str, method: str, *arguments: Any, sender: Principal) -> Any:
        """Send a call and run a round; its answer, or None when it has none yet (or trapped)."""
        handle = getattr(self.exchange, canister)
        call = handle.submit(method, *arguments, sender=sender)
        self.replica.tick()
        if self.replica.subnet.answers[call.number] is None:
            self.pending.append((canister, call))
            return None
        try:
            return handle.wait(method, call)
        except CallRejected:
            return None

    def settle(self) -> None:
        """No more faults; everything is delivered, and the timers run until nothing is left to do."""
        self.replica.faults.clear()
        for _ in range(20):
            self.replica.advance_time(61)
            self.replica.tick(2)
            if not self.open_orders() and not any(self.open_payments().values()):
                break
        self.replica.advance_time(61)
        self.replica.tick(2)

    def open_orders(self) -> int:
        return int(self.exchange.dst_ledger.query("ledger_status")["unfinished_orders"])

    def open_payments(self) -> dict[str, list[int]]:
        payments: dict[str, list[int]] = self.exchange.payout_splitter.query("open_payments")
        return payments

    def orders(self) -> list[dict[str, Any]]:
        """All orders, in the order of their numbers."""
        ledger = self.exchange.dst_ledger
        return [ledger.query("order", number) for number in range(1, ledger.query("ledger_status")["orders"] + 1)]

    def _watch(self, outcome: Outcome) -> None:
        """Fold what the splitter did into the model: the work it acknowledged, the sales it credited."""
        splitter = self.exchange.payout_splitter
        if outcome.canister.id != splitter.id or outcome.trap is not None or outcome.context.is_query:
            return
        if outcome.entry.export == "canister_update record_work" and outcome.effects.reply is not None:
            function = splitter.function("record_work")
            (batch,) = decode(outcome.environment.argument, function.arguments)
            (result,) = decode(outcome.effects.reply, function.results)
            if "Ok" in to_plain(function.results[0], result):
                weights = {work["contributor"]: work["weight"] for work in batch["work"]}
                self.model.streams[batch["stream"]].work(batch["batch"], weights)
        elif outcome.context is Context.REPLY_CALLBACK:
            self._watch_sales()

    def _watch_sales(self) -> None:
        """A callback of the splitter ran: whatever a stream's book received by it is one sale."""
        received = self.exchange.payout_splitter.query("audit")["received"]
        price = received - self.model.received
        if not price:
            return
        grown = []
        for stream in self.model.streams:
            book = self.exchange.payout_splitter.query("audit_of", stream)
            if book is not None:
                total = book["received"] + book["provider_credited"]
                if total != self._received.get(stream, 0):
                    grown.append(stream)
                self._received[stream] = total
        assert len(grown) == 1, f"one sale was credited to the books of {grown}"
        self.model.sale(grown[0], price)
