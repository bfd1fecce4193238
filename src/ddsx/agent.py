"""Calls to canisters over HTTP: ic-py's requests and Candid, with what ic-py 1.0.1 leaves out.

| ic-py | here |
|---|---|
| sends no nonce, so equal calls within a second are one call | every call is one of its own |
| polls for ever, also for a call that was turned away | polls for a while; what was turned away says so |
| ignores HTTP statuses and refuses frozen maps of newer cbor2 | reads both |
| gives the words of a rejected query as if they were its result | CallRejected, with code and words |
| believes what it is told | replies of calls and metadata are proved down to the subnet's signature |

What queries answer is not proved by the network's signatures: what must not be altered carries its own certificate (`ddsx.pages`,
`ddsx.audits`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from secrets import token_bytes
from typing import Any

from ic.agent import sign_request

from ddsx.advice import advice
from ddsx.certificate import certified_state, leb128
from ddsx.endpoint import MAINNET_ROOT_KEY, Endpoint, read_cbor, read_cbor_list
from ddsx.errors import (
    BadSetting,
    CallRejected,
    CanisterRefused,
    DdsxError,
    InterfaceUnreadable,
    Unanswered,
    Unreachable,
    VerificationFailed,
)
from ddsx.identity import ANONYMOUS, Identity
from ddsx.interface import Interface
from ddsx_core.accounts import parse_principal, principal_bytes, principal_text
from ddsx_core.hash_tree import Found, HashTree, HashTreeInvalid, lookup
from ddsx_core.refused import Refused

EXPIRY_S = 240
"""A request is void after so long: well within the five minutes that the network allows for, whatever the clocks say."""

ANSWER_WITHIN_S = 120.0
"""How long an answer to a call is waited for."""

_LONGEST_PAUSE_S = 1.0
_CANDID = b"candid:service"


class Agent:
    """Makes requests of a network as one identity. `root_key` (DER) is what certificates are checked against."""

    def __init__(self, endpoint: Endpoint, identity: Identity, root_key: bytes, *, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self.endpoint = endpoint
        self.identity = identity
        self.root_key = root_key
        self._answer_within_s = answer_within_s

    @classmethod
    def connect(cls, url: str, identity: Identity = ANONYMOUS, *, local: bool = False) -> Agent:
        """An agent for the network at `url`.

        The root key is mainnet's, unless the address is this machine's, or `local` says that whoever answers there is trusted to name it.
        Raises BadSetting, Unreachable, NotAccepted.
        """
        endpoint = Endpoint(url)
        try:
            root_key = endpoint.fetch_root_key() if local or endpoint.is_loopback else MAINNET_ROOT_KEY
        except DdsxError:
            endpoint.close()
            raise
        return cls(endpoint, identity, root_key)

    def close(self) -> None:
        """Let the connection go."""
        self.endpoint.close()

    def canister(self, canister: str, did: str | None = None) -> Canister:
        """A handle of a canister; its interface is `did`, or what its module publishes."""
        return Canister(self, principal_text(raw_principal(canister)), did)

    def query(self, canister: str, method: str, argument: bytes) -> bytes:
        """Ask; the reply's bytes. Raises CallRejected, NotAccepted, Unreachable."""
        what = f"{method} of {canister}"
        _, body = sign_request(self._content("query", canister, method, argument), self.identity)
        answer = read_cbor(self.endpoint.post(f"/api/v2/canister/{canister}/query", body, what).content, what)
        if answer.get("status") == "replied":
            return bytes(answer["reply"]["arg"])
        raise _rejected(what, answer)

    def update(self, canister: str, method: str, argument: bytes, *, effective: str | None = None) -> bytes:
        """Call, and wait for the proved reply; its bytes. `effective` is the canister that a call to `aaaaa-aa` is about.

        Raises CallRejected, NotAccepted, Unreachable (it was not sent), Unanswered (it may have been carried out).
        """
        what, url = f"{method} of {canister}", f"/api/v2/canister/{effective or canister}"
        content = {**self._content("call", canister, method, argument), "nonce": token_bytes(16)}
        request_id, body = sign_request(content, self.identity)
        try:
            accepted = self.endpoint.post(f"{url}/call", body, what)
        except Unreachable as unreachable:
            if unreachable.may_have_arrived:
                raise Unanswered(what, 0, request_id) from unreachable
            raise
        if accepted.status_code == 200:
            # Canisters look at calls before they take them in, and most of ours turn the anonymous caller away there, without a word.
            hint = f". {advice('AnonymousCaller')}" if self.identity.is_anonymous else ""
            raise _rejected(what, read_cbor(accepted.content, what), hint)
        return self._reply(what, effective or canister, request_id)

    def read_state(self, canister: str, paths: Sequence[Sequence[bytes]]) -> HashTree:
        """The proved part of the state at the paths, asked for through `canister`. Raises VerificationFailed, NotAccepted, Unreachable."""
        content = {
            "request_type": "read_state",
            "sender": self.identity.sender().bytes,
            "paths": [list(path) for path in paths],
            "ingress_expiry": _expiry_ns(),
        }
        _, body = sign_request(content, self.identity)
        answer = read_cbor(self.endpoint.post(f"/api/v2/canister/{canister}/read_state", body, "read_state").content, "read_state")
        return certified_state(bytes(answer["certificate"]), canister=raw_principal(canister), root_key=self.root_key)

    def metadata(self, canister: str, name: bytes) -> bytes | None:
        """A metadata section that the canister's module publishes, proved; None where there is none."""
        path = [b"canister", raw_principal(canister), b"metadata", name]
        return _leaf(self.read_state(canister, [path]), path)

    def module_hash(self, canister: str) -> bytes | None:
        """SHA-256 of the canister's module, proved; None for an empty canister and where there is none."""
        path = [b"canister", raw_principal(canister), b"module_hash"]
        return _leaf(self.read_state(canister, [path]), path)

    def controllers(self, canister: str) -> list[str] | None:
        """Who may change the canister, proved; None where there is no such canister."""
        path = [b"canister", raw_principal(canister), b"controllers"]
        found = _leaf(self.read_state(canister, [path]), path)
        return None if found is None else [principal_text(bytes(raw)) for raw in read_cbor_list(found, "controllers")]

    def _content(self, kind: str, canister: str, method: str, argument: bytes) -> dict[str, Any]:
        return {
            "request_type": kind,
            "sender": self.identity.sender().bytes,
            "canister_id": raw_principal(canister),
            "method_name": method,
            "arg": argument,
            "ingress_expiry": _expiry_ns(),
        }

    def _reply(self, what: str, effective: str, request_id: bytes) -> bytes:
        """Poll until the call has its answer. An old certificate cannot lie about it: the request's id is fresh."""
        top = [b"request_status", request_id]
        for _ in self._until_late():
            tree = self.read_state(effective, [top])
            status = _leaf(tree, [*top, b"status"])
            if status == b"replied":
                return _needed(tree, [*top, b"reply"])
            if status == b"rejected":
                code, message = leb128(_needed(tree, [*top, b"reject_code"])), _needed(tree, [*top, b"reject_message"])
                error_code = _leaf(tree, [*top, b"error_code"])
                raise CallRejected(what, code, message.decode(errors="replace"), error_code.decode() if error_code else None)
            if status == b"done":
                break
        raise Unanswered(what, self._answer_within_s, request_id)

    def _until_late(self) -> Iterator[None]:
        deadline, delay = time.monotonic() + self._answer_within_s, 0.02
        yield
        while time.monotonic() < deadline:
            self.endpoint.pause(delay)
            delay = min(2 * delay, _LONGEST_PAUSE_S)
            yield


@dataclass(frozen=True)
class Canister:
    """A canister that is called with Python values; see `ddsx.interface` for which."""

    agent: Agent
    id: str
    did: str | None = None

    @cached_property
    def interface(self) -> Interface:
        """What `did` says; otherwise what the module publishes, otherwise what the canister answers. Raises InterfaceUnreadable."""
        if self.did is not None:
            return Interface(self.did)
        published = self.agent.metadata(self.id, _CANDID)
        if published is not None:
            return Interface(published.decode())
        asking = Interface("service : { __get_candid_interface_tmp_hack : () -> (text) query; }").methods["__get_candid_interface_tmp_hack"]
        try:
            told: str = asking.decode(self.agent.query(self.id, asking.name, asking.encode(())))
        except CallRejected as rejected:
            raise InterfaceUnreadable(f"canister {self.id} tells no interface: {rejected.message} Are its id and the URL right?") from None
        return Interface(told)

    def call(self, method: str, *values: Any) -> Any:
        """Call a method, as a query where it is one; its result. Raises as the agent's `query` and `update`, and InterfaceUnreadable."""
        known = self.interface.methods.get(method)
        if known is None:
            raise InterfaceUnreadable(f"canister {self.id} has no method {method}. Is its id right?")
        send = self.agent.query if known.is_query else self.agent.update
        return known.decode(send(self.id, method, known.encode(values)))

    def ok(self, method: str, *values: Any) -> Any:
        """As `call`, for a method that answers `Ok` or `Err`: what comes with `Ok`. Raises CanisterRefused too."""
        answer = self.call(method, *values)
        if "Ok" in answer:
            return answer["Ok"]
        error = answer["Err"]
        case, details = next(iter(error.items())) if isinstance(error, dict) else ("Err", error)
        raise CanisterRefused(method, case, details, advice(case))


def raw_principal(text: str) -> bytes:
    """The bytes of a principal. Raises BadSetting."""
    try:
        return principal_bytes(parse_principal(text))
    except Refused as refused:
        raise BadSetting(f"principal {text!r}", str(refused), "Principals look like rrkah-fqaaa-aaaaa-aaaaq-cai.") from None


def _rejected(what: str, answer: Mapping[str, Any], hint: str = "") -> CallRejected:
    return CallRejected(what, int(answer.get("reject_code", 0)), str(answer.get("reject_message", "")) + hint, answer.get("error_code"))


def _expiry_ns() -> int:
    return (int(time.time()) + EXPIRY_S) * 1_000_000_000


def _leaf(tree: HashTree, path: list[bytes]) -> bytes | None:
    try:
        found = lookup(tree, path)
    except HashTreeInvalid as problem:
        raise VerificationFailed("certificate", str(problem)) from None
    return found.value if isinstance(found, Found) else None


def _needed(tree: HashTree, path: list[bytes]) -> bytes:
    value = _leaf(tree, path)
    if value is None:
        raise VerificationFailed("certificate", f"it says that a call was answered and does not show the {path[-1].decode()}")
    return value
