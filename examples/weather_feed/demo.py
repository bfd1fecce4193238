"""One real feed: listed, licensed, proven and paid.

Three station operators append real weather observations to one stream; a buyer approves the price, buys a licence and
reads the feed, verifying every record down to the subnet's signature; the price is credited to everyone who contributed
and paid out, by timer and by claim; an audit shows that no unit was lost.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ddsx.pages import RecordsPage, VerifiedRecord, Verifier
from exchange import ROOT, Exchange, account, deploy, subscription
from kybra_replica.driver import Replica, user
from kybra_replica.principal import Principal
from weather_feed import model
from weather_feed.observations import SCHEMA, STATIONS, records

BATCH = 500
PAGE = 1_000
PRICE_UNITS = 12_345_678_901
MONTH_SECONDS = 30 * 24 * 3600
PROVIDER_SHARE_PPM = 150_000

PROVIDER, BUYER = user("weather desk"), user("buyer")
OPERATORS = {station.name: user(f"operator of {station.name}") for station in STATIONS}


class DemoFailed(Exception):
    """A step of the sale was refused; the text says which and why."""


def ok(step: str, answer: dict[str, Any]) -> Any:
    """The `Ok` of an answer. Raises DemoFailed."""
    if "Ok" not in answer:
        raise DemoFailed(f"{step}: {answer['Err']}")
    return answer["Ok"]


def list_stream(exchange: Exchange) -> int:
    """The provider lists the stream and admits the operators."""
    registry = exchange.stream_registry
    request = {
        "title": "Weather observations, Seattle and San Francisco",
        "description": "Air temperatures of three stations, as they were measured.",
        "schema": SCHEMA,
        "media_type": "application/json",
        "tags": ["weather", "temperature"],
        "curators": [],
        "provider_share_ppm": PROVIDER_SHARE_PPM,
        "created_at_time": None,
    }
    stream: int = ok("create_stream", registry.call("create_stream", request, sender=PROVIDER))
    for operator in OPERATORS.values():
        ok("admit_contributor", registry.call("admit_contributor", stream, operator, sender=PROVIDER))
    return stream


def append_all(exchange: Exchange, stream: int, progress: Progress) -> int:
    """Each operator appends its file in batches, one batch of each in turn, as live feeds would arrive."""
    rows = {station.name: records(station) for station in STATIONS}
    total = sum(map(len, rows.values()))
    task = progress.add_task("appending", total=total)
    batches = {name: list(range(0, len(lines), BATCH)) for name, lines in rows.items()}
    for number in range(max(map(len, batches.values()))):
        for name, starts in batches.items():
            if number < len(starts):
                lines = rows[name][starts[number] : starts[number] + BATCH]
                request = {"stream": stream, "batch": number, "records": lines}
                ok("append", exchange.stream_registry.call("append", request, sender=OPERATORS[name]))
                progress.advance(task, len(lines))
        exchange.replica.advance_time(1)
    return total


def buy(exchange: Exchange, stream: int) -> dict[str, Any]:
    """The provider offers, the buyer approves and buys: one licence for one month."""
    offer_request = {
        "stream": stream,
        "terms": subscription(MONTH_SECONDS, PRICE_UNITS, 12),
        "title": "Monthly subscription",
    }
    offer = ok("create_offer", exchange.dst_ledger.call("create_offer", offer_request, sender=PROVIDER))
    quote = ok("quote", exchange.dst_ledger.query("quote", {"offer": offer, "periods": 1}))
    exchange.fund(BUYER, 2 * PRICE_UNITS)
    approval = {
        "from_subaccount": None,
        "spender": account(exchange.payout_splitter.id),
        "amount": quote["allowance"],
        "expected_allowance": None,
        "expires_at": None,
        "fee": None,
        "memo": None,
        "created_at_time": None,
    }
    ok("icrc2_approve", exchange.token_ledger.call("icrc2_approve", approval, sender=BUYER))
    request = {
        "offer": offer,
        "periods": 1,
        "max_price": quote["price"],
        "created_at_time": exchange.replica.get_time(),
        "payer_subaccount": None,
        "source": {"Allowance": None},
    }
    purchase: dict[str, Any] = ok("purchase", exchange.dst_ledger.call("purchase", request, sender=BUYER))
    return purchase


def read_all(exchange: Exchange, purchase: dict[str, Any], progress: Progress) -> Iterator[VerifiedRecord]:
    """Every record of the feed, each proved before it is handed on."""
    verifier = Verifier(exchange.stream_registry.id.raw, exchange.replica.certifier.root_key)
    task = progress.add_task("reading and verifying", total=purchase["stream_size"])
    start = 0
    while start < purchase["stream_size"]:
        request = {"stream": purchase["stream"], "licence": purchase["licence"], "start": start, "limit": PAGE}
        page = RecordsPage.model_validate(ok("read", exchange.stream_registry.query("read", request, sender=BUYER)))
        verified = verifier.records(page, now_ns=exchange.replica.get_time())
        yield from verified
        start += len(verified)
        progress.advance(task, len(verified))


def pay_out(exchange: Exchange, stream: int) -> dict[str, tuple[str, int]]:
    """Two operators are paid by the timer, the third, the provider and the treasury claim; how and how much each got."""
    splitter = exchange.payout_splitter
    pushed = list(OPERATORS)[:2]
    for name in pushed:
        settings = {"enabled": True, "threshold": 1, "ledger": 0, "to": None, "streams": [stream]}
        ok("set_push", splitter.call("set_push", settings, sender=OPERATORS[name]))
    for _ in range(5):
        exchange.replica.advance_time(60)
        exchange.replica.tick()
    paid = {name: ("pushed by the timer", exchange.balance(OPERATORS[name])) for name in pushed}
    claims: dict[str, Principal] = {name: who for name, who in OPERATORS.items() if name not in pushed}
    claims |= {"weather desk (provider)": PROVIDER, "treasury (protocol fee)": exchange.treasury}
    for name, who in claims.items():
        streams = [] if who == exchange.treasury else [stream]
        request = {"streams": streams, "ledger": 0, "to": None, "created_at_time": None}
        ok(f"claim of {name}", splitter.call("claim", request, sender=who))
        paid[name] = ("claimed", exchange.balance(who))
    return paid


def run(progress: Progress) -> tuple[dict[str, Any], dict[str, tuple[str, int]], model.Fit]:
    """The whole sale; the figures, who was paid how, and the model."""
    started = time.perf_counter()
    exchange = deploy(Replica(search_path=[ROOT / "src"]))
    stream = list_stream(exchange)
    appended = append_all(exchange, stream, progress)
    purchase = buy(exchange, stream)
    verified = list(read_all(exchange, purchase, progress))
    paid = pay_out(exchange, stream)
    fitted = model.fit(verified, [station.name for station in STATIONS])
    (audit,) = exchange.payout_splitter.query("audit")["ledgers"]
    held = exchange.balance(exchange.payout_splitter.id)
    paid_units = audit["paid"] + audit["ledger_fees_paid"]
    lost = abs(audit["received"] - audit["credited"] - audit["pending"] - audit["remainder"]) + abs(audit["received"] - paid_units - held)
    figures = {
        "records_appended": appended,
        "records_read": purchase["stream_size"],
        "records_verified": len(verified),
        "price_units": purchase["price"],
        "credited_units": audit["credited"],
        "paid_units": paid_units,
        "pending_units": audit["pending"],
        "remainder_units": audit["remainder"],
        "lost_units": lost,
        "contributors": len(OPERATORS),
        "audit_ok": bool(audit["balanced"]) and audit["lost_scaled"] == 0 and lost == 0,
        "seconds": round(time.perf_counter() - started, 2),
    }
    return figures, paid, fitted


def show(console: Console, figures: dict[str, Any], paid: dict[str, tuple[str, int]], fitted: model.Fit) -> None:
    """The table that a person reads."""
    payees = Table(title="Who was paid", title_justify="left")
    payees.add_column("payee")
    payees.add_column("how")
    payees.add_column("units", justify="right")
    for name, (how, units) in paid.items():
        payees.add_row(name, how, f"{units:,}")
    console.print(payees)
    table = Table(title="One feed, listed, licensed, proven and paid", title_justify="left", show_header=False)
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value))
    console.print(table)
    console.print(
        f"A model of temperature from hour, day and station, on {fitted.rows:,} verified rows, is off by {fitted.model_error:.2f} °C "
        f"on rows it has not seen; always saying the mean is off by {fitted.mean_error:.2f} °C."
    )


def main() -> int:
    """Run the demonstration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    options = parser.parse_args()
    console = Console(stderr=options.json)
    columns = (TextColumn("{task.description:>22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as progress:
            figures, paid, fitted = run(progress)
    except DemoFailed as failed:
        console.print(f"The demonstration stopped at {failed}", style="red")
        return 1
    show(console, figures, paid, fitted)
    if options.json:
        print(json.dumps(figures))
    return 0 if figures["audit_ok"] and figures["records_verified"] == figures["records_appended"] else 1


if __name__ == "__main__":
    sys.exit(main())
