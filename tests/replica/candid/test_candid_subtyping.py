"""Subtyping and equality of types: their rules one by one, and their laws."""

from __future__ import annotations

import pytest
from candid_strategies import TYPES, supertypes
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.candid import is_equal, is_subtype, parse_did, parse_type
from kybra_replica.candid.types import EMPTY, NULL, Field, Named, Opt, Record, Type, Vec

SUBTYPES = [
    ("nat", "int"),
    ("empty", "nat"),
    ("nat", "reserved"),
    ("nat", "opt text"),
    ("opt nat", "opt text"),
    ("null", "opt nat"),
    ("vec nat", "vec int"),
    ("record { a : nat; b : text }", "record { a : int }"),
    ("record {}", "record { a : opt nat; b : null; c : reserved }"),
    ("variant { a }", "variant { a; b : nat }"),
    ("variant {}", "variant { a }"),
    ("service {}", "principal"),
    ("service { f : () -> (); g : () -> () }", "service { f : () -> () }"),
    ("func (int) -> (nat)", "func (nat) -> (int)"),
    ("func () -> (nat, text)", "func () -> (nat)"),
    ("func (nat) -> ()", "func (nat, text) -> ()"),
    ("func (nat, opt text) -> ()", "func (nat) -> ()"),
    ("func () -> ()", "func () -> (opt nat)"),
]
NOT_SUBTYPES = [
    ("int", "nat"),
    ("nat8", "nat"),
    ("reserved", "nat"),
    ("opt nat", "nat"),
    ("vec nat", "record { nat }"),
    ("record {}", "record { a : nat }"),
    ("record { a : text }", "record { a : nat }"),
    ("variant { a; b }", "variant { a }"),
    ("variant { a : text }", "variant { a : nat }"),
    ("principal", "service {}"),
    ("service {}", "service { f : () -> () }"),
    ("func (nat) -> ()", "func (int) -> ()"),
    ("func () -> (int)", "func () -> (nat)"),
    ("func (nat) -> ()", "func () -> ()"),
    ("func () -> ()", "func () -> (nat)"),
    ("func () -> () query", "func () -> ()"),
]


@pytest.mark.parametrize(("sub", "sup"), SUBTYPES)
def test_subtypes(sub: str, sup: str) -> None:
    assert is_subtype(parse_type(sub), parse_type(sup))
    assert not is_equal(parse_type(sub), parse_type(sup))


@pytest.mark.parametrize(("sub", "sup"), NOT_SUBTYPES)
def test_not_subtypes(sub: str, sup: str) -> None:
    assert not is_subtype(parse_type(sub), parse_type(sup))


def definitions(text: str) -> dict[str, Named]:
    return {named.name: named for named in parse_did(text).definitions}


def test_recursive_types_are_equal_by_structure() -> None:
    types = definitions(
        """type List = opt record { nat; List };
        type Unrolled = opt record { nat; opt record { nat; Unrolled } };
        type Other = opt record { int; Other };
        type Server = service { next : () -> (Server) };
        type Wider = service { next : () -> (Wider); more : () -> () };""",
    )
    assert is_equal(types["List"], types["Unrolled"])
    assert not is_equal(types["List"], types["Other"])
    assert is_subtype(types["List"], types["Other"])
    assert is_subtype(types["Wider"], types["Server"])
    assert not is_subtype(types["Server"], types["Wider"])


def test_mutually_recursive_types_end() -> None:
    types = definitions("type A = record { vec B }; type B = record { vec A }; type C = record { vec record { vec C; nat } };")
    assert is_equal(types["A"], types["B"])
    assert not is_subtype(types["A"], types["C"])
    assert is_subtype(types["C"], types["A"])


def test_types_of_any_depth_are_compared() -> None:
    one: Type = NULL
    other: Type = NULL
    for _ in range(20_000):
        one, other = Vec(one), Vec(other)
    assert is_equal(one, other)
    assert not is_subtype(Vec(one), other)


@given(TYPES)
def test_a_type_is_equal_to_itself_and_a_subtype_of_itself(type_: Type) -> None:
    wrapped = Named("Copy", type_)
    assert is_equal(type_, wrapped)
    assert is_subtype(type_, wrapped)
    assert is_subtype(EMPTY, type_)
    assert is_subtype(type_, Opt(EMPTY))


@given(TYPES, TYPES)
def test_equality_is_symmetric_and_stronger_than_both_subtypings(one: Type, other: Type) -> None:
    assert is_equal(one, other) == is_equal(other, one)
    if is_equal(one, other):
        assert is_subtype(one, other)
        assert is_subtype(other, one)


@given(TYPES, st.data())
def test_subtyping_is_transitive_along_its_rules(bottom: Type, data: st.DataObject) -> None:
    middle = data.draw(supertypes(bottom))
    top = data.draw(supertypes(middle))
    assert is_subtype(bottom, middle)
    assert is_subtype(middle, top)
    assert is_subtype(bottom, top)


def test_subtyping_is_not_transitive_over_a_null_field_that_comes_and_goes() -> None:
    before, between, after = (parse_type(text) for text in ("record { a : nat }", "record {}", "record { a : null }"))
    assert is_subtype(before, between)
    assert is_subtype(between, after)
    assert not is_subtype(before, after)


def test_fields_are_compared_by_number() -> None:
    assert is_equal(Record((Field("a", NULL),)), Record((Field(97, NULL),)))
