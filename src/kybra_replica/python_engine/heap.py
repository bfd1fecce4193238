"""What a canister's modules hold between messages, remembered so that a trap can undo it.

On the IC the Wasm heap is part of the transaction: a trap, and every query, leaves module globals as they were. CPython
keeps no such record, so this walks everything reachable from the canister's modules, keeps shallow copies of whatever can
change, and puts contents back in place. What it cannot put back it names, and the canister then refuses to go on.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from operator import is_, methodcaller
from types import FunctionType, MethodType, ModuleType
from typing import Any

_IMMUTABLE_TYPES = (
    int, float, complex, str, bytes, bool, type(None), type(Ellipsis), type(NotImplemented), range, frozenset, property,
    classmethod, staticmethod,
)  # fmt: skip

_STATELESS_MODULES = frozenset({
    "__future__", "_abc", "_collections", "_decimal", "_functools", "_operator", "_sre", "_struct", "_thread", "_typing",
    "_weakref", "abc", "annotationlib", "builtins", "collections", "collections.abc", "contextlib", "dataclasses", "datetime",
    "decimal", "enum", "fractions", "functools", "ipaddress", "logging", "operator", "pathlib", "re", "string", "struct",
    "types", "typing", "typing_extensions", "weakref",
})  # fmt: skip
"""Instances of classes of these modules either cannot change or only cache; classes of the canister are not among them."""


RANDOM = "random"
"""What the state of random generators is called: it is seeded anew after every upgrade and nobody misses the old one."""


class _Cell:
    """One thing that can change: how to read what it holds now, and how to make it hold what it held."""

    __slots__ = ("name", "read", "saved", "undo")

    def __init__(self, name: str, read: Callable[[], Sequence[Any]], undo: Callable[[], None]) -> None:
        self.name = name
        self.read = read
        self.undo = undo
        self.saved = read()

    def changed(self) -> bool:
        """Whether it holds other objects now."""
        now = self.read()
        return len(now) != len(self.saved) or not all(map(is_, now, self.saved))


class _ByValue(_Cell):
    """Something whose content is made anew whenever it is asked for: bytes, arrays, the state of a random generator."""

    def changed(self) -> bool:
        return self.read() != self.saved


class _Glance:
    """All cells at one look: whether anything at all is another object now. Native code throughout, once a message."""

    def __init__(self, mappings: list[Mapping[Any, Any]], sequences: list[Iterable[Any]]) -> None:
        self._mappings = mappings
        self._sequences = sequences
        self._before = self._look()

    def _look(self) -> list[Any]:
        return [*chain.from_iterable(map(_VALUES, self._mappings)), *chain.from_iterable(self._sequences)]

    def changed(self) -> bool:
        now = self._look()
        return len(now) != len(self._before) or not all(map(is_, now, self._before))


_VALUES = methodcaller("values")


class _Part:
    """Cells that are looked at together."""

    def __init__(self) -> None:
        self.cells: list[_Cell] = []
        self.unseen: list[_Cell] = []
        """Cells that a glance does not reach: they are asked one by one."""
        self.mappings: list[Mapping[Any, Any]] = []
        self.sequences: list[Iterable[Any]] = []
        self._glance: _Glance | None = None

    def close(self) -> None:
        """All cells have been noted: remember what they hold."""
        self._glance = _Glance(self.mappings, self.sequences)

    def changed(self) -> list[_Cell]:
        """The cells that hold something else now."""
        assert self._glance is not None
        if not self._glance.changed() and not any(cell.changed() for cell in self.unseen):
            return []
        return [cell for cell in (*self.cells, *self.unseen) if cell.changed()]


class HeapImage:
    """The state of everything reachable from `roots` at one moment.

    `random_imported` tells whether the canister can have reached the module `random`. Until then nobody looks at it: comparing a
    generator's state costs more than all else that a message needs.
    """

    def __init__(self, modules: Iterable[ModuleType], roots: Iterable[Any], random_imported: Callable[[], bool]) -> None:
        # The package kybra itself keeps nothing; what a canister patches there it patches when it is loaded.
        self._modules = [module for module in modules if module.__name__.partition(".")[0] != "kybra"]
        self._own = {module.__name__ for module in self._modules}
        self._random_imported = random_imported
        self._seen: dict[int, Any] = {}
        self.opaque: list[str] = []
        self._part = self._own_part = _Part()
        own = [module for module in self._modules if module.__name__ != RANDOM]
        self._walk([(module.__name__, module) for module in own] + [("a timer", root) for root in roots])
        self._own_part.close()
        self._part = self._random_part = _Part()
        self._walk([(RANDOM, module) for module in self._modules if module not in own])
        self._random_part.close()

    def changed(self) -> list[str]:
        """Names of what differs now from what it was."""
        return [cell.name for cell in self._changed_cells()]

    def restore(self) -> None:
        """Put everything back as it was."""
        for cell in self._changed_cells():
            cell.undo()

    def _changed_cells(self) -> list[_Cell]:
        changed = self._own_part.changed()
        return [*changed, *self._random_part.changed()] if self._random_imported() else changed

    def _walk(self, pending: list[tuple[str, Any]]) -> None:
        while pending:
            name, thing = pending.pop()
            if isinstance(thing, _IMMUTABLE_TYPES) or id(thing) in self._seen:
                continue
            self._seen[id(thing)] = thing
            pending.extend(self._visit(name, thing))

    def _visit(self, name: str, thing: Any) -> Iterator[tuple[str, Any]]:
        """Note what of a thing can change; answers what it leads to."""
        if isinstance(thing, type):
            return self._class(name, thing) if thing.__module__ in self._own else iter(())
        if isinstance(thing, (ModuleType, FunctionType)):
            if isinstance(thing, ModuleType) and thing in self._modules:
                return self._mapping(name, vars(thing), skip=("__builtins__", "__spec__", "__loader__"))
            if isinstance(thing, FunctionType) and thing.__module__ in self._own:
                return self._function(name, thing)
            return iter(())
        if isinstance(thing, (MethodType, partial, tuple)):
            return _parts(name, thing)
        if isinstance(thing, (dict, list, set, bytearray, deque, array)):
            return self._container(name, thing)
        return self._object(name, thing)

    def _object(self, name: str, thing: Any) -> Iterator[tuple[str, Any]]:
        kind = type(thing)
        if kind.__module__ == "random" and hasattr(thing, "getstate"):
            state = thing.getstate()
            self._part.unseen.append(_ByValue(RANDOM, thing.getstate, lambda: thing.setstate(state)))
        elif kind.__module__ in self._own or kind.__module__.partition(".")[0] == "kybra":
            return self._instance(name, thing)
        elif kind.__module__.partition(".")[0] != "kybra_replica" and not _is_stateless(kind):
            self.opaque.append(f"{name} (a {kind.__module__}.{kind.__qualname__})")
        return iter(())

    def _mapping(self, name: str, mapping: dict[Any, Any], skip: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
        content = dict(mapping)

        def undo() -> None:
            mapping.clear()
            mapping.update(content)

        self._part.mappings.append(mapping)
        if "__name__" in mapping:
            # A namespace: hundreds of names, and nobody binds what one name held to another in its place.
            self._part.cells.append(_Cell(name, lambda: list(mapping.values()), undo))
        else:
            self._part.sequences.append(mapping)
            self._part.cells.append(_Cell(name, lambda: [*mapping, *mapping.values()], undo))
        kept = [(key, value) for key, value in mapping.items() if key not in skip]
        yield from ((f"{name}.{key}" if isinstance(key, str) else f"{name}[{key!r}]", value) for key, value in kept)

    def _container(self, name: str, thing: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(thing, dict):
            yield from self._mapping(name, thing)
            return

        content = list(thing)

        def undo() -> None:
            if isinstance(thing, (set, deque)):
                thing.clear()
                thing.update(content) if isinstance(thing, set) else thing.extend(content)
            elif isinstance(thing, bytearray):
                thing[:] = bytes(content)
            elif isinstance(thing, array):
                thing[:] = array(thing.typecode, content)
            else:
                thing[:] = content

        if isinstance(thing, (bytearray, array)):
            self._part.unseen.append(_ByValue(name, lambda: list(thing), undo))
            return
        self._part.sequences.append(thing)
        self._part.cells.append(_Cell(name, lambda: list(thing), undo))
        yield from ((f"{name}[]", item) for item in thing)

    def _class(self, name: str, owner: type) -> Iterator[tuple[str, Any]]:
        content = dict(vars(owner))

        def undo() -> None:
            for key in [key for key in vars(owner) if key not in content]:
                delattr(owner, key)
            for key, value in content.items():
                if vars(owner).get(key) is not value:
                    setattr(owner, key, value)

        self._part.mappings.append(vars(owner))
        self._part.cells.append(_Cell(name, lambda: list(vars(owner).values()), undo))
        yield from ((f"{name}.{key}", value) for key, value in content.items() if not key.startswith("__"))

    def _function(self, name: str, function: FunctionType) -> Iterator[tuple[str, Any]]:
        for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            if id(cell) not in self._seen:
                self._seen[id(cell)] = cell
                self._part.unseen.append(_Cell(f"{name}.{variable}", partial(_content, cell), partial(_fill, cell, _content(cell))))
                yield from ((f"{name}.{variable}", value) for value in _content(cell))
        yield from ((f"{name} default", value) for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()))
        if function.__dict__:
            yield (f"{name} attributes", function.__dict__)

    def _instance(self, name: str, thing: Any) -> Iterator[tuple[str, Any]]:
        if hasattr(thing, "__dict__"):
            yield from self._mapping(name, vars(thing))
        slots = [slot for owner in type(thing).__mro__ for slot in _slots_of(owner) if hasattr(thing, slot)]
        if slots:
            content = [getattr(thing, slot) for slot in slots]
            read = partial(_slot_values, thing, slots)
            self._part.unseen.append(_Cell(name, read, lambda: _set_slots(thing, slots, content)))
            yield from ((f"{name}.{slot}", getattr(thing, slot)) for slot in slots)
        if isinstance(thing, (dict, list, set)):
            yield from self._container(name, thing)


def _parts(name: str, thing: MethodType | partial[Any] | tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    if isinstance(thing, MethodType):
        return iter(((name, thing.__self__), (name, thing.__func__)))
    if isinstance(thing, partial):
        return iter(((name, thing.func), (name, thing.args), (name, thing.keywords)))
    return ((f"{name}[{index}]", item) for index, item in enumerate(thing))


def _is_stateless(kind: type) -> bool:
    return kind.__module__ in _STATELESS_MODULES and not kind.__name__.endswith(("iterator", "generator"))


def _slot_values(thing: Any, slots: list[str]) -> list[Any]:
    return [getattr(thing, slot, None) for slot in slots]


def _set_slots(thing: Any, slots: list[str], content: list[Any]) -> None:
    for slot, value in zip(slots, content, strict=True):
        object.__setattr__(thing, slot, value)  # frozen dataclasses forbid the plain way


def _slots_of(owner: type) -> tuple[str, ...]:
    slots = owner.__dict__.get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(name for name in names if name not in ("__dict__", "__weakref__"))


def _content(cell: Any) -> list[Any]:
    try:
        return [cell.cell_contents]
    except ValueError:
        return []


def _fill(cell: Any, content: list[Any]) -> None:
    if content:
        cell.cell_contents = content[0]
    else:
        del cell.cell_contents
