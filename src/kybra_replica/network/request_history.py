"""What became of the calls from outside: received, processing, replied or rejected, done, forgotten; never backwards.

A request id is known until its `ingress_expiry` has passed and its answer is no longer kept, so that nothing is executed
twice: a later copy of the request is refused by its expiry. Answers are kept for five minutes, or until too many are.
Source: IC interface specification, sections "Request status" and "Overview of canister execution".
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice

from kybra_replica.network.hash_tree import Node
from kybra_replica.network.id_tree import ID_BYTES, IdTree
from kybra_replica.network.messages import Response
from kybra_replica.network.request_entries import DONE_TREE, Entry, Stage, parties, receiver_in, sender_in
from kybra_replica.network.request_rows import EXPIRED_UNTIL, LIMITS, SPACE, from_row, to_row
from kybra_replica.principal import Principal
from kybra_replica.system_api import StableStore

MAX_ANSWERS = 16_384
MAX_ANSWER_BYTES = 64 * 1024 * 1024
EXPIRED_AT_ONCE = 1_000
"""How many ids one call of `expire` moves on; the others wait for the next, so that no block takes long over them."""


class WouldGoBack(ValueError):
    """The request has got further than that already."""


@dataclass(frozen=True, slots=True)
class Status:
    """How far a request has got; `response` is there while it is replied or rejected."""

    stage: Stage
    response: Response | None = None

    @property
    def final(self) -> bool:
        """Whether it has had its answer."""
        return self.stage > Stage.PROCESSING


class RequestHistory:
    """All requests that are known, and their part of the certified state.

    What changes shows in `tree` from the next `commit` on: between two of them the certified state stands still.
    """

    def __init__(self, *, max_answers: int = MAX_ANSWERS, max_answer_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._max_answers = max_answers
        self._max_answer_bytes = max_answer_bytes
        self._expired_until = 0
        self._unsaved: set[bytes] | None = None
        """What the next `save` writes; None before the first: everything."""
        self._clear()

    def _clear(self) -> None:
        self._entries: dict[bytes, Entry] = {}
        """Requests that are pending or whose answer is kept; the others are in the tree alone."""
        self._answered: deque[bytes] = deque()
        """Whose answers are kept, in the order in which they came."""
        self._answer_bytes = 0
        self._changed: dict[bytes, Entry | None] = {}
        """What the next `commit` puts into the tree; None: takes out."""
        self._ids = IdTree(DONE_TREE)

    # the life of a request -------------------------------------------------------------------------------------------

    def receive(self, request_id: bytes, *, sender: Principal, receiver: Principal, expiry_ns: int, number: int = 0) -> bool:
        """Note a new request, `number` being the node's own name for it. Raises ValueError for an id that has not 32 bytes.

        False, with nothing noted, for one that is known or that may have been forgotten because its expiry has passed:
        it must not be executed. `status` tells the two apart.
        """
        if len(request_id) != ID_BYTES:
            raise ValueError(f"a request id has {ID_BYTES} bytes, not {len(request_id)}")
        if expiry_ns < self._expired_until or self._find(request_id) is not None:
            return False
        entry = Entry(Stage.RECEIVED, parties(sender.raw, receiver.raw), expiry_ns, number)
        self._entries[request_id] = entry
        self._change(request_id, entry)
        return True

    def start(self, request_id: bytes) -> None:
        """The request is being worked on. Raises LookupError for an unknown one, WouldGoBack unless it was just received."""
        entry = self._known(request_id)
        if entry.stage is not Stage.RECEIVED:
            raise WouldGoBack(f"request {request_id.hex()} cannot start: it is {entry.stage.label}")
        entry.stage = Stage.PROCESSING
        self._change(request_id, entry)

    def finish(self, request_id: bytes, response: Response, now_ns: int) -> None:
        """The request was answered. Raises LookupError for an unknown one, WouldGoBack for one that has had an answer."""
        entry = self._known(request_id)
        if entry.stage > Stage.PROCESSING:
            raise WouldGoBack(f"request {request_id.hex()} cannot be answered: it is {entry.stage.label}")
        entry.answer(response, now_ns)
        self._answered.append(request_id)
        self._answer_bytes += entry.answer_bytes
        self._change(request_id, entry)
        while len(self._answered) > self._max_answers or self._answer_bytes > self._max_answer_bytes:
            self._drop_oldest_answer()

    def expire(self, now_ns: int, limit: int = EXPIRED_AT_ONCE) -> int:
        """Commit, then drop answers that are too old and forget ids whose expiry has passed; how many steps, `limit` at most.

        A request without an answer is never forgotten, and one whose answer is kept not before that is dropped.
        """
        self.commit()
        self._expired_until = max(self._expired_until, now_ns)
        steps = 0
        while steps < limit and self._answered and self._entries[self._answered[0]].answer_until_ns < now_ns:
            self._drop_oldest_answer()
            steps += 1
        overdue = self._ids.overdue(now_ns.to_bytes(8, "big"))
        for request_id in islice((gone for gone in overdue if gone not in self._entries), limit - steps):
            self._change(request_id, None)
            steps += 1
        return steps

    # what is known ---------------------------------------------------------------------------------------------------

    def status(self, request_id: bytes) -> Status | None:
        """How far the request has got, be it certified already or not; None for an unknown one."""
        entry = self._find(request_id)
        return None if entry is None else Status(entry.stage, entry.response)

    def knows(self, request_id: bytes) -> bool:
        """Whether `status` answers something."""
        return self._find(request_id) is not None

    def sender_of(self, request_id: bytes) -> Principal | None:
        """Who sent the request; None for an unknown one."""
        entry = self._find(request_id)
        return None if entry is None else Principal(sender_in(entry.parties))

    def receiver_of(self, request_id: bytes) -> Principal | None:
        """The canister that the request calls; None for an unknown one."""
        entry = self._find(request_id)
        return None if entry is None else Principal(receiver_in(entry.parties))

    def pending(self) -> list[tuple[int, bytes]]:
        """Number and id of every request without an answer, by number."""
        return sorted((entry.number, request_id) for request_id, entry in self._entries.items() if entry.stage <= Stage.PROCESSING)

    def __len__(self) -> int:
        """How many requests are known, as of the last commit."""
        return len(self._ids)

    # the certified state ---------------------------------------------------------------------------------------------

    def commit(self) -> None:
        """Put what changed into the tree."""
        if self._changed:
            changed, self._changed = self._changed, {}
            self._ids.update({request_id: None if entry is None else (entry.note, entry.tree) for request_id, entry in changed.items()})

    @property
    def tree(self) -> Node:
        """What stands under `/request_status` since the last commit."""
        return self._ids

    def shows(self, request_id: bytes) -> bool:
        """Whether the tree has the request."""
        return self._ids.note(request_id) is not None

    def encode_shown(self, request_id: bytes) -> bytes:
        """CBOR of the tree with only the request, which it has, and hashes."""
        out: list[bytes] = []
        self._ids.write((request_id,), {request_id: [()]}, out)
        return b"".join(out)

    # the store -------------------------------------------------------------------------------------------------------

    def save(self, store: StableStore) -> None:
        """Write what changed since the last save or load, in a transaction of its own. Always to the same store."""
        store.begin()
        try:
            self._write(store)
        except BaseException:
            store.rollback()
            raise
        store.commit()
        self._unsaved = set()

    def _write(self, store: StableStore) -> None:
        unsaved = self._unsaved
        rows: dict[bytes, bytes | None] = {}
        if unsaved is None:
            rows.update((request_id, None) for request_id, _ in store.items(SPACE))
            self.commit()
            unsaved = {request_id for request_id, _ in self._ids.notes()}
        for request_id in unsaved:
            entry = self._find(request_id)
            rows[request_id] = None if entry is None else to_row(entry)
        store.overwrite(SPACE, rows)
        store.put(LIMITS, EXPIRED_UNTIL, self._expired_until.to_bytes(8, "big"))

    def load(self, store: StableStore) -> None:
        """Know what was saved and nothing else. Raises ValueError for rows of another format."""
        self._clear()
        for request_id, row in store.items(SPACE):
            entry = from_row(row)
            self._changed[request_id] = entry
            if entry.stage is not Stage.DONE:
                self._entries[request_id] = entry
        answered = [(entry.finished_ns, request_id) for request_id, entry in self._entries.items() if entry.response is not None]
        self._answered.extend(request_id for _, request_id in sorted(answered))
        self._answer_bytes = sum(entry.answer_bytes for entry in self._entries.values())
        self._expired_until = int.from_bytes(store.get(LIMITS, EXPIRED_UNTIL) or b"", "big")
        self._unsaved = set()
        self.commit()

    # within ----------------------------------------------------------------------------------------------------------

    def _find(self, request_id: bytes) -> Entry | None:
        entry = self._entries.get(request_id)
        if entry is not None:
            return entry
        if request_id in self._changed:
            return self._changed[request_id]
        note = self._ids.note(request_id)
        return None if note is None else Entry.done(note)

    def _known(self, request_id: bytes) -> Entry:
        entry = self._find(request_id)
        if entry is None:
            raise LookupError(f"request {request_id.hex()} is not known")
        return entry

    def _change(self, request_id: bytes, entry: Entry | None) -> None:
        self._changed[request_id] = entry
        if self._unsaved is not None:
            self._unsaved.add(request_id)

    def _drop_oldest_answer(self) -> None:
        request_id = self._answered.popleft()
        entry = self._entries.pop(request_id)
        self._answer_bytes -= entry.answer_bytes
        entry.forget_answer()
        self._change(request_id, entry)
