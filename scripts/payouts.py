#!/usr/bin/env python3
"""What the sales of streams earned you: show it, claim it, have it paid without asking, and audit the splitter's books.

    scripts/payouts.py show  --identity key.pem
    scripts/payouts.py claim --identity key.pem [--to PRINCIPAL]
    scripts/payouts.py push  --identity key.pem --threshold 1000000      # paid by itself from then on; --off stops it
    scripts/payouts.py audit                                             # anybody may: certified, and compared with the ledger

Without --stream, the streams that you provide or contribute to are looked up.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from typing import Any

try:
    from ddsx.audits import verify_audit
    from ddsx.command_line import Client, add_options, chunks, run
    from ddsx.errors import BadSetting, CanisterRefused, VerificationFailed
    from ddsx.payment_ledger import account
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed: run `pip install -c constraints.txt .` in the project's folder, or use .venv/bin/python")

STREAMS_A_CALL = 10
PAGE = 200
LOOKS = 3


def payouts(options: argparse.Namespace, client: Client) -> dict[str, Any]:
    """The whole command."""
    return {"show": show, "claim": claim, "push": push, "audit": audit}[options.action](options, client)


def show(options: argparse.Namespace, client: Client) -> dict[str, Any]:
    """What is due, was paid, and by which streams."""
    streams = own_streams(options, client)
    balance = client.splitter.ok("balance_of", {"payee": client.me, "ledger": options.ledger, "streams": streams[:STREAMS_A_CALL]})
    client.say(f"{client.me}, streams {', '.join(map(str, streams)) or 'none'}")
    for name in ("claimable", "in_flight", "paid", "ledger_fees", "credited"):
        client.say(f"  {name.replace('_', ' '):<12} {balance[name]:>24,} units")
    return {"payee": client.me, "streams": streams, **balance}


def claim(options: argparse.Namespace, client: Client) -> dict[str, Any]:
    """Draw all that is due, ten streams at a time. The time names the claim: sent twice, it pays once."""
    paid: list[dict[str, Any]] = []
    streams = own_streams(options, client)
    for some in list(chunks(streams, STREAMS_A_CALL)) or [[]]:
        request = {"streams": list(some), "ledger": options.ledger, "to": destination(options), "created_at_time": time.time_ns()}
        try:
            paid.append(client.until(["Pending", "TemporarilyUnavailable"], partial(client.splitter.ok, "claim", request)))
        except CanisterRefused as refused:
            if refused.case != "NothingToClaim":
                raise
            due, fee = refused.details["claimable"], refused.details["ledger_fee"]
            client.say(f"Nothing to claim: {due:,} units are due, and a payout costs {fee:,}.")
    for payout in paid:
        client.say(f"Paid {payout['amount']:,} units (fee {payout['fee']:,}) in block {payout['block_index']}, payout {payout['payout']}.")
    return {"payee": client.me, "claimed": sum(payout["amount"] for payout in paid), "payouts": paid}


def push(options: argparse.Namespace, client: Client) -> dict[str, Any]:
    """Have a timer pay, or stop it."""
    streams = own_streams(options, client)[:STREAMS_A_CALL]
    to = destination(options)
    settings = {"enabled": not options.off, "ledger": options.ledger, "threshold": options.threshold, "to": to, "streams": streams}
    client.splitter.ok("set_push", settings)
    client.say("Nothing is paid by itself any more." if options.off else f"Paid by itself from {options.threshold:,} units on.")
    return {"payee": client.me, **settings}


def audit(options: argparse.Namespace, client: Client) -> dict[str, Any]:
    """The books, proved, and held against what the ledger says the splitter has."""
    listed = client.listed_ledger(options.ledger)
    if "Cycles" in listed["kind"]:
        raise BadSetting(f"ledger {options.ledger}", "it is raw cycles, which no ledger holds", "Name another one with --ledger.")
    for _ in range(LOOKS):
        answer = client.splitter.call("audit")
        books = answer["ledgers"][options.ledger]
        held = client.payment_ledger(listed["canister"]).call("icrc1_balance_of", account(client.splitter.id))
        owed = books["holdings"]
        if held >= owed:
            # Less can be seen when something was paid out between the two queries, but not every time.
            break
    splitter = client.raw_id(client.splitter)
    proved = verify_audit(answer, splitter=splitter, root_key=client.agent.root_key, now_ns=time.time_ns())
    if not proved.balanced or held < owed:
        lost = proved.audits[options.ledger].lost_scaled
        raise VerificationFailed("audit", f"the books do not balance: lost {lost}/2^128, held {held}, owed {owed}")
    held_back = ("pending", "remainder", "escrowed", "refunded")
    names = ("received", "credited", "claimable", "in_flight", "paid", "ledger_fees_paid", *held_back)
    for name in names:
        client.say(f"  {name.replace('_', ' '):<17} {books[name]:>24,} units")
    client.say(f"Certified by the subnet, nothing lost; the splitter holds {held:,} units, {owed:,} of them for its payees.")
    return {**{name: books[name] for name in names}, "held": held, "owed": owed, "balanced": True}


def destination(options: argparse.Namespace) -> dict[str, Any] | None:
    """Whom a payout goes to, as the splitter wants it; None for the caller's own account."""
    return {"Account": account(options.to)} if options.to else None


def own_streams(options: argparse.Namespace, client: Client) -> list[int]:
    """The streams named, or all that the caller provides or contributes to."""
    if options.stream:
        return list(options.stream)
    found, start, total = [], 0, 1
    while start < total:
        page = client.registry.call("streams", start, PAGE)
        found += [summary["stream"] for summary in page["streams"] if takes_part(client, summary)]
        start, total = start + PAGE, page["total"]
    return found


def takes_part(client: Client, summary: dict[str, Any]) -> bool:
    """Whether something may be due to the caller from a stream: not before the splitter has heard of its work."""
    stream = summary["stream"]
    mine = summary["provider"] == client.me or "Ok" in client.registry.call("contributor", stream, client.me)
    return mine and client.splitter.call("audit_of", stream) is not None


def parser() -> argparse.ArgumentParser:
    """The command line."""
    commands = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands.add_argument("action", choices=("show", "claim", "push", "audit"))
    commands.add_argument("--stream", type=int, action="append", metavar="N", help="a stream; may be repeated")
    commands.add_argument("--ledger", type=int, default=0, metavar="N", help="number of the splitter's ledger (default: 0)")
    commands.add_argument("--to", metavar="PRINCIPAL", help="whose account is paid (default: your own)")
    commands.add_argument("--threshold", type=int, default=1, metavar="UNITS", help="push: pay from this many units on (default: 1)")
    commands.add_argument("--off", action="store_true", help="push: stop it")
    add_options(commands)
    return commands


if __name__ == "__main__":
    sys.exit(run(parser(), payouts))
