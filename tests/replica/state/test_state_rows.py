"""Rows: every value comes back as it was, every field of the subnet's classes has a form on disk, and foreign rows are refused."""

from __future__ import annotations

import dataclasses
from typing import get_type_hints

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from state_sources import ECHO
from state_world import GENESIS_NS, World

from kybra_replica import state
from kybra_replica.network import module_store
from kybra_replica.network.canister import CallContext, Canister, PendingCall
from kybra_replica.network.faults import Faults
from kybra_replica.network.subnet import Subnet
from kybra_replica.principal import Principal
from kybra_replica.python_engine.diary import EXECUTION
from kybra_replica.python_engine.heap_rows import HEAP
from kybra_replica.rows import BadRow, CannotSave, RowCodec
from kybra_replica.state import FORMAT, StateUnreadable
from kybra_replica.state.formats import (
    ANSWER,
    CANISTER,
    CANISTER_ELSEWHERE,
    CANISTERS_SPACE,
    CONTEXT,
    FAULTS,
    FORMAT_KEY,
    HEAPS_SPACE,
    PENDING,
    SUBNET,
    SUBNET_ELSEWHERE,
    SUBNET_SPACE,
    WAITING,
)
from kybra_replica.system_api import StableStore

st.register_type_strategy(Principal, st.binary(max_size=29).map(Principal))


@pytest.mark.parametrize("codec", [ANSWER, CONTEXT, PENDING, WAITING, EXECUTION, HEAP], ids=lambda codec: codec.kind.__name__)
@given(data=st.data())
def test_a_value_comes_back_as_it_was(codec, data):
    value = data.draw(st.from_type(codec.kind))
    assert codec.load(codec.dump(value)) == value


@given(data=st.data())
def test_a_canister_comes_back_as_it_was_also_when_its_fields_are_encoded_one_by_one(data):
    fields = {name: st.from_type(hint) for name, hint in get_type_hints(Canister).items() if name not in CANISTER_ELSEWHERE}
    value = Canister(**data.draw(st.fixed_dictionaries(fields)))
    row = CANISTER.join([CANISTER.dump_field(name, getattr(value, name)) for name in CANISTER.fields])
    assert CANISTER.load(row) == CANISTER.load(CANISTER.dump(value)) == value


@pytest.mark.parametrize(
    ("codec", "kind", "elsewhere"),
    [
        (SUBNET, Subnet, SUBNET_ELSEWHERE),
        (CANISTER, Canister, CANISTER_ELSEWHERE),
        (CONTEXT, CallContext, frozenset()),
        (PENDING, PendingCall, frozenset()),
        (FAULTS, Faults, frozenset({"release"})),
    ],
    ids=["subnet", "canister", "context", "pending", "faults"],
)
def test_every_field_is_saved_or_said_to_be_elsewhere(codec, kind, elsewhere):
    names = {field.name for field in dataclasses.fields(kind)}
    assert codec.fields.keys() | elsewhere == names
    assert not codec.fields.keys() & elsewhere


def test_what_a_canister_row_holds_is_replaced_and_never_changed_in_place():
    assert CANISTER.mutable == frozenset()


@dataclasses.dataclass
class Plain:
    number: int
    text: str = "absent"


@dataclasses.dataclass
class Unsavable:
    anything: object


@dataclasses.dataclass
class Ambiguous:
    either: Principal | bytes | None


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        (Unsavable, "Unsavable.anything: there is no form on disk for builtins.object"),
        (Ambiguous, "Ambiguous.either: the members of .* cannot be told apart on disk"),
    ],
)
def test_a_type_without_a_form_on_disk_is_refused_when_the_codec_is_made(kind, complaint):
    with pytest.raises(CannotSave, match=complaint):
        RowCodec(kind)


def test_a_missing_field_gets_its_default_and_a_missing_value_is_refused():
    assert RowCodec(Plain).load(cbor2.dumps({"number": 7})) == Plain(7, "absent")
    with pytest.raises(BadRow, match="a row of Plain is not complete"):
        RowCodec(Plain).load(cbor2.dumps({"text": "a"}))


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (b"\xff", "no CBOR"),
        (b"", "no CBOR"),
        (cbor2.dumps([1]), "no map"),
        (cbor2.dumps({"number": 1, "colour": 2}), "Plain has no field colour: a later version wrote this"),
    ],
)
def test_a_row_that_this_version_does_not_write_is_refused(row, complaint):
    with pytest.raises(BadRow, match=complaint):
        RowCodec(Plain).load(row)


def test_lone_surrogates_in_a_text_do_not_stop_saving():
    assert RowCodec(Plain).load(RowCodec(Plain).dump(Plain(1, "a\ud800b"))).text == "a?b"


# -- loading ----------------------------------------------------------------------------------------------------------


def test_an_unknown_format_is_refused(world, modules):
    world.install(ECHO)
    world.save()
    store = world.subnet.store
    store.begin()
    store.put(SUBNET_SPACE, FORMAT_KEY, cbor2.dumps(FORMAT + 1))
    store.commit()
    with pytest.raises(StateUnreadable, match=f"its format is {FORMAT + 1}, this version of kybra_replica reads {FORMAT}"):
        state.load(Subnet(store, GENESIS_NS), modules.packages.open_module)


def test_a_field_of_a_later_version_is_refused(world, modules):
    world.install(ECHO)
    world.save()
    store = world.subnet.store
    ((key, row),) = store.items(CANISTERS_SPACE)
    store.begin()
    store.put(CANISTERS_SPACE, key, cbor2.dumps({**cbor2.loads(row), "colour": 1}))
    store.commit()
    with pytest.raises(StateUnreadable, match="Canister has no field colour"):
        state.load(Subnet(store, GENESIS_NS), modules.packages.open_module)


def test_saving_what_was_never_loaded_is_refused():
    with pytest.raises(RuntimeError, match="load the state first"):
        state.save(Subnet(StableStore(), GENESIS_NS))


def test_loading_where_something_has_happened_is_refused(world, modules):
    world.install(ECHO)
    with pytest.raises(RuntimeError, match="in which nothing has happened"):
        state.load(world.subnet, modules.packages.open_module)


def test_nothing_is_written_when_nothing_has_changed(world):
    world.install(ECHO)
    world.subnet.round()
    world.save()
    state.save(world.subnet)
    assert world.subnet.store._committed.cells == {}


def test_a_canister_that_was_deleted_leaves_nothing_and_the_next_one_of_its_id_begins_anew(world):
    canister = world.install(ECHO)
    world.save()
    world.subnet.uninstall(world.subnet.canisters[canister])
    del world.subnet.canisters[canister]
    world.restart()
    assert world.subnet.canisters == {}
    for space in (CANISTERS_SPACE, HEAPS_SPACE, module_store.SPACE):
        assert list(world.subnet.store.items(space)) == []
    world.subnet.create_canister(frozenset(), specified=canister)
    world.restart()
    assert world.subnet.canisters[canister].engine is None


def test_a_checkpoint_is_what_a_restart_goes_on_from(world: World):
    canister = world.install(ECHO)
    world.subnet.round()
    world.subnet.round()
    remembered = world.replica.checkpoint()
    world.subnet.create_canister(frozenset())
    world.call(canister, "echo", "a")
    world.save()
    world.replica.restore(remembered)
    before = world.picture()
    world.restart()
    assert world.picture() == before
    assert world.call(canister, "echo", "a") == "a."
