"""The replica as tests and scripts drive it. Methods carry PocketIC's names, so that the same test can run there.

replica = Replica()
canister = replica.install("canisters/counter/counter_canister.py")
canister.call("increment", 2)
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from kybra_replica import state
from kybra_replica.candid import Decoder, Encoder
from kybra_replica.candid.types import Func, Type
from kybra_replica.network import checkpoint, lifecycle
from kybra_replica.network.canister import Canister
from kybra_replica.network.canister_history import FromUser
from kybra_replica.network.certification import Certifier
from kybra_replica.network.checkpoint import Checkpoint
from kybra_replica.network.execution import Outcome
from kybra_replica.network.faults import Faults
from kybra_replica.network.lifecycle import InstallFailed
from kybra_replica.network.messages import Reject, Reply, Response
from kybra_replica.network.pool import Chooser
from kybra_replica.network.subnet import DEFAULT_CYCLES, Subnet
from kybra_replica.plain import from_plain, to_plain
from kybra_replica.principal import Principal
from kybra_replica.python_engine.conversions import candid_type
from kybra_replica.python_engine.declarations import Program
from kybra_replica.python_engine.engine import PythonEngine
from kybra_replica.python_engine.metering import Meter
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.python_engine.programs import Programs
from kybra_replica.system_api import StableStore

GENESIS_NS = 1_700_000_000_000_000_000
"""Where simulated time starts."""

_PROGRAMS = Programs()
_PACKAGES = ModulePackages()

MAX_ROUNDS = 1_000
"""After so many rounds without an answer, `await_call` gives up."""


class CallRejected(Exception):
    """A call was rejected: `code`, `message` and `error_code` are what the IC reports."""

    def __init__(self, reject: Reject) -> None:
        super().__init__(f"{reject.code.name} ({int(reject.code)}), {reject.error_code}: {reject.message}")
        self.code = reject.code
        self.message = reject.message
        self.error_code = reject.error_code


class ModuleStateChanged(Exception):
    """A message changed state in a canister's modules, which the next upgrade would lose."""


@dataclass(frozen=True, slots=True)
class CallId:
    """A submitted call."""

    number: int


def user(name: str) -> Principal:
    """A self-authenticating principal for a role in a test; the same for the same name."""
    return Principal.self_authenticating(b"user of kybra_replica " + name.encode())


class Replica:
    """A subnet of one node, in process.

    `directory` keeps everything on disk after every tick and every answered call, and a later replica in the same directory goes
    on from there; it has its time and its seed then. None keeps everything in memory. Raises DirectoryInUse and StateUnreadable;
    warns of what could not be restored. `search_path` is where packages that canisters
    import are found, beside the canister's own folder. `lenient` reads sources with Kybra's own leniency. With
    `refuse_module_state` a message that changed a canister's module state raises ModuleStateChanged.
    """

    def __init__(
        self,
        *,
        directory: Path | None = None,
        search_path: Sequence[Path | str] = (),
        lenient: bool = False,
        refuse_module_state: bool = True,
        time_ns: int = GENESIS_NS,
        seed: bytes = b"kybra-replica",
    ) -> None:
        self.search_path = tuple(Path(path) for path in search_path)
        self.lenient = lenient
        self.refuse_module_state = refuse_module_state
        self.sender = user("driver")
        self._directory = directory
        self.meter: Meter | None = None
        """Counts what canisters do, while one is attached; canisters installed meanwhile get it too."""
        self.subnet = Subnet(StableStore(directory), time_ns, seed)
        open_module = ModulePackages(None if directory is None else directory / "sources").open_module
        self.subnet.open_module = open_module
        for loss in state.load(self.subnet, open_module) if directory is not None else ():
            warnings.warn(loss, RuntimeWarning, stacklevel=2)
        self.certifier = Certifier(self.subnet.seed)
        self._attach()

    def _attach(self) -> None:
        self.subnet.certify = self.certifier.data_certificate
        self.subnet.observers.append(self._check_module_state)

    # canisters -------------------------------------------------------------------------------------------------------

    def create_canister(
        self, *, sender: Principal | None = None, cycles: int = DEFAULT_CYCLES, controllers: Sequence[Principal] = ()
    ) -> Principal:
        """An empty canister; the sender controls it unless `controllers` says otherwise."""
        owners = frozenset(controllers) or frozenset({sender or self.sender})
        return self.subnet.create_canister(owners, cycles, origin=FromUser(sender or self.sender)).id

    def install_code(
        self, canister: Principal, entry: Path | str, argument: bytes | None = None, *, sender: Principal | None = None
    ) -> int:
        """Install the source file `entry`; the instructions that `init` took. Raises SourceRefused, CallRejected."""
        return self._install(lifecycle.install, canister, entry, argument, sender)

    def upgrade_canister(
        self, canister: Principal, entry: Path | str | None = None, argument: bytes | None = None, *, sender: Principal | None = None
    ) -> int:
        """Fresh modules on the same stable memory, of `entry` or of the same source. Raises as `install_code`."""
        return self._install(lifecycle.upgrade, canister, entry, argument, sender)

    def reinstall_code(
        self, canister: Principal, entry: Path | str | None = None, argument: bytes | None = None, *, sender: Principal | None = None
    ) -> int:
        """Fresh modules on empty memory. Raises as `install_code`."""
        return self._install(lifecycle.reinstall, canister, entry, argument, sender)

    def _install(self, how: Any, canister: Principal, entry: Path | str | None, argument: bytes | None, sender: Principal | None) -> int:
        installed = self._canister(canister)
        if entry is None:
            entry = self.program(canister).entry
        program = _PROGRAMS.read(Path(entry), search_path=self.search_path, lenient=self.lenient)
        engine = PythonEngine(program)
        engine.meter = self.meter
        payload = Encoder(())(()) if argument is None else argument
        module = _PACKAGES.pack(program, lenient=self.lenient)
        kept = None if self._directory is None else module
        try:
            instructions: int = how(self.subnet, installed, engine, sha256(module).digest(), payload, sender or self.sender, kept)
        except InstallFailed as failed:
            raise CallRejected(failed.reject) from failed.trap
        return instructions

    def install(self, entry: Path | str, *arguments: Any, sender: Principal | None = None) -> CanisterHandle:
        """Create a canister and install `entry` with `arguments` as Python values."""
        return self.install_handle(self.create_canister(sender=sender), entry, *arguments, sender=sender)

    def install_handle(self, canister: Principal, entry: Path | str, *arguments: Any, sender: Principal | None = None) -> CanisterHandle:
        """Install `entry` in a canister that exists already, for canisters that must know each other's ids."""
        program = _PROGRAMS.read(Path(entry), search_path=self.search_path, lenient=self.lenient)
        self.install_code(canister, entry, _encode(program.interface.init or (), arguments), sender=sender)
        return self.canister(canister)

    def canister(self, canister: Principal) -> CanisterHandle:
        """A handle that takes and gives Python values."""
        return CanisterHandle(self, canister)

    def get_cycles_balance(self, canister: Principal) -> int:
        return self._canister(canister).cycles

    def add_cycles(self, canister: Principal, amount: int) -> int:
        """Add cycles; the new balance."""
        self._canister(canister).cycles += amount
        return self._canister(canister).cycles

    def _canister(self, canister: Principal) -> Canister:
        found = self.subnet.canisters.get(canister)
        if found is None:
            raise LookupError(f"there is no canister {canister}")
        return found

    def program(self, canister: Principal) -> Program:
        """What the canister's source declares. Raises LookupError for one that is empty."""
        engine = self._canister(canister).engine
        if isinstance(engine, PythonEngine):
            return engine.program
        raise LookupError(f"canister {canister} has no Python module")

    # calls -----------------------------------------------------------------------------------------------------------

    def set_sender(self, sender: Principal) -> None:
        """Who calls from now on, where a call does not say."""
        self.sender = sender

    @contextmanager
    def as_caller(self, sender: Principal) -> Iterator[None]:
        """Call as `sender` within the block."""
        before, self.sender = self.sender, sender
        try:
            yield
        finally:
            self.sender = before

    def submit_call(self, canister: Principal, method: str, payload: bytes, *, sender: Principal | None = None) -> CallId:
        """Send an update call without waiting. A refusal (no such canister, inspect_message) shows in `await_call`."""
        return CallId(self.subnet.submit(sender or self.sender, canister, method, payload))

    def await_call(self, call: CallId) -> bytes:
        """Run rounds until the call is answered; its reply. Raises CallRejected, and TimeoutError when nothing comes."""
        for _ in range(MAX_ROUNDS):
            answer = self.subnet.answers[call.number]
            if answer is not None:
                del self.subnet.answers[call.number]
                return _unwrap(answer)
            if not self.subnet.round():
                break
            self._keep()
        answer = self.subnet.answers[call.number]
        if answer is None:
            raise TimeoutError("the call has no answer and nothing is left to run: is a reply being held back?")
        del self.subnet.answers[call.number]
        return _unwrap(answer)

    def update_call(self, canister: Principal, method: str, payload: bytes, *, sender: Principal | None = None) -> bytes:
        """Call and wait; the reply as Candid. Raises CallRejected."""
        return self.await_call(self.submit_call(canister, method, payload, sender=sender))

    def query_call(self, canister: Principal, method: str, payload: bytes, *, sender: Principal | None = None) -> bytes:
        """Query; the reply as Candid. Raises CallRejected."""
        return _unwrap(self.subnet.query(sender or self.sender, canister, method, payload))

    def inspect(self, canister: Principal, method: str, payload: bytes, *, sender: Principal | None = None) -> bool:
        """Whether `inspect_message` lets the call in; True for a canister that has none."""
        found = self._canister(canister)
        if not found.exports("canister_inspect_message"):
            return True
        return self.subnet.inspect(found, sender or self.sender, method, payload) is None

    # time and rounds -------------------------------------------------------------------------------------------------

    def get_time(self) -> int:
        """Nanoseconds since 1970."""
        return self.subnet.time_ns

    def advance_time(self, seconds: int) -> None:
        """Move the clock. What falls due runs in the next round: `tick`."""
        self.subnet.time_ns += seconds * 1_000_000_000

    def tick(self, rounds: int = 1) -> None:
        """Run rounds: heartbeats, due timers, and all messages that wait."""
        for _ in range(rounds):
            self.subnet.round()
        self._keep()

    def _keep(self) -> None:
        if self._directory is not None:
            state.save(self.subnet)
            self.subnet.store.flush()

    # tests -----------------------------------------------------------------------------------------------------------

    @property
    def faults(self) -> Faults:
        """What is to go wrong."""
        return self.subnet.faults

    def set_order(self, chooser: Chooser | None) -> None:
        """Let `chooser` pick the next message among those that the IC could deliver next; None: the oldest."""
        self.subnet.pool.chooser = chooser

    def checkpoint(self) -> Checkpoint:
        """Remember everything. Raises RuntimeError while calls are open."""
        return checkpoint.take(self.subnet)

    def restore(self, remembered: Checkpoint) -> None:
        """Go back to a checkpoint of this replica."""
        checkpoint.restore(self.subnet, remembered)

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Whatever happens within the block is undone at its end."""
        remembered, sender = self.checkpoint(), self.sender
        try:
            yield
        finally:
            self.restore(remembered)
            self.sender = sender

    def close(self) -> None:
        """Keep what there is, and let go of the store."""
        self._keep()
        self.subnet.store.close()

    def _check_module_state(self, outcome: Outcome) -> None:
        engine = outcome.canister.engine
        if not self.refuse_module_state or not isinstance(engine, PythonEngine) or not engine.module_changes:
            return
        changed, engine.module_changes = engine.module_changes, []
        what = outcome.entry.export or "a callback"
        raise ModuleStateChanged(
            f"{what} of {engine.program.entry.name} changed {', '.join(sorted(set(changed)))}: module state is lost in every "
            "upgrade; keep it in a StableBTreeMap, or allow it with refuse_module_state=False"
        )


@dataclass(frozen=True, slots=True)
class CanisterHandle:
    """A canister, called with Python values: records and variants are dicts, optionals None or the value."""

    replica: Replica
    id: Principal

    def call(self, method: str, *arguments: Any, sender: Principal | None = None) -> Any:
        """Update call; the result as a Python value (None for no result, a tuple for several). Raises CallRejected."""
        function = self.function(method)
        payload = _encode(function.arguments, arguments)
        return _decode(function.results, self.replica.update_call(self.id, method, payload, sender=sender))

    def query(self, method: str, *arguments: Any, sender: Principal | None = None) -> Any:
        """Query; as `call`."""
        function = self.function(method)
        payload = _encode(function.arguments, arguments)
        return _decode(function.results, self.replica.query_call(self.id, method, payload, sender=sender))

    def submit(self, method: str, *arguments: Any, sender: Principal | None = None) -> CallId:
        """Send an update call without waiting for it."""
        return self.replica.submit_call(self.id, method, _encode(self.function(method).arguments, arguments), sender=sender)

    def wait(self, method: str, call: CallId) -> Any:
        """The result of a submitted call of `method`."""
        return _decode(self.function(method).results, self.replica.await_call(call))

    def upgrade(self, *arguments: Any, entry: Path | str | None = None, sender: Principal | None = None) -> None:
        """Upgrade to the same source or to `entry`; `arguments` go to `post_upgrade`."""
        program = self.replica.program(self.id)
        declared = program.system_methods.get("post_upgrade")
        types = () if declared is None else tuple(candid_type(parameter) for _, parameter in declared.parameters)
        self.replica.upgrade_canister(self.id, entry, _encode(types, arguments), sender=sender)

    def function(self, method: str) -> Func:
        """The Candid type of a method. Raises LookupError for one that the canister does not have."""
        for name, function in self.replica.program(self.id).interface.methods:
            if name == method:
                return function
        raise LookupError(f"canister {self.id} has no method {method}")


_encoder = lru_cache(maxsize=1024)(Encoder)
_decoder = lru_cache(maxsize=1024)(Decoder)


def _unwrap(answer: Response) -> bytes:
    if isinstance(answer, Reply):
        return answer.data
    raise CallRejected(answer)


def _encode(types: Sequence[Type], arguments: Sequence[Any]) -> bytes:
    if len(types) != len(arguments):
        raise TypeError(f"{len(types)} arguments are expected, {len(arguments)} were given")
    return _encoder(tuple(types))([from_plain(type_, value) for type_, value in zip(types, arguments, strict=True)])


def _decode(types: Sequence[Type], payload: bytes) -> Any:
    values = [to_plain(type_, value) for type_, value in zip(types, _decoder(tuple(types))(payload), strict=True)]
    if len(values) < 2:
        return values[0] if values else None
    return tuple(values)
