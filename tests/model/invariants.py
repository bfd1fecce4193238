"""The checkers of docs/invariants.md that need the whole exchange; each raises AssertionError with its id."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING

from ddsx.certificate import CertifiedData
from ddsx.pages import RecordsPage, Verifier
from exchange import account
from model.exchange_model import tree_root

if TYPE_CHECKING:
    from sale_world import World

TINY = Fraction(1, 2**64)
"""More than all fractions of 2^-128 unit that carrying remainders can move between contributors."""


def ledger_1(world: World) -> None:
    """INV-LEDGER-1: balances add up to the supply."""
    exchange = world.exchange
    accounts = {*world.principals(), exchange.payout_splitter.id, exchange.treasury}
    total = sum(exchange.balance(owner) for owner in accounts)
    assert total == exchange.token_ledger.query("icrc1_total_supply"), "INV-LEDGER-1"


def log(world: World) -> None:
    """INV-LOG-1, 2, 3: heads, certified data and every record served."""
    registry = world.exchange.stream_registry
    certified = CertifiedData(world.replica.subnet.canisters[registry.id].certified_data, world.replica.get_time())
    verifier = Verifier(registry.id.raw, world.replica.certifier.root_key)
    for stream, model in world.model.streams.items():
        head = registry.query("head", stream)["Ok"]
        assert head["size"] == len(model.records), "INV-LOG-1"
        if not model.records:
            assert head["root"] == tree_root([]).hex(), "INV-LOG-1"
            continue
        request = {"stream": stream, "licence": None, "start": 0, "limit": 1000}
        page = RecordsPage.model_validate(registry.query("read", request, sender=world.provider)["Ok"])
        records = verifier.records(page, now_ns=certified.time_ns, certified=certified)
        assert [(record.contributor, record.payload) for record in records] == model.records, "INV-LOG-3"
        assert page.root == head["root"], "INV-LOG-1"


def work(world: World) -> None:
    """INV-WORK-1, 2: what the splitter weighs is what was acknowledged."""
    for stream, model in world.model.streams.items():
        book = world.exchange.payout_splitter.query("audit_of", stream)
        found = (0, 0) if book is None else (book["next_batch"], book["total_weight"])
        assert found == (model.next_work, sum(model.delivered.values())), "INV-WORK-1"
        assert all(model.delivered.get(who, 0) <= model.appended(who) for who in model.delivered), "INV-WORK-1"


def money(world: World) -> None:
    """INV-MONEY-1, 2, 4: the books balance, and the ledger holds what they say."""
    audit = world.exchange.payout_splitter.query("audit")
    assert audit["balanced"], "INV-MONEY-1"
    assert audit["lost_scaled"] == 0, "INV-MONEY-1"
    assert audit["received"] == audit["credited"] + audit["pending"] + audit["remainder"], "INV-MONEY-1"
    assert audit["credited"] == audit["claimable"] + audit["in_flight"] + audit["paid"] + audit["ledger_fees_paid"], "INV-MONEY-1"
    settled = audit["received"] - audit["paid"] - audit["ledger_fees_paid"]
    held = world.exchange.balance(world.exchange.payout_splitter.id)
    assert settled - audit["in_flight"] <= held <= settled + audit["collecting"], "INV-MONEY-2"
    model = world.model
    assert audit["received"] == model.received, "INV-MONEY-4"
    assert audit["protocol_fees"] == model.fees, "INV-MONEY-4"
    assert audit["provider_shares"] == sum(stream.provider_units for stream in model.streams.values()), "INV-MONEY-4"
    assert audit["contributors_shares"] == sum(stream.pool_units for stream in model.streams.values()), "INV-MONEY-4"
    assert audit["pending"] == sum(stream.pending() for stream in model.streams.values()), "INV-MONEY-4"


def shares(world: World) -> None:
    """INV-MONEY-3, 5: each contributor has its exact share but for less than a unit, and was paid no more."""
    opened = [stream for stream, model in world.model.streams.items() if model.next_work]
    earned = {stream: world.model.streams[stream].earned() for stream in opened}
    for operator in world.operators:
        balance = world.exchange.payout_splitter.query("balance_of", {"payee": operator, "streams": opened})["Ok"]
        exact = sum((earned[stream].get(operator.text, Fraction(0)) for stream in opened), Fraction(0))
        assert exact - max(len(opened), 1) < balance["credited"] <= exact + TINY, "INV-MONEY-3"
        assert balance["paid"] + balance["ledger_fees"] + balance["in_flight"] + balance["claimable"] == balance["credited"], "INV-MONEY-5"


def sale(world: World) -> None:
    """INV-SALE-1, 2: a completed order is a collected price and one licence; one request is one order."""
    orders = world.orders()
    licences = world.exchange.dst_ledger.query("ledger_status")["licences"]
    completed = [order for order in orders if "Completed" in order["state"]]
    under_way = [order for order in orders if "Collecting" in order["state"]]
    assert licences == len(completed), "INV-SALE-1"
    for order in completed:
        licence = world.exchange.dst_ledger.query("licence", order["state"]["Completed"]["licence"])
        assert (licence["order"], licence["stream"]) == (order["order"], order["stream"]), "INV-SALE-1"
    paid = sum(order["price"] for order in completed)
    assert paid <= world.model.received <= paid + sum(order["price"] for order in under_way), "INV-SALE-1"
    asked = [(order["buyer"], order["offer"], order["periods"], order["max_price"], order["created_at_time"]) for order in orders]
    assert len(set(asked)) == len(asked), "INV-SALE-2"


def licences(world: World) -> None:
    """INV-LICENCE-1: the owners' lists are exactly what the owners are."""
    ledger = world.exchange.dst_ledger
    tokens = ledger.query("icrc7_tokens", None, None)
    owners = ledger.query("icrc7_owner_of", tokens)
    for holder in world.buyers:
        mine = [token for token, owner in zip(tokens, owners, strict=True) if owner["owner"] == holder]
        assert ledger.query("icrc7_tokens_of", account(holder), None, None) == mine == sorted(mine), "INV-LICENCE-1"
        assert ledger.query("icrc7_balance_of", [account(holder)]) == [len(mine)], "INV-LICENCE-1"


def at_rest(world: World) -> None:
    """INV-SALE-3, INV-LICENCE-2, and the equalities that hold once everything has been delivered."""
    assert world.open_orders() == 0, "INV-SALE-3"
    assert not any(world.open_payments().values()), "INV-SALE-3"
    audit = world.exchange.payout_splitter.query("audit")
    held = world.exchange.balance(world.exchange.payout_splitter.id)
    assert (audit["in_flight"], audit["collecting"]) == (0, 0), "INV-MONEY-2"
    assert held == audit["received"] - audit["paid"] - audit["ledger_fees_paid"], "INV-MONEY-2"
    for model in world.model.streams.values():
        appended = {who: model.appended(who) for who, _ in model.records}
        assert appended == {who: units for who, units in model.delivered.items() if units}, "INV-WORK-1"
    now = world.replica.get_time()
    ledger, registry = world.exchange.dst_ledger, world.exchange.stream_registry
    for number in range(1, ledger.query("ledger_status")["licences"] + 1):
        licence = ledger.query("licence", number)
        if not world.model.streams[licence["stream"]].records:
            continue
        for reader in world.buyers:
            answer = registry.query("read", {"stream": licence["stream"], "licence": number, "start": 0, "limit": 1}, sender=reader)
            may = licence["holder"]["owner"] == reader and licence["valid_from"] <= now < licence["valid_until"]
            assert ("Ok" in answer) == may, f"INV-LICENCE-2: {answer}"


AFTER_EVERY_STEP: tuple[Callable[[World], None], ...] = (ledger_1, log, work, money, shares, sale, licences)
"""INV-MODULE-1 is checked by the replica itself: a message that changes module state raises."""
