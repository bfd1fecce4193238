"""Counts what canisters do while it is attached to a replica, and turns it into instructions."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import kybra_replica
from kybra_replica.costs import system_calls
from kybra_replica.costs.crossing import IN, OUT, note_table, note_value
from kybra_replica.costs.executions import Execution, Traffic
from kybra_replica.costs.expressions import Blocks
from kybra_replica.costs.instrument import instrument
from kybra_replica.costs.natives import Native
from kybra_replica.costs.probe import Probe
from kybra_replica.costs.tally import Tally
from kybra_replica.costs.tracing import LibraryTracer
from kybra_replica.python_engine.declarations import KybraType, Scalar
from kybra_replica.python_engine.engine import PythonEngine
from kybra_replica.python_engine.maps import managed_maps
from kybra_replica.python_engine.modules import code_of
from kybra_replica.python_engine.services import CallPlan
from kybra_replica.system_api import Entry, SystemApi

_PRINCIPAL_FILES = frozenset({"principal.py", "principals.py"})
"""Modules whose Python is what Principals cost: Kybra's own, and one that replaces its functions by cheaper ones."""


class CostMeter:
    """Fulfils `kybra_replica.python_engine.metering.Meter`. One meter counts one replica, or several."""

    def __init__(self) -> None:
        self.executions: list[Execution] = []
        self.assumed_entries: dict[tuple[str, int], int] = {}
        """By entry module and memory id: how many entries a map that is not empty is taken to have at least."""
        self._tally: Tally = Tally()
        self._principal_tally: Tally = Tally()
        self._blocks = Blocks()
        self._counts: list[int] = []
        self._tracer = LibraryTracer(self._tally, str(Path(kybra_replica.__file__).parent))
        self._probes = [Probe(tally, partial(self._run_library, tally)) for tally in (self._tally, self._principal_tally)]
        self._tracer.see_through(Probe._measured)  # noqa: SLF001 - a frame of it stands in between
        self._codes: dict[str, CodeType] = {}
        self._swapped: list[tuple[FunctionType, CodeType]] = []
        self._calls: dict[tuple[PythonEngine, int], str] = {}
        self._label = ""
        self._engine: PythonEngine | None = None
        self._warm: dict[PythonEngine, frozenset[str]] = {}
        self._warming: set[str] = set()

    # on and off ------------------------------------------------------------------------------------------------------

    def attach(self, engine: PythonEngine) -> None:
        """Count what this canister does from now on."""
        engine.meter = self
        self.loaded(engine)

    def detach_all(self, engines: list[PythonEngine]) -> None:
        """Stop counting; every function is as it was."""
        for engine in engines:
            engine.meter = None
        for function, code in self._swapped:
            function.__code__ = code
        self._swapped.clear()

    def loaded(self, engine: PythonEngine) -> None:
        """The modules of a canister have been executed: rewrite their functions."""
        names: dict[str, object] = {"__cost_counts__": self._counts}
        for prefix, probe in zip(("__cost", "__principal_cost"), self._probes, strict=True):
            names.update(probe.functions(prefix, self._counts))
        engine.modules.builtins.update(names)
        rewritten: dict[int, CodeType] = {}
        for path in engine.modules.paths():
            self._tracer.own.add(str(path))
            original = code_of(path)
            if str(path) not in self._codes:
                is_principal = path.name in _PRINCIPAL_FILES
                self._codes[str(path)] = instrument(path.read_bytes(), str(path), self._blocks, is_principal=is_principal)
            _pair(original, self._codes[str(path)], rewritten)
        self._warming.clear()
        self._counts.extend([0] * (len(self._blocks.work) - len(self._counts)))
        self._swap(engine, rewritten)

    def _swap(self, engine: PythonEngine, rewritten: dict[int, CodeType]) -> None:
        spaces = {id(vars(module)) for module in engine.modules.modules.values()}
        for thing in gc.get_objects():
            if type(thing) is FunctionType and id(thing.__globals__) in spaces and id(thing.__code__) in rewritten:
                self._swapped.append((thing, thing.__code__))
                thing.__code__ = rewritten[id(thing.__code__)]

    # one execution ---------------------------------------------------------------------------------------------------

    def measure(self, engine: PythonEngine, entry: Entry, api: SystemApi, run: Callable[[], None]) -> None:
        """Run an execution and keep what it did."""
        self._begin(engine, entry)
        trapped = True
        try:
            with self._tracer.tracing():
                run()
            trapped = False
        finally:
            if trapped:
                self._tally["trap"] += 1
            elif entry.export in _STARTS:
                self.kept(engine)
            execution = self._end(api, entry, trapped=trapped)
            self.executions.append(execution)
            api.charge(max(0, execution.instructions - api.instructions))

    def _begin(self, engine: PythonEngine, entry: Entry) -> None:
        self._tally.clear()
        self._principal_tally.clear()
        self._counts[:] = [0] * len(self._counts)
        self._engine = engine
        self._warming = set(self._warm.get(engine, frozenset()))
        self._label = entry.export or self._calls.pop((engine, entry.environment), "a callback")
        self._tally["message" if entry.export else "callback"] += 1

    def _end(self, api: SystemApi, entry: Entry, *, trapped: bool) -> Execution:
        work, principal_work = Tally(self._tally), Tally(self._principal_tally)
        for number, times in enumerate(self._counts):
            if times:
                (principal_work if self._blocks.is_principal[number] else work).add(self._blocks.work[number], times)
        work.add(principal_work)
        effects = api.effects
        traffic = Traffic(len(api.environment.argument), len(effects.reply or b""), tuple(len(call.argument) for call in effects.calls))
        return Execution(api.environment.canister, self._label, not entry.export, trapped, work, principal_work, traffic)

    def so_far(self, api: SystemApi) -> int:
        """Instructions of the running execution up to now."""
        return self._end(api, Entry(self._label), trapped=False).instructions

    def kept(self, engine: PythonEngine) -> None:
        """The execution's changes are kept, and so is what its library has worked out once for all."""
        self._warm[engine] = frozenset(self._warming)

    def _run_library(self, tally: Tally, native: Native, function: Any, *arguments: Any, **named: Any) -> Any:
        """A function of the library that is priced as a whole."""
        size = native.before(function, arguments)
        tally[native.kind] += 1
        self._compile_pattern(tally, native.kind, arguments)
        self._tracer.paused += 1
        try:
            result = function(*arguments, **named)
        finally:
            self._tracer.paused -= 1
        if native.per is not None:
            tally[native.per] += size if native.after is None else native.after(result)
        if native.per in _ONCE:
            self._once(tally, native.per, _ONCE[native.per], 1)
        return result

    def _compile_pattern(self, tally: Tally, kind: str, arguments: tuple[Any, ...]) -> None:
        if kind == "regex_call" and arguments and isinstance(arguments[0], (str, bytes)):
            self._once(tally, f"regex {arguments[0]!r}", "regex_compiled_character", len(arguments[0]))

    def _once(self, tally: Tally, what: str, kind: str, times: int) -> None:
        if what not in self._warming:
            self._warming.add(what)
            tally[kind] += times

    # what the engine tells -------------------------------------------------------------------------------------------

    def note(self, kind: str) -> None:
        """One unit of a kind of work."""
        self._tally[kind] += 1

    def arguments(self, types: list[KybraType], values: list[Any]) -> None:
        """A method is called with arguments."""
        self._tally["method"] += 1
        self._values_in(types, values)

    def _values_in(self, types: list[KybraType], values: list[Any]) -> None:
        note_table(self._tally, IN, types)
        for kybra_type, value in zip(types, values, strict=True):
            note_value(self._tally, IN, kybra_type, value)

    def result(self, kybra_type: KybraType, value: Any) -> None:
        """A result goes out."""
        if kybra_type != Scalar("void"):
            note_table(self._tally, OUT, [kybra_type])
            note_value(self._tally, OUT, kybra_type, value)

    def call_sent(self, engine: PythonEngine, number: int, plan: CallPlan) -> None:
        """A call goes out; the callback that answers it belongs to the method that runs."""
        self._calls[engine, number] = self._label
        self.call_made(plan, "service_call")

    def call_made(self, plan: CallPlan, kind: str) -> None:
        """A call or a notification is encoded."""
        self._tally[kind] += 1
        self._tally["principal_out"] += 1
        if plan.declared is None:
            self._tally["raw_byte_out"] += len(plan.argument)
            return
        types = [kybra_type for _, kybra_type in plan.declared.parameters]
        note_table(self._tally, OUT, types)
        for kybra_type, value in zip(types, plan.given, strict=False):
            note_value(self._tally, OUT, kybra_type, value)

    def reply_read(self, plan: CallPlan, value: Any) -> None:
        """The answer of a call came in."""
        if plan.declared is None:
            self._tally["raw_byte_in"] += len(value)
        elif plan.declared.returns != Scalar("void"):
            self._values_in([plan.declared.returns], [value])

    def system_call(self, engine: PythonEngine, name: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Run a function of the seam and note what it did."""
        if name == "performance_counter":
            api = engine.api()
            api.charge(max(0, self.so_far(api) - api.instructions))
        opened, entries = len(engine.maps.opened), system_calls.entries_before(engine, name, arguments)
        if entries:
            entries = max(entries, self.assumed_entries.get((engine.program.entry_module, arguments[0]), 0))
        stored = 0 if opened else managed_maps(engine.api())
        try:
            result = function(*arguments)
        except BaseException:
            system_calls.note_failed(self._tally, engine, name, arguments)
            raise
        if len(engine.maps.opened) > opened:
            self._tally["map_opened"] += 1
            if not opened:
                self._tally["memory_read" if stored else "memory_begun"] += 1
        system_calls.note(self._tally, engine, name, arguments, result, entries)
        return result


_ONCE = {"base32_encoded_byte": "base32_encode_tables", "base32_decoded_byte": "base32_decode_tables"}
"""What the library works out on first use and keeps in the heap."""


_STARTS = frozenset({"canister_init", "canister_post_upgrade"})


def _pair(original: CodeType, rewritten: CodeType, pairs: dict[int, CodeType]) -> None:
    """Find, for every function's code, the one that counts: both trees come from the same text."""
    ours = [constant for constant in original.co_consts if isinstance(constant, CodeType)]
    theirs = [constant for constant in rewritten.co_consts if isinstance(constant, CodeType)]
    for one, other in zip(ours, theirs, strict=True):
        assert one.co_name == other.co_name
        pairs[id(one)] = other
        _pair(one, other, pairs)
