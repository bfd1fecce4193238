"""Encoding: the exact bytes of headers and values, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.candid import CandidError, Encoder, encode
from kybra_replica.candid.types import (
    BOOL,
    EMPTY,
    FLOAT32,
    FLOAT64,
    INT,
    INT8,
    NAT,
    NAT8,
    NAT64,
    NULL,
    PRINCIPAL,
    RESERVED,
    TEXT,
    Field,
    Func,
    Named,
    Opt,
    Record,
    Service,
    Type,
    Variant,
    Vec,
    tuple_of,
)
from kybra_replica.candid.values import FuncReference, Some
from kybra_replica.principal import Principal

CALLER = Principal(b"\x01" * 29)
SHAPE = Variant((Field("a", NAT), Field("b", NULL)))


def list_of(item: Type) -> Named:
    name = Named("List")
    name.bind(Record((Field("a", item), Field("b", Opt(name)))))
    return name


def table(hexadecimal: str, entries: int) -> bytes:
    return b"DIDL" + bytes((entries,)) + bytes.fromhex(hexadecimal)


@pytest.mark.parametrize(
    ("types", "size"),
    [
        ([NAT64], 7),
        ([TEXT], 7),
        ([PRINCIPAL], 7),
        ([Vec(NAT8)], 9),
        ([Vec(NAT64)], 9),
        ([Opt(TEXT)], 9),
        ([tuple_of(NAT64, NAT64)], 9 + 2 * 2),
        ([Record((Field("first", NAT64), Field("second", NAT64)))], 9 + (4 + 1) + (5 + 1)),
        ([Record(tuple(Field(f"field_{index}", NAT64) for index in range(5)))], 9 + 5 * 6),
        ([], 6),
        ([NAT64, NAT64, NAT64], 9),
    ],
)
def test_header_sizes(types: list[Type], size: int) -> None:
    assert len(Encoder(types).header) == size


def test_stored_sizes_of_kybras_book() -> None:
    assert len(encode([PRINCIPAL], [CALLER])) == 38
    assert len(encode([NAT64], [0])) == 15
    assert len(encode([TEXT], ["x" * 127])) == 127 + 8
    assert len(encode([TEXT], ["x" * 128])) == 128 + 9


@pytest.mark.parametrize(
    ("types", "header"),
    [
        pytest.param([Vec(NAT8), Vec(NAT8)], table("6d7b 02 00 00", 1), id="equal types share an entry"),
        pytest.param([Opt(Opt(NAT))], table("6e01 6e7d 01 00", 2), id="an entry comes before its parts"),
        pytest.param([tuple_of(Opt(NAT), Opt(TEXT))], table("6c02 00 01 01 02 6e7d 6e71 01 00", 3), id="parts in order of ids"),
        pytest.param([Named("A", Vec(NAT8)), Vec(NAT8)], table("6d7b 02 00 00", 1), id="an alias is what it stands for"),
        pytest.param([list_of(NAT)], table("6c02 61 7d 62 01 6e00 01 00", 2), id="a recursive type refers to itself"),
        pytest.param([Opt(list_of(NAT))], table("6e01 6c02 61 7d 62 00 01 00", 2), id="a recursive type within the optional it uses"),
        pytest.param(
            [list_of(NAT), list_of(NAT)],
            table("6c02 61 7d 62 01 6e00 6c02 61 7d 62 03 6e02 02 00 02", 4),
            id="recursive types of equal structure do not share",
        ),
        pytest.param(
            [Func((TEXT,), (NAT, NAT8), ("query",)), Func((), (), ("oneway",)), Func((), (), ("composite_query",))],
            table("6a 01 71 02 7d 7b 01 01 6a 00 00 01 02 6a 00 00 01 03 03 00 01 02", 3),
            id="functions with their modes",
        ),
        pytest.param(
            [Service((("g", Func((), ())), ("f", Func((), ()))))],
            table("69 02 0166 01 0167 01 6a 00 00 00 01 00", 2),
            id="services by name",
        ),
    ],
)
def test_type_tables(types: list[Type], header: bytes) -> None:
    assert Encoder(types).header == header


def test_mutually_recursive_types_depend_on_the_first() -> None:
    one, other = Named("One"), Named("Other")
    one.bind(Record((Field("a", Opt(other)),)))
    other.bind(Record((Field("b", Opt(one)),)))
    assert Encoder([one]).header == table("6c01 61 01 6e02 6c01 62 03 6e00 01 00", 4)
    assert Encoder([one, other]).header == table("6c01 61 01 6e02 6c01 62 03 6e00 02 00 02", 4)
    assert Encoder([other, one]).header == table("6c01 62 01 6e02 6c01 61 03 6e00 02 00 02", 4)


@pytest.mark.parametrize(
    ("type_", "value", "content"),
    [
        (NULL, None, ""),
        (RESERVED, "anything", ""),
        (BOOL, True, "01"),
        (NAT, 300, "ac02"),
        (INT, -1, "7f"),
        (NAT64, 258, "0201000000000000"),
        (INT8, -1, "ff"),
        (FLOAT32, 0.5, "0000003f"),
        (FLOAT64, -0.5, "000000000000e0bf"),
        (TEXT, "é", "02c3a9"),
        (Vec(NAT8), b"\x00\xff", "0200ff"),
        (Vec(NAT8), bytearray(b"ab"), "026162"),
        (Vec(NAT64), (1,), "010100000000000000"),
        (Vec(BOOL), [True, False], "020100"),
        (Opt(NAT), None, "00"),
        (Opt(Opt(NAT)), Some(None), "0100"),
        (Opt(NAT), Some(5), "0105"),
        (SHAPE, {"b": None}, "01"),
        (SHAPE, {"a": 7}, "0007"),
        (tuple_of(NAT, TEXT), {0: 1, 1: "a", 2: "is not looked at"}, "010161"),
        (PRINCIPAL, Principal(b"\xca\xff\xee"), "0103caffee"),
        (Service(()), Principal(b""), "0100"),
        (Func((), ()), FuncReference(Principal(b"\x04"), "go"), "010101 04 02676f"),
    ],
)
def test_contents(type_: Type, value: Any, content: str) -> None:
    encoder = Encoder([type_])
    assert encoder([value]) == encoder.header + bytes.fromhex(content)


@pytest.mark.parametrize(
    ("type_", "value", "message"),
    [
        (NULL, 0, "argument 0: null is expected, not int 0"),
        (BOOL, 1, "argument 0: bool is expected, not int 1"),
        (NAT, -1, "argument 0: nat is expected, not int -1"),
        (NAT, True, "argument 0: nat is expected, not bool True"),
        (INT, 1.0, "argument 0: int is expected, not float 1.0"),
        (NAT8, 256, "argument 0: nat8 is expected, not int 256"),
        (INT8, -129, "argument 0: int8 is expected, not int -129"),
        (FLOAT64, 1, "argument 0: float64 is expected, not int 1"),
        (FLOAT32, 1e39, "argument 0: float32 is expected, not float 1e+39"),
        (TEXT, b"a", "argument 0: text is expected, not bytes b'a'"),
        (TEXT, "a\ud800", "argument 0: text cannot hold character 1, '\\ud800'"),
        (Vec(NAT8), [1], "argument 0: blob is expected, not list [1]"),
        (Vec(NAT8), None, "argument 0: blob is expected, not NoneType None"),
        (Vec(TEXT), "ab", "argument 0: vec is expected, not str 'ab'"),
        (Vec(NAT64), [0, -1], "argument 0, element 1: nat64 is expected, not int -1"),
        (Vec(NAT64), [True], "argument 0, element 0: nat64 is expected, not bool True"),
        (Opt(NAT), 5, "argument 0: opt (None or Some) is expected, not int 5"),
        (tuple_of(NAT, TEXT), {0: 1}, "argument 0: the record lacks the field 1"),
        (tuple_of(NAT, TEXT), (1, "a"), "argument 0: record is expected, not tuple (1, 'a')"),
        (Record((Field("x", Vec(TEXT)),)), {"x": ["a", 1]}, "argument 0, field x, element 1: text is expected, not int 1"),
        (SHAPE, {"c": None}, "argument 0: 'c' is not a tag of this variant, which has a, b"),
        (SHAPE, {"a": 1, "b": None}, "argument 0: variant (a dict with one entry) is expected, not dict {'a': 1, 'b': None}"),
        (SHAPE, {"a": None}, "argument 0, tag a: nat is expected, not NoneType None"),
        (PRINCIPAL, "aaaaa-aa", "argument 0: principal is expected, not str 'aaaaa-aa'"),
        (Func((), ()), Principal(b""), "argument 0: func is expected, not Principal Principal(aaaaa-aa)"),
        (EMPTY, None, "argument 0: there is no value of type empty"),
        (NAT8, 2**5_000, "argument 0: nat8 is expected, not int of 5001 bits"),
    ],
)
def test_values_of_another_type_are_refused(type_: Type, value: Any, message: str) -> None:
    with pytest.raises(CandidError) as refusal:
        encode([type_], [value])
    assert str(refusal.value) == message


def test_the_argument_at_fault_is_named() -> None:
    with pytest.raises(CandidError, match=r"^argument 1: nat is expected, not str 'a'$"):
        encode([NAT, NAT], [1, "a"])
    with pytest.raises(CandidError, match=r"^1 values for 2 types$"):
        encode([NAT, NAT], [1])


def test_a_value_that_contains_itself_is_refused() -> None:
    name = Named("Tree")
    name.bind(Vec(name))
    value: list[Any] = []
    value.append(value)
    with pytest.raises(CandidError, match=r"^argument 0: nested too deeply$"):
        encode([name], [value])


def test_a_name_without_definition_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="type Missing is not defined"):
        Encoder([Opt(Named("Missing"))])


@given(st.lists(st.integers(0, 2**64 - 1)), st.integers(0, 2**64 - 1))
def test_an_element_adds_its_size(numbers: list[int], more: int) -> None:
    encoder = Encoder([tuple_of(Vec(NAT64), BOOL)])
    before, after = ({0: elements, 1: True} for elements in (numbers, [*numbers, more]))
    assert len(encoder([after])) - len(encoder([before])) == 8 + (len(numbers) == 127)
