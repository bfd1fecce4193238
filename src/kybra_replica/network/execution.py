"""One execution: the transaction around an entry point, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass

from kybra_replica.network.canister import Canister
from kybra_replica.system_api import Context, Engine, Entry, StableStore, SystemApi, Trap
from kybra_replica.system_api.api import Effects, Environment


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an execution ended: `trap` is None when it ended well, and only then `effects` count."""

    canister: Canister
    entry: Entry
    context: Context
    environment: Environment
    effects: Effects
    instructions: int
    trap: Trap | None


def execute(canister: Canister, engine: Engine, entry: Entry, context: Context, environment: Environment) -> Outcome:
    """Run inside of transactions that somebody else opened. The heap and stable memory stay as the code left them."""
    api = SystemApi(context, environment)
    try:
        engine.execute(entry, api)
    except Trap as trap:
        return Outcome(canister, entry, context, environment, api.effects, api.instructions, trap)
    return Outcome(canister, entry, context, environment, api.effects, api.instructions, None)


def run_message(store: StableStore, canister: Canister, entry: Entry, context: Context, environment: Environment) -> Outcome:
    """Run as a message of its own: what it changed is kept when it ended well and the context keeps changes."""
    engine = canister.engine
    if engine is None:
        raise RuntimeError(f"canister {canister.id} has no module to run {entry.export!r}")
    store.begin()
    engine.begin()
    outcome = execute(canister, engine, entry, context, environment)
    if outcome.trap is None and not context.is_query:
        engine.commit()
        store.commit()
    else:
        engine.rollback()
        store.rollback()
    return outcome
