"""What the page is served as: headers, caching, and the canister's interface as JSON."""

from __future__ import annotations

import asyncio
import re
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from kybra_replica.http.candid_page import MAX_LISTED, candid_page_routes
from kybra_replica.principal import MANAGEMENT, Principal

READY, EMPTY, BROKEN, MISSING = (Principal.canister(number) for number in (1, 2, 3, 4))
DID = "service : (text) -> { read : () -> (nat64) query }"
INTERFACES = MappingProxyType({READY: DID, BROKEN: "service : {"})


class Site:
    """The page's routes over `interfaces`, asked without a server."""

    def __init__(self, interfaces: MappingProxyType[Principal, str], canisters: list[Principal]) -> None:
        self._app = Starlette(routes=candid_page_routes(interfaces.get, lambda: canisters))

    def get(self, path: str, **request: Any) -> httpx.Response:
        return self.ask("GET", path, **request)

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        return asyncio.run(self._ask(method, path, request))

    async def _ask(self, method: str, path: str, request: dict[str, Any]) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://replica") as client:
            return await client.request(method, path, **request)


@pytest.fixture(scope="module")
def client() -> Site:
    return Site(INTERFACES, [BROKEN, EMPTY, READY])


# files ---------------------------------------------------------------------------------------------------------------


def test_page_runs_nothing_but_its_own_scripts(client):
    answer = client.get("/_/candid", params={"id": READY.text})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[part] for part in ("script-src", "style-src", "font-src", "connect-src")} == {"'self'"}
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert re.findall(r"<script(?![^>]*\ssrc=)|\son\w+=|<style|\sstyle=", answer.text) == []


def test_page_is_asked_for_again_and_not_sent_twice(client):
    first = client.get("/_/candid")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/_/candid", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/_/candid", headers={"if-none-match": '"other"'}).status_code == 200


def test_files_named_by_the_page_are_there_and_kept_forever(client):
    named = re.findall(r'(?:src|href)="(/_/candid/[^"]+)"', client.get("/_/candid").text)
    assert {name.rsplit(".", 1)[-1] for name in named} == {"js", "css"}
    types = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
    for name in named:
        answer = client.get(name)
        assert (answer.status_code, answer.headers["content-type"]) == (200, types[name.rsplit(".", 1)[-1]])
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert re.search(r"-[\w-]{8}\.\w+$", name)
        assert client.ask("HEAD", name).headers["etag"] == answer.headers["etag"]


@pytest.mark.parametrize("name", ["missing.js", "..%2Findex.html", "%2e%2e%2f%2e%2e%2fcandid_page.py"])
def test_other_files_are_not_served(client, name):
    answer = client.get(f"/_/candid/assets/{name}")
    assert answer.status_code == 404
    assert b"candid_page_routes" not in answer.content


# interfaces ----------------------------------------------------------------------------------------------------------


def test_interface_is_given_with_its_text(client):
    answer = client.get("/_/candid/interface", params={"id": READY.text})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "canister": READY.text,
        "did": DID,
        "methods": [{"name": "read", "modes": ["query"], "arguments": [], "results": [{"kind": "nat64"}]}],
        "init": [{"kind": "text"}],
        "definitions": {},
        "docs": {},
    }


@pytest.mark.parametrize(
    ("asked", "status", "code", "message"),
    [
        ("", 400, "no_id", "name a canister: /_/candid/interface?id=<canister id>"),
        ("aaaaa", 400, "bad_id", "'aaaaa' is not the canonical text of a principal"),
        (READY.text.upper(), 400, "bad_id", f"{READY.text.upper()!r} is not the canonical text of a principal"),
        (MISSING.text, 404, "no_canister", f"there is no canister {MISSING} on this replica"),
        (MANAGEMENT.text, 404, "no_canister", "there is no canister aaaaa-aa on this replica"),
        (EMPTY.text, 404, "no_interface", f"canister {EMPTY} says nothing of its interface: it is empty or has no candid:service metadata"),
    ],
)
def test_what_has_no_interface_is_told_apart(client, asked, status, code, message):
    answer = client.get("/_/candid/interface", params={"id": asked})
    assert answer.status_code == status
    assert answer.json() == {"error": {"code": code, "message": message}}


def test_text_that_is_not_candid_is_shown_with_what_is_wrong(client):
    answer = client.get("/_/candid/interface", params={"id": BROKEN.text})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "bad_interface"
    assert answer.json()["error"]["message"].startswith(f"the interface of canister {BROKEN} is not Candid: line 1:12: ")
    assert answer.json()["did"] == "service : {"


def test_interface_nested_too_deeply_is_refused():
    site = Site(MappingProxyType({READY: f"service : {{ f : ({'opt ' * 100_000}nat) -> () }}"}), [READY])
    answer = site.get("/_/candid/interface", params={"id": READY.text})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_interface")


# the list ------------------------------------------------------------------------------------------------------------


def test_canisters_are_listed_in_order_with_their_methods(client):
    assert client.get("/_/candid/canisters").json() == {
        "total": 3,
        "canisters": [
            {"id": READY.text, "methods": 1},
            {"id": EMPTY.text, "methods": None},
            {"id": BROKEN.text, "methods": None},
        ],
    }


@pytest.mark.parametrize(("count", "listed"), [(MAX_LISTED, MAX_LISTED), (MAX_LISTED + 1, MAX_LISTED)])
def test_long_list_is_cut(count, listed):
    answer = Site(MappingProxyType({}), [Principal.canister(number) for number in range(count)]).get("/_/candid/canisters").json()
    assert (answer["total"], len(answer["canisters"])) == (count, listed)
