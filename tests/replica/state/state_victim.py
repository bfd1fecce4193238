"""Runs blocks in a directory until it is killed, and says which calls are on disk: `python state_victim.py DIRECTORY MODULES`."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

from state_world import OWNER

from kybra_replica import state
from kybra_replica.candid import encode, parse_args_typed
from kybra_replica.driver import GENESIS_NS, CallId, Replica
from kybra_replica.network import lifecycle
from kybra_replica.network.subnet import Subnet
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.system_api import StableStore

CALLS_A_BLOCK = 8


def opened(directory: Path, packages: ModulePackages) -> tuple[Replica, list[str]]:
    """The replica in a directory, as far as it got; and what was lost."""
    replica = Replica(refuse_module_state=False)
    replica.subnet = Subnet(StableStore(directory), GENESIS_NS)
    return replica, state.load(replica.subnet, packages.open_module)


def install(replica: Replica, packages: ModulePackages, modules: list[bytes]) -> None:
    """The echo and the canister that calls it, on a replica that has neither."""
    argument = "()"
    for module in modules:
        canister = replica.subnet.create_canister(frozenset({OWNER}))
        payload = encode(*parse_args_typed(argument))
        engine = packages.open_module(module)
        lifecycle.install(replica.subnet, canister, engine, sha256(module).digest(), payload, OWNER, module)
        argument = f'(principal "{canister.id}")'


def main(directory: Path, modules: Path) -> None:
    """Blocks of calls of `count`, each answered when a later block ends; on stdout the words whose effects are on disk."""
    packages = ModulePackages()
    replica, losses = opened(directory, packages)
    if losses:
        raise SystemExit(f"lost: {losses}")
    if not replica.subnet.canisters:
        install(replica, packages, [path.read_bytes() for path in sorted(modules.iterdir())])
    _, heap = replica.subnet.canisters
    handle = replica.canister(heap)
    while True:
        for _ in range(CALLS_A_BLOCK):
            handle.submit("count", f"{replica.subnet.next_ingress}")
        # Some messages stay in the pool, so that every block ends with calls open.
        for _ in range(CALLS_A_BLOCK * 4 - 3):
            if len(replica.subnet.pool):
                replica.subnet.step()
        answered = [number for number, answer in replica.subnet.answers.items() if answer is not None]
        words = [handle.wait("count", CallId(number)) for number in answered]
        state.save(replica.subnet)
        replica.subnet.store.flush()
        sys.stdout.write("".join(f"{word}\n" for word in words))
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
