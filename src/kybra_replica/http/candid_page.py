"""The page on which people call canisters by hand: `/_/candid?id=<canister>`.

| path                       | what it answers                                                                    |
|----------------------------|------------------------------------------------------------------------------------|
| `/_/candid`                | the page; without an id it lists the canisters                                     |
| `/_/candid/assets/<file>`  | what the page is made of; a name holds a digest of the content, so it never changes |
| `/_/candid/interface?id=`  | the canister's Candid as JSON: `interface_table`, with `canister` and `did`         |
| `/_/candid/canisters`      | the canisters, and how many methods each has                                       |

The page is built from `src/candid_page` and shipped built. It calls canisters through the replica's public interface, like any other
client, and verifies certificates and signatures in the browser. Problems are JSON: `{"error": {"code", "message"}}`.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from kybra_replica.candid import CandidError
from kybra_replica.http.interface_table import interface_table
from kybra_replica.principal import Principal

BUILT = Path(__file__).with_name("candid_page")
"""Where the built page is."""

MAX_LISTED = 1_000
"""So many canisters are listed at most; the answer says how many there are."""

_CONTENT_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)
_SAFETY = {
    "Content-Security-Policy": "; ".join(_CONTENT_POLICY),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_ASK_AGAIN = "no-cache"
_KEEP_FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str
    etag: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> _File:
        return cls(content, media_type, f'"{sha256(content).hexdigest()[:32]}"')

    @classmethod
    def read(cls, path: Path) -> _File:
        guessed = {".js": "text/javascript", ".woff2": "font/woff2"}.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        media_type = guessed or "application/octet-stream"
        return cls.of(path.read_bytes(), f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type)


class _Problem(Exception):
    """What is wrong with a request for data of the page."""

    def __init__(self, status: int, code: str, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.content = {"error": {"code": code, "message": message}, **more}


def candid_page_routes(interface_of: Callable[[Principal], str | None], canisters: Callable[[], list[Principal]]) -> list[BaseRoute]:
    """The routes of the page. `interface_of` gives a canister's Candid, None where it has none or is not there.

    Both functions are called on the event loop. Raises FileNotFoundError where the built page is not beside this file.
    """
    page = _File.read(BUILT / "index.html")
    assets = {path.name: _File.read(path) for path in sorted((BUILT / "assets").iterdir())}

    async def show_page(request: Request) -> Response:
        return _answer(request, page, _ASK_AGAIN)

    async def show_asset(request: Request) -> Response:
        return _asset(request, assets)

    async def show_interface(request: Request) -> Response:
        return _data(request, lambda: _interface(request.query_params.get("id", ""), interface_of, canisters))

    async def show_canisters(request: Request) -> Response:
        return _data(request, lambda: _listing(interface_of, canisters()))

    return [
        Route("/_/candid", show_page, methods=["GET"]),
        Route("/_/candid/interface", show_interface, methods=["GET"]),
        Route("/_/candid/canisters", show_canisters, methods=["GET"]),
        Route("/_/candid/assets/{name}", show_asset, methods=["GET"]),
    ]


def _answer(request: Request, file: _File, caching: str, status: int = 200) -> Response:
    headers = {**_SAFETY, "ETag": file.etag, "Cache-Control": caching}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if status == 200 and (file.etag in known or "*" in known):
        return Response(status_code=304, headers=headers)
    return Response(file.content, status, headers, file.media_type)


def _asset(request: Request, assets: Mapping[str, _File]) -> Response:
    file = assets.get(request.path_params["name"])
    if file is None:
        problem = {"error": {"code": "no_file", "message": f"the page has no file {request.path_params['name']!r}"}}
        return _answer(request, _json(problem), _ASK_AGAIN, 404)
    return _answer(request, file, _KEEP_FOREVER)


def _data(request: Request, make: Callable[[], Any]) -> Response:
    try:
        return _answer(request, _json(make()), _ASK_AGAIN)
    except _Problem as problem:
        return _answer(request, _json(problem.content), _ASK_AGAIN, problem.status)


def _json(content: Any) -> _File:
    return _File.of(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), "application/json")


def _interface(
    text: str, interface_of: Callable[[Principal], str | None], canisters: Callable[[], list[Principal]]
) -> dict[str, Any]:
    """Checked in this order: the id is given, it is a principal, the canister exists, it has an interface, that is Candid."""
    if not text:
        raise _Problem(400, "no_id", "name a canister: /_/candid/interface?id=<canister id>")
    try:
        canister = Principal.from_text(text)
    except ValueError as problem:
        raise _Problem(400, "bad_id", str(problem)) from None
    did = interface_of(canister)
    if did is None and canister not in canisters():
        raise _Problem(404, "no_canister", f"there is no canister {text} on this replica")
    if did is None:
        raise _Problem(404, "no_interface", f"canister {text} says nothing of its interface: it is empty or has no candid:service metadata")
    try:
        table = _table(did)
    except CandidError as problem:
        raise _Problem(422, "bad_interface", f"the interface of canister {text} is not Candid: {problem}", did=did) from None
    return {"canister": canister.text, "did": did, **table}


def _listing(interface_of: Callable[[Principal], str | None], canisters: list[Principal]) -> dict[str, Any]:
    listed = sorted(canisters)[:MAX_LISTED]
    return {"total": len(canisters), "canisters": [{"id": canister.text, "methods": _size(interface_of(canister))} for canister in listed]}


def _size(did: str | None) -> int | None:
    """How many methods an interface has; None where there is no interface, or none that can be read."""
    if did is None:
        return None
    try:
        return len(_table(did)["methods"])
    except CandidError:
        return None


@lru_cache(maxsize=64)
def _table(did: str) -> dict[str, Any]:
    return interface_table(did)
