"""What a canister printed and how it trapped: a ring of a few KiB that its controllers can read.

Source: IC interface specification, IC method `fetch_canister_logs`.
"""

from __future__ import annotations

from dataclasses import dataclass

RECORD_BYTES = 16
"""What a record takes beside its content: its number and its time."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One line; `index` counts from 0 over all that the canister ever logged."""

    index: int
    time_ns: int
    content: bytes

    @property
    def size(self) -> int:
        """Bytes that the record takes of the log's limit."""
        return RECORD_BYTES + len(self.content)


@dataclass(frozen=True, slots=True)
class Log:
    """A value: adding answers another log."""

    records: tuple[LogRecord, ...] = ()
    """Oldest first."""
    next_index: int = 0

    def add(self, time_ns: int, text: str, limit: int) -> Log:
        """With one more record, and without the oldest ones that no longer fit into `limit` bytes.

        Content longer than the limit allows is cut off; with a limit of 0 nothing is kept.
        """
        content = text.encode("utf-8", "replace")[: max(0, limit - RECORD_BYTES)]
        record = LogRecord(self.next_index, time_ns, content)
        return Log((*self.records, record), self.next_index + 1).within(limit)

    def within(self, limit: int) -> Log:
        """Without the oldest records that do not fit into `limit` bytes."""
        room, first = limit, len(self.records)
        while first > 0 and self.records[first - 1].size <= room:
            first -= 1
            room -= self.records[first].size
        return self if first == 0 else Log(self.records[first:], self.next_index)

    def since(self, index: int) -> Log:
        """Without the records before number `index`; the numbers go on."""
        return Log(tuple(record for record in self.records if record.index >= index), self.next_index)

    @property
    def size(self) -> int:
        """Bytes, as the limit counts them."""
        return sum(record.size for record in self.records)
