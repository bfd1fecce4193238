"""A canister's stable memory: 64 KiB pages that start as zeros, kept sparsely in a space of the store."""

from __future__ import annotations

from kybra_replica.system_api.journal import Cells
from kybra_replica.system_api.trap import Trap

PAGE_BYTES = 65_536
MAX_PAGES = 500 * 1024**3 // PAGE_BYTES
"""500 GiB, the limit of a canister."""

_BLOCK_BYTES = 4_096
_SIZE_KEY = b"size"


class StableMemory:
    """Pages in the space `space` of `store`. Sizes in pages, offsets and lengths in bytes."""

    def __init__(self, store: Cells, space: bytes) -> None:
        self._store = store
        self._space = space

    def size(self) -> int:
        """How many pages there are."""
        return int.from_bytes(self._store.get(self._space, _SIZE_KEY) or b"", "big")

    def grow(self, pages: int) -> int:
        """Add zeroed pages; answers the size before, or -1 where the limit would be passed."""
        before = self.size()
        if before + pages > MAX_PAGES:
            return -1
        if pages:
            self._store.put(self._space, _SIZE_KEY, (before + pages).to_bytes(8, "big"))
        return before

    def read(self, offset: int, length: int) -> bytes:
        """`length` bytes at `offset`. Traps outside of the memory."""
        self._check(offset, length)
        last = (offset + length - 1) // _BLOCK_BYTES if length else -1
        pieces = [self._block(block) for block in range(offset // _BLOCK_BYTES, last + 1)]
        start = offset % _BLOCK_BYTES
        return b"".join(pieces)[start : start + length]

    def write(self, offset: int, data: bytes) -> None:
        """Put `data` at `offset`. Traps outside of the memory."""
        self._check(offset, len(data))
        position = 0
        while position < len(data):
            block, start = divmod(offset + position, _BLOCK_BYTES)
            piece = data[position : position + _BLOCK_BYTES - start]
            content = bytearray(self._block(block))
            content[start : start + len(piece)] = piece
            self._store.put(self._space, self._key(block), bytes(content))
            position += len(piece)

    def _block(self, number: int) -> bytes:
        return self._store.get(self._space, self._key(number)) or bytes(_BLOCK_BYTES)

    @staticmethod
    def _key(block: int) -> bytes:
        return b"block" + block.to_bytes(8, "big")

    def _check(self, offset: int, length: int) -> None:
        if offset + length > self.size() * PAGE_BYTES:
            raise Trap("stable memory out of bounds", "IC0502")
