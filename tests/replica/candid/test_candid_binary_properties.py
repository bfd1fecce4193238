"""Laws of the binary format, over random types and values."""

from __future__ import annotations

from candid_strategies import TYPES, supertypes, typed_values, values
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.candid import Decoder, Encoder, decode, decode_any, encode, is_equal, is_subtype
from kybra_replica.candid.types import NAT8, NULL, RESERVED, Opt, Record, Type, Variant, Vec, resolve
from kybra_replica.candid.values import Some, Value


@given(typed_values())
def test_what_is_encoded_is_decoded(typed: tuple[list[Type], list[Value]]) -> None:
    types, given_values = typed
    assert decode(encode(types, given_values), types) == given_values


@given(typed_values())
def test_a_message_is_its_header_and_the_content_of_its_values(typed: tuple[list[Type], list[Value]]) -> None:
    types, given_values = typed
    encoder = Encoder(types)
    message = encoder(given_values)
    content = sum(len(encode([type_], [value])) - len(Encoder([type_]).header) for type_, value in zip(types, given_values, strict=True))
    assert message[: len(encoder.header)] == encoder.header
    assert len(message) == len(encoder.header) + content


@given(typed_values())
def test_a_message_says_its_own_types(typed: tuple[list[Type], list[Value]]) -> None:
    types, given_values = typed
    message = encode(types, given_values)
    found = decode_any(message)
    assert len(found) == len(types)
    assert all(is_equal(type_, wire) for type_, (wire, _) in zip(types, found, strict=True))
    again = encode([type_ for type_, _ in found], [value for _, value in found])
    assert decode(again, types) == given_values


@given(typed_values(), st.data())
def test_a_decoder_that_is_used_again_gives_the_same(typed: tuple[list[Type], list[Value]], data: st.DataObject) -> None:
    types, first = typed
    second = [data.draw(values(type_)) for type_ in types]
    encoder, decoder = Encoder(types), Decoder(types)
    assert [decoder(encoder(each)) for each in (first, second, first)] == [first, second, first]


@given(TYPES, st.data())
def test_a_value_is_decoded_at_every_supertype(type_: Type, data: st.DataObject) -> None:
    value = data.draw(values(type_))
    wider = data.draw(supertypes(type_))
    assert is_subtype(type_, wider)
    assert decode(encode([type_], [value]), [wider]) == [coerced(value, type_, wider)]


@given(typed_values())
def test_surplus_arguments_are_skipped(typed: tuple[list[Type], list[Value]]) -> None:
    types, given_values = typed
    message = encode(types, given_values)
    assert decode(message, types[:1]) == given_values[:1]
    assert decode(message, [RESERVED] * len(types)) == [None] * len(types)


def coerced(value: Value, sub: Type, sup: Type) -> Value:
    """`value` of `sub` as it looks at its supertype `sup`, where nothing has to be made null because it does not fit."""
    sub, sup = resolve(sub), resolve(sup)
    if sup == RESERVED or (isinstance(sup, Opt) and sub in (NULL, RESERVED)):
        return None
    if isinstance(sup, Opt) and isinstance(sub, Opt):
        return None if value is None else Some(coerced(value.value, sub.inner, sup.inner))
    if isinstance(sup, Opt):
        return Some(coerced(value, sub, sup.inner))
    if isinstance(sup, Vec) and isinstance(sub, Vec):
        elements = [coerced(element, sub.inner, sup.inner) for element in value]
        return bytes(elements) if resolve(sup.inner) == NAT8 else elements
    if isinstance(sup, Record) and isinstance(sub, Record):
        known = {field.id: field for field in sub.fields}
        pairs = [(known.get(field.id), field) for field in sup.fields]
        return {new.label: None if old is None else coerced(value[old.label], old.type, new.type) for old, new in pairs}
    if isinstance(sup, Variant) and isinstance(sub, Variant):
        ((label, payload),) = value.items()
        (old,) = (field for field in sub.fields if field.label == label)
        (new,) = (field for field in sup.fields if field.id == old.id)
        return {new.label: coerced(payload, old.type, new.type)}
    return value
