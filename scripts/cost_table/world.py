"""The exchange in the two states in which its methods are priced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from exchange import ROOT, Exchange, account, deploy, subscription
from kybra_replica.costs.meter import CostMeter
from kybra_replica.driver import Replica, user
from kybra_replica.python_engine.engine import PythonEngine

PROVIDER, BUYER = user("provider"), user("buyer")
OPERATORS = tuple(user(f"operator {number}") for number in range(3))
PRICE = 12_345_678_901
PERIOD_SECONDS = 30 * 24 * 3_600
NOTHING = dict.fromkeys(("from_subaccount", "expected_allowance", "expires_at", "fee", "memo", "created_at_time"))


@dataclass(frozen=True)
class State:
    """How much there is.

    `batches` of 500 records are in the stream that is asked about, beside `streams` others. Maps that grow with the exchange's use are
    taken to have `rows` entries, those that grow with streams `streams`, those that grow with neither what they really have.
    """

    name: str
    batches: int
    streams: int
    rows: int


TYPICAL = State("typical", batches=4, streams=10, rows=100)
BUSY = State("busy", batches=250, streams=300, rows=10_000)
BATCH = 500

ROWS = frozenset({
    "contributors", "contributor_names", "batch_pages", "small_segments", "medium_segments", "large_segments", "log_tiles", "read_rights",
    "request_map", "order_map", "licence_map", "block_map", "id_set_map", "id_page_map", "entitlement_map",
    "members", "more_members", "payees", "collections", "payouts", "log_pages", "long_blocks", "order_pages",
    "payout_pages", "balances", "allowances", "blocks", "call_pages",
})  # fmt: skip
"""Maps that grow with use. What is not stored in them yet is not read from them either."""

STREAMS = frozenset({"offer_map", "books", "plans", "flows"})
"""Maps of other canisters that grow with the number of streams."""


def record(number: int) -> str:
    """A record of 200 bytes."""
    return f'{{"station":"KSEA","at":{1_700_000_000 + number},"reading":{number % 997}}}'.ljust(200, "x")


class World:
    """A deployed exchange with a stream that three operators fill, an offer, and a buyer with an approval."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.replica = Replica(search_path=[ROOT / "src"])
        self.exchange: Exchange = deploy(self.replica)
        self.appended = [0] * len(OPERATORS)
        for number in range(state.streams):
            self.create_stream(f"Other readings {number}")
        self.stream = self.create_stream("Readings")
        for operator in OPERATORS:
            self.ok("stream_registry", "admit_contributor", self.stream, operator, sender=PROVIDER)
        for number in range(state.batches):
            self.append(BATCH, operator=number % len(OPERATORS))
        terms = subscription(PERIOD_SECONDS, PRICE, 12)
        self.offer: int = self.ok("dst_ledger", "create_offer", {"stream": self.stream, "terms": terms, "title": None}, sender=PROVIDER)
        self.exchange.fund(BUYER, 10**15)
        request = {"spender": account(self.exchange.payout_splitter.id), "amount": 10**15, **NOTHING}
        self.ok("token_ledger", "icrc2_approve", request, sender=BUYER)
        self.middle = state.batches * BATCH * 3 // 5 + BATCH // 4
        self.licence: int = self.purchase()["licence"]
        self.rest()

    def ok(self, canister: str, method: str, *arguments: Any, sender: Any) -> Any:
        """The `Ok` of an update call. Raises RuntimeError for a refusal."""
        answer = getattr(self.exchange, canister).call(method, *arguments, sender=sender)
        if "Ok" not in answer:
            raise RuntimeError(f"{canister}.{method} was refused: {answer}")
        return answer["Ok"]

    def claim(self, payee: Any) -> Any:
        """Pay out what a payee has in the stream."""
        request = {"streams": [self.stream], "ledger": 0, "to": None, "created_at_time": None}
        return self.ok("payout_splitter", "claim", request, sender=payee)

    def read(self, start: int, limit: int) -> Any:
        """Read records as the buyer."""
        request = {"stream": self.stream, "licence": self.licence, "start": start, "limit": limit}
        return self.exchange.stream_registry.query("read", request, sender=BUYER)["Ok"]

    def create_stream(self, title: str) -> int:
        """Create a stream of the provider's."""
        request = {
            "title": title, "description": "Readings of a station.", "schema": '{"fields":[{"name":"reading","type":"int"}]}',
            "media_type": "application/json", "tags": ["weather"], "curators": [], "provider_share_ppm": 150_000, "created_at_time": None,
        }  # fmt: skip
        stream: int = self.ok("stream_registry", "create_stream", request, sender=PROVIDER)
        return stream

    def append(self, records: int, operator: int = 0) -> Any:
        """Append the next batch of an operator."""
        first = sum(self.appended)
        lines = [record(first + number) for number in range(records)]
        request = {"stream": self.stream, "batch": self.appended[operator], "records": lines}
        answer = self.ok("stream_registry", "append", request, sender=OPERATORS[operator])
        self.appended[operator] += 1
        return answer

    def rest(self) -> None:
        """Let the timers do what is due."""
        for _ in range(3):
            self.replica.advance_time(61)
            self.replica.tick(2)

    def purchase(self, offer: int | None = None) -> dict[str, Any]:
        """Buy one period."""
        request = {
            "offer": offer or self.offer, "periods": 1, "max_price": PRICE, "created_at_time": self.replica.get_time(),
            "payer_subaccount": None, "source": {"Allowance": None},
        }  # fmt: skip
        bought: dict[str, Any] = self.ok("dst_ledger", "purchase", request, sender=BUYER)
        return bought

    def assume(self, meter: CostMeter) -> None:
        """Let the meter take the maps that grow to have the state's number of entries."""
        for canister in self.replica.subnet.canisters.values():
            if not isinstance(canister.engine, PythonEngine):
                continue
            program = canister.engine.program
            for memory_id, declaration in program.maps.items():
                entries = self.state.rows if declaration.name in ROWS else self.state.streams if declaration.name in STREAMS else 0
                meter.assumed_entries[program.entry_module, memory_id] = entries
