"""The application: the IC's HTTP interface of one node, and the Candid page.

Calls, queries and reads of the state are routed here by hand; Starlette serves everything else. Its layers of middleware, and
matching one pattern after the other, would cost a small call a tenth of its time.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from kybra_replica.http.blocks import Blocks
from kybra_replica.http.candid_page import candid_page_routes
from kybra_replica.http.endpoints import Endpoints
from kybra_replica.node.node import Node
from kybra_replica.principal import Principal

PARTS = 6
"""Of a path such as `/api/v4/canister/<id>/call`, split at the slashes."""


class Application:
    """The ASGI application that answers for `node`; it makes blocks as long as it runs."""

    def __init__(self, node: Node) -> None:
        self.blocks = Blocks(node)
        endpoints = Endpoints(node, self.blocks)
        self._endpoints = endpoints.table()
        self._pages = _pages(node, self.blocks, endpoints)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            parts = scope["path"].split("/")
            if len(parts) == PARTS and parts[1] == "api":
                endpoint = self._endpoints.get((parts[2], parts[3], parts[5]))
                if endpoint is not None:
                    scope["path_params"] = {"id": parts[4]}
                    await endpoint(scope, receive, send)
                    return
        await self._pages(scope, receive, send)


def _pages(node: Node, blocks: Blocks, endpoints: Endpoints) -> Starlette:

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        blocks.start()
        yield
        await blocks.stop()

    async def status(request: Request) -> Response:
        return Response(endpoints.status(), media_type="application/cbor")

    async def home(request: Request) -> Response:
        return RedirectResponse("/_/candid")

    def interface_of(canister: Principal) -> str | None:
        found = node.metadata(canister, "candid:service")
        return None if found is None else found.decode(errors="replace")

    table = endpoints.table()
    routes: list[BaseRoute] = [
        Route("/api/v2/status", status, methods=["GET"]),
        # Only what is not posted to these comes so far: it is answered that it should be.
        *(Route(f"/api/{version}/{kind}/{{id}}/{what}", endpoint, methods=["POST"]) for (version, kind, what), endpoint in table.items()),
        *candid_page_routes(interface_of, node.canisters),
        Route("/", home, methods=["GET"]),
    ]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "HEAD", "OPTIONS"],
        allow_headers=["authorization", "accept", "content-type"],
    )
    return Starlette(routes=routes, middleware=[cors], lifespan=life, exception_handlers={404: _not_found, 405: _not_allowed})


async def _not_found(request: Request, problem: Exception) -> Response:
    return PlainTextResponse(f"There is nothing at {request.url.path}: this is an Internet Computer replica, see /api/v2/status.", 404)


async def _not_allowed(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return PlainTextResponse(f"{request.method} is not for {request.url.path}.", 405, problem.headers)
