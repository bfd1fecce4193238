"""What an engine tells a meter, when one is attached: the meter counts, the engine goes on as it would without it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from kybra_replica.python_engine.declarations import KybraType
from kybra_replica.python_engine.services import CallPlan
from kybra_replica.system_api import Entry, SystemApi

if TYPE_CHECKING:
    from kybra_replica.python_engine.engine import PythonEngine


class Meter(Protocol):
    """Each method is called where it is named after; values are as Python sees them."""

    def loaded(self, engine: PythonEngine) -> None: ...

    def measure(self, engine: PythonEngine, entry: Entry, api: SystemApi, run: Callable[[], None]) -> None:
        """Run an execution. Raises what `run` raises."""

    def kept(self, engine: PythonEngine) -> None: ...

    def note(self, kind: str) -> None:
        """One unit of a kind of work that has no values."""

    def arguments(self, types: list[KybraType], values: list[Any]) -> None: ...

    def result(self, kybra_type: KybraType, value: Any) -> None: ...

    def call_sent(self, engine: PythonEngine, number: int, plan: CallPlan) -> None: ...

    def call_made(self, plan: CallPlan, kind: str) -> None:
        """A notification was encoded."""

    def reply_read(self, plan: CallPlan, value: Any) -> None: ...

    def system_call(self, engine: PythonEngine, name: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """Call `function` for the canister. Raises what it raises."""
