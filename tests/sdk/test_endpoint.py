"""Requests over a bad line: what is sent again, what is given up, and what is told."""

from __future__ import annotations

import cbor2
import httpx
import pytest
from ic.principal import Principal

from ddsx.endpoint import ATTEMPTS, MAINNET_ROOT_KEY, Endpoint, read_cbor
from ddsx.errors import BadSetting, NotAccepted, Unreachable, VerificationFailed

URL = "http://127.0.0.1:4943"


class Line:
    """A line that answers what it was told to, in order, and remembers what went over it."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.sent: list[bytes] = []
        self.pauses: list[float] = []
        self.endpoint = Endpoint(URL, transport=httpx.MockTransport(self._answer), pause=self.pauses.append)

    def _answer(self, request):
        self.sent.append(request.content)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


OK = httpx.Response(200, content=b"yes")
BROKEN, REFUSED = httpx.ReadTimeout("timed out"), httpx.ConnectError("connection refused")


@pytest.mark.parametrize("first", [BROKEN, REFUSED, httpx.Response(503), httpx.Response(429), httpx.RemoteProtocolError("gone")])
def test_a_request_is_sent_again_as_it_was(first):
    line = Line(first, OK)
    assert line.endpoint.post("/x", b"body", "x").content == b"yes"
    assert line.sent == [b"body", b"body"]
    assert len(line.pauses) == 1


def test_pauses_grow_and_end():
    line = Line(*[REFUSED] * ATTEMPTS)
    with pytest.raises(Unreachable, match="connection refused"):
        line.endpoint.post("/x", b"", "x")
    assert len(line.sent) == ATTEMPTS
    assert line.pauses == [0.1, 0.2, 0.4, 0.8, 1.6]


@pytest.mark.parametrize(
    ("failures", "arrived"),
    [([REFUSED] * ATTEMPTS, False), ([*[REFUSED] * (ATTEMPTS - 1), BROKEN], True), ([httpx.Response(503)] * ATTEMPTS, False)],
)
def test_whether_it_may_have_arrived_is_known(failures, arrived):
    with pytest.raises(Unreachable) as caught:
        Line(*failures).endpoint.post("/x", b"", "x")
    assert caught.value.may_have_arrived is arrived


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500])
def test_what_was_turned_away_is_not_sent_again(status):
    line = Line(httpx.Response(status, text="Invalid request expiry: too late"))
    with pytest.raises(NotAccepted, match=r"Invalid request expiry: too late\. The clock of this machine") as caught:
        line.endpoint.post("/x", b"", "purchase")
    assert (caught.value.status, len(line.sent)) == (status, 1)


def test_202_is_an_answer():
    assert Line(httpx.Response(202)).endpoint.post("/x", b"", "x").status_code == 202


@pytest.mark.parametrize("tag", [lambda value: value, lambda value: cbor2.CBORTag(55_799, value)])
def test_the_root_key_of_a_local_network(tag):
    line = Line(httpx.Response(200, content=cbor2.dumps(tag({"root_key": b"key"}))))
    assert line.endpoint.fetch_root_key() == b"key"


def test_a_network_that_names_no_root_key():
    with pytest.raises(NotAccepted, match="names no root key"):
        Line(httpx.Response(200, content=cbor2.dumps({}))).endpoint.fetch_root_key()


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://127.0.0.1:4943", True),
        ("http://localhost:8000/", True),
        ("http://replica.localhost", True),
        ("http://[::1]:4943", True),
        ("https://icp-api.io", False),
        ("http://10.0.0.7:4943", False),
        ("http://localhost.example", False),
    ],
)
def test_only_this_machine_is_asked_for_its_root_key(url, loopback):
    assert Endpoint(url).is_loopback is loopback


@pytest.mark.parametrize("url", ["", "127.0.0.1:4943", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address(url):
    with pytest.raises(BadSetting, match="no address of a network"):
        Endpoint(url)


def test_the_key_of_mainnet_makes_the_id_of_its_root_subnet():
    assert len(MAINNET_ROOT_KEY) == 133
    root_subnet = "tdb26-jop6k-aogll-7ltgs-eruif-6kk7m-qpktf-gdiqx-mxtrf-vb5e6-eqe"
    assert str(Principal.self_authenticating(MAINNET_ROOT_KEY)) == root_subnet


@pytest.mark.parametrize("data", [b"", b"\xff", cbor2.dumps([1]), cbor2.dumps("text"), b"\xa1\x61"])
def test_an_answer_that_is_no_map(data):
    with pytest.raises(VerificationFailed):
        read_cbor(data, "read")
