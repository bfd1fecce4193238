"""The HTTP side of a network: where it is, which key vouches for it, and requests that survive a bad line.

A request of the Internet Computer may be sent again as it is: a call has its id, and one that is known already is not carried out a second
time. So whatever fails on the way is simply repeated, with the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import cbor2
import httpx
from ic.constants import IC_ROOT_KEY

from ddsx.errors import BadSetting, NotAccepted, Unreachable, VerificationFailed

MAINNET_ROOT_KEY: bytes = IC_ROOT_KEY
"""The key (DER) that vouches for every subnet of the Internet Computer."""

MAINNET_URL = "https://icp-api.io"
REQUEST_TIMEOUT_S = 30.0
ATTEMPTS = 6
"""How often a request is sent when the line breaks or the network is busy, over some six seconds."""

_BUSY = (429, 502, 503, 504)
_HEADERS = {"Content-Type": "application/cbor"}


class Endpoint:
    """The API of a network at `url`. `transport` and `pause` are for tests: what carries requests, and what waits."""

    def __init__(
        self, url: str, *, transport: httpx.BaseTransport | None = None, pause: Callable[[float], object] = time.sleep
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadSetting(f"URL {url!r}", "it is no address of a network", "Give one such as http://127.0.0.1:4943.")
        self.url = url.rstrip("/")
        self.pause = pause
        self._host = parts.hostname
        # A proxy that stands in the environment leads out of this machine, not back into it.
        self._client = httpx.Client(timeout=REQUEST_TIMEOUT_S, transport=transport, trust_env=not self.is_loopback)

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine, whose root key may be asked for."""
        if self._host == "localhost" or self._host.endswith(".localhost"):
            return True
        try:
            return ip_address(self._host).is_loopback
        except ValueError:
            return False

    def close(self) -> None:
        self._client.close()

    def fetch_root_key(self) -> bytes:
        """The key that the network itself names: it proves nothing of who runs it. Raises Unreachable, NotAccepted."""
        status = read_cbor(self._send("GET", "/api/v2/status", b"", "status").content, "status")
        key = status.get("root_key")
        if not isinstance(key, bytes):
            raise NotAccepted("status", 200, "the network names no root key")
        return key

    def post(self, path: str, body: bytes, what: str) -> httpx.Response:
        """The answer to a request, 200 or 202. Raises Unreachable, NotAccepted."""
        return self._send("POST", path, body, what)

    def _send(self, method: str, path: str, body: bytes, what: str) -> httpx.Response:
        arrived, reason, delay = False, "", 0.1
        for attempt in range(ATTEMPTS):
            if attempt:
                self.pause(delay)
                delay *= 2
            try:
                answer = self._client.request(method, self.url + path, content=body, headers=_HEADERS)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as problem:
                reason = str(problem) or type(problem).__name__
                continue
            except httpx.HTTPError as problem:
                arrived, reason = True, str(problem) or type(problem).__name__
                continue
            if answer.status_code in (200, 202):
                return answer
            if answer.status_code not in _BUSY:
                raise NotAccepted(what, answer.status_code, answer.text)
            reason = f"HTTP {answer.status_code}: {answer.text.strip()}"
        raise Unreachable(self.url, reason, may_have_arrived=arrived)


def read_cbor(data: bytes, what: str) -> Mapping[str, Any]:
    """A CBOR map, with or without the tag that says so. Raises VerificationFailed for anything else."""
    value = _decoded(data, what)
    # From release 6 on cbor2 gives maps within a tag as one that cannot be changed, which is no dict.
    if not isinstance(value, Mapping):
        raise VerificationFailed(what, "the answer is not a CBOR map")
    return value


def read_cbor_list(data: bytes, what: str) -> Sequence[Any]:
    """A CBOR array, read in the same way."""
    value = _decoded(data, what)
    if not isinstance(value, (list, tuple)):
        raise VerificationFailed(what, "the answer is not a CBOR array")
    return value


def _decoded(data: bytes, what: str) -> Any:
    try:
        value = cbor2.loads(data)
    except (cbor2.CBORError, ValueError, RecursionError) as problem:
        raise VerificationFailed(what, f"the answer is not CBOR ({problem})") from None
    return value.value if isinstance(value, cbor2.CBORTag) else value
