"""A splitter with a ledger, and the roles that use it: what the splitter's tests start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kybra_replica.driver import CallId, CanisterHandle, Replica, _decode, _encode, _unwrap, user
from kybra_replica.network.execution import Outcome
from kybra_replica.principal import Principal

ROOT = Path(__file__).resolve().parents[3]
SPLITTER = ROOT / "canisters" / "payout_splitter" / "payout_splitter_canister.py"
LEDGER = Path(__file__).with_name("plain_ledger_canister.py")

LEDGER_FEE = 10
PROTOCOL_FEE_PPM = 20_000
PROVIDER_SHARE_PPM = 100_000
STREAM = (3 << 48) + 1
OTHER_STREAM = (3 << 48) + 2
PAYER_FUNDS = 10_000_000

ANONYMOUS = Principal.from_text("2vxsx-fae")
GOVERNANCE = user("governance")
LICENCE_LEDGER = user("licence ledger")
REGISTRY = user("registry")
OTHER_REGISTRY = user("other registry")
TREASURY = user("treasury")
VALIDATORS = user("validators")
PROVIDER = user("provider")
PAYER = user("payer")
STRANGER = user("stranger")
FIRST = user("first contributor")
SECOND = user("second contributor")
THIRD = user("third contributor")

ROUND = 31
"""Seconds that let the splitter's timer fire once."""


def account(owner: Principal, subaccount: bytes | None = None) -> dict[str, Any]:
    return {"owner": owner, "subaccount": subaccount}


def fields_of(block: dict[str, Any]) -> dict[str, Any]:
    """The fields of a block of the splitter's log by name, as its documentation lists them."""
    outer = {name: next(iter(value.values())) for name, value in block["Map"]}
    for place, text in enumerate(outer.pop("tx").split("|")):
        name = FIELDS[outer["btype"]].split()[place]
        outer[name] = text.replace("%7C", "|").replace("%25", "%") if name in TEXTS else int(text, 16)
    return outer


FIELDS = {
    "ddsx:open": "stream registry provider plan",
    "ddsx:work": "stream batch size work",
    "ddsx:plan": "stream version effective_at plan",
    "ddsx:fee": "ppm effective_at",
    "ddsx:set": "name value effective_at",
    "ddsx:sale": "order stream ledger payer price terms block shares",
    "ddsx:astray": "order stream ledger payer price terms block",
    "ddsx:end": "order position refunded",
    "ddsx:refund": "order amount",
    "ddsx:payout": "payout payee ledger draws amount fee to",
    "ddsx:requote": "payout amount fee",
    "ddsx:paid": "payout block",
    "ddsx:unpaid": "payout reason",
    "ddsx:topup": "payee ledger amount",
}
TEXTS = ["registry", "provider", "plan", "work", "name", "value", "payer", "terms", "shares", "payee", "draws", "to", "reason"]


class Bench:
    """A replica with a ledger (number 0) and a splitter, no stream open, and a payer with funds and an allowance."""

    def __init__(self, **settings: Any) -> None:
        self.replica = Replica(search_path=[ROOT / "src"])
        self.ledger: CanisterHandle = self.replica.install(LEDGER, LEDGER_FEE)
        self.ledgers = [self.ledger]
        self.splitter: CanisterHandle = self.replica.install(
            SPLITTER,
            {
                "governance": GOVERNANCE,
                "dst_ledger": LICENCE_LEDGER,
                "registries": [REGISTRY, OTHER_REGISTRY],
                "ledgers": [{"kind": {"Icrc": None}, "ledger": self.ledger.id}],
                "treasury": account(TREASURY),
                "validators": VALIDATORS,
                "protocol_fee_ppm": PROTOCOL_FEE_PPM,
                "plan_notice_seconds": 0,
                "change_delay_seconds": 0,
            }
            | settings,
        )
        self.replica.tick(2)
        self.fund(PAYER, PAYER_FUNDS)

    # the ledgers -----------------------------------------------------------------------------------------------------

    def add_ledger(self) -> int:
        """Admit another ledger; its number."""
        ledger = self.replica.install(LEDGER, LEDGER_FEE)
        self.govern("add_ledger", {"kind": {"Icrc": None}, "ledger": ledger.id})
        self.ledgers.append(ledger)
        self.replica.tick(2)
        return len(self.ledgers) - 1

    def fund(self, owner: Principal, amount: int, ledger: int = 0) -> None:
        """Give somebody money, all of which the splitter may collect."""
        self.ledgers[ledger].call("mint", account(owner), amount)
        self.approve(owner, amount, ledger)

    def approve(self, owner: Principal, amount: int, ledger: int = 0) -> None:
        self.ledgers[ledger].call("icrc2_approve", {"spender": account(self.splitter.id), "amount": amount}, sender=owner)

    def deposit(self, order: int, amount: int, ledger: int = 0) -> None:
        """Let money lie in an order's account."""
        self.ledgers[ledger].call("mint", self.splitter.query("deposit_account", order), amount)

    def money(self, owner: Principal, subaccount: bytes | None = None, ledger: int = 0) -> int:
        """What an account holds on a ledger."""
        return self.ledgers[ledger].query("icrc1_balance_of", account(owner, subaccount))

    def fail_next(self, kind: str, times: int = 1) -> None:
        """Let the next transfers fail; a trap undoes the count too, so "Trap" lasts until it is set to 0 times."""
        self.ledger.call("fail_next", {"kind": kind, "times": times})

    def fail_to(self, owner: Principal, kind: str) -> None:
        """Let every transfer to somebody fail; "" ends that."""
        self.ledger.call("fail_to", {"to": account(owner), "kind": kind})

    # the splitter ----------------------------------------------------------------------------------------------------

    def from_inside(self, method: str, *arguments: Any, sender: Principal) -> Any:
        """A call as another canister makes it: `inspect_message` is not asked."""
        function = self.splitter.function(method)
        answer = self.replica.subnet.call_directly(sender, self.splitter.id, method, _encode(function.arguments, arguments))
        return _decode(function.results, _unwrap(answer))

    def submit(self, method: str, argument: Any, sender: Principal) -> CallId:
        """Send a call and let it run as far as it gets."""
        call = self.splitter.submit(method, argument, sender=sender)
        self.replica.tick()
        return call

    def batch(self, number: int, work: dict[Principal, int] | None = None, **changes: Any) -> dict[str, Any]:
        """A batch of work on the wire, with fields of it changed."""
        return {
            "stream": STREAM,
            "batch": number,
            "provider": str(PROVIDER),
            "provider_share_ppm": PROVIDER_SHARE_PPM,
            "size": sum((work or {}).values()),
            "work": [{"contributor": str(worker), "weight": weight} for worker, weight in (work or {}).items()],
        } | changes

    def record(self, batch: dict[str, Any], sender: Principal = REGISTRY) -> Any:
        return self.splitter.call("record_work", batch, sender=sender)

    def open_stream(self, work: dict[Principal, int] | None = None, **changes: Any) -> None:
        """Open a stream's book, and record its first work when there is any."""
        assert self.record(self.batch(0, **changes)) == {"Ok": 1}
        if work:
            assert self.record(self.batch(1, work, **changes)) == {"Ok": 2}

    def order(self, number: int, price: int, **changes: Any) -> dict[str, Any]:
        """A request to collect, on the wire."""
        return {
            "order": number,
            "stream": STREAM,
            "payer": str(PAYER),
            "price": price,
            "ledger": 0,
            "source": {"Allowance": None},
            "earning": {"AtOnce": None},
        } | changes

    def collect(self, number: int, price: int, **changes: Any) -> Any:
        return self.splitter.call("collect", self.order(number, price, **changes), sender=LICENCE_LEDGER)

    def sell(self, number: int, price: int, **changes: Any) -> dict[str, Any]:
        """A sale that goes well; what was collected."""
        answer = self.collect(number, price, **changes)
        assert "Ok" in answer, answer
        return answer["Ok"]

    def claim(self, payee: Principal, streams: tuple[int, ...] = (STREAM,), **changes: Any) -> Any:
        wish = {"streams": list(streams), "ledger": 0, "to": None, "created_at_time": None} | changes
        return self.splitter.call("claim", wish, sender=payee)

    def balance(self, payee: Principal, *streams: int, ledger: int = 0) -> Any:
        answer = self.splitter.query("balance_of", {"payee": payee, "ledger": ledger, "streams": list(streams)})
        assert "Ok" in answer, answer
        return answer["Ok"]

    def claimable(self, payee: Principal, *streams: int, ledger: int = 0) -> int:
        return self.balance(payee, *streams, ledger=ledger)["claimable"]

    def audit(self, ledger: int = 0) -> dict[str, Any]:
        return self.splitter.query("audit")["ledgers"][ledger]

    def purse(self, stream: int = STREAM, ledger: int = 0) -> dict[str, Any]:
        """What the audit of a stream says of one ledger."""
        purses = {purse["ledger"]: purse for purse in self.splitter.query("audit_of", stream)["purses"]}
        return purses[ledger]

    def set_plan(self, *steps: dict[str, Any], stream: int = STREAM, sender: Principal = PROVIDER) -> Any:
        return self.splitter.call("set_plan", {"stream": stream, "steps": list(steps)}, sender=sender)

    def end(self, order: int, sender: Principal = LICENCE_LEDGER) -> Any:
        return self.splitter.call("end_order", {"order": order}, sender=sender)

    def refund(self, order: int, amount: int, refunded_before: int = 0, sender: Principal = PROVIDER) -> Any:
        wish = {"order": order, "amount": amount, "refunded_before": refunded_before}
        return self.splitter.call("refund", wish, sender=sender)

    def blocks(self, start: int = 0) -> list[dict[str, Any]]:
        """The splitter's log from a block on: type, time and fields of each."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.splitter.query("icrc3_get_blocks", [{"start": start + len(found), "length": 1_000}])
            found += [fields_of(block["block"]) for block in page["blocks"]]
            if start + len(found) >= page["log_length"]:
                return found

    def open_payments(self) -> dict[str, Any]:
        return self.splitter.query("open_payments")

    def govern(self, method: str, *arguments: Any, sender: Principal = GOVERNANCE) -> None:
        """Carry out a decision of governance."""
        self.splitter.call(method, *arguments, sender=sender)

    def later(self, seconds: int = ROUND, rounds: int = 1) -> None:
        """Let time pass and the timer drive what is open; again and again when asked to."""
        for _ in range(rounds):
            self.replica.advance_time(seconds)
            self.replica.tick(3)

    @contextmanager
    def counting(self, method: str) -> Iterator[list[str]]:
        """A list that grows by one entry for each time the ledger executes a method."""
        calls: list[str] = []

        def note(outcome: Outcome) -> None:
            if outcome.canister.id == self.ledger.id and outcome.entry.export == f"canister_update {method}":
                calls.append(method)

        self.replica.subnet.observers.append(note)
        try:
            yield calls
        finally:
            self.replica.subnet.observers.remove(note)

    # laws ------------------------------------------------------------------------------------------------------------

    def check_solvency(self, streams: tuple[int, ...] = (STREAM,), ledger: int = 0) -> dict[str, Any]:
        """Everything adds up on a ledger, and the splitter's account holds exactly what its books say, while nothing is in flight."""
        audit = self.audit(ledger)
        assert audit["balanced"]
        assert audit["lost_scaled"] == 0
        assert audit["received"] == sum(audit[name] for name in ("credited", "pending", "remainder", "escrowed", "refunded"))
        assert audit["in_flight"] >= 0
        assert audit["paid"] >= 0
        given = audit["credited"] + audit["refunded"] + audit["topped_up"]
        assert given == sum(audit[name] for name in ("claimable", "in_flight", "paid", "ledger_fees_paid", "spent"))
        books = [book for book in (self.splitter.query("audit_of", stream) for stream in streams) if book]
        purses = [purse for book in books for purse in book["purses"] if purse["ledger"] == ledger]
        for purse in purses:
            parts = ("fees", "passed_on", "plan_shares", "contributors_shares", "escrowed", "refunded")
            assert purse["received"] == sum(purse[name] for name in parts)
            assert purse["lost_scaled"] == 0
        for name in ("contributors_shares", "pending", "escrowed", "plan_shares"):
            assert sum(purse[name] for purse in purses) == audit[name]
        if not audit["in_flight"] and not audit["collecting"]:
            assert self.money(self.splitter.id, ledger=ledger) == audit["holdings"]
        return audit
