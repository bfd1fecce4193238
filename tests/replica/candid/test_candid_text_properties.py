"""Laws of the textual format and of `.did` files, over random types and values."""

from __future__ import annotations

from candid_strategies import CLOSED_TYPES, LABELS, MODES, PLAIN_TYPES, number_of, typed_values
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.candid import (
    CandidError,
    decode_any,
    encode,
    is_equal,
    parse_args,
    parse_args_typed,
    parse_did,
    parse_type,
    render_args,
    render_did,
    render_type,
)
from kybra_replica.candid.types import Field, Func, Interface, Named, Opt, Record, Type
from kybra_replica.candid.values import Value


@given(typed_values(printable=True))
def test_what_is_printed_is_read_again(typed: tuple[list[Type], list[Value]]) -> None:
    types, given_values = typed
    text = render_args(types, given_values)
    assert parse_args(text, types) == given_values
    assert render_args(types, parse_args(text, types)) == text


@given(typed_values(printable=True))
def test_printing_without_names_loses_only_the_names(typed: tuple[list[Type], list[Value]]) -> None:
    types, given_values = typed
    found = decode_any(encode(types, given_values))
    text = render_args([type_ for type_, _ in found], [value for _, value in found])
    assert parse_args(text, types) == given_values


@given(typed_values(PLAIN_TYPES, printable=True))
def test_printed_values_say_enough_to_be_read_without_types(typed: tuple[list[Type], list[Value]]) -> None:
    types, given_values = typed
    inferred = parse_args_typed(render_args(types, given_values))
    assert parse_args(render_args(*inferred), types) == given_values


@given(typed_values(printable=True), st.data())
def test_damaged_text_is_refused_or_read(typed: tuple[list[Type], list[Value]], data: st.DataObject) -> None:
    types, given_values = typed
    text = list(render_args(types, given_values))
    for _ in range(data.draw(st.integers(1, 3))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.sampled_from('"\\(){};:,=.-+ 0x9_eau/*'))
    assert refusal_of("".join(text), types).startswith(("line ", "argument ", "none"))


def refusal_of(text: str, types: list[Type]) -> str:
    try:
        parse_args(text, types)
    except CandidError as problem:
        return str(problem)
    return "none"


@given(CLOSED_TYPES)
def test_a_type_without_definitions_is_printed_and_read_again(type_: Type) -> None:
    assert is_equal(parse_type(render_type(type_)), type_)


@st.composite
def interfaces(draw: st.DrawFn) -> Interface:
    """Definitions that use each other and themselves, methods, and init arguments or none."""
    names = [Named(name) for name in draw(st.lists(st.sampled_from(["Account", "Node", "Page", "_x"]), unique=True))]
    fields = st.lists(LABELS, max_size=3, unique_by=number_of)
    parts = st.one_of(CLOSED_TYPES, *([st.sampled_from(names)] if names else []))
    for name in names:
        record = Record(tuple(Field(label, Opt(draw(parts))) for label in draw(fields)))
        name.bind(record)
    sequences = st.lists(parts, max_size=3).map(tuple)
    methods = draw(st.dictionaries(st.sampled_from(["get", "put", "type", "é", "a_b"]), st.builds(Func, sequences, sequences, MODES)))
    return Interface(tuple(names), draw(st.one_of(st.none(), sequences)), tuple(methods.items()))


@given(interfaces())
def test_an_interface_is_printed_and_read_again(interface: Interface) -> None:
    text = render_did(interface)
    again = parse_did(text)
    assert render_did(again) == text
    assert (again.init is None) == (interface.init is None)
    for one, other in zip(sorted(interface.methods), again.methods, strict=True):
        assert one[0] == other[0]
        assert is_equal(one[1], other[1])
    for before, after in zip(sorted(interface.definitions, key=str), again.definitions, strict=True):
        assert before.name == after.name
        assert is_equal(before, after)
