"""What rewritten code asks while it runs: which functions it calls, whose attributes it reads, how long its operands are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

from kybra_replica.costs.natives import CACHED, MOMENTS, NATIVES, Native, native_key
from kybra_replica.costs.tally import Tally

_BIG = 64
"""Integers of more bits are objects of several digits: arithmetic on them costs by the digit."""

_PLAIN = frozenset({int, bool, float, type(None)})
_CONTAINERS = frozenset({str, bytes, bytearray, list, tuple, dict, set, frozenset})


class Probe:
    """Notes work in `tally`. `library` runs a function whose price stands in the table and must not be counted by the line."""

    def __init__(self, tally: Tally, library: Callable[..., Any]) -> None:
        self.tally = tally
        self._library = library

    def functions(self, prefix: str, counts: list[int]) -> dict[str, Callable[..., Any]]:
        """The names by which rewritten code asks."""

        def hit(number: int, value: Any) -> Any:
            counts[number] += 1
            return value

        named: dict[str, Callable[..., Any]] = {
            "hit": hit,
            "call": self.call,
            "attribute": self.attribute,
            "result": self.result,
            "operand": self.operand,
        }
        return {f"{prefix}_{name}__": function for name, function in named.items()}

    def call(self, function: Any) -> Any:
        """Note a call of `function`; answers what to call in its place: itself, or itself measured."""
        kind = type(function)
        if kind is FunctionType or kind is MethodType:
            plain = function.__func__ if kind is MethodType else function
            native = NATIVES.get((plain.__module__, plain.__qualname__)) if plain.__module__ in _PRICED_MODULES else None
            if native is not None:
                return partial(self._library, native, function)
            self.tally["call"] += 1
            if kind is MethodType:
                self.tally["bound_call"] += 1
            return function
        if isinstance(function, type):
            return self._class(function)
        if kind is CACHED:
            self.tally["cache_call"] += 1
            return function
        native = NATIVES.get(native_key(function))
        if native is not None:
            return partial(self._library if native.is_library else self._measured, native, function)
        self.tally["native"] += 1
        return function

    def _class(self, cls: type) -> Any:
        if cls is super:
            self.tally["native"] += 1  # it looks at the frame that calls it, so nothing may stand between
            return cls
        native = NATIVES.get((cls.__module__, cls.__qualname__))
        if native is None and issubclass(cls, MOMENTS):
            native = NATIVES["datetime", "datetime"]
        if native is not None:
            return partial(self._library if native.is_library else self._measured, native, cls)
        if issubclass(cls, BaseException):
            self.tally["exception"] += 1
        else:
            self.tally["instance"] += 1
        return cls

    def _measured(self, native: Native, function: Any, *arguments: Any, **named: Any) -> Any:
        if native.cast is not None and len(arguments) == 1 and type(arguments[0]) is native.cast:
            self.tally["cast"] += 1
            return function(*arguments)
        size = native.before(function, arguments)
        result = function(*arguments, **named)
        self.tally[native.kind] += 1
        if native.per is not None:
            self.tally[native.per] += size if native.after is None else native.after(result)
        return result

    def attribute(self, owner: Any) -> Any:
        """Note that an attribute of `owner` is read."""
        kind = type(owner)
        if kind in _CONTAINERS or kind in _PLAIN:
            self.tally["attribute_of_native"] += 1
        elif kind is ModuleType:
            self.tally["attribute_of_module"] += 1
        elif isinstance(owner, type):
            self.tally["attribute_of_class"] += 1
        elif isinstance(owner, tuple) and hasattr(kind, "_fields"):
            self.tally["attribute_of_namedtuple"] += 1
        elif kind.__flags__ & _HEAP_TYPE:
            self.tally["attribute_of_instance"] += 1
        else:
            self.tally["attribute_of_native"] += 1
        return owner

    def result(self, operator: str, value: Any) -> Any:
        """Note the size of an operator's result."""
        kind = type(value)
        if kind is int:
            if value.bit_length() > _BIG:
                self._big(operator, value)
        elif kind in (bytes, str, bytearray):
            self.tally["repeated_byte" if operator == "Mult" else "copied_byte"] += len(value)
            self.tally["sequence_made"] += 1
        elif kind in (list, tuple):
            self.tally["copied_item"] += len(value)
        return value

    def operand(self, operator: str, value: Any) -> Any:
        """Note the size of an operator's left operand."""
        if type(value) is int:
            self.tally["division"] += 1
            if value.bit_length() > _BIG:
                self._big(operator, value)
        elif isinstance(value, str):
            self.tally["percent_format"] += 1
        return value

    def _big(self, operator: str, value: int) -> None:
        digits = (value.bit_length() + 31) // 32
        self.tally["big_integer"] += 1
        self.tally["big_digit" if operator not in ("Mult", "Pow", "Mod", "FloorDiv") else "big_product_digit"] += digits


_HEAP_TYPE = 1 << 9

_PRICED_MODULES = frozenset(key[0] for key in NATIVES)
