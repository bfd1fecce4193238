"""A subnet as it was, to go back to: how each test and each Hypothesis example starts from the same state."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kybra_replica.network.canister import Canister
from kybra_replica.principal import Principal
from kybra_replica.system_api import StableStore

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything of a subnet at rest."""

    store: StableStore
    time_ns: int
    next_canister: int
    next_ingress: int
    random_draws: int
    canisters: dict[Principal, tuple[Canister, Any]]


def take(subnet: Subnet) -> Checkpoint:
    """Remember the subnet. Raises RuntimeError while messages wait or calls are open: those cannot be copied."""
    if len(subnet.pool) or subnet.faults.held or any(canister.contexts for canister in subnet.canisters.values()):
        raise RuntimeError("a checkpoint needs a subnet at rest: let all calls end first (tick, deliver_delayed)")
    canisters = {
        identity: (replace(canister, open_calls=Counter()), None if canister.engine is None else canister.engine.snapshot())
        for identity, canister in subnet.canisters.items()
    }
    return Checkpoint(subnet.store.snapshot(), subnet.time_ns, subnet.next_canister, subnet.next_ingress, subnet.random_draws, canisters)


def restore(subnet: Subnet, checkpoint: Checkpoint) -> None:
    """Make the subnet what it was; calls that are open now are forgotten, faults disarmed."""
    subnet.faults.clear()
    subnet.pool.clear()
    subnet.pool.chooser = None
    subnet.answers.clear()
    subnet.prints.clear()
    subnet.system_traps.clear()
    subnet.store.restore(checkpoint.store)
    if subnet.on_disk is not None:
        subnet.on_disk.forget()
    subnet.time_ns = checkpoint.time_ns
    subnet.next_canister = checkpoint.next_canister
    subnet.next_ingress = checkpoint.next_ingress
    subnet.random_draws = checkpoint.random_draws
    kept = {canister.engine for canister, _ in checkpoint.canisters.values()}
    for canister in subnet.canisters.values():
        if canister.engine is not None and canister.engine not in kept:
            canister.engine.close()
    subnet.canisters.clear()
    for identity, (canister, heap) in checkpoint.canisters.items():
        subnet.canisters[identity] = replace(canister, contexts={}, pending={}, open_calls=Counter())
        if canister.engine is not None:
            canister.engine.restore(heap)
