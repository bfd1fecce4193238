"""What a registry was given, naively: records in their order, and the Merkle tree over them, computed anew at every look."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256


def tree_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, by its definition."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + tree_root(leaves[:split]) + tree_root(leaves[split:])).digest()


@dataclass
class StreamModel:
    """One stream: what was appended to it."""

    records: list[tuple[str, str]] = field(default_factory=list)
    """(contributor, payload), in order."""
    next_batch: dict[str, int] = field(default_factory=dict)

    def appended(self) -> Counter[str]:
        """Records of each contributor."""
        return Counter(who for who, _ in self.records)
