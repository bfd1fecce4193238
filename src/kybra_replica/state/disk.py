"""Saving what changed of a subnet, and loading all of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import cbor2

from kybra_replica.network import module_store
from kybra_replica.network.canister import Canister
from kybra_replica.network.messages import Message, Response
from kybra_replica.network.subnet import Subnet
from kybra_replica.principal import Principal
from kybra_replica.rows import BadRow, RowCodec
from kybra_replica.state.canister_rows import CanisterRows
from kybra_replica.state.formats import (
    ANSWER,
    ANSWERS_SPACE,
    CANISTER,
    CANISTERS_SPACE,
    CONTEXT,
    CONTEXTS_SPACE,
    FAULTS,
    FAULTS_KEY,
    FORMAT,
    FORMAT_KEY,
    HEAPS_SPACE,
    PENDING,
    PENDING_SPACE,
    POOL_SPACE,
    SPACES,
    SUBNET,
    SUBNET_KEY,
    SUBNET_SPACE,
    WAITING,
    Answer,
    StateUnreadable,
    Waiting,
    number,
)
from kybra_replica.system_api import Engine, StableStore
from kybra_replica.system_api.engine import CannotRebuild

OpenModule = Callable[[bytes], Engine]


def load(subnet: Subnet, open_module: OpenModule) -> list[str]:
    """Make a subnet that has nothing but its store what it was at the last flush; answers what was lost, in words, if anything was.

    From then on engines record and `save` works. On an empty store that is all. Raises StateUnreadable, and what `open_module` raises.
    """
    if subnet.canisters or len(subnet.pool):
        raise RuntimeError("load the state into a subnet in which nothing has happened")
    disk = _Disk(subnet)
    written = subnet.store.get(SUBNET_SPACE, FORMAT_KEY)
    losses: list[str] = []
    if written is not None:
        if cbor2.loads(written) != FORMAT:
            what = f"its format is {cbor2.loads(written)!r}, this version of kybra_replica reads {FORMAT}"
            raise StateUnreadable(f"the state in this directory cannot be loaded: {what}")
        try:
            losses = disk.load(open_module)
        except BadRow as problem:
            raise StateUnreadable(f"the state in this directory cannot be loaded: {problem}") from problem
    subnet.on_disk = disk
    return losses


def save(subnet: Subnet) -> None:
    """Put every row that changed since the last time into the store, in one message transaction; `flush` brings it to disk.

    Between messages only. Raises RuntimeError for a subnet that was not loaded: its engines did not record.
    """
    disk = subnet.on_disk
    if disk is None:
        raise RuntimeError("load the state first: only then is recorded what saving it takes")
    assert isinstance(disk, _Disk)
    disk.save()


class _Disk:
    """What stands on disk of a subnet, as far as it takes to find what changed."""

    def __init__(self, subnet: Subnet) -> None:
        self._subnet = subnet
        self._store: StableStore = subnet.store
        self.forget()

    def forget(self) -> None:
        self._stale = True
        self._canisters: dict[Principal, CanisterRows] = {}
        self._places = 0
        self._single: dict[bytes, bytes] = {}
        self._messages: dict[int, tuple[int, Message]] = {}
        """id of a waiting message -> its number on disk, and the message itself, so that no other gets its id."""
        self._message_numbers = 0
        self._answers: dict[int, Response | None] = {}

    # saving ----------------------------------------------------------------------------------------------------------

    def save(self) -> None:
        self._store.begin()
        try:
            self._save()
        except BaseException:
            self._store.rollback()
            self.forget()
            raise
        self._store.commit()

    def _save(self) -> None:
        if self._stale:
            for space in SPACES:
                self._store.clear(space)
            self._stale = False
        self._put_single(FORMAT_KEY, cbor2.dumps(FORMAT))
        self._put_single(SUBNET_KEY, SUBNET.dump(self._subnet))
        self._put_single(FAULTS_KEY, FAULTS.dump(self._subnet.faults))
        self._save_canisters()
        self._save_pool()
        self._save_answers()

    def _put_single(self, key: bytes, row: bytes) -> None:
        if self._single.get(key) != row:
            self._single[key] = row
            self._store.put(SUBNET_SPACE, key, row)

    def _save_canisters(self) -> None:
        canisters = self._subnet.canisters
        for identity in [known for known, rows in self._canisters.items() if canisters.get(known) is not rows.canister]:
            self._canisters.pop(identity).remove(self._store)
        for identity, canister in canisters.items():
            rows = self._canisters.get(identity)
            if rows is None:
                self._places += 1
                rows = self._canisters[identity] = CanisterRows(canister, self._places)
            rows.save(self._store)

    def _save_pool(self) -> None:
        before, self._messages = self._messages, {}
        for message in self._subnet.pool.waiting():
            known = before.pop(id(message), None)
            if known is None:
                self._message_numbers += 1
                known = (self._message_numbers, message)
                self._store.put(POOL_SPACE, number(known[0]), WAITING.dump(Waiting(message)))
            self._messages[id(message)] = known
        for gone, _ in before.values():
            self._store.delete(POOL_SPACE, number(gone))

    def _save_answers(self) -> None:
        answers = self._subnet.answers
        for gone in self._answers.keys() - answers.keys():
            self._store.delete(ANSWERS_SPACE, number(gone))
        for at, response in answers.items():
            if at not in self._answers or self._answers[at] is not response:
                self._store.put(ANSWERS_SPACE, number(at), ANSWER.dump(Answer(response)))
        self._answers = dict(answers)

    # loading ---------------------------------------------------------------------------------------------------------

    def load(self, open_module: OpenModule) -> list[str]:
        self._stale = False
        self._load_single(SUBNET_KEY, SUBNET, self._subnet)
        self._load_single(FAULTS_KEY, FAULTS, self._subnet.faults)
        losses = self._load_canisters(open_module)
        for key, row in self._store.items(POOL_SPACE):
            message = WAITING.load(row).message
            self._message_numbers = int.from_bytes(key, "big")
            self._messages[id(message)] = (self._message_numbers, message)
            self._subnet.pool.add(message)
        self._answers = {int.from_bytes(key, "big"): ANSWER.load(row).response for key, row in self._store.items(ANSWERS_SPACE)}
        self._subnet.answers.update(self._answers)
        return losses

    def _load_single(self, key: bytes, codec: RowCodec[Any], target: object) -> None:
        row = self._store.get(SUBNET_SPACE, key)
        if row is None:
            raise BadRow(f"the row {key.decode()} is missing")
        self._single[key] = row
        for name, value in codec.load_fields(row).items():
            setattr(target, name, value)

    def _load_canisters(self, open_module: OpenModule) -> list[str]:
        losses: list[str] = []
        contexts, pending, heaps = (self._by_place(space) for space in (CONTEXTS_SPACE, PENDING_SPACE, HEAPS_SPACE))
        for key, row in self._store.items(CANISTERS_SPACE):
            canister = CANISTER.load(row, contexts=_numbered(CONTEXT, contexts[key]), pending=_numbered(PENDING, pending[key]))
            canister.open_calls = Counter(call.callee for call in canister.pending.values())
            if canister.module_hash is not None:
                canister.engine, lost = self._open(canister, open_module, heaps[key])
                losses.extend(f"canister {canister.id} lost {loss}" for loss in lost)
            self._places = int.from_bytes(key, "big")
            rows = self._canisters[canister.id] = CanisterRows(canister, self._places)
            rows.know(set(heaps[key]))
            self._subnet.canisters[canister.id] = canister
        return losses

    def _by_place(self, space: bytes) -> dict[bytes, dict[bytes, bytes]]:
        """The rows of a space by canister."""
        found: dict[bytes, dict[bytes, bytes]] = defaultdict(dict)
        for key, row in self._store.items(space):
            found[key[:8]][key[8:]] = row
        return found

    def _open(self, canister: Canister, open_module: OpenModule, rows: dict[bytes, bytes]) -> tuple[Engine, list[str]]:
        """The engine with its heap; each attempt leaves out what the one before could not use."""
        assert canister.module_hash is not None
        module = module_store.module_of(self._store, canister.module_hash)
        if module is None:
            raise BadRow(f"the module of canister {canister.id} is missing")
        without: dict[bytes, str] = {}
        while True:
            engine = open_module(module)
            try:
                losses = engine.rebuild(rows, without.keys())
            except CannotRebuild as problem:
                engine.close()
                without[problem.row] = str(problem)
            else:
                reasons = "; ".join(dict.fromkeys(without.values()))
                return engine, [f"{loss} ({reasons})" for loss in losses]


def _numbered(codec: RowCodec[Any], rows: dict[bytes, bytes]) -> dict[int, Any]:
    return {int.from_bytes(key, "big"): codec.load(row) for key, row in rows.items()}
