"""One node: a subnet, the requests that were made of it, its keys, and the directory in which all of it survives.

Everything here is synchronous. A request's bytes come in; what goes out is on disk before anybody is told. The clock and the
moments at which blocks are made are the caller's.
"""

from __future__ import annotations

from collections.abc import Callable

from kybra_replica.ingress.content import CallContent, QueryContent
from kybra_replica.ingress.envelope import read_envelope
from kybra_replica.ingress.problems import BadRequest
from kybra_replica.ingress.validator import Validator
from kybra_replica.network.canister import Canister, Status
from kybra_replica.network.certification import Certifier
from kybra_replica.network.management import effective_canister_id
from kybra_replica.network.messages import Reject
from kybra_replica.network.request_entries import Stage
from kybra_replica.network.request_history import RequestHistory
from kybra_replica.network.subnet import Subnet
from kybra_replica.node import query_signatures, state_reader
from kybra_replica.node.state_reader import Reader
from kybra_replica.node.watchdog import Watchdog
from kybra_replica.principal import MANAGEMENT, Principal

MAX_OPEN_CALLS = 5_000
"""More calls than these are not taken in at once: 503, and the client tries again."""

HEARTBEAT_NS = 1_000_000_000
"""How often a canister's heart beats: about as often as a subnet of the IC makes a block."""

MESSAGE_LIMIT_S = 20
"""How long one message may run."""

API_VERSION = "0.18.0"
IMPLEMENTATION = "kybra_replica"


class Node:
    """Answers the requests that clients send to a replica.

    `subnet` and `history` are as they were loaded or made anew; `clock_ns` tells the time outside, in ns since 1970; `keep`
    puts both on disk, and is called at the end of each block.
    """

    def __init__(
        self, subnet: Subnet, history: RequestHistory, certifier: Certifier, clock_ns: Callable[[], int], keep: Callable[[], None]
    ) -> None:
        self.subnet = subnet
        self.history = history
        self.certifier = certifier
        self.submitted = 0
        """How many calls came in since the start."""
        self.height = 0
        """How many blocks were made since the start."""
        self.half_done = False
        """Whether a block was begun and could not be ended: what it did must not come to disk."""
        self._clock_ns = clock_ns
        self._keep = keep
        self._validator = Validator(certifier.root_key)
        self._state = certifier.state(subnet, history)
        self.watchdog = Watchdog(MESSAGE_LIMIT_S)
        subnet.observers.append(self.watchdog.message_ended)
        self._open = dict(history.pending())
        self._last_beat_ns = clock_ns()
        subnet.certify = lambda _, canister: self._state.data_certificate(canister, subnet.time_ns)

    @property
    def subnet_id(self) -> Principal:
        """The id of the one subnet."""
        return self.certifier.subnet_id

    def status(self) -> dict[str, object]:
        """What the status endpoint says."""
        return {
            "ic_api_version": API_VERSION,
            "impl_version": IMPLEMENTATION,
            "root_key": self.certifier.root_key,
            "replica_health_status": "healthy",
            "certified_height": self.height,
        }

    def canisters(self) -> list[Principal]:
        """Ids of all canisters."""
        return sorted(self.subnet.canisters)

    def metadata(self, canister: Principal, name: str) -> bytes | None:
        """A metadata section of a canister's module; None where there is none, or no such canister."""
        found = self.subnet.canisters.get(canister)
        return None if found is None or found.engine is None else found.engine.metadata(name)

    # calls -----------------------------------------------------------------------------------------------------------

    def submit(self, body: bytes, effective: Principal | None) -> tuple[bytes, Reject | None]:
        """Take in a call that was posted for the canister `effective` (None: for the subnet).

        Answers its request id, and the reject where it is refused before it runs. A call that is known already is not taken
        in again. Raises BadRequest.
        """
        now_ns = self._clock_ns()
        request = self._validator.check(read_envelope(body, "call"), now_ns)
        content, request_id = request.content, request.request_id
        _check_effective(content, effective)
        if self.history.knows(request_id):
            return request_id, None
        if len(self._open) >= MAX_OPEN_CALLS:
            raise BadRequest(503, f"The replica is busy: {MAX_OPEN_CALLS} calls are open. Please try again.")
        self._advance(now_ns)
        number, expiry_ns = self.subnet.next_ingress + 1, content.ingress_expiry
        if not self.history.receive(request_id, sender=content.sender, receiver=content.canister_id, expiry_ns=expiry_ns, number=number):
            # Only after the clock went back: the request is not known, but may have been, and been forgotten.
            raise BadRequest(400, "Invalid request expiry: the request may have been executed already.")
        self.submitted += 1
        self.subnet.submit(content.sender, content.canister_id, content.method_name, content.arg)
        refusal = self.subnet.answers[number]
        if not isinstance(refusal, Reject):
            self._open[number] = request_id
            return request_id, None
        # Kept as an answer too: a client that does not look at this one polls for it, and would for ever.
        del self.subnet.answers[number]
        self.history.finish(request_id, refusal, now_ns)
        return request_id, refusal

    def is_finished(self, request_id: bytes) -> bool:
        """Whether a call has its answer; True for one that is not known."""
        status = self.history.status(request_id)
        return status is None or status.stage > Stage.PROCESSING

    def request_certificate(self, request_id: bytes) -> bytes:
        """The certificate that carries the answer of a call."""
        return self._state.request_certificate(request_id, self._clock_ns())

    # queries and state -----------------------------------------------------------------------------------------------

    def query(self, body: bytes, effective: Principal | None) -> dict[str, object]:
        """Answer a query that was sent to the canister `effective` (None: to the subnet), signed. Raises BadRequest."""
        now_ns = self._clock_ns()
        request = self._validator.check(read_envelope(body, "query"), now_ns)
        content = request.content
        _check_effective(content, effective)
        self._advance(now_ns)
        answer = self.subnet.query(content.sender, content.canister_id, content.method_name, content.arg)
        self._forget_prints()
        return query_signatures.signed(self.certifier.node_key, answer, request.request_id, now_ns)

    def read_canister_state(self, body: bytes, effective: Principal) -> bytes:
        """A certificate for the paths that were asked for, at the address of the canister `effective`. Raises BadRequest."""
        now_ns = self._clock_ns()
        request = self._validator.check(read_envelope(body, "read_state"), now_ns)
        reader = Reader(request.sender, request.check_target)
        return state_reader.read_canister_state(self._state, request.content.paths, reader, effective, now_ns)

    def read_subnet_state(self, body: bytes, subnet_id: Principal) -> bytes:
        """The same at the address of a subnet."""
        now_ns = self._clock_ns()
        request = self._validator.check(read_envelope(body, "read_state"), now_ns)
        reader = Reader(request.sender, request.check_target)
        return state_reader.read_subnet_state(self._state, request.content.paths, reader, subnet_id, now_ns)

    # blocks ----------------------------------------------------------------------------------------------------------

    def seconds_to_next_block(self) -> float:
        """Until the next block has something to do, should nobody call before: 0 when it has now, infinity when never."""
        if len(self.subnet.pool):
            return 0
        now_ns = self._clock_ns()
        due = [self._next_task_ns(canister) for canister in self.subnet.canisters.values()]
        soonest = min((moment for moment in due if moment is not None), default=None)
        return float("inf") if soonest is None else max(0, soonest - now_ns) / 1_000_000_000

    def _next_task_ns(self, canister: Canister) -> int | None:
        if canister.status is not Status.RUNNING or canister.engine is None:
            return None
        if canister.exports("canister_heartbeat"):
            return self._last_beat_ns + HEARTBEAT_NS
        return canister.global_timer_ns or None

    def make_block(self) -> list[bytes]:
        """Run what waits and what is due, and put it on disk; ids of the calls that have their answer now."""
        self.half_done = True
        now_ns = self._clock_ns()
        self._last_beat_ns = now_ns
        self._advance(now_ns)
        self.subnet.round()
        finished = self._finish_calls(now_ns)
        self.history.expire(now_ns)
        self._keep()
        self.half_done = False
        self._state.next_height()
        self._forget_prints()
        self.height += 1
        return finished

    def _finish_calls(self, now_ns: int) -> list[bytes]:
        answers, finished = self.subnet.answers, []
        for number, request_id in list(self._open.items()):
            answer = answers[number]
            if answer is not None:
                self.history.finish(request_id, answer, now_ns)
                finished.append(request_id)
                del answers[number], self._open[number]
        return finished

    def _advance(self, now_ns: int) -> None:
        """The subnet's clock follows the one outside; where that goes back, it stands."""
        self.subnet.time_ns = max(self.subnet.time_ns, now_ns)

    def _forget_prints(self) -> None:
        # Canisters' logs have them; the lists are for drivers in process.
        self.subnet.prints.clear()
        self.subnet.system_traps.clear()


def _check_effective(content: CallContent | QueryContent, effective: Principal | None) -> None:
    """The canister in the URL has to be the one that is called, or that the management canister is asked about."""
    receiver = content.canister_id
    if receiver == MANAGEMENT:
        try:
            target = effective_canister_id(content.method_name, content.arg)
        except ValueError:
            target = None  # An argument that cannot be read is refused, in words, where it would be used.
        if target is None or effective == MANAGEMENT:
            return
        receiver = target
    if receiver != effective:
        where = "the subnet" if effective is None else effective
        raise BadRequest(400, f"Specified CanisterId {receiver} does not match effective canister id in URL {where}")
