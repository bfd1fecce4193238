"""Bringing every payment of a splitter to its outcome, as machines do before they look at everything."""

from __future__ import annotations

from money_watch import PLAIN, Moved, Watched

from kybra_replica.driver import user

GOVERNANCE = user("governance")
ROUNDS = (61, 3_600, 3_600, 86_400, 86_400, 86_400)
"""Seconds to wait between two looks at what is open; after a day a ledger carries nothing out any more."""


def settle_payments(world: Watched) -> None:
    """No more faults: everything is delivered, and governance enters what nobody can tell any more from what the ledgers did."""
    world.replica.faults.clear()
    world.ledgers[PLAIN].call("fail_next", {"kind": "", "times": 0})
    for payee in sorted(world.refused):
        world.refuse(payee, "")
    for seconds in ROUNDS:
        world.replica.tick()
        resolve(world)
        if not any(world.open_payments().values()):
            return
        world.replica.advance_time(seconds)
        world.replica.tick()


def resolve(world: Watched) -> None:
    """Governance looks into the ledgers for what has no outcome."""
    waiting = world.open_payments()
    for order in waiting["unresolved_collections"]:
        found = [moved for (_, number), moved in world.taken.items() if number == order]
        _enter(world, {"Collection": order}, found)
    for payout in waiting["unresolved_payouts"]:
        found = [moved for (_, number), moved in world.paid_out.items() if number == payout]
        _enter(world, {"Payout": payout}, found)


def _enter(world: Watched, payment: dict[str, int], found: list[Moved]) -> None:
    outcome = {"CarriedOut": found[0].block} if found else {"NotCarriedOut": None}
    world.splitter.call("resolve", {"payment": payment, "outcome": outcome}, sender=GOVERNANCE)
