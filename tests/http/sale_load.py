"""People who append, buy and claim without pause, and who try again, by the same request or the same key, when the replica is gone."""

from __future__ import annotations

import http.client
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from raw_client import Client, Identity, certified_reply, content, pack, request_id, request_status
from remote_exchange import PRICE, RemoteExchange
from replica_host import HOST, ReplicaHost

GONE = (OSError, http.client.HTTPException)
BACK_WITHIN_S = 60
ANSWERED_WITHIN_S = 60

Outcome = TypeVar("Outcome")


class Line:
    """Where the replica listens now. Whoever is cut off waits for it to come back."""

    def __init__(self, host: ReplicaHost) -> None:
        self._host = host
        self._changed = threading.Condition()
        self._starts = 1
        self.acknowledged = 0
        self.over = False

    def port(self) -> tuple[int, int]:
        """The port, and the number of the start that it belongs to."""
        with self._changed:
            return self._host.port, self._starts

    def wait_for_start(self, after: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._starts > after, BACK_WITHIN_S), "the replica went away by itself"

    def wait_for_acknowledgements(self, more: int) -> None:
        with self._changed:
            wanted = self.acknowledged + more
            assert self._changed.wait_for(lambda: self.acknowledged >= wanted or self.over, BACK_WITHIN_S), "nobody gets an answer"

    def acknowledge(self) -> None:
        with self._changed:
            self.acknowledged += 1
            self._changed.notify_all()

    def finish(self) -> None:
        with self._changed:
            self.over = True
            self._changed.notify_all()

    def kill_and_restart(self) -> None:
        self._host.kill()
        with self._changed:
            self._host.start()
            self._starts += 1
            self._changed.notify_all()


@dataclass
class Person(ABC):
    """One identity with a connection of its own, and what was acknowledged to it: pairs of a request's key and the answer."""

    exchange: RemoteExchange
    line: Line
    identity: Identity
    random: Random
    done: list[tuple[Any, Any]] = field(default_factory=list)
    retries: int = 0
    """How often a request had to be sent again."""
    _client: Client | None = None
    _start: int = 0

    def _persist(self, action: Callable[[Client], Outcome], again: Callable[[], None] = lambda: None) -> Outcome:
        """Do something with the replica, as often as it takes; `again` is called before each repetition."""
        while True:
            if self._client is None:
                port, self._start = self.line.port()
                self._client = Client(HOST, port)
            try:
                return action(self._client)
            except GONE:
                self._client.close()
                self._client = None
                self.line.wait_for_start(self._start)
                self.retries += 1
                again()

    def call(self, name: str, method: str, argument: Any) -> Any:
        """Update call until it is answered: sent again as the same request, or as a new one that says the same."""
        canister = self.exchange.canister(name, self.identity)
        sealed: list[Any] = []

        def seal() -> None:
            request = content("call", canister.id, method, canister.encode(method, argument), self.identity.principal)
            sealed[:] = [request, pack(self.identity.seal(request))]

        def seal_anew_sometimes() -> None:
            if self.random.random() < 0.5:
                seal()

        seal()
        if self.random.random() < 0.3:
            reply = self._persist(lambda client: self._accepted_call(client, canister.id, *sealed), seal_anew_sometimes)
        else:
            reply = self._persist(lambda client: client.call_sealed(canister.id, *sealed), seal_anew_sometimes)
        return canister.decode(method, reply)

    def _accepted_call(self, client: Client, canister: Any, request: Any, body: bytes) -> bytes:
        """By /api/v2: once it is accepted, it may not be forgotten, whatever happens to the replica."""
        answer = client.post(f"/api/v2/canister/{canister}/call", body)
        assert answer.status == 202, answer.text
        asked, deadline = request_id(request), time.monotonic() + ANSWERED_WITHIN_S

        def poll(client: Client) -> bytes:
            return client.read_state(canister, [[b"request_status", asked]], self.identity)

        while (status := request_status(certificate := self._persist(poll), asked)) in {"received", "processing"}:
            assert time.monotonic() < deadline, "an accepted call has no answer"
        assert status is not None, "an accepted call was forgotten"
        return certified_reply(certificate, asked)

    def query(self, name: str, method: str, *values: Any) -> Any:
        return self._persist(lambda client: self.exchange.canister(name, self.identity, client).query(method, *values))

    def acknowledge(self, key: Any, answer: Any) -> None:
        self.done.append((key, answer))
        self.line.acknowledge()

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    @abstractmethod
    def step(self) -> None:
        """One thing that this person does."""


class Buyer(Person):
    def step(self) -> None:
        moment = time.time_ns()
        paid = {"payer_subaccount": None, "source": {"Allowance": None}}
        request = {"offer": self.exchange.offer, "periods": 1, "max_price": PRICE, "created_at_time": moment, **paid}
        deadline = time.monotonic() + ANSWERED_WITHIN_S
        while "Pending" in (answer := self.call("dst_ledger", "purchase", request)).get("Err", {}):
            assert time.monotonic() < deadline, "an order is stuck"
        self.acknowledge(moment, answer)


class Operator(Person):
    def step(self) -> None:
        batch = len(self.done)
        records = [f'{{"value":{self.random.randrange(10**6)}}}' for _ in range(self.random.randint(1, 5))]
        answer = self.call("stream_registry", "append", {"stream": self.exchange.stream, "batch": batch, "records": records})
        self.acknowledge((batch, records), answer)


class Claimant(Person):
    def step(self) -> None:
        moment = time.time_ns()
        request = {"to": None, "created_at_time": moment, "streams": [self.exchange.stream], "ledger": 0}
        deadline = time.monotonic() + ANSWERED_WITHIN_S
        while "Pending" in (answer := self.call("payout_splitter", "claim", request)).get("Err", {}):
            assert time.monotonic() < deadline, "a payout is stuck"
        self.acknowledge(moment, answer)


class Load:
    """All of them at once, each in a thread."""

    def __init__(self, people: list[Person], line: Line) -> None:
        self.people = people
        self._line = line
        self._threads = ThreadPoolExecutor(len(people))
        self._futures: list[Future[None]] = []

    def start(self) -> None:
        self._futures = [self._threads.submit(self._work, person) for person in self.people]

    def _work(self, person: Person) -> None:
        try:
            while not self._line.over:
                person.step()
        finally:
            # Where one fails, nobody needs to go on.
            self._line.finish()

    def stop(self) -> None:
        """Let everybody finish what they are at. Raises what went wrong for any of them."""
        self._line.finish()
        for future in self._futures:
            future.result()
        self._threads.shutdown()
