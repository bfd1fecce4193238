"""Who may do what: every method of every canister asked by every role, each answer held against the tables of the `access_` modules.

Each update that `inspect_message` refuses is shown to have executed nothing, and is asked again behind it: the method refuses by itself.
Nothing that is refused changes anything that a canister keeps; everything that is answered with `Ok` does.
"""

from __future__ import annotations

import access_between
import access_dst_ledger
import access_payout_splitter
import access_stream_registry
import access_token_ledger
import pytest
from access_cells import ask_as_canister, ask_for_query, ask_for_update, expected_of_update, kind_of
from access_table import Row
from access_world import ROLES, ForwardRejected, World

from kybra_replica.driver import CallRejected, Replica
from kybra_replica.python_engine.timers import EXECUTOR

TABLES = {
    "token_ledger": access_token_ledger,
    "stream_registry": access_stream_registry,
    "dst_ledger": access_dst_ledger,
    "payout_splitter": access_payout_splitter,
}
UPDATES = [row for table in TABLES.values() for row in table.UPDATES]
QUERIES = [row for table in TABLES.values() for row in table.QUERIES]


@pytest.fixture(scope="module")
def world(module_replica: Replica) -> World:
    """The exchange with every role in its place; each test leaves it as it was."""
    return World(module_replica)


@pytest.mark.parametrize("canister", TABLES)
def test_tables_have_a_row_for_every_method_and_for_nothing_else(world: World, canister: str) -> None:
    program = world.program(canister)
    kinds = {name: method.kind for name, method in program.methods.items()}
    assert set(kinds) == {name for name, _ in program.interface.methods}
    in_tables = {row.method: "update" for row in TABLES[canister].UPDATES} | {row.method: "query" for row in TABLES[canister].QUERIES}
    assert in_tables == kinds


def test_rows_have_a_cell_for_every_role() -> None:
    assert [str(row) for row in UPDATES + QUERIES if tuple(row.cells) != ROLES] == []


def test_roles_are_principals_of_their_own(world: World) -> None:
    canisters = [handle.id for handle in world.canisters.values()]
    principals = [*world.roles.values(), *canisters]
    assert tuple(world.roles) == ROLES
    assert len(set(principals)) == len(principals)
    assert [world.replica.subnet.canisters[canister].controllers for canister in canisters] == [{world.roles["controller"]}] * 4


@pytest.mark.parametrize("row", UPDATES, ids=str)
def test_update_by_every_role(world: World, row: Row) -> None:
    differences = []
    for role in ROLES:
        with world.put_back_after():
            observed = ask_for_update(world, row, role)
        if observed != expected_of_update(row, role):
            differences.append(f"{row} by {role}: {observed}, not {expected_of_update(row, role)}")
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("row", QUERIES, ids=str)
def test_query_by_every_role(world: World, row: Row) -> None:
    with world.put_back_after():
        answers = {role: ask_for_query(world, row, role) for role in ROLES}
    assert {role: kind_of(answer) for role, answer in answers.items()} == {role: cell.answer for role, cell in row.cells.items()}
    for kind in ("ok", "value", "null"):
        alike = [answer for answer in answers.values() if kind_of(answer) == kind]
        assert all(answer == alike[0] for answer in alike), "a query tells some roles more than others"


@pytest.mark.parametrize("row", QUERIES, ids=str)
def test_query_called_as_update_is_let_in(world: World, row: Row) -> None:
    assert [role for role in ROLES if not world.lets_in(role, row.canister, row.method, *row.arguments(world))] == []


@pytest.mark.parametrize("canister", TABLES)
def test_the_runtimes_own_timer_method_is_for_nobody(world: World, canister: str) -> None:
    for role in ROLES:
        with world.put_back_after():
            before = world.contents()
            with pytest.raises((CallRejected, ForwardRejected), match=r"internal to ic-cdk|Canister rejected the message"):
                world.call_raw(role, canister, EXECUTOR, b"DIDL\x00\x01\x78" + bytes(8))
            assert world.contents() == before


@pytest.mark.parametrize("row", access_between.ROWS, ids=str)
def test_update_by_the_canisters_of_the_exchange(world: World, row: Row) -> None:
    differences = []
    for name in row.cells:
        with world.put_back_after():
            observed = ask_as_canister(world, row, name)
        if observed != expected_of_update(row, name):
            differences.append(f"{row} by {name}: {observed}, not {expected_of_update(row, name)}")
    assert not differences, "\n".join(differences)
