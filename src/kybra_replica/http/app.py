"""The application: the IC's HTTP interface of one node, and the Candid page."""

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

from kybra_replica.http.blocks import Blocks
from kybra_replica.http.candid_page import candid_page_routes
from kybra_replica.http.endpoints import Endpoints
from kybra_replica.node.node import Node
from kybra_replica.principal import Principal


def make_app(node: Node) -> Starlette:
    """The ASGI application that answers for `node`; it makes blocks as long as it runs."""
    blocks = Blocks(node)
    endpoints = Endpoints(node, blocks)

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

    routes: list[BaseRoute] = [
        Route("/api/v2/status", status, methods=["GET"]),
        *(Route(f"/api/{path}", endpoint, methods=["POST"]) for path, endpoint in endpoints.routes()),
        *candid_page_routes(interface_of, node.canisters),
        Route("/", home, methods=["GET"]),
    ]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST", "HEAD", "OPTIONS"],
        allow_headers=["authorization", "accept", "content-type"],
    )
    app = Starlette(routes=routes, middleware=[cors], lifespan=life, exception_handlers={404: _not_found, 405: _not_allowed})
    app.state.node = node
    app.state.blocks = blocks
    return app


async def _not_found(request: Request, problem: Exception) -> Response:
    return PlainTextResponse(f"There is nothing at {request.url.path}: this is an Internet Computer replica, see /api/v2/status.", 404)


async def _not_allowed(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return PlainTextResponse(f"{request.method} is not for {request.url.path}.", 405, problem.headers)
