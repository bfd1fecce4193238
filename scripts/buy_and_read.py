#!/usr/bin/env python3
"""Buy a licence and read the stream, every record proved down to the subnet's signature.

    scripts/buy_and_read.py --identity buyer.pem --offer 1 --out air.jsonl
    scripts/buy_and_read.py --identity buyer.pem --stream 1 --licence 7 --out air.jsonl    # a licence bought before

The records go to --out, one a line. What was asked for stands in OUT.purchase.json before anything is paid: the same command again goes
on from there, and never pays twice. Remove that file to buy another licence.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

try:
    from ddsx.command_line import Client, add_options, run
    from ddsx.errors import BadSetting, Stale
    from ddsx.pages import RecordsPage, VerifiedRecord, Verifier
    from ddsx.purchases import buy
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed: run `pip install -c constraints.txt .` in the project's folder, or use .venv/bin/python")

READ_AGAIN = 3


def buy_and_read(options: argparse.Namespace, client: Client) -> dict[str, Any]:
    """The whole command."""
    bought = licence(options, client)
    count, part = 0, options.out.with_name(options.out.name + ".part")
    with part.open("w", encoding="utf-8") as out:
        for record in read(options, client, bought["stream"], bought["licence"]):
            out.write(line(options, record) + "\n")
            count += 1
    part.replace(options.out)
    client.say(f"Wrote {count:,} proved records to {options.out}.")
    return {**bought, "records_verified": count, "out": str(options.out)}


def licence(options: argparse.Namespace, client: Client) -> dict[str, Any]:
    """The licence named, or one that is bought now."""
    if options.offer is not None:
        note = options.out.with_name(options.out.name + ".purchase.json")
        return buy(client, note, offer=options.offer, periods=options.periods, max_price=options.max_price, deposit=options.deposit)
    if options.licence is None or options.stream is None:
        raise BadSetting("offer", "none was named", "Name one with --offer, or a licence that you hold with --stream and --licence.")
    return {"stream": options.stream, "licence": options.licence}


def read(options: argparse.Namespace, client: Client, stream: int, number: int) -> Iterator[VerifiedRecord]:
    """Every record of the stream, each proved before it is handed on."""
    verifier = Verifier(client.raw_id(client.registry), client.agent.root_key)
    start, size = options.start, client.registry.ok("head", stream)["size"]
    while start < size:
        request = {"stream": stream, "licence": number, "start": start, "limit": options.page}
        page, records = proved(client, verifier, request)
        yield from records
        start, size = start + len(records), page.size
        client.say(f"Proved {start:,} of {size:,} records against root {page.root[:16]}...")


def proved(client: Client, verifier: Verifier, request: dict[str, Any]) -> tuple[RecordsPage, list[VerifiedRecord]]:
    """A page and its records; read again while its certificate is an old one."""
    for attempt in range(READ_AGAIN):
        # A licence reaches the registry some moments after it was bought.
        page = RecordsPage.model_validate(client.until(["UnknownLicence"], partial(client.registry.ok, "read", request)))
        try:
            return page, verifier.records(page, now_ns=time.time_ns())
        except Stale:
            if attempt + 1 == READ_AGAIN:
                raise
    raise AssertionError("the last attempt returns or raises")


def line(options: argparse.Namespace, record: VerifiedRecord) -> str:
    """A record as a line of the file."""
    if not options.with_origin:
        return record.payload
    origin = {"sequence": record.sequence, "time_ns": record.time_ns, "contributor": record.contributor, "record": record.payload}
    return json.dumps(origin, ensure_ascii=False)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    commands = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands.add_argument("--offer", type=int, metavar="N", help="the offer to buy")
    commands.add_argument("--periods", type=int, default=1, metavar="N", help="how many periods (default: 1)")
    commands.add_argument("--max-price", type=int, metavar="UNITS", help="the most that may be paid (default: what the offer asks now)")
    commands.add_argument("--deposit", action="store_true", help="pay by a transfer from any wallet, without approving")
    commands.add_argument("--stream", type=int, metavar="N", help="with --licence: the stream to read")
    commands.add_argument("--licence", type=int, metavar="N", help="a licence that you hold")
    commands.add_argument("--out", type=Path, default=Path("records.jsonl"), metavar="FILE", help="where to (default: records.jsonl)")
    commands.add_argument("--with-origin", action="store_true", help="write number, time and contributor with each record, as JSON")
    commands.add_argument("--start", type=int, default=0, metavar="N", help="the first record, from 0 (default: 0)")
    commands.add_argument("--page", type=int, default=1_000, metavar="N", help="records in one answer, at most 1,000")
    add_options(commands)
    return commands


if __name__ == "__main__":
    sys.exit(run(parser(), buy_and_read))
