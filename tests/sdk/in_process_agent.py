"""The SDK's agent on a replica in process, whose clock can be moved and whose answers can be lost."""

from __future__ import annotations

import math

from ddsx.agent import Agent
from ddsx.endpoint import Endpoint
from ddsx.errors import CallRejected, Unanswered
from ddsx.identity import Identity
from kybra_replica import driver
from kybra_replica.principal import Principal


class InProcessAgent(Agent):
    """Calls as `driver.user(role)`. The answers of calls to the methods in `lost` do not arrive, each as often as it stands there."""

    def __init__(self, replica: driver.Replica, role: str) -> None:
        self.replica = replica
        self.lost: list[str] = []
        self.sent: list[str] = []
        identity = Identity(b"user of kybra_replica " + role.encode(), bytes)
        super().__init__(Endpoint("http://127.0.0.1:1", pause=self._pass_time), identity, replica.certifier.root_key)
        assert identity.principal == str(driver.user(role))

    def _pass_time(self, seconds: float) -> None:
        self.replica.advance_time(math.ceil(seconds))
        self.replica.tick()

    def metadata(self, canister: str, name: bytes) -> bytes | None:
        return self.replica.program(Principal.from_text(canister)).did.encode()

    def query(self, canister: str, method: str, argument: bytes) -> bytes:
        try:
            return self.replica.query_call(Principal.from_text(canister), method, argument, sender=self._sender)
        except driver.CallRejected as rejected:
            raise CallRejected(method, int(rejected.code), rejected.message, rejected.error_code) from None

    def update(self, canister: str, method: str, argument: bytes, *, effective: str | None = None) -> bytes:
        self.sent.append(method)
        try:
            reply = self.replica.update_call(Principal.from_text(canister), method, argument, sender=self._sender)
        except driver.CallRejected as rejected:
            raise CallRejected(method, int(rejected.code), rejected.message, rejected.error_code) from None
        if method in self.lost:
            self.lost.remove(method)
            raise Unanswered(method, 0, b"")
        return reply

    @property
    def _sender(self) -> Principal:
        return Principal.from_text(self.identity.principal)
