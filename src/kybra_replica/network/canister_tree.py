"""The canisters' part of the certified state, made anew only where a canister changed.

Source: IC interface specification, section "The system state tree", paths under `/canister`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cbor2

from kybra_replica.network import hash_tree
from kybra_replica.network.canister import Canister
from kybra_replica.network.hash_tree import Labeled, Labels, Node, labeled
from kybra_replica.principal import Principal
from kybra_replica.system_api import Engine

_SELF_DESCRIBING = 55_799


@dataclass(slots=True)
class _Shown:
    """What the tree was made of, to tell whether it is still right."""

    certified_data: bytes
    controllers: frozenset[Principal]
    module_hash: bytes | None
    engine: Engine | None
    metadata: Node | None
    tree: Labeled

    def holds_for(self, canister: Canister) -> bool:
        return (
            self.certified_data == canister.certified_data
            and self.engine is canister.engine
            and self.module_hash == canister.module_hash
            and self.controllers == canister.controllers
        )


class CanisterTrees:
    """Keeps the subtree of every canister between one height and the next."""

    def __init__(self) -> None:
        self._shown: dict[Principal, _Shown] = {}
        self._tree: Node = hash_tree.empty()

    def tree(self, canisters: Iterable[Canister]) -> Node:
        """What stands under `/canister`."""
        before, self._shown = self._shown, {}
        same = True
        for canister in canisters:
            shown = before.pop(canister.id, None)
            if shown is None or not shown.holds_for(canister):
                shown, same = _show(canister, shown), False
            self._shown[canister.id] = shown
        if before or not same:
            self._tree = hash_tree.level(sorted((shown.tree for shown in self._shown.values()), key=lambda tree: tree.label))
        return self._tree


def _show(canister: Canister, before: _Shown | None) -> _Shown:
    engine = canister.engine
    metadata = before.metadata if before is not None and before.engine is engine else _metadata(engine)
    content: dict[bytes, Labels | bytes | Node] = {
        b"certified_data": canister.certified_data,
        b"controllers": _principals(canister.controllers),
    }
    if canister.module_hash is not None:
        content[b"module_hash"] = canister.module_hash
    if metadata is not None:
        content[b"metadata"] = metadata
    tree = labeled(canister.id.raw, hash_tree.build(content))
    return _Shown(canister.certified_data, canister.controllers, canister.module_hash, engine, metadata, tree)


def _metadata(engine: Engine | None) -> Node | None:
    if engine is None:
        return None
    public = ((name, engine.metadata(name)) for name in engine.metadata_names())
    sections = {name.encode(): content for name, content in (*public, *engine.private_metadata().items()) if content is not None}
    return hash_tree.build(sections) if sections else None


def _principals(controllers: frozenset[Principal]) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(_SELF_DESCRIBING, [controller.raw for controller in sorted(controllers)]))
