"""What a payment ledger answered, as the core's rules take it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any, NoReturn

from kybra import CallResult, ic

from ddsx_core.payment_rules import NO_ANSWER
from ddsx_core.refused import Refused

Steps = Generator[Any, Any, Any]
"""A canister's function that awaits calls."""


def answer_in(result: CallResult[Any]) -> tuple[str, dict[str, int | str]]:
    """The tag of a ledger's answer and its fields; `block_index` for Ok and Duplicate."""
    if result.Err is not None:
        return NO_ANSWER, {"message": result.Err}
    if "Ok" in result.Ok:
        return "Ok", {"block_index": result.Ok["Ok"]}
    kind, data = next(iter(result.Ok["Err"].items()))
    if kind == "Duplicate":
        return kind, {"block_index": data["duplicate_of"]}
    return kind, data or {}


def the_case(variant: Mapping[str, Any]) -> tuple[str, Any]:
    """The one tag of a variant, and what it carries."""
    return next(iter(variant.items()))


def case_of(refused: Refused) -> Any:
    """The case of a refusal, in whatever variant of errors it belongs to."""
    return refused.as_case()


def start_soon(steps: Callable[[int], Steps], number: int) -> None:
    """Run steps in a message of their own, soon: what happens to them happens to nothing else."""
    ic.set_timer(0, lambda: undone_by_errors(steps(number)))


def undone_by_errors(steps: Steps) -> Steps:
    """The steps, for a timer: Kybra would drop an exception and keep what was written before it."""
    try:
        return (yield from steps)
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        undo_message(error)


def undo_message(error: Exception) -> NoReturn:
    """Trap because of a bug: what this message wrote is undone, and the timer goes on from what stood before it.

    An error variant would have to say what happened to the money, and half a booking would be kept.
    """
    ic.trap(f"{type(error).__name__}: {error}")
