"""Update calls on the replica in process, beside the coding that no replica can do without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import Result, beside
from kybra_replica.candid import Decoder, Encoder
from kybra_replica.candid.types import NAT64
from kybra_replica.driver import Replica

CALLS = 5_000


def updates() -> Iterator[Result]:
    """Calls a second of a method that adds to a number in a stable map.

    The floor encodes and decodes what such a call does: the argument twice, the reply twice, key and value of the map.
    """
    replica = Replica()
    canister = replica.install(Path(__file__).with_name("counter_canister.py"))
    encode, decode = Encoder((NAT64,)), Decoder((NAT64,))

    def calls() -> None:
        for _ in range(CALLS):
            canister.call("add", 1)

    def floor() -> None:
        stored: dict[bytes, bytes] = {}
        for _ in range(CALLS):
            (amount,) = decode(encode((1,)))
            key = encode((0,))
            total = (decode(stored[key])[0] if key in stored else 0) + amount
            stored[key] = encode((total,))
            decode(encode((total,)))

    calls()
    yield beside("inprocess_update_floor_ratio", "calls/s", CALLS, calls, floor)
    replica.close()
