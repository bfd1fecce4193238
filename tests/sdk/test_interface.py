"""Values through ic-py's Candid, held against the replica's own codec: two independent readings of the same bytes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx.errors import InterfaceUnreadable
from ddsx.interface import Interface
from kybra_replica.candid import decode, encode, parse_did
from kybra_replica.candid.types import Opt, Primitive, Record, Variant, Vec, resolve
from kybra_replica.plain import from_plain, to_plain
from kybra_replica.principal import Principal

CANISTERS = Path(__file__).resolve().parents[2] / "canisters"
NAMES = sorted(path.stem for path in CANISTERS.glob("*/*.did"))
WIDTHS = (8, 16, 32, 64)
BITS = {f"nat{bits}": (0, 2**bits - 1) for bits in WIDTHS} | {f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in WIDTHS}
PRINCIPALS = st.binary(min_size=0, max_size=29).map(lambda raw: str(Principal(raw)))
SIMPLE = {
    "nat": st.integers(0, 2**200),
    "int": st.integers(-(2**200), 2**200),
    "text": st.text(max_size=20),
    "bool": st.booleans(),
    "null": st.none(),
    "principal": PRINCIPALS,
}


@lru_cache
def interfaces(name):
    did = (CANISTERS / name / f"{name}.did").read_text(encoding="utf-8")
    return Interface(did), parse_did(did)


def values(type_):
    """Plain values of a type of the replica's codec."""
    type_ = resolve(type_)
    if isinstance(type_, Opt):
        return st.none() | values(type_.inner)
    if isinstance(type_, Vec):
        return st.binary(max_size=40) if is_byte(type_.inner) else st.lists(values(type_.inner), max_size=3)
    if isinstance(type_, Record):
        fields = {field.label: values(field.type) for field in type_.fields}
        if fields and all(isinstance(label, int) for label in fields):
            return st.tuples(*fields.values())
        return st.fixed_dictionaries(fields)
    if isinstance(type_, Variant):
        return st.one_of([st.fixed_dictionaries({field.label: values(field.type)}) for field in type_.fields])
    name = str(type_)
    return st.integers(*BITS[name]) if name in BITS else SIMPLE[name]


def is_byte(type_):
    return isinstance(resolve(type_), Primitive) and str(resolve(type_)) == "nat8"


def spelled(value):
    """Principals as text, as the client gives them."""
    if isinstance(value, Principal):
        return str(value)
    if isinstance(value, dict):
        return {name: spelled(item) for name, item in value.items()}
    return type(value)(map(spelled, value)) if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize("name", NAMES)
def test_every_method_is_known_with_its_kind(name):
    ours, theirs = interfaces(name)
    assert {method.name: method.is_query for method in ours.methods.values()} == {
        method: "query" in [str(mode) for mode in function.modes] for method, function in theirs.methods
    }


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_arguments_arrive_as_they_were_meant(name, data):
    ours, theirs = interfaces(name)
    method, function = data.draw(st.sampled_from([entry for entry in theirs.methods if entry[1].arguments]))
    plain = tuple(data.draw(values(type_)) for type_ in function.arguments)
    decoded = decode(ours.methods[method].encode(plain), function.arguments)
    assert tuple(spelled(to_plain(type_, value)) for type_, value in zip(function.arguments, decoded, strict=True)) == plain


UNSPELLED = ("icrc3_get_blocks", "icrc3_get_archives")
"""Their answers hold references to functions and values of any depth, which nobody makes out of plain values."""


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_answers_are_read_as_they_were_meant(name, data):
    ours, theirs = interfaces(name)
    answering = [(method, function) for method, function in theirs.methods if function.results and method not in UNSPELLED]
    method, function = data.draw(st.sampled_from(answering))
    plain = data.draw(values(function.results[0]))
    answer = encode(function.results, (from_plain(function.results[0], plain),))
    assert ours.methods[method].decode(answer) == plain


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_what_installs_a_canister(name, data):
    ours, theirs = interfaces(name)
    plain = data.draw(values(theirs.init[0]))
    (decoded,) = decode(ours.encode_init(plain), theirs.init)
    assert spelled(to_plain(theirs.init[0], decoded)) == plain


SMALL = Interface(
    "type Deep = record { id : nat; next : opt Deep };"
    "type Late = record { account : Account; again : Account }; type Account = record { owner : principal; tag : opt blob };"
    "service : { deep : (Deep) -> (Deep); late : (Late) -> (Late); choose : (variant { a; b : nat }) -> (); flag : (nat) -> (bool); }"
)
OWNER = "2vxsx-fae"


def test_a_type_that_holds_itself():
    value = {"id": 1, "next": {"id": 2, "next": None}}
    method = SMALL.methods["deep"]
    assert method.decode(method.encode((value,))) == value


def test_a_type_that_is_defined_after_its_use_and_used_twice():
    value = {"account": {"owner": OWNER, "tag": b"\0\1"}, "again": {"owner": OWNER, "tag": None}}
    method = SMALL.methods["late"]
    assert method.decode(method.encode((value,))) == value


def test_optional_fields_may_be_left_out():
    assert SMALL.methods["deep"].encode(({"id": 1},)) == SMALL.methods["deep"].encode(({"id": 1, "next": None},))


def test_a_case_without_content_may_be_named_alone():
    assert SMALL.methods["choose"].encode(("a",)) == SMALL.methods["choose"].encode(({"a": None},))


@pytest.mark.parametrize(
    ("method", "arguments", "words"),
    [
        ("deep", ({"next": None},), "a record lacks id"),
        ("deep", ({"id": 1, "other": 2},), "a record has no field other: it has"),
        ("deep", ({"id": -1},), "arguments of deep"),
        ("deep", ({"id": "1"},), "arguments of deep"),
        ("deep", (), "there must be 1, and 0 were given"),
        ("choose", ({"c": 1},), "a variant has no case c: it has"),
        ("late", ({"account": {"owner": "aaaaa-ab"}, "again": {"owner": OWNER}},), "aaaaa-ab is not a principal"),
        ("flag", (True,), "True is not a number"),
    ],
)
def test_values_that_do_not_fit_are_told(method, arguments, words):
    with pytest.raises(InterfaceUnreadable, match=words):
        SMALL.methods[method].encode(arguments)


@given(st.binary(max_size=60).map(lambda tail: b"DIDL" + tail) | st.binary(max_size=20))
def test_any_answer_is_read_or_refused(data):
    try:
        flag = SMALL.methods["flag"].decode(data)
    except InterfaceUnreadable:
        return
    assert isinstance(flag, bool)
