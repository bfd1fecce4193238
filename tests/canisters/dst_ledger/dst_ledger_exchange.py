"""A licence ledger between a scripted registry and a scripted splitter, which answers for the payment ledger too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kybra_replica.candid import Decoder, Encoder
from kybra_replica.driver import CallId, CanisterHandle, Replica, user
from kybra_replica.network.messages import Reply
from kybra_replica.plain import from_plain, to_plain
from kybra_replica.principal import Principal

SHARD = 3
STREAM = SHARD << 48 | 1
OTHER_STREAM = SHARD << 48 | 2
DAY_SECONDS = 86_400
PRICE = 1_000
FEE = 10
ROOT = "5a" * 32
NS = 1_000_000_000

PROVIDER = user("provider")
BUYER = user("buyer")
OTHER_BUYER = user("other buyer")
GOVERNANCE = user("governance")
ANONYMOUS = Principal.from_text("2vxsx-fae")

SUBSCRIPTION = {
    "period_seconds": DAY_SECONDS,
    "price": PRICE,
    "max_periods": 12,
    "ledger": 0,
    "earning": {"AtOnce": None},
    "cancellable": False,
}
TERMS = {"Subscription": SUBSCRIPTION}


@dataclass(frozen=True)
class Exchange:
    """The canisters of a sale, and the calls that tests make often."""

    replica: Replica
    ledger: CanisterHandle
    registry: CanisterHandle
    splitter: CanisterHandle

    def create_offer(self, **changes: Any) -> int:
        """An open offer of the provider; its number."""
        args = {"stream": STREAM, "title": None, "terms": TERMS, **changes}
        return self.ledger.call("create_offer", args, sender=PROVIDER)["Ok"]

    def request(self, **changes: Any) -> dict[str, Any]:
        """The arguments of a purchase of two periods."""
        fields = {"offer": 1, "periods": 2, "max_price": 2 * PRICE, "created_at_time": self.replica.get_time(), "payer_subaccount": None}
        return {**fields, "source": {"Allowance": None}, **changes}

    def purchase(self, sender: Principal = BUYER, **changes: Any) -> dict[str, Any]:
        """A purchase and its answer."""
        return self.ledger.call("purchase", self.request(**changes), sender=sender)

    def submit_purchase(self, **changes: Any) -> CallId:
        """A purchase that is sent on its way and not waited for."""
        call = self.ledger.submit("purchase", self.request(**changes), sender=BUYER)
        self.replica.tick(3)
        return call

    def buy(self, sender: Principal = BUYER, **changes: Any) -> int:
        """The licence of a purchase that succeeds."""
        return self.purchase(sender, **changes)["Ok"]["licence"]

    def state(self, order: int) -> dict[str, Any]:
        """The state of an order."""
        return self.ledger.query("order", order)["state"]

    def pass_time(self, seconds: int) -> None:
        """Let time pass as the timers see it."""
        for _ in range(-(-seconds // 30)):
            self.replica.advance_time(30)
            self.replica.tick(3)

    def past_inspect(self, method: str, *arguments: Any, sender: Principal) -> Any:
        """The result of a call of the ledger that `inspect_message` was not asked about, as where a node lets everything in."""
        function = self.ledger.function(method)
        plain = [from_plain(type_, value) for type_, value in zip(function.arguments, arguments, strict=True)]
        payload = Encoder(tuple(function.arguments))(plain)
        answer = self.replica.subnet.call_directly(sender, self.ledger.id, method, payload)
        assert isinstance(answer, Reply), answer
        (result,) = Decoder(tuple(function.results))(answer.data)
        return to_plain(function.results[0], result)

    def status(self) -> dict[str, Any]:
        """The ledger's own account of itself."""
        return self.ledger.query("ledger_status")


def terms(**changes: Any) -> dict[str, Any]:
    """The terms of an offer, changed."""
    return {"Subscription": {**SUBSCRIPTION, **changes}}


def account(owner: Principal, subaccount: bytes | None = None) -> dict[str, Any]:
    return {"owner": owner, "subaccount": subaccount}


def transfer_arg(licence: int, recipient: Principal, **changes: Any) -> dict[str, Any]:
    """One item of icrc7_transfer."""
    fields = {"from_subaccount": None, "to": account(recipient), "token_id": licence, "memo": None, "created_at_time": None}
    return {**fields, **changes}
