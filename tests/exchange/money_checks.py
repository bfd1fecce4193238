"""What holds after every message of the splitter, checked against the naive model and against what the ledgers really hold."""

from __future__ import annotations

from typing import Any

from money_watch import CYCLES, LEDGERS, Watched

from ddsx_core.hash_tree import parse_hash_tree, root_hash

_AUDITED = {"plan_shares": "shares", "contributors_shares": "contributors"}
"""Fields of the audit that the model calls otherwise."""


def check(world: Watched) -> None:
    """Everything that holds after every step; nothing is asked while nothing has changed."""
    if not world.changed:
        return
    world.changed = False
    for block in world.learn():
        world.was_asked(block)
    audit = world.splitter.query("audit")
    assert audit["blocks"] == world.blocks, "INV-MONEY-6: the log has more blocks than it gives out"
    for found in audit["ledgers"]:
        books_balance(world, found)
        holdings(world, found)


def books_balance(world: Watched, found: dict[str, Any]) -> None:
    """INV-MONEY-1, 3, 4: every sum is what the rules give, to the unit, and the sums balance."""
    expected = world.model.totals(found["ledger"])._asdict()
    stated = {_AUDITED.get(name, name): units for name, units in found.items()}
    assert {name: stated[name] for name in expected} == expected, f"INV-MONEY-4 on ledger {found['ledger']}"
    assert (found["balanced"], found["lost_scaled"]) == (True, 0), "INV-MONEY-1"
    parts = found["credited"] + found["pending"] + found["remainder"] + found["escrowed"] + found["refunded"]
    assert found["received"] == parts, "INV-MONEY-1"
    gone = found["in_flight"] + found["paid"] + found["ledger_fees_paid"]
    assert found["credited"] + found["refunded"] + found["topped_up"] == found["claimable"] + gone + found["spent"], "INV-MONEY-1"


def holdings(world: Watched, found: dict[str, Any]) -> None:
    """INV-MONEY-2: the ledger holds for the splitter what its books say; what is in flight has gone if the ledger carried it out."""
    ledger, model = found["ledger"], world.model
    books = model.book(ledger)
    expected = books.received + books.topped_up - books.spent - books.paid - books.paid_fees
    assert found["holdings"] == expected - found["in_flight"], "INV-MONEY-2"
    if ledger == CYCLES:
        held = world.money(CYCLES, world.splitter.id) - world.first_cycles
        assert held >= found["holdings"], "INV-MONEY-2: cycles that are owed were spent"
        return
    paid_out = sum(moved.taken for (where, number), moved in world.paid_out.items() if where == ledger and number in books.in_flight)
    uncredited = sum(moved.taken for (where, order), moved in world.taken.items() if where == ledger and order not in model.sales)
    assert world.money(ledger, world.splitter.id) == expected - paid_out + uncredited, "INV-MONEY-2"


def balances(world: Watched, ledger: int) -> None:
    """INV-MONEY-3, 5: each payee can claim exactly what it has earned, and its own books balance."""
    for payee in world.payees:
        found = world.splitter.query("balance_of", {"payee": payee, "ledger": ledger, "streams": list(world.streams)})["Ok"]
        due = world.claimable(payee, ledger, world.streams)
        assert found["claimable"] == due, f"INV-MONEY-3: {payee} on ledger {ledger}"
        gone = found["in_flight"] + found["paid"] + found["ledger_fees"] + found["spent"]
        assert found["credited"] == found["claimable"] + gone, "INV-MONEY-5"
        assert found["paid"] + found["ledger_fees"] == world.model.book(ledger).paid_to.get(str(payee), 0), "INV-MONEY-5"


def at_rest(world: Watched) -> None:
    """INV-SALE-3 and the equalities that hold once every payment has an outcome."""
    model = world.model
    assert not any(world.open_payments().values()), "INV-SALE-3"
    assert not any(model.book(ledger).in_flight for ledger in LEDGERS), "INV-SALE-3"
    collected = {(sale.ledger, order): sale.price for order, sale in model.sales.items() if not sale.spent}
    assert collected == {place: moved.taken for place, moved in world.taken.items()}, "INV-MONEY-2: sales are what ledgers moved"
    for place, moved in world.paid_out.items():
        done = model.payouts[place[1]]
        assert (done.ledger, done.amount + done.fee) == (place[0], moved.taken), "INV-MONEY-2: payouts are what ledgers moved"
    balances(world, world.blocks % len(LEDGERS))
    certified(world)


def certified(world: Watched) -> None:
    """INV-MONEY-9: the certified data is the root of the tree that `audit` gives as its witness."""
    witness = parse_hash_tree(world.splitter.query("audit")["witness"])
    assert root_hash(witness) == world.replica.subnet.canisters[world.splitter.id].certified_data, "INV-MONEY-9"
