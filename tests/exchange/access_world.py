"""The exchange with every role in its place: a stream, its records, an offer, licences, money earned, and a canister of somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from exchange import Exchange, account, deploy, subscription
from kybra_replica.candid import parse_did
from kybra_replica.driver import CanisterHandle, Replica, _decode, _encode, _unwrap, user
from kybra_replica.network.management import INTERFACE
from kybra_replica.principal import MANAGEMENT, Principal
from kybra_replica.python_engine.declarations import Program

ROLES = ("anonymous", "stranger", "provider", "contributor", "holder", "former", "payee", "governance", "controller", "foreign")
"""`holder` and `former` hold and held the same licence; `payee` contributed once and was removed; `foreign` is a canister."""

FORWARDER = Path(__file__).with_name("access_forwarder_canister.py")

FUNDS = 100_000_000_000
PRICE = 1_000_000_000
PERIOD_SECONDS = 365 * 24 * 60 * 60
LONGER_THAN_THE_WINDOW = 25 * 60 * 60
"""Seconds after which a payment ledger does not know any more whether it carried a transfer out."""


class ForwardRejected(Exception):
    """A call of the foreign canister's was rejected; the text is what it was told."""


class World:
    """The exchange with every role in its place, at rest: nothing is under way and no timer is due."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.exchange: Exchange = deploy(replica)
        self.canisters: dict[str, CanisterHandle] = {
            "token_ledger": self.exchange.token_ledger,
            "stream_registry": self.exchange.stream_registry,
            "dst_ledger": self.exchange.dst_ledger,
            "payout_splitter": self.exchange.payout_splitter,
        }
        self._forwarder = replica.install(FORWARDER)
        self.roles: dict[str, Principal] = {role: user(role) for role in ROLES} | {
            "anonymous": Principal.from_text("2vxsx-fae"),
            "governance": self.exchange.governance,
            "foreign": self._forwarder.id,
        }
        self._hand_canisters_to_the_controller()
        self._give_everybody_money()
        self.stream: int = self._ok("provider", "stream_registry", "create_stream", stream_request())
        self._let_contribute("contributor")
        self._let_contribute("payee")
        self.offer: int = self._ok("provider", "dst_ledger", "create_offer", offer_request(self.stream))
        self._buy("holder")
        self.unresolved_payout = self._leave_a_payout_unresolved()
        self.licence = self._buy("former")
        self._transfer_licence("former", "holder")
        self._ok("provider", "stream_registry", "remove_contributor", self.stream, self.roles["payee"])
        self._let_timers_fire()
        self._append("contributor", 1)
        self._at_rest = replica.checkpoint()

    @contextmanager
    def put_back_after(self) -> Iterator[None]:
        """Whatever happens within the block is undone at its end."""
        try:
            yield
        finally:
            self.replica.restore(self._at_rest)

    # -- calls ----------------------------------------------------------------------------------------------------------------

    def call(self, role: str, canister: str, method: str, *arguments: Any) -> Any:
        """The answer to a call as the role makes it. Raises CallRejected; for the foreign canister ForwardRejected."""
        return self.decode(canister, method, self.call_raw(role, canister, method, self.encode(canister, method, *arguments)))

    def call_raw(self, role: str, canister: str, method: str, argument: bytes) -> bytes:
        """As `call`, in Candid."""
        receiver = self.canisters[canister].id
        if role != "foreign":
            return self.replica.update_call(receiver, method, argument, sender=self.roles[role])
        forwarded = self._forwarder.call("forward", receiver, method, argument)
        if "Err" in forwarded:
            raise ForwardRejected(forwarded["Err"])
        answer: bytes = forwarded["Ok"]
        return answer

    def ask(self, role: str, canister: str, method: str, *arguments: Any) -> Any:
        """The answer to a query as the role makes it: from outside, or in a call of the foreign canister's. Raises as `call`."""
        if role == "foreign":
            return self.call(role, canister, method, *arguments)
        return self.canisters[canister].query(method, *arguments, sender=self.roles[role])

    def lets_in(self, role: str, canister: str, method: str, *arguments: Any) -> bool:
        """Whether `inspect_message` lets the role's call in. Calls between canisters never meet it."""
        payload = self.encode(canister, method, *arguments)
        return role == "foreign" or self.replica.inspect(self.canisters[canister].id, method, payload, sender=self.roles[role])

    def call_past_inspect(self, sender: Principal, canister: str, method: str, *arguments: Any) -> Any:
        """The answer to a call that `inspect_message` is not asked about. Raises CallRejected."""
        payload = self.encode(canister, method, *arguments)
        answer = self.replica.subnet.call_directly(sender, self.canisters[canister].id, method, payload)
        return self.decode(canister, method, _unwrap(answer))

    def encode(self, canister: str, method: str, *arguments: Any) -> bytes:
        """A method's arguments in Candid."""
        return _encode(self.canisters[canister].function(method).arguments, arguments)

    def decode(self, canister: str, method: str, answer: bytes) -> Any:
        """A method's result as Python values."""
        return _decode(self.canisters[canister].function(method).results, answer)

    def program(self, canister: str) -> Program:
        """A canister as its source declares it."""
        return self.replica.program(self.canisters[canister].id)

    def contents(self) -> dict[tuple[str, int], dict[bytes, bytes]]:
        """All that the exchange's canisters keep, by canister and memory id."""
        kept = {}
        for name, handle in self.canisters.items():
            space = self.replica.subnet.canisters[handle.id].space
            for memory_id in self.program(name).maps:
                kept[name, memory_id] = dict(self.replica.subnet.store.items(space + b"map" + bytes([memory_id])))
        return kept

    # -- building -------------------------------------------------------------------------------------------------------------

    def _ok(self, role: str, canister: str, method: str, *arguments: Any) -> Any:
        answer = self.call(role, canister, method, *arguments)
        if "Ok" not in answer:
            raise RuntimeError(f"{canister}.{method} by {role}: {answer}")
        return answer["Ok"]

    def _hand_canisters_to_the_controller(self) -> None:
        """Governance of the exchange and the controllers of its canisters are two roles."""
        update_settings = dict(parse_did(INTERFACE).methods)["update_settings"]
        unchanged = dict.fromkeys(("compute_allocation", "memory_allocation", "freezing_threshold"))
        for handle in self.canisters.values():
            request = {"canister_id": handle.id, "settings": {"controllers": [self.roles["controller"]], **unchanged}}
            payload = _encode(update_settings.arguments, [request])
            self.replica.update_call(MANAGEMENT, "update_settings", payload, sender=self.exchange.governance)

    def _give_everybody_money(self) -> None:
        """Everybody who can hold tokens has some, and allows the splitter to take them: no purchase fails for want of money."""
        for role in ROLES:
            if role != "anonymous":
                self.exchange.fund(self.roles[role], FUNDS)
                self._ok(role, "token_ledger", "icrc2_approve", approval(self.exchange.payout_splitter.id, FUNDS // 2))

    def _let_contribute(self, role: str) -> None:
        """Somebody is admitted, and has appended."""
        self._ok("provider", "stream_registry", "admit_contributor", self.stream, self.roles[role])
        self._append(role, 0)

    def _append(self, role: str, number: int) -> None:
        self._ok(role, "stream_registry", "append", {"stream": self.stream, "batch": number, "records": ["21.5", "21.7"]})

    def _buy(self, role: str) -> int:
        """The licence that somebody buys."""
        licence: int = self._ok(role, "dst_ledger", "purchase", self.purchase_request())["licence"]
        return licence

    def purchase_request(self) -> dict[str, Any]:
        """The arguments of a purchase now."""
        now = self.replica.get_time()
        request = {"offer": self.offer, "periods": 1, "max_price": PRICE, "created_at_time": now}
        return {**request, "payer_subaccount": None, "source": {"Allowance": None}}

    def _leave_a_payout_unresolved(self) -> int:
        """A payout of the provider's whose outcome no ledger can tell any more."""
        self.replica.faults.fail_request(callee=self.exchange.token_ledger.id, method="icrc1_transfer")
        answer = self.call("provider", "payout_splitter", "claim", claim_request(self.stream))
        number: int = answer["Err"]["Pending"]["payout"]
        self._let_timers_fire(LONGER_THAN_THE_WINDOW)
        unresolved = self.exchange.payout_splitter.query("open_payments")["unresolved_payouts"]
        if unresolved != [number]:
            raise RuntimeError(f"payout {number} is not unresolved: {unresolved}")
        return number

    def _transfer_licence(self, giver: str, taker: str) -> None:
        (result,) = self.call(giver, "dst_ledger", "icrc7_transfer", [licence_transfer(self.licence, self.roles[taker])])
        if "Ok" not in result:
            raise RuntimeError(f"licence {self.licence} stays with {giver}: {result}")

    def _let_timers_fire(self, seconds: int = 31) -> None:
        """Let time pass, and what falls due run to its end."""
        self.replica.advance_time(seconds)
        self.replica.tick(3)


# -- Arguments that several roles and rows use ----------------------------------------------------------------------------------


def approval(spender: Principal, amount: int, **changes: Any) -> dict[str, Any]:
    """The arguments of icrc2_approve."""
    absent = dict.fromkeys(("from_subaccount", "expected_allowance", "expires_at", "fee", "memo", "created_at_time"))
    return {"spender": account(spender), "amount": amount, **absent, **changes}


def stream_request(**changes: Any) -> dict[str, Any]:
    """The arguments of create_stream."""
    return {
        "title": "Air temperature",
        "description": "Every ten minutes.",
        "schema": '{"fields":[{"name":"temperature","type":"float","unit":"degC"}]}',
        "media_type": "text/plain",
        "tags": ["weather"],
        "curators": [],
        "provider_share_ppm": 250_000,
        "created_at_time": None,
        **changes,
    }


def offer_request(stream: int, **changes: Any) -> dict[str, Any]:
    """The arguments of create_offer."""
    terms = subscription(PERIOD_SECONDS, PRICE, 2)
    return {"stream": stream, "title": None, "terms": terms, **changes}


def claim_request(*streams: int, to: dict[str, Any] | None = None) -> dict[str, Any]:
    """The arguments of claim."""
    return {"streams": list(streams), "ledger": 0, "to": None if to is None else {"Account": to}, "created_at_time": None}


def licence_transfer(licence: int, recipient: Principal, **changes: Any) -> dict[str, Any]:
    """One item of icrc7_transfer."""
    return {"from_subaccount": None, "to": account(recipient), "token_id": licence, "memo": None, "created_at_time": None, **changes}
