"""What a caller gets when it asks a method in earnest, to be held against a cell of the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from access_table import Row
from access_world import ForwardRejected, World

from kybra_replica.driver import CallRejected
from kybra_replica.network.execution import Outcome
from kybra_replica.principal import Principal
from kybra_replica.system_api import Context, RejectCode

_PLAIN_KINDS = {"shown": "ok", "done": "null"}
"""What a cell's word for an update's answer looks like by itself."""


_REFUSING_TRAPS = ("Refused: ", "only governance may do this", "NotUnresolved", "TooManyRegistries")
"""Words of the traps by which methods refuse that answer nothing."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What a caller got: whether `inspect_message` let the call in, what the method answers, and whether anything that is kept changed."""

    let_in: bool
    answer: str
    changed: bool


def expected_of_update(row: Row, caller: str) -> Observed:
    """What the table says of an update: it changes something if and only if the answer is `ok` or `done`."""
    cell = row.cells[caller]
    return Observed(not cell.refused_at_the_door, _PLAIN_KINDS.get(cell.answer, cell.answer), changed=cell.answer in ("ok", "done"))


def ask_for_update(world: World, row: Row, role: str) -> Observed:
    """What a role gets from an update. Whatever is refused at the door is asked once more behind it, as a canister would ask."""
    arguments = row.arguments(world)
    let_in = world.lets_in(role, row.canister, row.method, *arguments)
    before = world.contents()
    if let_in:
        answer = _kind_or_rejection(lambda: world.call(role, row.canister, row.method, *arguments))
    else:
        _knock(world, row, role, arguments)
        assert world.contents() == before, f"{row} by {role}: refused at the door, and yet something changed"
        answer = _ask_past_inspect(world, row, world.roles[role], arguments)
    return Observed(let_in, answer, changed=world.contents() != before)


def ask_as_canister(world: World, row: Row, name: str) -> Observed:
    """What one of the exchange's canisters gets from an update: such calls never meet `inspect_message`."""
    before = world.contents()
    answer = _ask_past_inspect(world, row, world.canisters[name].id, row.arguments(world))
    return Observed(let_in=True, answer=answer, changed=world.contents() != before)


def ask_for_query(world: World, row: Row, role: str) -> Any:
    """What a role gets from a query, without the certificate, which only a plain query from outside gets."""
    return without_certificate(world.ask(role, row.canister, row.method, *row.arguments(world)))


def _ask_past_inspect(world: World, row: Row, sender: Principal, arguments: tuple[Any, ...]) -> str:
    return _kind_or_rejection(lambda: world.call_past_inspect(sender, row.canister, row.method, *arguments))


def _kind_or_rejection(call: Callable[[], Any]) -> str:
    """The answer as a cell names it: `traps` where the method refused by a trap, else the text of a rejection, which no cell names."""
    try:
        return kind_of(call())
    except (CallRejected, ForwardRejected) as rejected:
        return "traps" if any(words in str(rejected) for words in _REFUSING_TRAPS) else f"rejected: {rejected}"


def _knock(world: World, row: Row, role: str, arguments: tuple[Any, ...]) -> None:
    """Make a call that is refused at the door, and see that no canister executes anything because of it."""
    with _executions(world) as executed:
        with pytest.raises(CallRejected) as rejected:
            world.call(role, row.canister, row.method, *arguments)
        world.replica.tick()
    assert rejected.value.code is RejectCode.CANISTER_REJECT, f"{row} by {role}: {rejected.value}"
    assert rejected.value.message == "Canister rejected the message", f"{row} by {role}: {rejected.value}"
    assert not executed, f"{row} by {role}: refused at the door, and yet these ran: {executed}"


@contextmanager
def _executions(world: World) -> Iterator[list[str]]:
    """A list that grows with every execution of a canister's code, but for that of `inspect_message`."""
    seen: list[str] = []

    def note(outcome: Outcome) -> None:
        if outcome.context is not Context.INSPECT_MESSAGE:
            seen.append(f"{outcome.canister.id}: {outcome.entry.export or 'a callback'}")

    world.replica.subnet.observers.append(note)
    try:
        yield seen
    finally:
        world.replica.subnet.observers.remove(note)


def kind_of(answer: Any) -> str:
    """An answer as a cell names it."""
    if answer is None:
        return "null"
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    if isinstance(answer, dict) and len(answer) == 1:
        ((case, data),) = answer.items()
        if case == "Ok":
            return "ok"
        if case == "Err":
            return "refused" if isinstance(data, str) else str(next(iter(data)))
    return "value"


def without_certificate(answer: Any) -> Any:
    """An answer with the certificates taken out of its records."""
    if isinstance(answer, dict):
        return {name: without_certificate(value) for name, value in answer.items() if name != "certificate"}
    return answer
