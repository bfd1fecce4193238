"""The checkers of docs/invariants.md that need the whole exchange; each raises AssertionError with its id.

What a canister says is asked for only after it ran; what costs much to ask, when everything is at rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import money_checks

from ddsx.certificate import CertifiedData
from ddsx.pages import RecordsPage, Verifier
from exchange import account
from model.exchange_model import tree_root

if TYPE_CHECKING:
    from sale_world import World

PAID_STATES = ("Completed", "Ending", "Ended")


def after_every_step(world: World) -> None:
    """All that holds after every step."""
    money_checks.check(world)
    if world.has_changed(world.exchange.stream_registry):
        heads(world)
    if world.has_changed(world.exchange.dst_ledger):
        sale(world)


def heads(world: World) -> None:
    """INV-LOG-1: each head has the size of what was accepted, and a root where there is nothing."""
    for stream, model in world.streams_model.items():
        head = world.exchange.stream_registry.query("head", stream)["Ok"]
        assert head["size"] == len(model.records), "INV-LOG-1"
        assert model.records or head["root"] == tree_root([]).hex(), "INV-LOG-1"


def sale(world: World) -> None:
    """INV-SALE-1, 2: an order is paid for if and only if it has one licence; one request is one order."""
    orders, sales = world.orders(), world.model.sales
    paid = [order for order in orders if next(iter(order["state"])) in PAID_STATES]
    assert world.exchange.dst_ledger.query("ledger_status")["licences"] == len(paid), "INV-SALE-1"
    for order in paid:
        (state,) = order["state"].values()
        found = sales[order["order"]]
        assert (found.price, found.ledger, found.stream) == (order["price"], order["ledger"], order["stream"]), "INV-SALE-1"
        parts = ("protocol_fee", "provider_share", "others_share", "contributors_share", "escrowed")
        assert sum(state[part] for part in parts) == order["price"], "INV-MONEY-4"
        assert state["refunded"] in {None, world.model.given_back_by_ending.get(order["order"], 0)}, "INV-MONEY-4"
    refused = {order["order"] for order in orders if "Refused" in order["state"]}
    astray = {number for number in refused if number in sales and world.model.given_back.get(number) == sales[number].price}
    assert refused & set(sales) == astray, "INV-SALE-1: an order was refused that was paid"
    asked = [(order["buyer"], order["offer"], order["periods"], str(order["source"]), order["created_at_time"]) for order in orders]
    assert len(set(asked)) == len(asked), "INV-SALE-2"


def ledger_1(world: World) -> None:
    """INV-LEDGER-1: balances add up to the supply."""
    exchange = world.exchange
    deposits = [world.splitter.query("deposit_account", number) for number in range(1, len(world.orders()) + 1)]
    total = sum(exchange.token_ledger.query("icrc1_balance_of", deposit) for deposit in deposits)
    total += sum(exchange.balance(owner) for owner in {*world.payees, world.splitter.id})
    assert total == exchange.token_ledger.query("icrc1_total_supply"), "INV-LEDGER-1"


def log(world: World) -> None:
    """INV-LOG-1, 2, 3: certified data and every record served."""
    registry, subnet = world.exchange.stream_registry, world.replica.subnet
    certified = CertifiedData(subnet.canisters[registry.id].certified_data, world.replica.get_time())
    verifier = Verifier(registry.id.raw, world.replica.certifier.root_key)
    subnet.certify = world.replica.certifier.data_certificate
    for stream, model in world.streams_model.items():
        if model.records:
            request = {"stream": stream, "licence": None, "start": 0, "limit": 1000}
            page = RecordsPage.model_validate(registry.query("read", request, sender=world.payees[0])["Ok"])
            records = verifier.records(page, now_ns=certified.time_ns, certified=certified)
            assert [(record.contributor, record.payload) for record in records] == model.records, "INV-LOG-3"
            assert page.root == registry.query("head", stream)["Ok"]["root"], "INV-LOG-1"
    subnet.certify = None


def licences(world: World) -> None:
    """INV-LICENCE-1: the owners' lists are exactly what the owners are."""
    ledger = world.exchange.dst_ledger
    tokens = ledger.query("icrc7_tokens", None, None)
    owners = ledger.query("icrc7_owner_of", tokens)
    for holder in world.payees:
        mine = [token for token, owner in zip(tokens, owners, strict=True) if owner["owner"] == holder]
        assert ledger.query("icrc7_tokens_of", account(holder), None, None) == mine == sorted(mine), "INV-LICENCE-1"
        assert ledger.query("icrc7_balance_of", [account(holder)]) == [len(mine)], "INV-LICENCE-1"


def readers(world: World) -> None:
    """INV-LICENCE-2: the registry lets the holder of a valid licence read, and nobody else by it."""
    now = world.replica.get_time()
    ledger, registry = world.exchange.dst_ledger, world.exchange.stream_registry
    holders = [payee for payee in world.payees if str(payee) in {sale.payer for sale in world.model.sales.values()}]
    for number in range(1, ledger.query("ledger_status")["licences"] + 1):
        licence = ledger.query("licence", number)
        if not world.streams_model[licence["stream"]].records:
            continue
        for reader in holders:
            answer = registry.query("read", {"stream": licence["stream"], "licence": number, "start": 0, "limit": 1}, sender=reader)
            may = licence["holder"]["owner"] == reader and licence["valid_from"] <= now < licence["valid_until"]
            assert ("Ok" in answer) == may, f"INV-LICENCE-2: {answer}"


def at_rest(world: World) -> None:
    """INV-SALE-3, and the equalities that hold once everything has been delivered."""
    waits = [order for order in world.orders() if next(iter(order["state"])) in {"Settling", "Collecting", "Ending"}]
    assert all("Deposit" in order["source"] and "Collecting" in order["state"] for order in waits), "INV-SALE-3"
    money_checks.at_rest(world)
    for stream, model in world.streams_model.items():
        delivered = {name: weight for name, weight in world.model.streams[stream].weights.items() if weight}
        assert delivered == model.appended(), "INV-WORK-1"
    for check in (ledger_1, log, licences, readers):
        check(world)
