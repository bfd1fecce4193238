"""A certified set of request ids: a hash tree that keeps no objects for an id and touches only what changed.

Ids lie in 65 536 buckets by their first two bytes. A bucket keeps its ids as one byte string; the tree within is made anew when
the bucket changes or somebody reads it. Above the buckets stands a binary tree of hashes, as a list in which the children of
`i` are `2 * i` and `2 * i + 1`; where one side is empty, the other stands for both, so that no certificate shows an empty tree
beside labels. An id's subtree is the one it was given, or else the tree's default, which costs nothing to keep.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from kybra_replica.network import hash_tree
from kybra_replica.network.hash_tree import FORK_DOMAIN, WRITTEN_FORK, WRITTEN_PRUNED, IndexedLevel, Node, Questions

ID_BYTES = 32
NOTE_BYTES = 68
"""What is kept with an id: its deadline (8 bytes, big-endian), and 60 bytes that mean nothing to the tree."""

NEVER = b"\xff" * 8
_BITS = 16
_BUCKETS = 1 << _BITS
_ROW = ID_BYTES + NOTE_BYTES
_EXPANDED_BUCKETS = 256
"""The trees of so many buckets are kept from one update to the next: readers ask for what has just changed."""

Change = tuple[bytes, Node] | None
"""A note and a subtree; None: the id goes."""


class IdTree(IndexedLevel):
    """Ids in order, each with a note and a subtree."""

    def __init__(self, default: Node) -> None:
        self._default = default
        self._subtrees: dict[bytes, Node] = {}
        """Those that are not the default."""
        self._rows = [b""] * _BUCKETS
        self._hashes: list[bytes | None] = [None] * (2 * _BUCKETS)
        self._deadlines = [NEVER] * (2 * _BUCKETS)
        """The earliest below."""
        self._expanded: dict[int, Node] = {}
        self._size = 0
        self._empty = hash_tree.empty()
        self.hash = self._empty.hash

    def __len__(self) -> int:
        return self._size

    def note(self, identity: bytes) -> bytes | None:
        """What is kept with the id; None when it is not there."""
        rows = self._rows[_bucket(identity)]
        for start in range(0, len(rows), _ROW):
            if rows.startswith(identity, start):
                return rows[start + ID_BYTES : start + _ROW]
        return None

    def notes(self) -> Iterator[tuple[bytes, bytes]]:
        """All ids with their notes, ascending."""
        for rows in self._rows:
            yield from _notes(rows)

    def overdue(self, deadline: bytes) -> Iterator[bytes]:
        """The ids whose deadlines are before this one, ascending."""
        waiting = [1]
        while waiting:
            place = waiting.pop()
            if self._deadlines[place] >= deadline:
                continue
            if place < _BUCKETS:
                waiting += (2 * place + 1, 2 * place)
            else:
                yield from (identity for identity, note in _notes(self._rows[place - _BUCKETS]) if note[:8] < deadline)

    def update(self, changes: Mapping[bytes, Change]) -> None:
        """Put ids in, with notes and subtrees, or in the place of what they had; or take them out."""
        self._expanded.clear()
        buckets: dict[int, list[tuple[bytes, Change]]] = {}
        for identity, change in changes.items():
            if change is None or change[1] is self._default:
                self._subtrees.pop(identity, None)
            else:
                self._subtrees[identity] = change[1]
            buckets.setdefault(_bucket(identity), []).append((identity, change))
        for bucket, changed in buckets.items():
            self._update_bucket(bucket, changed)
        self._update_above(buckets)

    def _update_bucket(self, bucket: int, changes: Iterable[tuple[bytes, Change]]) -> None:
        notes = dict(_notes(self._rows[bucket]))
        self._size -= len(notes)
        for identity, change in changes:
            if change is None:
                notes.pop(identity, None)
            else:
                notes[identity] = change[0]
        self._size += len(notes)
        self._rows[bucket] = b"".join(sorted([identity + note for identity, note in notes.items()]))
        self._hashes[_BUCKETS + bucket] = self._expand_bucket(bucket).hash if notes else None
        self._deadlines[_BUCKETS + bucket] = min([note[:8] for note in notes.values()], default=NEVER)

    def _update_above(self, buckets: Iterable[int]) -> None:
        hashes = self._hashes
        places: Iterable[int] = [_BUCKETS + bucket for bucket in buckets]
        self._update_deadlines_above(places)
        for _ in range(_BITS):
            places = {place >> 1 for place in places}
            for place in places:
                left, right = hashes[2 * place], hashes[2 * place + 1]
                if left is None or right is None:
                    hashes[place] = left or right
                else:
                    hashes[place] = sha256(FORK_DOMAIN + left + right).digest()
        self.hash = hashes[1] or self._empty.hash

    def _update_deadlines_above(self, places: Iterable[int]) -> None:
        """Goes up only as far as an earliest deadline changes: new ids seldom bring an earlier one."""
        deadlines = self._deadlines
        while places:
            above = set()
            for place in {place >> 1 for place in places}:
                earliest = min(deadlines[2 * place], deadlines[2 * place + 1])
                if deadlines[place] != earliest:
                    deadlines[place] = earliest
                    if place > 1:
                        above.add(place)
            places = above

    def _expand_bucket(self, bucket: int) -> Node:
        """The tree of a bucket that is not empty."""
        expanded = self._expanded.get(bucket)
        if expanded is None:
            own, default = self._subtrees, self._default
            labels = (hash_tree.labeled(identity, own.get(identity, default)) for identity, _ in _notes(self._rows[bucket]))
            expanded = hash_tree.level(list(labels))
            if len(self._expanded) < _EXPANDED_BUCKETS:
                self._expanded[bucket] = expanded
        return expanded

    # as a level of a hash tree ---------------------------------------------------------------------------------------

    def expand(self) -> Node:
        return self._expand(1) if self._size else self._empty

    def _expand(self, place: int) -> Node:
        if place >= _BUCKETS:
            return self._expand_bucket(place - _BUCKETS)
        left, right = 2 * place, 2 * place + 1
        if self._hashes[left] is None or self._hashes[right] is None:
            return self._expand(left if self._hashes[right] is None else right)
        return hash_tree.fork(self._expand(left), self._expand(right))

    def answer(self, label: bytes) -> Sequence[bytes]:
        bucket = _bucket(label)
        labels = [identity for identity, _ in _notes(self._rows[bucket])]
        at = bisect_left(labels, label)
        if labels[at : at + 1] == [label]:
            return (label,)
        below = labels[at - 1 : at] if at else self._nearest(bucket, -1)
        above = labels[at : at + 1] or self._nearest(bucket, 1)
        return [*below, *above]

    def _nearest(self, bucket: int, step: int) -> Sequence[bytes]:
        """The id at the near end of the next bucket in one direction that is not empty, if there is one."""
        side = (step + 1) // 2
        place = _BUCKETS + bucket
        while place > 1 and (place & 1 == side or self._hashes[place + step] is None):
            place >>= 1
        if place == 1:
            return ()
        place += step
        while place < _BUCKETS:
            place = 2 * place + 1 - side
            place = place if self._hashes[place] is not None else place ^ 1
        rows = self._rows[place - _BUCKETS]
        return (rows[:ID_BYTES] if step > 0 else rows[-_ROW : ID_BYTES - _ROW],)

    def write(self, shown: Sequence[bytes], below: Questions, out: list[bytes]) -> None:
        if len(shown) == 1:
            self._write_one(shown, below, out)
        else:
            self._write(_BITS - 1, shown, [_BUCKETS + _bucket(label) for label in shown], below, out)

    def _write_one(self, shown: Sequence[bytes], below: Questions, out: list[bytes]) -> None:
        """What `_write` writes for a single label: nearly all that readers ask for. Climbs, so that no level is compared."""
        hashes = self._hashes
        bucket = _bucket(shown[0])
        before: list[bytes] = []
        behind: list[bytes] = []
        place = _BUCKETS + bucket
        while place > 1:
            beside = hashes[place ^ 1]
            if beside is not None and place & 1:
                before.append(WRITTEN_FORK + WRITTEN_PRUNED + beside)
            elif beside is not None:
                before.append(WRITTEN_FORK)
                behind.append(WRITTEN_PRUNED + beside)
            place >>= 1
        out.extend(reversed(before))
        hash_tree.write_level(self._expand_bucket(bucket), shown, 0, 1, below, out)
        out.extend(behind)

    def _write(self, shift: int, shown: Sequence[bytes], places: Sequence[int], below: Questions, out: list[bytes]) -> None:
        """The part of the tree below the common ancestor, `shift + 1` levels above its buckets, of the places of `shown`."""
        after: list[bytes] = []
        first, last = places[0], places[-1]
        while shift >= 0:
            child = first >> shift
            if child != last >> shift:
                out.append(WRITTEN_FORK)
                middle = bisect_left(places, (child + 1) << shift)
                self._write(shift - 1, shown[:middle], places[:middle], below, out)
                self._write(shift - 1, shown[middle:], places[middle:], below, out)
                break
            beside = self._hashes[child ^ 1]
            if beside is not None and child & 1:
                out.append(WRITTEN_FORK + WRITTEN_PRUNED + beside)
            elif beside is not None:
                out.append(WRITTEN_FORK)
                after.append(WRITTEN_PRUNED + beside)
            shift -= 1
        else:
            hash_tree.write_level(self._expand_bucket(first - _BUCKETS), shown, 0, len(shown), below, out)
        out.extend(reversed(after))


def _bucket(label: bytes) -> int:
    return int.from_bytes(label[:2].ljust(2, b"\0"), "big") >> (16 - _BITS)


def _notes(rows: bytes) -> Iterator[tuple[bytes, bytes]]:
    for start in range(0, len(rows), _ROW):
        yield rows[start : start + ID_BYTES], rows[start + ID_BYTES : start + _ROW]
