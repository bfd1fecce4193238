"""Buying a licence so that neither a broken line nor a crash makes it be paid twice.

What is asked for is written down, with the time that names the request, before it is sent. The same time makes the same order: so
whatever happens, asking again tells what became of it. A request older than a day is not taken any more; then the orders are looked
through for what it came to.
"""

from __future__ import annotations

import json
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

from ddsx.command_line import Client
from ddsx.errors import BadSetting, CanisterRefused
from ddsx.payment_ledger import account

_PAGE = 200
_IDENTIFYING = ("ledger", "buyer", "offer", "periods")
_REQUEST = ("offer", "periods", "max_price", "created_at_time", "source")
_PAID = ("Completed", "Ending", "Ended")


def buy(client: Client, note: Path, *, offer: int, periods: int, max_price: int | None, deposit: bool = False) -> dict[str, Any]:
    """A licence for the offer: approved, paid for and described in `note`, or found there.

    max_price: None for what the offer asks now. deposit: the price is sent to the order's own account by whatever wallet, not approved;
    while it is not there, CanisterRefused AwaitingDeposit says where it has to go, and the same call later goes on.
    Raises BadSetting, CanisterRefused, and as `Canister.call`.
    """
    asked = {"ledger": client.ledger.id, "buyer": client.me, "offer": offer, "periods": periods}
    kept = _read(note, asked)
    if kept is not None and kept["purchase"] is not None:
        client.say(f"Bought before: licence {kept['purchase']['licence']}.")
        return dict(kept["purchase"])
    if kept is None:
        quote = client.until(["LedgerFeeUnknown"], partial(client.ledger.ok, "quote", {"offer": offer, "periods": periods}))
        if not deposit:
            approve(client, _completed_quote(client, quote))
        source = {"Deposit" if deposit else "Allowance": None}
        limit = quote["price"] if max_price is None else max_price
        kept = {**asked, "max_price": limit, "created_at_time": time.time_ns(), "source": source, "purchase": None}
        _write(note, kept)
    kept["purchase"] = _purchase(client, note, kept)
    _write(note, kept)
    client.say(f"Paid {kept['purchase']['price']:,} units for licence {kept['purchase']['licence']}.")
    return dict(kept["purchase"])


def approve(client: Client, quote: dict[str, Any]) -> None:
    """Let the splitter take the price and the ledger's fee, unless it may already. Raises BadSetting when the funds do not suffice."""
    tokens = client.payment_ledger(quote["payment_ledger"])
    spender, mine = account(quote["spender"]), account(client.me)
    if tokens.call("icrc2_allowance", {"account": mine, "spender": spender})["allowance"] >= quote["allowance"]:
        return
    needed, held = quote["allowance"] + quote["ledger_fee"], tokens.call("icrc1_balance_of", mine)
    if held < needed:
        why = f"{client.me} has {held:,} units on ledger {tokens.id}, and {needed:,} are needed: price {quote['price']:,} and two fees"
        raise BadSetting("funds", why, f"Send it what is missing; on a local replica: scripts/deploy_local --mint {client.me}={needed}")
    request = {"spender": spender, "amount": quote["allowance"], "created_at_time": time.time_ns()}
    try:
        client.until(["TemporarilyUnavailable"], partial(tokens.ok, "icrc2_approve", request))
    except CanisterRefused as refused:
        if refused.case != "Duplicate":
            raise
    client.say(f"Approved {quote['allowance']:,} units for the splitter.")


def _completed_quote(client: Client, quote: dict[str, Any]) -> dict[str, Any]:
    """The quote with ledger, fee and allowance, which the splitter and the ledger know of other ledgers than the first.

    Raises BadSetting for raw cycles, which only a canister can pay.
    """
    if quote["payment_ledger"] is not None:
        return quote
    ledger = client.listed_ledger(quote["ledger"])
    if "Cycles" in ledger["kind"]:
        raise BadSetting(f"ledger {quote['ledger']}", "it is raw cycles", "A canister buys with them, out of its balance at the splitter.")
    fee = client.payment_ledger(ledger["canister"]).call("icrc1_fee")
    return {**quote, "payment_ledger": ledger["canister"], "ledger_fee": fee, "allowance": quote["price"] + fee}


def _purchase(client: Client, note: Path, kept: dict[str, Any]) -> dict[str, Any]:
    request = {name: kept[name] for name in _REQUEST}
    try:
        return dict(client.until(["Pending"], partial(client.ledger.ok, "purchase", request), seconds=300))
    except CanisterRefused as refused:
        earlier = _earlier(client, kept) if refused.case == "TooOld" else None
        if earlier is not None:
            return earlier
        if refused.case == "AwaitingDeposit":
            account, amount = refused.details["account"], refused.details["amount"]
            to = f"{account['owner']}, subaccount {bytes(account['subaccount']).hex()}"
            client.say(f"Send {amount:,} units to {to}; then run this again.")
        elif refused.case != "Pending":
            note.unlink()
        raise


def _earlier(client: Client, kept: dict[str, Any]) -> dict[str, Any] | None:
    """What a request came to that is too old to be asked about; None when it came to no licence."""
    start, more = 0, True
    while more:
        page: list[dict[str, Any]] = client.ledger.call("orders_of", client.me, start, _PAGE)
        for order in page:
            completed = next((order["state"][state] for state in _PAID if state in order["state"]), None)
            if completed and (order["offer"], order["created_at_time"]) == (kept["offer"], kept["created_at_time"]):
                return {**{name: order[name] for name in ("stream", "order", "price")}, **completed}
            start = order["order"] + 1
        more = bool(page)
    return None


def _read(note: Path, asked: dict[str, Any]) -> dict[str, Any] | None:
    if not note.exists():
        return None
    try:
        kept = json.loads(note.read_text(encoding="utf-8"))
        matches = {name: kept[name] for name in _IDENTIFYING} == asked and all(name in kept for name in (*_REQUEST, "purchase"))
    except (OSError, ValueError, KeyError, TypeError):
        matches = False
    if not matches:
        raise BadSetting(f"{note}", "it is not about this purchase", "Name another file with --out, or remove it.")
    return dict(kept)


def _write(note: Path, content: dict[str, Any]) -> None:
    """So that a crash leaves the old note or the new one."""
    part = note.with_name(note.name + ".part")
    with part.open("w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    part.replace(note)
