"""Calls and queries over HTTP, beside the least that any replica must do for them.

The floor of an update is one Ed25519 verification, one BLS signature a block of as many calls as there are callers, and the
coding: CBOR in, the request id, Candid in and out, a certificate of a small tree out. The floor of a query is one verification,
one Ed25519 signature of the answer, and the coding. Signatures are made, and answers not checked, by the measuring client.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from statistics import median
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from benchmarks.load import Load, run
from benchmarks.requests import REQUEST_DOMAIN, SELF_DESCRIBING, untagged
from benchmarks.result import Result, seconds
from benchmarks.server import HOST, Server, running
from kybra_replica.candid import Decoder, Encoder
from kybra_replica.candid.types import NAT64
from kybra_replica.ingress.request_id import hash_of_map, request_id
from kybra_replica.network.bls import SigningKey

CALLERS = 64
CALLS = 4_000
ROUNDS = 5

_ARGUMENT = Encoder((NAT64,))((1,))


def updates() -> Iterator[Result]:
    """Update calls a second, end to end, and the 99th percentile of their times."""
    yield from _measure("http_update_floor_ratio", "call", "add", "v4", _floor_of_updates)


def queries() -> Iterator[Result]:
    """Queries a second, end to end."""
    yield from _measure("http_query_floor_ratio", "query", "total", "v3", _floor_of_queries)


def _measure(name: str, kind: str, method: str, version: str, floor: Callable[[list[bytes]], object]) -> Iterator[Result]:
    argument = _ARGUMENT if kind == "call" else Encoder(())(())
    with running() as server:
        path = f"/api/{version}/canister/{server.canister}/{kind}"
        _post(server, path, _bodies(server, kind, method, argument, CALLS // 4))
        loads: list[Load] = []
        floors: list[float] = []
        for _ in range(ROUNDS):
            bodies = _bodies(server, kind, method, argument, CALLS)
            loads.append(_post(server, path, bodies))
            floors.append(CALLS / seconds(lambda bodies=bodies: floor(bodies)))  # type: ignore[misc]
    value, against = median(load.rate for load in loads), median(floors)
    ratio = median(load.rate / least for load, least in zip(loads, floors, strict=True))
    yield Result(name, value, f"{'calls' if kind == 'call' else 'queries'}/s", against, ratio)
    slowest = median(load.percentile(0.99) for load in loads) * 1_000
    yield Result(name.replace("_floor_ratio", "_p99"), slowest, "ms", 250, slowest / 250)


def _bodies(server: Server, kind: str, method: str, argument: bytes, count: int) -> list[bytes]:
    return [server.owner.envelope(kind, server.canister, method, argument) for _ in range(count)]


def _post(server: Server, path: str, bodies: list[bytes]) -> Load:
    return run(HOST, server.port, path, bodies, CALLERS)


def _verified(body: bytes) -> Any:
    envelope = untagged(body)
    identity = request_id(envelope["content"])
    Ed25519PublicKey.from_public_bytes(envelope["sender_pubkey"][12:]).verify(envelope["sender_sig"], REQUEST_DOMAIN + identity)
    return envelope["content"]


def _floor_of_updates(bodies: list[bytes]) -> None:
    key = SigningKey(b"floor")
    decode, encode = Decoder((NAT64,)), Encoder((NAT64,))
    total = 0
    for start in range(0, len(bodies), CALLERS):
        replies = []
        for body in bodies[start : start + CALLERS]:
            total += decode(_verified(body)["arg"])[0]
            replies.append(encode((total,)))
        signature = key.sign(sha256(b"".join(replies)).digest())
        for reply in replies:
            _certified(reply, signature)


def _certified(reply: bytes, signature: bytes) -> bytes:
    pruned = [4, signature[:32]]
    tree = [2, b"request_status", [2, b"id", [1, [2, b"reply", [3, reply]], [2, b"status", [3, b"replied"]]]]]
    for _ in range(12):
        tree = [1, tree, pruned]
    certificate = cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBING, {"tree": tree, "signature": signature}))
    return cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBING, {"status": "replied", "certificate": certificate}))


def _floor_of_queries(bodies: list[bytes]) -> None:
    key = Ed25519PrivateKey.generate()
    decode, encode = Decoder(()), Encoder((NAT64,))
    for body in bodies:
        content = _verified(body)
        decode(content["arg"])
        answer = {"status": "replied", "reply": {"arg": encode((1,))}}
        said = {**answer, "timestamp": content["ingress_expiry"], "request_id": content["nonce"]}
        signature = key.sign(b"\x0bic-response" + hash_of_map(said))
        signatures = [{"timestamp": content["ingress_expiry"], "signature": signature, "identity": content["sender"]}]
        cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBING, {**answer, "signatures": signatures}))
