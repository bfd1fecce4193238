"""One canister on disk: which of its rows differ from what stands there."""

from __future__ import annotations

from operator import attrgetter

from kybra_replica.network.canister import CallContext, Canister
from kybra_replica.state.formats import (
    CANISTER,
    CANISTERS_SPACE,
    CONTEXT,
    CONTEXTS_SPACE,
    HEAPS_SPACE,
    PENDING,
    PENDING_SPACE,
    number,
)
from kybra_replica.system_api import Engine, StableStore

_read_context = attrgetter(*CONTEXT.fields)
_read_canister = attrgetter(*CANISTER.fields)


class CanisterRows:
    """What stands on disk of `canister`, which has the place `place`. Nothing does at first; `know` says what was read.

    Rows change together with the canister's own fields (every kept execution raises the version, every undone one takes a number or
    ends a pending call), so a canister whose fields are as they were is not looked at further.
    """

    def __init__(self, canister: Canister, place: int) -> None:
        self.canister = canister
        self.place = place
        self._fields: tuple[object, ...] = ()
        self._parts: dict[str, tuple[object, bytes]] = {}
        self._contexts: dict[int, tuple[object, ...]] = {}
        self._pending: set[int] = set()
        self._engine: Engine | None = None
        self._heap: object | None = None
        self._heap_keys: set[bytes] = set()

    def know(self, heap_keys: set[bytes]) -> None:
        """The canister was read from disk, its heap from these rows."""
        self._contexts = {at: _read_context(context) for at, context in self.canister.contexts.items()}
        self._pending = set(self.canister.pending)
        self._engine, self._heap_keys = self.canister.engine, heap_keys

    def save(self, store: StableStore) -> None:
        """Write what differs, in the transaction that is open."""
        canister = self.canister
        fields = (_read_canister(canister), len(canister.contexts), len(canister.pending), canister.engine)
        if fields == self._fields and not CANISTER.mutable:
            return
        self._fields = fields
        store.put(CANISTERS_SPACE, number(self.place), self._row())
        self._save_contexts(store)
        self._save_pending(store)
        self._save_heap(store)

    def remove(self, store: StableStore) -> None:
        """The canister is gone."""
        store.delete(CANISTERS_SPACE, number(self.place))
        for space, keys in ((CONTEXTS_SPACE, self._contexts), (PENDING_SPACE, self._pending)):
            for key in keys:
                store.delete(space, number(self.place) + number(key))
        self._forget_heap(store)

    def _row(self) -> bytes:
        """Only fields that hold another object than last time are encoded anew: a log of 4 KiB costs nothing while it stands."""
        for name in CANISTER.fields:
            value = getattr(self.canister, name)
            known = self._parts.get(name)
            if known is None or known[0] is not value or name in CANISTER.mutable:
                self._parts[name] = (value, CANISTER.dump_field(name, value))
        return CANISTER.join([part for _, part in self._parts.values()])

    def _save_contexts(self, store: StableStore) -> None:
        contexts: dict[int, CallContext] = self.canister.contexts
        for gone in self._contexts.keys() - contexts.keys():
            store.delete(CONTEXTS_SPACE, number(self.place) + number(gone))
            del self._contexts[gone]
        for at, context in contexts.items():
            fields = _read_context(context)
            if self._contexts.get(at) != fields:
                self._contexts[at] = fields
                store.put(CONTEXTS_SPACE, number(self.place) + number(at), CONTEXT.dump(context))

    def _save_pending(self, store: StableStore) -> None:
        pending = self.canister.pending
        for gone in self._pending - pending.keys():
            store.delete(PENDING_SPACE, number(self.place) + number(gone))
        for at in pending.keys() - self._pending:
            store.put(PENDING_SPACE, number(self.place) + number(at), PENDING.dump(pending[at]))
        self._pending = set(pending)

    def _save_heap(self, store: StableStore) -> None:
        engine = self.canister.engine
        if engine is not self._engine:
            self._forget_heap(store)
            self._engine, self._heap = engine, None
        if engine is None:
            return
        rows = engine.heap_rows(self._heap)
        gone = self._heap_keys - rows.changed.keys() if self._heap is None else set()
        for key in gone:
            self._put_heap(store, key, None)
        for key, row in rows.changed.items():
            self._put_heap(store, key, row)
        self._heap = rows.written

    def _put_heap(self, store: StableStore, key: bytes, row: bytes | None) -> None:
        if row is None:
            store.delete(HEAPS_SPACE, number(self.place) + key)
            self._heap_keys.discard(key)
        else:
            store.put(HEAPS_SPACE, number(self.place) + key, row)
            self._heap_keys.add(key)

    def _forget_heap(self, store: StableStore) -> None:
        for key in list(self._heap_keys):
            self._put_heap(store, key, None)
