"""Raw stable memory beside the maps: what `ic.stable_*` sees when a memory manager owns the beginning.

The manager of ic-stable-structures keeps one header page and gives every map buckets of 128 pages, the first of them when
the map is first used. Its bytes are not reproduced here: code that reads or writes them is told so instead of being
answered otherwise than on chain.
"""

from __future__ import annotations

from kybra_replica.python_engine.maps import managed_maps
from kybra_replica.system_api import SystemApi, Trap
from kybra_replica.system_api.stable_memory import PAGE_BYTES

BUCKET_PAGES = 128
HEADER_BYTES = 40 + 255 * 8 + 32_768
"""What the manager writes of its header page: magic and counts, the size of each memory, the owner of each bucket."""


class RawMemory:
    """`ic0.stable64_*` with the manager's pages in front of the canister's own."""

    def __init__(self, api: SystemApi) -> None:
        self._api = api
        self._managed = managed_maps(api) * BUCKET_PAGES

    def size(self) -> int:
        """Pages, the manager's included."""
        own = self._api.stable64_size()
        return own + self._managed + (1 if self._managed and own == 0 else 0)

    def grow(self, pages: int) -> int:
        """Add pages; the size before, or -1."""
        before = self.size()
        if self._managed and self._api.stable64_size() == 0:
            self._api.stable64_grow(1)
        return before if self._api.stable64_grow(pages) >= 0 else -1

    def read(self, offset: int, length: int) -> bytes:
        return self._api.stable64_read(self._place(offset, length), length)

    def write(self, offset: int, data: bytes) -> None:
        self._api.stable64_write(self._place(offset, len(data)), data)

    def _place(self, offset: int, length: int) -> int:
        """Where the bytes lie without the manager's buckets. Traps on the manager's own and out of bounds."""
        if offset + length > self.size() * PAGE_BYTES:
            raise Trap("stable memory out of bounds", "IC0502")
        if not self._managed:
            return offset
        if self._api.stable64_size() == 0:
            self._api.stable64_grow(1)
        first_own = (1 + self._managed) * PAGE_BYTES
        if offset >= first_own:
            return offset - self._managed * PAGE_BYTES
        if offset >= HEADER_BYTES and offset + length <= PAGE_BYTES:
            return offset
        raise Trap(
            f"stable memory from {offset} to {offset + length} belongs to the manager of this canister's StableBTreeMaps, "
            "whose bytes this replica does not keep: use either maps or raw stable memory, never both in one canister"
        )
