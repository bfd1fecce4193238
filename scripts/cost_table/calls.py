"""One call of every method of the four canisters, and some of a second kind where its size decides."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cost_table.world import BATCH, BUYER, NOTHING, OPERATORS, PERIOD_SECONDS, PRICE, PROVIDER, World
from exchange import LEDGER_FEE, account, subscription
from kybra_replica.candid import encode
from kybra_replica.driver import CallRejected, user
from kybra_replica.plain import from_plain

NEWCOMER = user("newcomer")
PAGE = 20
SUBSCRIPTION = 2 * 10**6
"""The order that is earned by the second."""


@dataclass(frozen=True)
class Call:
    """A call to be priced: what it is called in the table, for how many records it is, and how it is made."""

    canister: str
    method: str
    make: Callable[[World], Any]
    remark: str = ""
    records: int = 0

    @property
    def title(self) -> str:
        return f"`{self.method}`{', ' if self.remark else ''}{self.remark}"


def _plain(canister: str, method: str, *arguments: Any, sender: Any = BUYER) -> Call:
    """A query with arguments that do not depend on the world."""
    return Call(canister, method, lambda world: getattr(world.exchange, canister).query(method, *arguments, sender=sender))


def _query(canister: str, method: str, arguments: Callable[[World], tuple[Any, ...]]) -> Call:
    return Call(canister, method, lambda world: getattr(world.exchange, canister).query(method, *arguments(world), sender=BUYER))


def _update(canister: str, method: str, sender: Callable[[World], Any], arguments: Callable[[World], tuple[Any, ...]]) -> Call:
    return Call(canister, method, lambda world: world.ok(canister, method, *arguments(world), sender=sender(world)))


def _buyer(world: World) -> Any:
    return BUYER


def _provider(world: World) -> Any:
    return PROVIDER


def _governance(world: World) -> Any:
    return world.exchange.governance


def _transfer(world: World) -> tuple[Any, ...]:
    return ({**_optional("from_subaccount", "fee", "memo"), "to": account(NEWCOMER), "amount": 1_000, "created_at_time": _now(world)},)


def _transfer_from(world: World) -> tuple[Any, ...]:
    request = {"from": account(BUYER), "to": account(NEWCOMER), "amount": 1_000, "created_at_time": _now(world)}
    return ({**_optional("spender_subaccount", "fee", "memo"), **request},)


def _optional(*names: str) -> dict[str, None]:
    return dict.fromkeys(names)


def _now(world: World) -> int:
    return world.replica.get_time()


def _token_ledger() -> list[Call]:
    name = "token_ledger"
    plain = ("symbol", "name", "decimals", "fee", "metadata", "total_supply", "minting_account", "supported_standards")
    return [
        _update(name, "icrc1_transfer", _buyer, _transfer),
        _update(name, "icrc2_approve", _buyer, lambda world: ({**NOTHING, "spender": account(NEWCOMER), "amount": 10**9},)),
        _update(name, "icrc2_transfer_from", lambda world: NEWCOMER, _transfer_from),
        _query(name, "icrc1_balance_of", lambda world: (account(BUYER),)),
        _query(name, "icrc2_allowance", lambda world: ({"account": account(BUYER), "spender": account(NEWCOMER)},)),
        _plain(name, "block", 1),
        *[_plain(name, f"icrc1_{method}") for method in plain],
        _plain(name, "log_length"),
        _plain(name, "status"),
        _plain(name, "icrc3_get_blocks", [{"start": 0, "length": PAGE}]),
        _plain(name, "icrc3_get_tip_certificate"),
        _plain(name, "icrc3_get_archives", {"from": None}),
        _plain(name, "icrc3_supported_block_types"),
        _plain(name, "icrc10_supported_standards"),
        _plain(name, "validate_set_fee", 20_000),
        Call(name, "set_fee", _set_fee),
        _update(name, "icrc21_canister_call_consent_message", _buyer, _consent),
    ]


def _set_fee(world: World) -> Any:
    return world.exchange.token_ledger.call("set_fee", LEDGER_FEE, sender=world.exchange.governance)


def _consent(world: World) -> tuple[Any, ...]:
    preferences = {"metadata": {"language": "en", "utc_offset_minutes": None}, "device_spec": None}
    types = world.exchange.token_ledger.function("icrc1_transfer").arguments
    argument = encode(types, [from_plain(kind, value) for kind, value in zip(types, _transfer(world), strict=True)])
    return ({"method": "icrc1_transfer", "arg": argument, "user_preferences": preferences},)


def _stream_registry() -> list[Call]:
    name = "stream_registry"
    return [
        Call(name, "append", lambda world: world.append(1), "1 record of 200 bytes", 1),
        Call(name, "append", lambda world: world.append(BATCH), "500 records of 200 bytes", BATCH),
        Call(name, "read", lambda world: world.read(0, BATCH), "500 records, a whole batch", BATCH),
        Call(name, "read", lambda world: world.read(world.middle, BATCH), "500 records, cut at both ends", BATCH),
        _query(name, "head", lambda world: (world.stream,)),
        Call(name, "create_stream", lambda world: world.create_stream("One more")),
        _update(name, "admit_contributor", _provider, lambda world: (world.stream, NEWCOMER)),
        _update(name, "remove_contributor", _provider, lambda world: (world.stream, NEWCOMER)),
        Call(name, "settle_work", _settle_work, "with open work, all canisters"),
        Call(name, "apply_entitlements", _apply_entitlements, "one entitlement"),
        _query(name, "contributor", lambda world: (world.stream, OPERATORS[0])),
        _query(name, "contributors", lambda world: (world.stream, 0, PAGE)),
        _query(name, "stream", lambda world: (world.stream,)),
        _plain(name, "streams", 0, PAGE),
        _query(name, "stream_party", lambda world: (world.stream,)),
        _plain(name, "status"),
        *_governed(name, CHANGES),
        _plain(name, "pending_changes"),
    ]


def _settle_work(world: World) -> Any:
    world.append(1)
    return world.ok("stream_registry", "settle_work", world.stream, sender=PROVIDER)


def _apply_entitlements(world: World) -> Any:
    first = world.exchange.stream_registry.query("status")["next_entitlement"]
    entitlement = {"licence": 10**9, "stream": world.stream, "holder": str(BUYER), "valid_from": 0, "valid_until": 1}
    batch = {"first": first, "entitlements": [entitlement]}
    return world.ok("stream_registry", "apply_entitlements", batch, sender=world.exchange.dst_ledger.id)


def _dst_ledger() -> list[Call]:
    name = "dst_ledger"
    plain = (
        "symbol", "name", "description", "logo", "total_supply", "supply_cap", "collection_metadata", "max_query_batch_size",
        "max_update_batch_size", "default_take_value", "max_take_value", "max_memo_size", "atomic_batch_transfers", "tx_window",
        "permitted_drift",
    )  # fmt: skip
    return [
        Call(name, "purchase", lambda world: world.purchase(), "all canisters"),
        _update(name, "create_offer", _provider, _offer),
        _update(name, "close_offer", _provider, lambda world: (world.ok(name, "create_offer", *_offer(world), sender=PROVIDER),)),
        Call(name, "icrc7_transfer", _transfer_licence, "one licence"),
        Call(name, "end_licence", _end_licence, "all canisters"),
        *_governed(name, {**CHANGES, "add_registry": lambda world: {"shard": 9, "registry": world.exchange.treasury}}),
        _plain(name, "pending_changes"),
        _query(name, "quote", lambda world: ({"offer": world.offer, "periods": 1},)),
        _query(name, "offer", lambda world: (world.offer,)),
        _plain(name, "offers", 0, PAGE),
        _query(name, "offers_of", lambda world: (world.stream, 0, PAGE)),
        _plain(name, "order", 1),
        _plain(name, "orders_of", BUYER, 0, PAGE),
        _query(name, "licence", lambda world: (world.licence,)),
        _query(name, "icrc7_owner_of", lambda world: ([world.licence],)),
        _query(name, "icrc7_balance_of", lambda world: ([account(BUYER)],)),
        _query(name, "icrc7_tokens_of", lambda world: (account(BUYER), None, None)),
        _query(name, "icrc7_token_metadata", lambda world: ([world.licence],)),
        _plain(name, "icrc7_tokens", None, None),
        *[_plain(name, f"icrc7_{method}") for method in plain],
        _plain(name, "icrc10_supported_standards"),
        _plain(name, "ledger_status"),
    ]


def _offer(world: World) -> tuple[Any, ...]:
    terms = subscription(PERIOD_SECONDS, PRICE, 12)
    return ({"stream": world.stream, "terms": terms, "title": None},)


def _end_licence(world: World) -> Any:
    """End a licence that is earned by the second, at once."""
    terms = subscription(PERIOD_SECONDS, PRICE, 12, earning={"BySecond": None}, cancellable=True)
    offer = world.ok("dst_ledger", "create_offer", {"stream": world.stream, "terms": terms, "title": None}, sender=PROVIDER)
    return world.ok("dst_ledger", "end_licence", world.purchase(offer)["licence"], sender=BUYER)


def _transfer_licence(world: World) -> Any:
    licence = world.purchase()["licence"]
    world.rest()
    transfer = {**_optional("from_subaccount", "memo", "created_at_time"), "to": account(NEWCOMER), "token_id": licence}
    return world.exchange.dst_ledger.call("icrc7_transfer", [transfer], sender=BUYER)


def _payout_splitter() -> list[Call]:
    name = "payout_splitter"
    return [
        Call(name, "collect", _collect, "one sale's credit, all canisters"),
        Call(name, "collect", _collect_subscription, "earned by the second, all canisters"),
        Call(name, "end_order", _end_order),
        Call(name, "refund", _refund),
        Call(name, "return_deposit", _return_deposit, "of an order, all canisters"),
        Call(name, "claim", lambda world: world.claim(OPERATORS[1]), "a contributor's, all canisters"),
        Call(name, "claim", lambda world: world.claim(PROVIDER), "the provider's, all canisters"),
        Call(name, "record_work", _record_work, "three contributors"),
        _update(name, "set_plan", _provider, lambda world: ({"stream": world.stream, "steps": [_provider_step()]},)),
        _update(name, "set_push", lambda world: OPERATORS[2], _push),
        Call(name, "pay_treasury", _from_anyone("pay_treasury", 0), "all canisters"),
        Call(name, "pay_validators", _from_anyone("pay_validators", 0), "nothing due"),
        *_governed(name, {**CHANGES, **SPLITTER_CHANGES}),
        _query(name, "validate_resolve", lambda world: (_not_open(world),)),
        Call(name, "resolve", _resolve, "refused"),
        _query(name, "balance_of", lambda world: ({"payee": OPERATORS[0], "ledger": 0, "streams": [world.stream]},)),
        _plain(name, "payout_state", 1),
        _plain(name, "audit"),
        _query(name, "audit_of", lambda world: (world.stream,)),
        _query(name, "plan_of", lambda world: (world.stream,)),
        _query(name, "plan_history", lambda world: (world.stream, 1, PAGE)),
        _plain(name, "deposit_account", 1),
        _plain(name, "open_payments"),
        _plain(name, "parameters"),
        _plain(name, "pending_changes"),
        Call(name, "icrc3_get_blocks", _blocks, "20 blocks"),
        _plain(name, "icrc3_get_archives", {"from": None}),
        _plain(name, "icrc3_get_tip_certificate"),
        _plain(name, "icrc3_supported_block_types"),
        _plain(name, "icrc10_supported_standards"),
    ]


def _blocks(world: World) -> Any:
    return world.exchange.payout_splitter.query("icrc3_get_blocks", [{"start": 0, "length": PAGE}])


def _provider_step() -> dict[str, Any]:
    return {"payee": "provider", "name": "provider", "share_ppm": 150_000, "cap_units": 0, "vest_seconds": 0}


CHANGES: dict[str, Callable[[World], Any]] = {
    "set_change_delay": lambda world: 0,
    "set_governance": lambda world: world.exchange.governance,
}
"""What governance decides in each canister: the executing method of a pair, and its argument."""

SPLITTER_CHANGES: dict[str, Callable[[World], Any]] = {
    "set_protocol_fee": lambda world: 20_000,
    "set_treasury": lambda world: account(world.exchange.treasury),
    "set_validators": lambda world: world.exchange.treasury,
    "set_registries": lambda world: [world.exchange.stream_registry.id],
    "set_plan_notice": lambda world: 0,
    "set_paused": lambda world: False,
    "switch_ledger": lambda world: {"ledger": 0, "sells": True},
    "add_ledger": lambda world: {"kind": {"Icrc": None}, "ledger": world.exchange.dst_ledger.id},
}


def _governed(name: str, changes: dict[str, Callable[[World], Any]]) -> list[Call]:
    """The pairs of methods by which governance decides."""
    calls = []
    for method, argument in changes.items():
        calls.append(_query(name, f"validate_{method}", lambda world, argument=argument: (argument(world),)))
        calls.append(Call(name, method, lambda world, method=method, argument=argument: _decide(world, name, method, argument(world))))
    return calls


def _decide(world: World, name: str, method: str, argument: Any) -> Any:
    return getattr(world.exchange, name).call(method, argument, sender=world.exchange.governance)


def _not_open(world: World) -> dict[str, Any]:
    return {"payment": {"Payout": 1}, "outcome": {"NotCarriedOut": None}}


def _resolve(world: World) -> None:
    with suppress(CallRejected):
        _decide(world, "payout_splitter", "resolve", _not_open(world))


def _from_anyone(method: str, *arguments: Any) -> Callable[[World], Any]:
    return lambda world: world.exchange.payout_splitter.call(method, *arguments, sender=BUYER)


def _collect(world: World) -> Any:
    return _collected(world, 10**6 + world.replica.get_time() % 10**6, {"AtOnce": None})


def _collect_subscription(world: World) -> Any:
    return _collected(world, SUBSCRIPTION, {"BySecond": PERIOD_SECONDS})


def _collected(world: World, order: int, earning: dict[str, Any]) -> Any:
    terms = {"ledger": 0, "source": {"Allowance": None}, "earning": earning}
    request = {"stream": world.stream, "order": order, "payer": str(BUYER), "price": PRICE, **terms}
    return world.ok("payout_splitter", "collect", request, sender=world.exchange.dst_ledger.id)


def _end_order(world: World) -> Any:
    return world.ok("payout_splitter", "end_order", {"order": SUBSCRIPTION}, sender=world.exchange.dst_ledger.id)


def _refund(world: World) -> Any:
    return world.ok("payout_splitter", "refund", {"order": 1, "amount": 10**6, "refunded_before": 0}, sender=PROVIDER)


def _return_deposit(world: World) -> Any:
    deposit = world.exchange.payout_splitter.query("deposit_account", 1)
    transfer = {**_optional("from_subaccount", "fee", "memo", "created_at_time"), "to": deposit, "amount": 10**6}
    world.ok("token_ledger", "icrc1_transfer", transfer, sender=BUYER)
    return world.ok("payout_splitter", "return_deposit", {"order": 1, "ledger": 0}, sender=BUYER)


def _record_work(world: World) -> Any:
    batch = world.exchange.payout_splitter.query("audit_of", world.stream)["next_batch"]
    work = [{"contributor": str(operator), "weight": 500} for operator in OPERATORS]
    provider = {"provider": str(PROVIDER), "provider_share_ppm": 150_000}
    request = {"stream": world.stream, "batch": batch, "work": work, "size": 10**6, **provider}
    return world.ok("payout_splitter", "record_work", request, sender=world.exchange.stream_registry.id)


def _push(world: World) -> tuple[Any, ...]:
    return ({"enabled": True, "ledger": 0, "threshold": 10**12, "to": None, "streams": [world.stream]},)


def all_calls() -> list[Call]:
    """Calls that cover every method, by canister. They are to be made in this order: some build on earlier ones."""
    return [*_stream_registry(), *_dst_ledger(), *_token_ledger(), *_payout_splitter()]
