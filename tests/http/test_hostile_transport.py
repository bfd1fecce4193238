"""HTTP that no client should send: each is refused with the documented status and text, and the replica goes on."""

from __future__ import annotations

import socket

import pytest
from counting_target import Target
from raw_client import Answer, content, pack, unpack

CBOR = {"content-type": "application/cbor"}
MIB = 1024 * 1024
MAX_BODY_BYTES = 2 * MIB + 64 * 1024


def signed_add(target: Target) -> bytes:
    return pack(target.owner.seal(content("call", target.id, "add", target.canister.encode("add", 1), target.owner.principal)))


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "application/cbor2", "", "cbor"])
def test_other_content_type_is_refused(content_type: str, unharmed: Target) -> None:
    answer = unharmed.client.send("POST", f"/api/v4/canister/{unharmed.id}/call", signed_add(unharmed), {"content-type": content_type})
    assert (answer.status, answer.text) == (400, "Unexpected content-type, expected application/cbor.")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_content_type_may_have_capitals_and_parameters(target: Target) -> None:
    before = target.total()
    headers = {"content-type": "Application/CBOR; charset=utf-8"}
    assert target.client.send("POST", f"/api/v4/canister/{target.id}/call", signed_add(target), headers).status == 200
    assert target.total() == before + 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
@pytest.mark.parametrize("endpoint", ["v4/canister/{id}/call", "v3/canister/{id}/query", "v3/canister/{id}/read_state"])
def test_other_methods_are_not_allowed(method: str, endpoint: str, unharmed: Target) -> None:
    answer = unharmed.client.send(method, f"/api/{endpoint.format(id=unharmed.id)}", signed_add(unharmed), CBOR)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


UNKNOWN_PATHS = (
    "/api/v5/canister/{id}/call",
    "/api/v3/canister/{id}/update",
    "/api",
    "/x",
    "/..%2f",
)


@pytest.mark.parametrize("path", UNKNOWN_PATHS)
def test_unknown_paths_are_not_found(path: str, unharmed: Target) -> None:
    answer = unharmed.client.post(path.format(id=unharmed.id), signed_add(unharmed))
    assert answer.status == 404


NO_IDS = ("", "RRKAH-FQAAA-AAAAA-AAAAQ-CAI", "rrkah-fqaaa-aaaaa-aaaar-cai", "rrkahfqaaaaaaaaaaaaqcai", "x", "%00", "a" * 5_000)
ENDPOINTS = ("v4/canister/{}/call", "v2/canister/{}/call", "v3/canister/{}/query", "v2/canister/{}/read_state", "v3/subnet/{}/read_state")


@pytest.mark.parametrize("text", NO_IDS)
def test_what_is_no_canister_id_is_refused(text: str, unharmed: Target) -> None:
    for endpoint in ENDPOINTS:
        assert unharmed.client.post("/api/" + endpoint.format(text), signed_add(unharmed)).status == 400


def test_any_page_may_ask(target: Target) -> None:
    asked = {"origin": "https://app.example", "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    answer = target.client.send("OPTIONS", f"/api/v4/canister/{target.id}/call", None, asked)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()
    status = target.client.send("GET", "/api/v2/status", None, {"origin": "https://app.example"})
    assert status.headers["access-control-allow-origin"] == "*"
    assert unpack(status.body)["root_key"] == target.host.root_key


def test_refusals_can_be_read_by_any_page_too(unharmed: Target) -> None:
    headers = CBOR | {"origin": "https://app.example"}
    answer = unharmed.client.send("POST", f"/api/v4/canister/{unharmed.id}/call", b"nonsense", headers)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (400, "*")


# sizes -------------------------------------------------------------------------------------------------------------------


def test_blob_of_two_mebibytes_passes(target: Target) -> None:
    data = bytes(2 * MIB - 1_024)
    assert target.canister.call("echo", data) == data


def test_body_above_the_limit_is_refused(unharmed: Target) -> None:
    answer = exchange(unharmed, head(unharmed, f"content-length: {MAX_BODY_BYTES + 1}"))
    assert answer.status == 413
    assert str(MAX_BODY_BYTES) in answer.text


def test_body_is_refused_by_its_declared_size_before_it_comes(unharmed: Target) -> None:
    assert exchange(unharmed, head(unharmed, f"content-length: {10**15}")).status == 413


def test_chunked_body_above_the_limit_is_refused(unharmed: Target) -> None:
    chunk = b"10000\r\n" + bytes(65_536) + b"\r\n"
    answer = exchange(unharmed, head(unharmed, "transfer-encoding: chunked") + chunk * 34)
    assert answer.status == 413


def test_chunked_body_within_the_limit_is_carried_out(target: Target) -> None:
    before = target.total()
    body = signed_add(target)
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(body[start : start + 50]), body[start : start + 50]) for start in range(0, len(body), 50))
    answer = exchange(target, head(target, "transfer-encoding: chunked") + pieces + b"0\r\n\r\n")
    assert answer.status == 200
    assert target.total() == before + 1


# connections -------------------------------------------------------------------------------------------------------------


def test_body_that_never_comes_whole_is_not_carried_out(unharmed: Target) -> None:
    body = signed_add(unharmed)
    with socket.create_connection(("127.0.0.1", unharmed.host.port)) as connection:
        connection.sendall(head(unharmed, f"content-length: {len(body)}") + body[:-1])


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"\x00" * 1_000,
        b"POST / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_not_http_harms_nobody(garbage: bytes, unharmed: Target) -> None:
    with socket.create_connection(("127.0.0.1", unharmed.host.port), timeout=10) as connection:
        try:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            answered = connection.recv(4_096)
        except ConnectionError:
            answered = b""  # the replica hung up, which is an answer too
    assert answered == b"" or answered.startswith((b"HTTP/1.1 4", b"HTTP/1.1 3"))


def head(target: Target, length: str) -> bytes:
    lines = [f"POST /api/v4/canister/{target.id}/call HTTP/1.1", "host: 127.0.0.1", "content-type: application/cbor", length]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def exchange(target: Target, request: bytes) -> Answer:
    """Send bytes and read one answer, as soon as it comes."""
    with socket.create_connection(("127.0.0.1", target.host.port), timeout=20) as connection:
        connection.sendall(request)
        stream = connection.makefile("rb")
        status = int(stream.readline().split()[1])
        headers = {}
        while (line := stream.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return Answer(status, headers, stream.read(int(headers["content-length"])))
