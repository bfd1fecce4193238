"""Strict reading of CBOR as requests, signatures and certificates use it.

Maps become dicts, arrays lists, byte strings bytes, text str, integers and bignums int; null and undefined become None.
Written here because requests come from strangers: a general decoder knows dozens of tags (dates, regular expressions, shared values),
keeps the last of two equal keys, and differs between its releases. Source: RFC 8949; IC interface specification, section "CBOR".
"""

from __future__ import annotations

from typing import Any

SELF_DESCRIBED = b"\xd9\xd9\xf7"
"""Tag 55799, which may stand in front of the whole."""

MAX_ITEMS = 1 << 18
"""Elements of arrays and entries of maps in one text: 1000 paths of 127 labels fit twice. Bounds the time that a request can cost."""

REQUEST_DEPTH = 16
"""Arrays, maps and tags within each other; a request with delegations has 5."""

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP = range(6)
_INDEFINITE = 31
_BREAK = 0xFF
_BIGNUM = 0xC2
_MAX_NUMBER_BYTES = 8
_SIMPLE: dict[int, bool | None] = {0xF4: False, 0xF5: True, 0xF6: None, 0xF7: None}


class CborInvalid(ValueError):
    """The bytes are not CBOR of the kind that is read here. The text says what is wrong, and where."""


def read(data: bytes, depth: int = REQUEST_DEPTH) -> Any:
    """The one value that `data` encodes, with tag 55799 in front of it or not.

    `depth`: how many arrays, maps and tags may stand within each other.
    Lengths may be definite or not, and need not be the shortest. Integers have 64 bits, bignums (tag 2) no more.
    Keys of maps are text or integers.
    Raises CborInvalid for floats, other tags and simple values, a key twice in a map, text that is not UTF-8, bytes missing or left over,
    and more items or depth than is allowed.
    """
    reader = _Reader(data)
    start = len(SELF_DESCRIBED) if data.startswith(SELF_DESCRIBED) else 0
    try:
        value, end = reader.item(start, depth)
    except IndexError:
        raise _truncated() from None
    except UnicodeDecodeError:
        raise CborInvalid("invalid UTF-8 in a text string") from None
    if end != len(data):
        raise CborInvalid(f"trailing data at offset {end}")
    return value


def _truncated() -> CborInvalid:
    return CborInvalid("unexpected end of data")


class _Reader:
    """Reads items at offsets; each method answers the value and the offset behind it. An IndexError says that the data end early."""

    __slots__ = ("_data", "_items", "_size")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._size = len(data)
        self._items = MAX_ITEMS

    def item(self, start: int, depth: int) -> tuple[Any, int]:
        """The item at `start`."""
        head = self._data[start]
        number = head & 0x1F
        kind = head >> 5
        start += 1
        if number >= 24:
            if number == _INDEFINITE:
                return self._indefinite(kind, start, depth)
            number, start = self._argument(number, start)
        # The kinds stand in the order of their frequency.
        if _BYTES <= kind <= _TEXT:
            end = start + number
            if end > self._size:
                raise _truncated()
            content = self._data[start:end]
            return (content if kind == _BYTES else content.decode()), end
        if kind == _MAP:
            return self._map(number, start, depth)
        if kind == _UNSIGNED:
            return number, start
        if kind == _ARRAY:
            return self._array(number, start, depth)
        return self._rare(head, number, start)

    def _rare(self, head: int, number: int, start: int) -> tuple[Any, int]:
        if head >> 5 == _NEGATIVE:
            return -1 - number, start
        if head == _BIGNUM:
            return self._bignum(start)
        if head in _SIMPLE:
            return _SIMPLE[head], start
        raise CborInvalid(f"a float, tag, break or simple value that is not read here, before offset {start}")

    def _argument(self, width_code: int, start: int) -> tuple[int, int]:
        """The number after an initial byte: in 1, 2, 4 or 8 bytes."""
        if width_code == 24:
            return self._data[start], start + 1
        if width_code > 27:
            raise CborInvalid(f"reserved length at offset {start - 1}")
        end = start + (1 << (width_code - 24))
        if end > self._size:
            raise _truncated()
        return int.from_bytes(self._data[start:end], "big"), end

    def _map(self, entries: int, start: int, depth: int) -> tuple[dict[Any, Any], int]:
        self._enter(entries, start, depth)
        found: dict[Any, Any] = {}
        data, item = self._data, self.item
        for _ in range(entries):
            head = data[start]
            if 0x60 <= head < 0x78:  # a name of less than 24 bytes, as nearly all are
                end = start + head - 0x5F
                key: Any = data[start + 1 : end].decode()
            else:
                key, end = item(start, 0)
            head = data[end]
            if 0x40 <= head < 0x58:  # a byte string of less than 24 bytes: ids and small arguments
                start = end + head - 0x3F
                value: Any = data[end + 1 : start]
                if start > self._size:
                    raise _truncated()
            else:
                value, start = item(end, depth - 1)
            if type(key) is not str or key in found:
                self._refuse_unless_new(found, key, start)
            found[key] = value
        return found, start

    def _array(self, length: int, start: int, depth: int) -> tuple[list[Any], int]:
        self._enter(length, start, depth)
        found: list[Any] = []
        item = self.item
        for _ in range(length):
            value, start = item(start, depth - 1)
            found.append(value)
        return found, start

    def _enter(self, items: int, start: int, depth: int) -> None:
        if depth <= 0:
            raise CborInvalid(f"nested too deeply at offset {start}")
        if items > self._size - start:
            raise _truncated()
        self._items -= items
        if self._items < 0:
            raise CborInvalid(f"more than {MAX_ITEMS} items")

    @staticmethod
    def _refuse_unless_new(found: dict[Any, Any], key: Any, end: int) -> None:
        if type(key) is not str and type(key) is not int:
            raise CborInvalid(f"a key that is neither text nor integer before offset {end}")
        if key in found:
            raise CborInvalid(f"duplicate key before offset {end}")

    def _indefinite(self, kind: int, start: int, depth: int) -> tuple[Any, int]:
        if kind == _BYTES:
            return self._chunks(bytes, b"", start)
        if kind == _TEXT:
            return self._chunks(str, "", start)
        if kind == _ARRAY:
            return self._indefinite_array(start, depth)
        if kind == _MAP:
            return self._indefinite_map(start, depth)
        raise CborInvalid(f"indefinite length where none may be, at offset {start - 1}")

    def _chunks(self, kind: type[Any], empty: Any, start: int) -> tuple[Any, int]:
        """The chunks of a string, which have definite lengths and are of its own kind."""
        chunks = []
        while self._data[start] != _BREAK:
            self._enter(1, start, 1)
            if self._data[start] & 0x1F == _INDEFINITE:
                raise CborInvalid(f"a chunk of indefinite length at offset {start}")
            chunk, start = self.item(start, 0)
            if type(chunk) is not kind:
                raise CborInvalid(f"a chunk of another kind before offset {start}")
            chunks.append(chunk)
        return empty.join(chunks), start + 1

    def _indefinite_array(self, start: int, depth: int) -> tuple[list[Any], int]:
        found = []
        while self._data[start] != _BREAK:
            self._enter(1, start, depth)
            value, start = self.item(start, depth - 1)
            found.append(value)
        return found, start + 1

    def _indefinite_map(self, start: int, depth: int) -> tuple[dict[Any, Any], int]:
        found: dict[Any, Any] = {}
        while self._data[start] != _BREAK:
            self._enter(1, start, depth)
            key, start = self.item(start, 0)
            value, start = self.item(start, depth - 1)
            self._refuse_unless_new(found, key, start)
            found[key] = value
        return found, start + 1

    def _bignum(self, start: int) -> tuple[int, int]:
        content, end = self.item(start, 0)
        if type(content) is not bytes:
            raise CborInvalid(f"a bignum that is no byte string, at offset {start}")
        digits = content.lstrip(b"\0")
        if len(digits) > _MAX_NUMBER_BYTES:
            raise CborInvalid(f"an integer of more than 64 bits at offset {start}")
        return int.from_bytes(digits, "big"), end
