"""The endpoints under `/api`: CBOR in, CBOR out, and the documented status and text for everything else.

Source: IC interface specification, section "HTTPS interface". The versions differ little: a v2 call is answered before it has
run, a v3 or v4 call once it has; a v2 query is answered without the CBOR tag that older Python clients stumble over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import cbor2

from kybra_replica.http.bodies import Answer, CborEndpoint, cbor
from kybra_replica.ingress.problems import BadRequest
from kybra_replica.network.messages import Reject
from kybra_replica.principal import Principal

if TYPE_CHECKING:
    from starlette.types import Scope

    from kybra_replica.http.blocks import Blocks
    from kybra_replica.node.node import Node

ACCEPTED = Answer(202, b"", "text/plain; charset=utf-8")


class Endpoints:
    """What each path does."""

    def __init__(self, node: Node, blocks: Blocks) -> None:
        self._node = node
        self._blocks = blocks

    def table(self) -> dict[tuple[str, str, str], CborEndpoint]:
        """What answers `/api/<version>/<kind>/<id>/<what>`, by version, kind and what."""
        handlers: dict[tuple[str, str, str], Callable[[Scope, bytes], Awaitable[Answer]]] = {
            ("v2", "canister", "call"): self._call_asynchronous,
            ("v3", "canister", "call"): self._call,
            ("v4", "canister", "call"): self._call,
            ("v4", "subnet", "call"): self._call_subnet,
            ("v2", "canister", "query"): self._query_untagged,
            ("v3", "canister", "query"): self._query,
            ("v3", "subnet", "query"): self._query_subnet,
            ("v2", "canister", "read_state"): self._read_state,
            ("v3", "canister", "read_state"): self._read_state,
            ("v2", "subnet", "read_state"): self._read_subnet_state,
            ("v3", "subnet", "read_state"): self._read_subnet_state,
        }
        return {path: CborEndpoint(handler) for path, handler in handlers.items()}

    def status(self) -> bytes:
        """The body of the status endpoint."""
        return cbor({**self._node.status()})

    # calls -----------------------------------------------------------------------------------------------------------

    async def _call_asynchronous(self, scope: Scope, body: bytes) -> Answer:
        _, refusal = self._node.submit(body, _principal(scope, "canister"))
        # What its caller hears of a call is on disk before, and in the state: a client that polls for what was forgotten polls for ever.
        await self._blocks.saved()
        return ACCEPTED if refusal is None else Answer.cbor(_reject(refusal))

    async def _call(self, scope: Scope, body: bytes) -> Answer:
        return await self._answer_call(*self._node.submit(body, _principal(scope, "canister")))

    async def _call_subnet(self, scope: Scope, body: bytes) -> Answer:
        self._check_subnet(scope)
        return await self._answer_call(*self._node.submit(body, None))

    async def _answer_call(self, request_id: bytes, refusal: Reject | None) -> Answer:
        if refusal is not None:
            await self._blocks.saved()
            return Answer.cbor({"status": "non_replicated_rejection", **_reject(refusal)})
        if not await self._blocks.finished(request_id):
            return ACCEPTED
        return Answer.certified(self._node.request_certificate(request_id))

    # queries ---------------------------------------------------------------------------------------------------------

    async def _query(self, scope: Scope, body: bytes) -> Answer:
        return Answer.cbor(self._node.query(body, _principal(scope, "canister")))

    async def _query_untagged(self, scope: Scope, body: bytes) -> Answer:
        return Answer(200, cbor2.dumps(self._node.query(body, _principal(scope, "canister"))), "application/cbor")

    async def _query_subnet(self, scope: Scope, body: bytes) -> Answer:
        self._check_subnet(scope)
        return Answer.cbor(self._node.query(body, None))

    # state -----------------------------------------------------------------------------------------------------------

    async def _read_state(self, scope: Scope, body: bytes) -> Answer:
        return Answer.cbor({"certificate": self._node.read_canister_state(body, _principal(scope, "canister"))})

    async def _read_subnet_state(self, scope: Scope, body: bytes) -> Answer:
        return Answer.cbor({"certificate": self._node.read_subnet_state(body, _principal(scope, "subnet"))})

    def _check_subnet(self, scope: Scope) -> None:
        subnet = _principal(scope, "subnet")
        if subnet != self._node.subnet_id:
            raise BadRequest(400, f"Subnet {subnet} is not hosted here: this replica is subnet {self._node.subnet_id}.")


def _principal(scope: Scope, what: str) -> Principal:
    text = scope["path_params"]["id"]
    try:
        return Principal.from_text(text)
    except ValueError as problem:
        raise BadRequest(400, f"Invalid URL: '{text}' is not a {what} id: {problem}") from None


def _reject(refusal: Reject) -> dict[str, object]:
    return {"reject_code": int(refusal.code), "reject_message": refusal.message, "error_code": refusal.error_code}
