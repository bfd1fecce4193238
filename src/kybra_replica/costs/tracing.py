"""Counts what the standard library's own Python does on behalf of a canister.

The library is shared with the process, so it is not rewritten; its frames are traced by the bytecode operation. Operations are
put into the classes by which rewritten code counts, and those that only some CPythons have count as what they stand for.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

from kybra_replica.costs.tally import Tally

_FREE = frozenset({
    "CACHE", "RESUME", "NOP", "PRECALL", "PUSH_NULL", "COPY_FREE_VARS", "MAKE_CELL", "EXTENDED_ARG", "KW_NAMES", "GEN_START",
    "RETURN_GENERATOR", "END_FOR", "END_SEND", "TO_BOOL", "SETUP_FINALLY", "POP_BLOCK", "PUSH_EXC_INFO", "COPY", "SWAP",
    "INTERPRETER_EXIT", "NOT_TAKEN", "POP_ITER", "CHECK_EXC_MATCH", "LOAD_FAST_CHECK",
})  # fmt: skip

LIBRARY_KINDS = (
    ("LOAD_ATTR", "attribute_of_instance"),
    ("LOAD_METHOD", "attribute_of_instance"),
    ("LOAD_SUPER_ATTR", "attribute_of_instance"),
    ("STORE_ATTR", "attribute_stored"),
    ("LOAD_GLOBAL", "global"),
    ("LOAD_NAME", "global"),
    ("CALL_INTRINSIC", "op"),
    ("CALL", "library_call"),
    ("BINARY_SUBSCR", "subscript"),
    ("BINARY_SLICE", "slice"),
    ("STORE_SUBSCR", "item_stored"),
    ("BINARY", "arithmetic"),
    ("INPLACE", "arithmetic"),
    ("COMPARE_OP", "compare"),
    ("CONTAINS_OP", "contains"),
    ("BUILD_STRING", "fstring"),
    ("BUILD", "display"),
    ("FORMAT", "formatted"),
    ("MAKE_FUNCTION", "function"),
    ("FOR_ITER", "iteration"),
    ("YIELD_VALUE", "yield"),
    ("RAISE_VARARGS", "raise"),
    ("IMPORT_NAME", "import"),
    ("LOAD_BUILD_CLASS", "class"),
)
"""What an operation counts as, by how its name begins; the first that fits. All others are simple ones."""


def _kind(name: str) -> str | None:
    if name in _FREE:
        return None
    for prefix, kind in LIBRARY_KINDS:
        if name.startswith(prefix):
            return kind
    return "op"


class LibraryTracer:
    """Notes in `tally`. `own` are the files whose code counts by itself; `host` is where the replica's own code lies."""

    def __init__(self, tally: Tally, host: str) -> None:
        self.own: set[str] = set()
        self.paused = 0
        self._tally = tally
        self._host = host
        self._tables: dict[int, tuple[CodeType, list[str | None]]] = {}
        self._local = self._trace_local
        self._transparent: set[CodeType] = set()

    def see_through(self, *functions: Any) -> None:
        """Frames of these functions of ours stand between a canister and what it calls."""
        self._transparent.update(function.__code__ for function in functions)

    @contextmanager
    def tracing(self) -> Iterator[None]:
        """Trace within the block; whoever traced before traces again after it."""
        before = sys.gettrace()
        sys.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(before)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if self.paused or code.co_filename in self.own or code.co_filename.startswith(self._host) or _loads(code):
            return None
        caller = frame.f_back
        while caller is not None and caller.f_code in self._transparent:
            caller = caller.f_back
        if caller is None or not (caller.f_code.co_filename in self.own or caller.f_trace == self._local):
            return None
        self._tally["frame"] += 1
        frame.f_trace = self._local  # before the next lines: CPython 3.13 heeds them only in a frame that is traced
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        return self._local

    def _trace_local(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "opcode" and not self.paused:
            code = frame.f_code
            known = self._tables.get(id(code))
            if known is None:
                known = self._tables[id(code)] = (code, _table(code))
            kind = known[1][frame.f_lasti // 2]
            if kind is not None:
                self._tally[kind] += 1
        return self._local


def _loads(code: CodeType) -> bool:
    """Whether it loads a module: that happens once in a process, not once in a canister."""
    return code.co_name == "<module>" or code.co_filename.startswith("<frozen importlib")


def _table(code: CodeType) -> list[str | None]:
    table: list[str | None] = [None] * (len(code.co_code) // 2 + 1)
    for instruction in dis.get_instructions(code):
        table[instruction.offset // 2] = _kind(instruction.opname)
    return table
