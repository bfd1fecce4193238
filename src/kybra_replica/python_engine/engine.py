"""The Python engine: a canister's source, run as Kybra's Wasm would run it.

Order within a message, as in Kybra's glue: guard, decode the arguments, call the function, drive what it returns, convert
the result, reply. An exception that leaves the canister's code traps with `TypeName: text`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from kybra_replica.candid import CandidError, Decoder, Encoder, render_plain_did
from kybra_replica.candid.did_printer import render_init_arguments
from kybra_replica.candid.types import NAT8, NAT64, TEXT, Vec
from kybra_replica.principal import MANAGEMENT
from kybra_replica.python_engine import rust
from kybra_replica.python_engine.canister_heap import CanisterHeap
from kybra_replica.python_engine.conversions import Conversions
from kybra_replica.python_engine.declarations import Program
from kybra_replica.python_engine.dialect import describe
from kybra_replica.python_engine.guest import Guest, recursion_limit
from kybra_replica.python_engine.maps import StableMaps
from kybra_replica.python_engine.metering import Meter
from kybra_replica.python_engine.methods import CompiledMethod, compile_arguments, compile_method
from kybra_replica.python_engine.modules import ModuleSpace
from kybra_replica.python_engine.seam import NO_CALLBACK, Ic
from kybra_replica.python_engine.services import CallPlan, Services
from kybra_replica.python_engine.tasks import Task, is_generator
from kybra_replica.python_engine.timers import EXECUTOR, Timer
from kybra_replica.system_api import Entry, SystemApi, Trap
from kybra_replica.system_api.api import Callback

_ON_REPLY, _ON_REJECT, _ON_CLEANUP, _ON_RANDOMNESS, _ON_TIMER_DONE = 1, 2, 3, 4, 5
"""Functions of the module's table: callbacks of tasks, of the seed timer's `raw_rand`, of the timers' calls to self."""

_INTERFACE_QUERY = "__get_candid_interface_tmp_hack"
"""A query that every canister built with Kybra has beside those of its interface: it answers the interface as text."""

_ENCODE_NOTHING = Encoder(())
_DECODE_NOTHING = Decoder(())
_ENCODE_TEXT = Encoder((TEXT,))
_ENCODE_TIMER = Encoder((NAT64,))
_DECODE_TIMER = Decoder((NAT64,))
_DECODE_RANDOMNESS = Decoder((Vec(NAT8),))


class PythonEngine(CanisterHeap):
    """One installed canister. Fulfils `kybra_replica.system_api.Engine`.

    `public` and `private` are the metadata of its module package; what they leave out of `candid:service` and `candid:args`
    the sources say themselves.
    """

    def __init__(self, program: Program, public: Mapping[str, bytes] | None = None, private: Mapping[str, bytes] | None = None) -> None:
        self.program = program
        self._public, self._private = dict(public or {}), dict(private or {})
        self.conversions = Conversions(self._new_principal, self._new_service)
        self.services = Services(program.services, self.conversions)
        guest = Guest()
        modules = ModuleSpace(dict(program.modules), Ic(self), lambda: self.api().time(), guest.trap)
        super().__init__(guest, modules, StableMaps(program.maps, self.conversions))
        self.meter: Meter | None = None
        self._methods = {name: compile_method(method, self.conversions) for name, method in program.methods.items()}
        self._scope: dict[str, Any] = {}
        self._running: SystemApi | None = None
        self._exports = self._list_exports()

    # the network's side ----------------------------------------------------------------------------------------------

    def exports(self) -> frozenset[str]:
        return self._exports

    def metadata(self, name: str) -> bytes | None:
        if name in self._public:
            return self._public[name]
        if name in self._private:
            return None
        if name == "candid:service":
            return self.program.did.encode()
        return render_init_arguments(self.program.interface).encode() if name == "candid:args" else None

    def metadata_names(self) -> frozenset[str]:
        return frozenset({"candid:service", "candid:args", *self._public} - self._private.keys())

    def private_metadata(self) -> Mapping[str, bytes]:
        return self._private

    def commit(self) -> None:
        if self.meter is not None:
            self.meter.kept(self)
        super().commit()

    def execute(self, entry: Entry, api: SystemApi) -> None:
        if self.lost is not None:
            raise Trap(self.lost)
        if self._diary is not None and not api.context.is_query:
            self._diary.open(entry, api, self.maps.opened, self.next_task)
        limit = sys.getrecursionlimit()
        outer, self._running = self._running, api
        sys.setrecursionlimit(recursion_limit())
        try:
            if self.meter is None:
                self._dispatch(entry, api)
            else:
                self.meter.measure(self, entry, api, lambda: self._dispatch(entry, api))
        except Trap:
            raise
        except BaseException as problem:
            raise Trap(describe(problem)) from problem
        finally:
            sys.setrecursionlimit(limit)
            self._running = outer

    # the seam's side -------------------------------------------------------------------------------------------------

    def api(self) -> SystemApi:
        """The System API of the running message. Raises RuntimeError outside of one."""
        if self._running is None:
            raise RuntimeError("no message is running in this canister")
        return self._running

    def kybra_class(self, name: str) -> Any:
        """A class of the canister's own copy of `kybra`, looked up anew as the glue does."""
        return getattr(self.modules.load("kybra"), name)

    def call_result(self, ok: Any, err: str | None) -> Any:
        """What an awaited call answers."""
        if self.meter is not None:
            self.meter.note("call_result")
        return self.kybra_class("CallResult")(ok, err)

    def reply(self, function: str, value: Any) -> None:
        """`ic.reply`, called by the method `function`. Raises SystemError where that is not a manual method."""
        method = self._methods.get(function)
        if method is None or not method.declaration.manual:
            raise SystemError(f'attempted to reply from "{function}", but it does not appear to be a canister method')
        payload = method.manual_result(value)
        if self.meter is not None:
            self.meter.result(method.declaration.returns, value)
        self.api().msg_reply_data_append(payload)
        self.api().msg_reply()

    def send(self, plan: CallPlan, task: Task) -> int:
        """Perform the call for which `task` waits; 0, or the reject code with which it could not be sent."""
        api = self.api()
        self.next_task += 1
        number = self.next_task
        api.call_new(plan.callee, plan.method, Callback(_ON_REPLY, number), Callback(_ON_REJECT, number))
        api.call_on_cleanup(Callback(_ON_CLEANUP, number))
        if plan.cycles:
            api.call_cycles_add128(plan.cycles)
        api.call_data_append(plan.argument)
        code = api.call_perform()
        if self.meter is not None:
            self.meter.call_sent(self, number, plan)
        if code == 0:
            self.tasks[number] = task
        return code

    def set_timer(self, deadline_ns: int, timer: Timer) -> int:
        """Add a timer and arm the global one; the id."""
        timer_id = self.timers.set(deadline_ns, timer)
        if self._diary is not None:
            self._diary.note_timer(timer_id, timer.callback)
        self.arm_global_timer()
        return timer_id

    def arm_global_timer(self) -> None:
        """Set the canister's global timer to the earliest deadline."""
        deadline = self.timers.next_deadline()
        if deadline is not None:
            self.api().global_timer_set(deadline)

    # entry points ----------------------------------------------------------------------------------------------------

    def _list_exports(self) -> frozenset[str]:
        names = {"canister_init", "canister_post_upgrade", "canister_global_timer", f"canister_update {EXECUTOR}"}
        names.update(f"canister_{kind}" for kind in self.program.system_methods)
        if _INTERFACE_QUERY not in self.program.methods:
            names.add(f"canister_query {_INTERFACE_QUERY}")
        for method in self.program.methods.values():
            names.add(f"canister_{'composite_query' if method.composite else method.kind} {method.name}")
        return frozenset(names)

    def _dispatch(self, entry: Entry, api: SystemApi) -> None:
        kind, _, method = entry.export.partition(" ")
        if kind == "":
            self._call_back(entry, api)
        elif kind in ("canister_init", "canister_post_upgrade"):
            self._start(kind.removeprefix("canister_"), api)
        elif kind == "canister_global_timer":
            self._run_due_timers(api)
        elif method == EXECUTOR:
            self._run_timer(api)
        elif method == _INTERFACE_QUERY and method not in self._methods:
            self._describe(api)
        elif method:
            self._run_method(self._methods[method], api)
        elif kind == "canister_heartbeat":
            result = self.guest.run(self._function(self.program.system_methods["heartbeat"].function))
            self._drive(result, _expect_nothing)
        else:
            function = self._function(self.program.system_methods[kind.removeprefix("canister_")].function)
            _expect_nothing(self.guest.run(function))

    def _start(self, kind: str, api: SystemApi) -> None:
        """`init` and `post_upgrade`: run the modules, then the function, then set the timer that seeds `random`."""
        declared = self.program.system_methods.get(kind)
        # A life-cycle method without parameters does not look at what it is sent.
        arguments = compile_arguments(declared.parameters, self.conversions) if declared is not None and declared.parameters else None
        values = [] if arguments is None else arguments.decode(api.msg_arg_data())
        self.guest.run(self._load)
        if declared is not None:
            converted = [] if arguments is None else arguments.convert(values)
            _expect_nothing(self.guest.run(self._function(declared.function), *converted))
        self.set_timer(api.time(), Timer(self._ask_for_randomness))
        self._image = self._take_image()
        if self._diary is not None:
            self._diary.finish(changed=True, drew=False, waiting=False, random=self._random_state())

    def _load(self) -> None:
        self._scope = self.modules.scope(self.program.entry_module)
        if self.meter is not None:
            self.meter.loaded(self)

    def _run_method(self, method: CompiledMethod, api: SystemApi) -> None:
        declaration = method.declaration
        if declaration.guard is not None:
            if self.meter is not None:
                self.meter.note("guard")
            refusal = self._guard(declaration.guard)
            if refusal is not None:
                api.msg_reject(refusal)
                return
        arguments = method.arguments.convert(method.arguments.decode(api.msg_arg_data()))
        if self.meter is not None:
            self.meter.arguments([parameter for _, parameter in declaration.parameters], arguments)
        result = self.guest.run(self._function(declaration.name), *arguments)
        self._drive(result, _ignore if declaration.manual else lambda value: self._finish(method, value))

    def _describe(self, api: SystemApi) -> None:
        try:
            _DECODE_NOTHING(api.msg_arg_data())
        except CandidError as problem:
            raise Trap(f"failed to decode call arguments: {problem}") from problem
        api.msg_reply_data_append(_ENCODE_TEXT((render_plain_did(self.program.interface),)))
        api.msg_reply()

    def _finish(self, method: CompiledMethod, value: Any) -> None:
        payload = method.result(value)
        if self.meter is not None:
            self.meter.result(method.declaration.returns, value)
        self.api().msg_reply_data_append(payload)
        self.api().msg_reply()

    def _guard(self, name: str) -> str | None:
        """The text with which the guard refuses, None when it lets the call in."""
        try:
            result = self.guest.run(self._function(name))
            return _guard_error(result)
        except Trap:
            raise
        except BaseException as problem:  # noqa: BLE001 - whatever a guard raises becomes a reject
            return describe(problem)

    def _function(self, name: str) -> Callable[..., Any]:
        return self._scope[name]  # type: ignore[no-any-return]

    def _drive(self, result: Any, finish: Callable[[Any], None], *, swallow: bool = False) -> None:
        if not is_generator(result):
            finish(result)
            return
        task = Task([result], finish, swallow)
        self._step(task, lambda: task.resume(self, None))

    def _step(self, task: Task, step: Callable[[], bool]) -> None:
        try:
            step()
        except Trap:
            self._discard(task)
            raise
        except BaseException:
            self._discard(task)
            if not task.swallow:
                raise

    def _call_back(self, entry: Entry, api: SystemApi) -> None:
        if self._diary is not None and entry.function in (NO_CALLBACK.function, _ON_RANDOMNESS, _ON_TIMER_DONE):
            self._diary.abandon()  # no code of the canister runs
        if entry.function == NO_CALLBACK.function:
            return
        if entry.function == _ON_RANDOMNESS:
            self.modules.load("random").seed(_DECODE_RANDOMNESS(api.msg_arg_data())[0])
        elif entry.function == _ON_TIMER_DONE:
            self.timers.after_run(entry.environment, self.batches.pop(entry.environment, 0))
            self.arm_global_timer()
        else:
            self._resume(entry, api)

    def _resume(self, entry: Entry, api: SystemApi) -> None:
        task = self.tasks.pop(entry.environment, None)
        if task is None:
            raise Trap(self.no_task)
        if self._diary is not None:
            self._diary.need(task.driven_by)
        if entry.function == _ON_REPLY:
            data = api.msg_arg_data()
            self._step(task, lambda: task.reply(self, data))
        elif entry.function == _ON_REJECT:
            self._step(task, lambda: task.reject(self, api.msg_reject_code(), api.msg_reject_msg()))
        else:
            self._discard(task)

    # timers ----------------------------------------------------------------------------------------------------------

    def _run_due_timers(self, api: SystemApi) -> None:
        if self._diary is not None:
            self._diary.abandon()  # no code of the canister runs
        for timer_id in self.timers.take_due(api.time()):
            self.batches[timer_id] = api.time()
            done = Callback(_ON_TIMER_DONE, timer_id)
            api.call_new(api.canister_self(), EXECUTOR, done, done)
            api.call_data_append(_ENCODE_TIMER((timer_id,)))
            api.call_perform()
        self.arm_global_timer()

    def _run_timer(self, api: SystemApi) -> None:
        if api.msg_caller() != api.canister_self():
            raise Trap("This function is internal to ic-cdk and should not be called externally.")
        timer_id = _DECODE_TIMER(api.msg_arg_data())[0]
        timer = self.timers.get(timer_id)
        if timer is None and self._diary is not None:
            self._diary.abandon()  # cleared since it fell due: no code of the canister runs
        if timer is not None:
            if self._diary is not None:
                self._diary.need(self._diary.origins.get(timer_id))
            result = self.guest.run(timer.callback)
            self._drive(result, _ignore, swallow=True)
            if timer.interval_ns is None:
                self.timers.clear(timer_id)
        api.msg_reply_data_append(_ENCODE_NOTHING(()))
        api.msg_reply()

    def _ask_for_randomness(self) -> None:
        api = self.api()
        api.call_new(MANAGEMENT, "raw_rand", Callback(_ON_RANDOMNESS, 0), NO_CALLBACK)
        api.call_data_append(_ENCODE_NOTHING(()))
        api.call_perform()

    def _new_principal(self, text: str) -> Any:
        return self.kybra_class("Principal").from_str(text)

    def _new_service(self, name: str, text: str) -> Any:
        if name not in self._scope:
            raise Trap(f"NameError: name '{name}' is not defined")
        return self._scope[name](self._new_principal(text))


def _ignore(value: Any) -> None:
    """A manual method replies by itself; what it returns is nobody's business."""


def _expect_nothing(value: Any) -> None:
    if value is not None:
        raise TypeError(f"expected NoneType but received {rust.type_name(value)}")


def _guard_error(result: Any) -> str | None:
    for key in ("Err", "Ok"):
        try:
            found = result[key]
        except Exception:  # noqa: BLE001, S112 - to Kybra any failure means that the key is not there
            continue
        if key == "Err":
            return rust.to_str(found)
        _expect_nothing(found)
        return None
    raise TypeError(f"expected Result but received {rust.type_name(result)}")
