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


class Bench:
    """A replica with a ledger and a splitter, no stream open, and a payer with funds and an allowance."""

    def __init__(self) -> None:
        self.replica = Replica(search_path=[ROOT / "src"])
        self.ledger: CanisterHandle = self.replica.install(LEDGER, LEDGER_FEE)
        self.splitter: CanisterHandle = self.replica.install(
            SPLITTER,
            {
                "governance": GOVERNANCE,
                "dst_ledger": LICENCE_LEDGER,
                "registries": [REGISTRY, OTHER_REGISTRY],
                "payment_ledger": self.ledger.id,
                "treasury": account(TREASURY),
                "protocol_fee_ppm": PROTOCOL_FEE_PPM,
            },
        )
        self.replica.tick(2)
        self.fund(PAYER, PAYER_FUNDS)

    # the ledger ------------------------------------------------------------------------------------------------------

    def fund(self, owner: Principal, amount: int) -> None:
        """Give somebody money, all of which the splitter may collect."""
        self.ledger.call("mint", account(owner), amount)
        self.approve(owner, amount)

    def approve(self, owner: Principal, amount: int) -> None:
        self.ledger.call("icrc2_approve", {"spender": account(self.splitter.id), "amount": amount}, sender=owner)

    def money(self, owner: Principal, subaccount: bytes | None = None) -> int:
        """What an account holds on the ledger."""
        return self.ledger.query("icrc1_balance_of", account(owner, subaccount))

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
        return {"order": number, "stream": STREAM, "payer": account(PAYER), "price": price} | changes

    def collect(self, number: int, price: int, **changes: Any) -> Any:
        return self.splitter.call("collect", self.order(number, price, **changes), sender=LICENCE_LEDGER)

    def sell(self, number: int, price: int, **changes: Any) -> dict[str, Any]:
        """A sale that goes well; what was collected."""
        answer = self.collect(number, price, **changes)
        assert "Ok" in answer, answer
        return answer["Ok"]

    def claim(self, payee: Principal, streams: tuple[int, ...] = (STREAM,), **changes: Any) -> Any:
        wish = {"streams": list(streams), "to": None, "created_at_time": None} | changes
        return self.splitter.call("claim", wish, sender=payee)

    def balance(self, payee: Principal, *streams: int) -> Any:
        answer = self.splitter.query("balance_of", {"payee": payee, "streams": list(streams)})
        assert "Ok" in answer, answer
        return answer["Ok"]

    def claimable(self, payee: Principal, *streams: int) -> int:
        return self.balance(payee, *streams)["claimable"]

    def audit(self) -> dict[str, Any]:
        return self.splitter.query("audit")

    def open_payments(self) -> dict[str, Any]:
        return self.splitter.query("open_payments")

    def configure(self, sender: Principal = GOVERNANCE, **changes: Any) -> Any:
        nothing = dict.fromkeys(("governance", "registries", "treasury", "protocol_fee_ppm", "paused"))
        return self.splitter.call("configure", nothing | changes, sender=sender)

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

    def check_solvency(self, streams: tuple[int, ...] = (STREAM,)) -> dict[str, Any]:
        """Everything adds up, and the splitter's account holds exactly what its books say, while nothing is in flight."""
        audit = self.audit()
        assert audit["balanced"]
        assert audit["lost_scaled"] == 0
        assert audit["received"] == audit["credited"] + audit["pending"] + audit["remainder"]
        assert audit["in_flight"] >= 0
        assert audit["paid"] >= 0
        assert audit["credited"] == audit["claimable"] + audit["in_flight"] + audit["paid"] + audit["ledger_fees_paid"]
        books = [self.splitter.query("audit_of", stream) for stream in streams]
        assert sum(book["received"] for book in books if book) == audit["contributors_shares"]
        assert sum(book["pending"] for book in books if book) == audit["pending"]
        assert all(book["lost_scaled"] == 0 for book in books if book)
        if not audit["in_flight"] and not audit["collecting"]:
            held = audit["received"] - audit["paid"] - audit["ledger_fees_paid"]
            assert self.money(self.splitter.id) == held
        return audit
