"""A replica that is restarted, and its twin that never is: whatever one answers, the other must."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from kybra_replica import state
from kybra_replica.candid import encode, parse_args_typed
from kybra_replica.driver import GENESIS_NS, CallRejected, Replica, user
from kybra_replica.network import lifecycle
from kybra_replica.network.subnet import Subnet
from kybra_replica.principal import MANAGEMENT, Principal
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.python_engine.programs import Programs
from kybra_replica.system_api import StableStore

OWNER = user("owner")


class Modules:
    """Module packages of canisters that are written in a test; reading a source takes a tenth of a second, so each is read once.

    The sources lie in `folder`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = Programs()
        self.packages = ModulePackages()

    def of(self, source: str, name: str = "small") -> bytes:
        """The module of a canister with this source."""
        entry = self._folder / sha256(source.encode()).hexdigest()[:16] / f"{name}_canister.py"
        if not entry.exists():
            entry.parent.mkdir()
            entry.write_text(source)
        return self.packages.pack(self._programs.read(entry, search_path=(), lenient=False))


class World:
    """A replica on a subnet that can be dropped and loaded again at any moment between messages.

    `restarts` False makes the twin: the same in memory, recording nothing.
    """

    def __init__(self, modules: Modules, *, restarts: bool) -> None:
        self.modules = modules
        self.losses: list[str] = []
        self.restarts = restarts
        self._use(Subnet(StableStore(), GENESIS_NS))
        if restarts:
            state.load(self.subnet, modules.packages.open_module)

    def _use(self, subnet: Subnet) -> None:
        self.subnet = subnet
        self.replica = Replica(refuse_module_state=False)
        self.replica.subnet = subnet
        self.replica._attach()

    def save(self) -> None:
        """A block ends."""
        if self.restarts:
            state.save(self.subnet)
            self.subnet.store.flush()

    def restart(self) -> None:
        """Save, and go on from what was saved in another object graph; the twin does nothing."""
        if self.restarts:
            self.save()
            self.crash()

    def crash(self) -> None:
        """Go on from what was saved last."""
        store = self.subnet.store.snapshot()
        self._use(Subnet(store, 0))
        self.losses = state.load(self.subnet, self.modules.packages.open_module)

    def install(self, source: str, arguments: str = "()") -> Principal:
        canister = self.subnet.create_canister(frozenset({OWNER}))
        return self.put_code(lifecycle.install, canister.id, source, arguments)

    def upgrade(self, canister: Principal, source: str, arguments: str = "()") -> Principal:
        return self.put_code(lifecycle.upgrade, canister, source, arguments)

    def put_code(self, how, canister: Principal, source: str, arguments: str) -> Principal:
        module = self.modules.of(source)
        engine = self.modules.packages.open_module(module)
        payload = encode(*parse_args_typed(arguments))
        how(self.subnet, self.subnet.canisters[canister], engine, sha256(module).digest(), payload, OWNER, module)
        return canister

    def submit(self, canister: Principal, method: str, *arguments):
        return self.replica.canister(canister).submit(method, *arguments, sender=OWNER)

    def outcome(self, canister: Principal, method: str, call):
        """The answer of a submitted call, as a value that can be compared; `waiting` without one."""
        if self.subnet.answers[call.number] is None:
            return "waiting"
        try:
            return self.replica.canister(canister).wait(method, call)
        except CallRejected as rejected:
            return str(rejected)

    def call(self, canister: Principal, method: str, *arguments):
        call = self.submit(canister, method, *arguments)
        self.subnet.round()
        return self.outcome(canister, method, call)

    def query(self, canister: Principal, method: str, *arguments):
        return self.replica.canister(canister).query(method, *arguments)

    def manage(self, method: str, canister: Principal):
        """Submit a call of the management canister that names only a canister."""
        argument = f'(record {{ canister_id = principal "{canister}" }})'
        return self.replica.submit_call(MANAGEMENT, method, encode(*parse_args_typed(argument)), sender=OWNER)

    def picture(self) -> object:
        """Everything of the subnet that anybody could notice, as a value."""
        return [
            (self.subnet.time_ns, self.subnet.next_canister, self.subnet.next_ingress, self.subnet.random_draws, self.subnet.faults.held),
            list(self.subnet.answers.items()),
            self.subnet.pool.waiting(),
            [
                (
                    canister.id, canister.controllers, canister.cycles, canister.module_hash, canister.status, canister.version,
                    canister.certified_data, canister.global_timer_ns, canister.contexts, canister.pending, +canister.open_calls,
                    canister.next_number, canister.settings, canister.log, canister.history, canister.stop_requests,
                    canister.created_ns, canister.installed_ns,
                )
                for canister in self.subnet.canisters.values()
            ],
        ]  # fmt: skip
