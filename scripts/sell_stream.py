#!/usr/bin/env python3
"""Sell a stream of data: list it, append its records, and publish an offer for licences to read it.

    scripts/sell_stream.py --identity key.pem --title "Air" --schema air.json --records air.csv --price 1000000
    scripts/sell_stream.py --identity key.pem --stream 1 --records more.jsonl       # append to a stream that is listed
    scripts/sell_stream.py --identity key.pem --demo seattle-daily --price 1000000  # real weather observations

Who lists a stream is its provider, and admits contributors; whoever is admitted appends with --stream. The price of every licence is
credited to all contributors, by the number of their records, after the protocol's fee and the provider's share.
"""

from __future__ import annotations

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

try:
    from ddsx.command_line import Client, add_options, chunks, run
    from ddsx.errors import BadSetting, DdsxError
    from ddsx.rows import read_records, read_schema
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed: run `pip install -c constraints.txt .` in the project's folder, or use .venv/bin/python")

DAY_SECONDS = 24 * 3600


def sell(options: argparse.Namespace, client: Client) -> dict[str, Any]:
    """The whole command."""
    schema, records = load(options, client)
    stream = options.stream
    if stream is None:
        stream = list_stream(options, client, schema)
    elif options.provider_share_ppm is not None:
        announced = client.splitter.ok("set_plan", {"stream": stream, "steps": plan(options.provider_share_ppm)})
        moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(announced["effective_at"] / 1e9))
        client.say(f"The provider's share of stream {stream} is {options.provider_share_ppm:,} ppm, for what is earned from {moment} on.")
    for contributor in [*([client.me] if records and options.stream is None else []), *options.contributor]:
        client.registry.ok("admit_contributor", stream, contributor)
        client.say(f"Admitted {contributor}.")
    appended = append(options, client, stream, records)
    offer = None if options.price is None else publish(options, client, stream)
    return {"stream": stream, "offer": offer, "records": appended, "size": client.registry.ok("head", stream)["size"]}


def plan(share_ppm: int) -> list[dict[str, Any]]:
    """A plan that gives the provider a share, and contributors the rest."""
    step = {"payee": "provider", "name": "provider", "share_ppm": share_ppm, "cap_units": 0, "vest_seconds": 0}
    return [step] if share_ppm else []


def earning(options: argparse.Namespace) -> dict[str, Any]:
    """How the price is earned, as the options say."""
    if options.records_a_period is not None:
        return {"ByRecord": options.records_a_period}
    return {"BySecond" if options.earned_by_second else "AtOnce": None}


def load(options: argparse.Namespace, client: Client) -> tuple[str, list[str]]:
    """Schema and records, from files or from the demonstration; the schema of a stream that is listed from the registry."""
    if options.demo:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))
        from weather_feed.observations import SCHEMA, STATIONS, records  # noqa: PLC0415 - only the demonstration has this data

        station = next((station for station in STATIONS if station.name == options.demo), None)
        if station is None:
            names = ", ".join(station.name for station in STATIONS)
            raise BadSetting(f"demonstration {options.demo}", "there is no such station", f"Choose one of {names}.")
        return SCHEMA, records(station)
    if options.stream is not None:
        schema = client.registry.ok("stream", options.stream)["schema"]
    elif options.schema is not None:
        schema = read_schema(options.schema)
    else:
        raise BadSetting("schema", "none was named", "Describe the records' fields in a file, and name it with --schema.")
    return schema, read_records(options.records, schema) if options.records else []


def list_stream(options: argparse.Namespace, client: Client, schema: str) -> int:
    """Create the stream; the same request within 24 hours would be the same stream."""
    request = {
        "title": options.title or options.demo or "Untitled stream",
        "description": options.description,
        "schema": schema,
        "media_type": options.media_type,
        "tags": options.tag,
        "curators": [],
        "provider_share_ppm": options.provider_share_ppm or 0,
        "created_at_time": time.time_ns(),
    }
    stream: int = client.until([], partial(client.registry.ok, "create_stream", request))
    client.say(f"Listed stream {stream}: {request['title']}.")
    return stream


def append(options: argparse.Namespace, client: Client, stream: int, records: list[str]) -> int:
    """Append the records in batches; how many. Batches are numbered, so one that is sent twice is taken once."""
    if not records:
        return 0
    number = client.registry.ok("contributor", stream, client.me)["next_batch"]
    done = options.skip
    for batch in chunks(records[done:], options.batch):
        request = {"stream": stream, "batch": number, "records": list(batch)}
        try:
            receipt = client.until(["NotReady"], partial(client.registry.ok, "append", request), seconds=90)
        except DdsxError as problem:
            client.say(f"{done:,} of {len(records):,} records are appended. Go on with: --stream {stream} --skip {done}")
            raise problem from None
        number, done = number + 1, done + len(batch)
        client.say(f"Appended {done:,} of {len(records):,} records; the stream has {receipt['size']:,}, root {receipt['root'][:16]}...")
    appended: int = done - options.skip
    return appended


def publish(options: argparse.Namespace, client: Client, stream: int) -> int:
    """Offer licences; the offer's number."""
    length = {"period_seconds": options.period_days * DAY_SECONDS, "price": options.price, "max_periods": options.max_periods}
    terms = {**length, "ledger": options.ledger, "earning": earning(options), "cancellable": options.cancellable}
    request = {"stream": stream, "terms": {"Subscription": terms}, "title": options.offer_title}
    offer: int = client.ledger.ok("create_offer", request)
    client.say(f"Published offer {offer}: {options.price:,} units for {options.period_days} days. Buyers run:")
    client.say(f"  scripts/buy_and_read.py --identity BUYER.pem --offer {offer}")
    return offer


def parser() -> argparse.ArgumentParser:
    """The command line."""
    commands = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands.add_argument("--stream", type=int, metavar="N", help="a stream that is listed already")
    commands.add_argument("--title", help="title of a new stream")
    commands.add_argument("--description", default="", help="what it holds")
    commands.add_argument("--schema", type=Path, metavar="FILE", help='JSON: {"fields":[{"name":..., "type":...}]}')
    commands.add_argument("--records", type=Path, metavar="FILE", help="records to append: .csv with a line of names, or .jsonl")
    commands.add_argument("--demo", metavar="STATION", help="instead of files: weather observations of a station, such as seattle-daily")
    commands.add_argument("--media-type", default="application/json", help="of the records (default: application/json)")
    commands.add_argument("--tag", action="append", default=[], help="a tag; may be repeated")
    commands.add_argument("--contributor", action="append", default=[], metavar="PRINCIPAL", help="admit as contributor; may be repeated")
    commands.add_argument("--provider-share-ppm", type=int, metavar="PPM", help="the provider's share of what the protocol's fee leaves")
    commands.add_argument("--batch", type=int, default=500, metavar="N", help="records in a batch, at most 1,000 (default: 500)")
    commands.add_argument("--skip", type=int, default=0, metavar="N", help="records at the start of the file that were appended before")
    commands.add_argument("--price", type=int, metavar="UNITS", help="price of a period in the ledger's smallest unit; publishes an offer")
    commands.add_argument("--period-days", type=int, default=30, metavar="DAYS", help="how long a period lasts (default: 30)")
    commands.add_argument("--max-periods", type=int, default=12, metavar="N", help="most periods in one purchase (default: 12)")
    commands.add_argument("--ledger", type=int, default=0, metavar="N", help="number of the splitter's ledger for the price (default: 0)")
    kinds = commands.add_mutually_exclusive_group()
    kinds.add_argument("--earned-by-second", action="store_true", help="earn the price over the licence's time, not at once")
    kinds.add_argument("--records-a-period", type=int, metavar="N", help="earn the price by records, so many a period")
    commands.add_argument("--cancellable", action="store_true", help="buyers may end a licence early; what is not earned goes back")
    commands.add_argument("--offer-title", help="title of the offer")
    add_options(commands)
    return commands


if __name__ == "__main__":
    sys.exit(run(parser(), sell))
