"""Functions that run as native code in the canister, or in its library's Python where CPython has C: which price they have.

A price is a kind of work for the call and, where its size matters, one for each unit. Everything that is not here is an
ordinary native call.
"""

from __future__ import annotations

import abc
import binascii
import bisect
import datetime
import decimal
import functools
import hashlib
import heapq
import itertools
import math
import struct
import zlib
from collections.abc import Callable, Sized
from dataclasses import dataclass
from typing import Any

Key = tuple[str, str]


def _nothing(function: Any, arguments: tuple[Any, ...]) -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Native:
    """`kind` is counted once a call; `per` by what `before` answers, or `after` of the result.

    `cast`: called with one of these, it only answers it, and counts as a cast.
    With `is_library` the function is priced as a whole, and the Python that CPython's library runs inside of it is not counted.
    """

    kind: str
    per: str | None = None
    before: Callable[[Any, tuple[Any, ...]], int] = _nothing
    after: Callable[[Any], int] | None = None
    is_library: bool = False
    cast: type | None = None


def native_key(function: Any) -> Key:
    """Under which key a native callable is priced: module and name, or for a method its type and name."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__name__", type(function).__name__)
    if owner is None or type(owner).__name__ == "module":
        return (getattr(function, "__module__", None) or "builtins", name)
    if isinstance(owner, type):
        return (owner.__name__, name)
    return (type(owner).__name__, name)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, Sized) else 0


def _own(function: Any, arguments: tuple[Any, ...]) -> int:
    return _size(function.__self__)


def _first(function: Any, arguments: tuple[Any, ...]) -> int:
    return _size(arguments[0]) if arguments else 0


def _last(function: Any, arguments: tuple[Any, ...]) -> int:
    return _size(arguments[-1]) if arguments else 0


def _comparisons(function: Any, arguments: tuple[Any, ...]) -> int:
    size = _first(function, arguments)
    return size * max(1, size.bit_length())


def _own_comparisons(function: Any, arguments: tuple[Any, ...]) -> int:
    size = _size(function.__self__)
    return size * max(1, size.bit_length())


def _height(function: Any, arguments: tuple[Any, ...]) -> int:
    return _first(function, arguments).bit_length()


def _digits(value: Any) -> int:
    return (int(value).bit_length() + 31) // 32 if isinstance(value, int) else 0


def _powers(function: Any, arguments: tuple[Any, ...]) -> int:
    if len(arguments) < 3 or not all(isinstance(argument, int) for argument in arguments):
        return 1
    exponent = int(arguments[1])
    return max(1, exponent.bit_length()) * max(1, _digits(arguments[2]))


def _values_in(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(1 + _values_in(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return 1 + sum(_values_in(item) for item in value)
    return 1


def _repr_size(function: Any, arguments: tuple[Any, ...]) -> int:
    return _values_in(arguments[0]) if arguments else 0


def _is_abstract(function: Any, arguments: tuple[Any, ...]) -> int:
    classes = arguments[1] if len(arguments) > 1 else ()
    each = classes if isinstance(classes, tuple) else (classes,)
    return sum(1 for cls in each if isinstance(cls, abc.ABCMeta) and type(arguments[0]) is not cls)


def _text_size(value: Any) -> int:
    return len(value)


def _bits_text(function: Any, arguments: tuple[Any, ...]) -> int:
    return _digits(arguments[0]) ** 2 if arguments else 0


_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_224", "sha3_256", "sha3_384", "sha3_512", "blake2b", "blake2s")


def _hashes() -> dict[Key, Native]:
    table: dict[Key, Native] = {}
    for name in _HASHES:
        function = getattr(hashlib, name)
        native = Native("hash", "hashed_byte", _first)
        table[native_key(function)] = native
        table[function.__module__, function.__qualname__] = native
        kind = type(function(b"")).__name__
        table[kind, "update"] = Native("native", "hashed_byte", _first)
        table[kind, "digest"] = table[kind, "hexdigest"] = Native("digest")
        table[kind, "copy"] = Native("digest")
    table["hashlib", "new"] = Native("hash", "hashed_byte", _last)
    return table


def _texts() -> dict[Key, Native]:
    return {
        ("str", "encode"): Native("native", "encoded_byte", _own),
        ("bytes", "decode"): Native("native", "decoded_byte", _own),
        ("bytes", "hex"): Native("native", "hex_byte", _own),
        ("bytes", "fromhex"): Native("native", "unhex_byte", after=_text_size),
        ("str", "join"): Native("native", "joined_item", _first),
        ("bytes", "join"): Native("native", "joined_item", _first),
        ("str", "split"): Native("native", "split_item", after=_text_size),
        ("bytes", "split"): Native("native", "split_item", after=_text_size),
        ("str", "rsplit"): Native("native", "split_item", after=_text_size),
        ("str", "splitlines"): Native("native", "split_item", after=_text_size),
        ("str", "partition"): Native("native_text", "scanned_byte", _own),
        ("str", "rpartition"): Native("native_text", "scanned_byte", _own),
        ("str", "replace"): Native("native_text", "scanned_byte", _own),
        ("str", "translate"): Native("native_text", "translated_byte", _own),
        ("str", "lower"): Native("native_text", "cased_byte", _own),
        ("str", "upper"): Native("native_text", "cased_byte", _own),
        ("str", "strip"): Native("native_text"),
        ("str", "format"): Native("format_call"),
        ("str", "isascii"): Native("native", "scanned_byte", _own),
        ("str", "count"): Native("native", "scanned_byte", _own),
        ("str", "find"): Native("native", "scanned_byte", _own),
        ("binascii", "b2a_base64"): Native("native", "b64_byte", _first),
        ("binascii", "a2b_base64"): Native("native", "unb64_byte", after=_text_size),
        ("binascii", "hexlify"): Native("native", "hex_byte", _first),
        ("binascii", "unhexlify"): Native("native", "unhex_byte", after=_text_size),
        native_key(binascii.crc32): Native("native", "crc_byte", _first),
        native_key(zlib.crc32): Native("native", "crc_byte", _first),
        ("zlib", "compress"): Native("native", "compressed_byte", _first),
        ("builtins", "str"): Native("make_text", "text_digit", _bits_text, cast=str),
        ("builtins", "repr"): Native("make_text", "repr_value", _repr_size),
        ("builtins", "format"): Native("make_text"),
        ("builtins", "hex"): Native("make_text"),
        ("builtins", "bin"): Native("make_text"),
        ("builtins", "oct"): Native("make_text"),
        ("builtins", "chr"): Native("native"),
        ("builtins", "bytes"): Native("make_bytes", "made_byte", after=_text_size),
        ("builtins", "bytearray"): Native("make_bytes", "made_byte", after=_text_size),
    }


def _numbers() -> dict[Key, Native]:
    return {
        ("builtins", "int"): Native("parse_int", "scanned_byte", _first, cast=int),
        ("int", "to_bytes"): Native("int_to_bytes"),
        ("int", "from_bytes"): Native("int_from_bytes"),
        ("int", "bit_length"): Native("native"),
        ("builtins", "divmod"): Native("divmod"),
        ("builtins", "pow"): Native("native", "power_step", _powers),
        ("builtins", "float"): Native("native"),
        ("builtins", "round"): Native("rounding"),
        ("builtins", "sum"): Native("native", "summed_item", _first),
        ("builtins", "min"): Native("native", "compared_item", _first),
        ("builtins", "max"): Native("native", "compared_item", _first),
        native_key(math.isqrt): Native("native", "big_digit", lambda function, arguments: 8 * _digits(arguments[0])),
        native_key(struct.pack): Native("struct_call"),
        native_key(struct.unpack): Native("struct_call"),
        native_key(struct.unpack_from): Native("struct_call"),
        native_key(struct.calcsize): Native("struct_call"),
        native_key(bisect.bisect_left): Native("bisect"),
        native_key(bisect.bisect_right): Native("bisect"),
        native_key(bisect.insort_right): Native("bisect"),
    }


def _collections() -> dict[Key, Native]:
    return {
        ("builtins", "list"): Native("make_sequence", "made_item", after=_text_size),
        ("builtins", "tuple"): Native("make_sequence", "made_item", after=_text_size),
        ("builtins", "set"): Native("make_sequence", "hashed_item", after=_text_size),
        ("builtins", "frozenset"): Native("make_sequence", "hashed_item", after=_text_size),
        ("builtins", "dict"): Native("make_sequence", "hashed_item", after=_text_size),
        ("builtins", "sorted"): Native("native", "sort_step", _comparisons),
        ("list", "sort"): Native("native", "sort_step", _own_comparisons),
        ("list", "extend"): Native("native", "made_item", _first),
        ("list", "copy"): Native("native", "made_item", _own),
        ("list", "index"): Native("native", "compared_item", _own),
        ("list", "count"): Native("native", "compared_item", _own),
        ("list", "insert"): Native("native"),
        ("list", "reverse"): Native("native", "copied_item", _own),
        ("dict", "update"): Native("native", "hashed_item", _first),
        ("dict", "copy"): Native("native", "hashed_item", _own),
        ("dict", "fromkeys"): Native("native", "hashed_item", after=_text_size),
        ("set", "update"): Native("native", "hashed_item", _first),
        ("set", "union"): Native("native", "hashed_item", after=_text_size),
        ("set", "issuperset"): Native("native", "hashed_item", _first),
        ("frozenset", "issuperset"): Native("native", "hashed_item", _first),
        ("builtins", "range"): Native("make_range"),
        ("builtins", "enumerate"): Native("make_iterator"),
        ("builtins", "zip"): Native("make_iterator"),
        ("builtins", "map"): Native("make_iterator"),
        ("builtins", "filter"): Native("make_iterator"),
        ("builtins", "reversed"): Native("make_iterator"),
        ("builtins", "bool"): Native("native"),
        ("builtins", "object"): Native("native"),
        ("builtins", "type"): Native("native"),
        ("builtins", "isinstance"): Native("native", "abstract_check", _is_abstract),
        ("builtins", "issubclass"): Native("native", "abstract_check", _is_abstract),
        ("builtins", "any"): Native("native", "compared_item", _first),
        ("builtins", "all"): Native("native", "compared_item", _first),
        **{("itertools", name): Native("make_iterator") for name in dir(itertools) if not name.startswith("_")},
        ("collections", "deque"): Native("make_sequence", "made_item", after=_text_size),
        ("collections", "defaultdict"): Native("instance"),
        ("array", "array"): Native("make_sequence", "made_item", after=_text_size),
    }


def _library() -> dict[Key, Native]:
    """What is Python in the canister's library and C in CPython's: priced as a whole."""
    def whole(kind: str, per: str | None = None, **how: Any) -> Native:
        return Native(kind, per, is_library=True, **how)

    def parsed(result: Any) -> int:
        return _values_in(result)

    heap = {
        native_key(function): Native("heap_call", "heap_step", _height)
        for function in (heapq.heappush, heapq.heappop, heapq.heapreplace, heapq.heappushpop)
    }
    moments = [datetime.datetime, datetime.date, datetime.timedelta, datetime.time, datetime.timezone]
    return {
        ("json", "loads"): whole("json_loads", "json_value", after=parsed),
        ("json", "dumps"): whole("json_dumps", "json_value", before=_repr_size),
        ("base64", "b32encode"): whole("base32_call", "base32_encoded_byte", before=_first),
        ("base64", "b32decode"): whole("base32_call", "base32_decoded_byte", after=_text_size),
        **{("re", name): whole("regex_call") for name in (
            "compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer")},
        **heap,
        native_key(heapq.heapify): Native("heap_call", "heap_step", _comparisons),
        ("decimal", "Decimal"): whole("decimal_call"),
        **{("Decimal", name): whole("decimal_call") for name in dir(decimal.Decimal) if not name.startswith("__")},
        **{(cls.__module__, cls.__qualname__): whole("datetime_call") for cls in moments},
        **{(cls.__name__, name): Native("datetime_call") for cls in moments for name in dir(cls) if not name.startswith("__")},
        ("collections", "Counter"): whole("counter_call", "hashed_item", after=_text_size),
        ("collections", "OrderedDict"): whole("counter_call", "hashed_item", after=_text_size),
        ("functools", "partial"): Native("instance"),
    }  # fmt: skip


def _all() -> dict[Key, Native]:
    return {**_texts(), **_numbers(), **_collections(), **_library(), **_hashes()}


NATIVES = _all()
"""By key; `native_key` tells under which a function stands. Classes stand under their module and name."""

CACHED = functools._lru_cache_wrapper  # noqa: SLF001 - the type of functions under `lru_cache`
MOMENTS = (datetime.date, datetime.timedelta, datetime.time, datetime.tzinfo)
"""Classes whose library is Python in the canister, subclasses included."""
