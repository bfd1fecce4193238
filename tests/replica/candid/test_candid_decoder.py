"""Decoding: coercion to what is expected, what is refused and where, and limits at their boundary."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from kybra_replica.candid import TRUSTED, CandidError, Decoder, Limits, decode, decode_any, encode, is_equal
from kybra_replica.candid.leb128 import encode_signed, encode_unsigned
from kybra_replica.candid.types import (
    BOOL,
    FUTURE,
    INT,
    NAT,
    NAT8,
    NAT64,
    NULL,
    RESERVED,
    TEXT,
    Field,
    Func,
    Named,
    Opt,
    Record,
    Type,
    Variant,
    Vec,
    label_id,
    tuple_of,
)
from kybra_replica.candid.values import FuncReference, Some
from kybra_replica.principal import Principal

COLOURS = Variant((Field("red", NULL), Field("other", TEXT)))


def tower(form: bytes, height: int) -> list[bytes]:
    """Table entries each of which is made of the next by `form`, and the last of null."""
    return [form + encode_signed(index + 1) for index in range(height - 1)] + [form + b"\x7f"]


def message(table: list[bytes], arguments: list[int], content: bytes = b"") -> bytes:
    references = b"".join(map(encode_signed, arguments))
    return b"DIDL" + encode_unsigned(len(table)) + b"".join(table) + encode_unsigned(len(arguments)) + references + content


def node() -> Named:
    name = Named("Node")
    name.bind(Record((Field("value", NAT), Field("next", Opt(name)))))
    return name


def chain(length: int) -> Any:
    value = None
    for number in range(length):
        value = Some({"value": number, "next": value})
    assert value is not None
    return value.value


@pytest.mark.parametrize(
    ("sent", "value", "expected", "received"),
    [
        (NAT, 5, INT, 5),
        (NAT, 5, Opt(NAT), Some(5)),
        (NAT, 5, Opt(TEXT), None),
        (NAT, 5, Opt(Opt(NAT)), Some(Some(5))),
        (NAT, 5, RESERVED, None),
        (NULL, None, Opt(NAT), None),
        (RESERVED, None, Opt(NAT), None),
        (Opt(TEXT), Some("a"), Opt(NAT), None),
        (Opt(Opt(TEXT)), Some(Some("a")), Opt(Opt(NAT)), Some(None)),
        (Opt(COLOURS), Some({"other": "x"}), Opt(Variant((Field("red", NULL),))), None),
        (Opt(COLOURS), Some({"red": None}), Opt(Variant((Field("red", NULL),))), Some({"red": None})),
        (COLOURS, {"red": None}, Variant((Field("red", NULL),)), {"red": None}),
        (Vec(NAT), [], Vec(NAT8), b""),
        (Vec(NAT), [1, 2], Vec(Opt(INT)), [Some(1), Some(2)]),
        (Vec(NAT8), b"\x01\x02", Vec(Opt(NAT8)), [Some(1), Some(2)]),
        (tuple_of(NAT, TEXT), {0: 1, 1: "a"}, tuple_of(NAT), {0: 1}),
        (tuple_of(NAT), {0: 1}, tuple_of(NAT, Opt(TEXT), NULL, RESERVED), {0: 1, 1: None, 2: None, 3: None}),
        (Record((Field("a", NAT),)), {"a": 1}, Record((Field(97, NAT),)), {97: 1}),
        (Func((), ()), FuncReference(Principal(b""), "m"), Func((TEXT,), ()), FuncReference(Principal(b""), "m")),
    ],
)
def test_coercion(sent: Type, value: Any, expected: Type, received: Any) -> None:
    assert decode(encode([sent, TEXT], [value, "behind"]), [expected, TEXT]) == [received, "behind"]


@pytest.mark.parametrize(
    ("sent", "value", "expected", "why"),
    [
        (TEXT, "a", NAT, "byte 7: the message has text where nat is expected"),
        (INT, 5, NAT, "byte 7: the message has int where nat is expected"),
        (COLOURS, {"other": "x"}, Variant((Field("red", NULL),)), "which is not expected"),
        (tuple_of(NAT), {0: 1}, tuple_of(NAT, NAT), "byte 11: the message has a record without the field 1"),
        (Vec(NAT), [1], Vec(TEXT), "byte 10: the message has nat where text is expected"),
        (
            Func((), ()),
            FuncReference(Principal(b""), "m"),
            Func((), (), ("query",)),
            "this func is not a subtype of the one that is expected",
        ),
    ],
)
def test_what_does_not_fit_is_refused(sent: Type, value: Any, expected: Type, why: str) -> None:
    with pytest.raises(CandidError) as refusal:
        decode(encode([sent], [value]), [expected])
    assert str(refusal.value).startswith("argument 0, ")
    assert str(refusal.value).endswith(why)


@pytest.mark.parametrize(
    ("payload", "types", "message_text"),
    [
        (b"", [], "byte 0: the message is empty"),
        (b"not candid", [], "byte 0: a Candid message begins with DIDL"),
        (b"DIDL\x00\x00", [NAT], "argument 0 is missing; the message has 0"),
        (b"DIDL\x00\x00\x00", [], "byte 6: 1 bytes are left over behind the last argument"),
        (b"DIDL\x00\x01\x7e\x02", [BOOL], "argument 0, byte 7: 2 stands where only 0 or 1 may"),
        (b"DIDL\x00\x01\x71\x02\xff\xfe", [TEXT], "argument 0, byte 8: text is not UTF-8: invalid start byte"),
        (b"DIDL\x00\x01\x71\x05abc", [TEXT], "argument 0, byte 7: the message ends in the middle of what begins here"),
        (b"DIDL\x01\x6e\x01\x00", [], "byte 6: type 1 is not in the table, which has 1"),
        (b"DIDL\x00\x01\x68\x00", [], "byte 7: opaque references are not supported"),
    ],
)
def test_malformed_messages(payload: bytes, types: list[Type], message_text: str) -> None:
    with pytest.raises(CandidError) as refusal:
        decode(payload, types)
    assert str(refusal.value) == message_text


def test_decoding_without_types_finds_them() -> None:
    record = Record((Field("owner", TEXT), Field("amount", NAT64)))
    ((type_, value), (list_type, _)) = decode_any(encode([record, node()], [{"owner": "x", "amount": 3}, chain(2)]))
    assert is_equal(type_, record)
    assert value == {label_id("owner"): "x", label_id("amount"): 3}
    assert is_equal(list_type, node())


def test_a_value_of_a_later_type_of_candid_is_skipped() -> None:
    payload = b"DIDL\x01\x67\x03ABC\x02\x00\x7e\x05\x00hello\x01"
    assert decode(payload, [RESERVED, BOOL]) == [None, True]
    assert decode_any(payload) == [(FUTURE, None), (BOOL, True)]


def test_the_decoding_limit_counts_values_and_header() -> None:
    payload = encode([Vec(NULL)], [[None] * 50])
    cost = 4 * 9 + 1 + 50 * 4
    assert decode(payload, [Vec(NULL)], limits=Limits(decoding=cost)) == [[None] * 50]
    with pytest.raises(CandidError, match="decoding this message costs more than the limit allows"):
        decode(payload, [Vec(NULL)], limits=Limits(decoding=cost - 1))


def test_the_skipping_limit_counts_the_bytes_of_a_text() -> None:
    assert decode(encode([TEXT], ["x" * 9_999]), []) == []
    with pytest.raises(CandidError, match="skipping what was not asked for costs more than the limit allows"):
        decode(encode([TEXT], ["x" * 10_000]), [])
    assert decode(encode([TEXT], ["x" * 10_000]), [], limits=TRUSTED) == []
    assert decode(encode([TEXT], ["x" * 10_000]), [TEXT]) == ["x" * 10_000]


def test_surplus_fields_and_unfit_options_count_as_skipped() -> None:
    long = "x" * 20_000
    for sent, value, expected in (
        (Record((Field("a", NAT), Field("b", TEXT))), {"a": 1, "b": long}, Record((Field("a", NAT),))),
        (Opt(TEXT), Some(long), Opt(NAT)),
        (TEXT, long, RESERVED),
    ):
        payload = encode([sent], [value])
        with pytest.raises(CandidError, match="skipping"):
            decode(payload, [expected])
        decode(payload, [expected], limits=TRUSTED)


def test_the_depth_limit_counts_calls_of_a_recursive_type() -> None:
    type_ = node()
    payload = encode([type_], [chain(100)])
    assert decode(payload, [type_]) == [chain(100)]
    assert decode(payload, [type_], limits=Limits(depth=3 * 99)) == [chain(100)]
    with pytest.raises(CandidError, match="values are nested deeper than the limit allows"):
        decode(payload, [type_], limits=Limits(depth=3 * 99 - 1))


def test_the_types_limit() -> None:
    payload = message(tower(b"\x6e", 10), [])
    assert decode(payload, [], limits=Limits(types=10)) == []
    with pytest.raises(CandidError, match="a table of 10 types is more than the limit allows"):
        decode(payload, [], limits=Limits(types=9))
    nulls = b"DIDL\x00" + encode_unsigned(91) + b"\x7f" * 91
    assert decode(nulls, [], limits=Limits(types=10)) == []
    with pytest.raises(CandidError, match="types have more parts than the limit allows"):
        decode(nulls, [], limits=Limits(types=9))


BILLION = encode_unsigned(1_000_000_000)
DOUBLING = [b"\x6c\x02\x00" + encode_signed(index + 1) + b"\x01" + encode_signed(index + 1) for index in range(60)] + [b"\x6c\x00"]
HOSTILE = {
    "vec null": message([b"\x6d\x7f"], [0], BILLION),
    "vec of empty records": message([b"\x6d\x01", b"\x6c\x00"], [0], BILLION),
    "a tower of options": message(tower(b"\x6e", 9_000), [0], b"\x01" * 9_000),
    "a tower of vectors": message(tower(b"\x6d", 9_000), [0], b"\x01" * 9_000),
    "a tower of records": message(tower(b"\x6c\x01\x00", 9_000), [0]),
    "a record of itself": message([b"\x6c\x02\x00\x00\x01\x00"], [0]),
    "a variant of itself": message([b"\x6b\x01\x00\x00"], [0], bytes(9_000)),
    "an option of itself": message([b"\x6e\x00"], [0], b"\x01" * 9_000 + b"\x00"),
    "2^60 empty records": message(DOUBLING, [0]),
    "an announced text": message([], [-15], BILLION + b"x"),
    "an announced table": b"DIDL" + BILLION,
    "announced arguments": b"DIDL\x00" + BILLION,
    "announced fields": b"DIDL\x01\x6c" + BILLION + b"\x00\x7f",
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "expected", [[], [RESERVED], [Opt(NAT)], [Vec(Opt(NAT))], [node()]], ids=["none", "reserved", "opt", "vec", "node"]
)
def test_hostile_messages_are_refused(name: str, expected: list[Type]) -> None:
    with pytest.raises(CandidError):
        decode(HOSTILE[name], expected)
    with pytest.raises(CandidError):
        decode_any(HOSTILE[name])


def test_running_out_of_stack_is_a_candid_error() -> None:
    type_ = node()
    payload = encode([type_], [chain(150)])

    def descend(levels: int) -> list[Any]:
        return descend(levels - 1) if levels else decode(payload, [type_], limits=Limits(depth=10_000))

    with pytest.raises(CandidError, match=r"^nested too deeply$"):
        descend(sys.getrecursionlimit() - 300)


def test_headers_met_before_do_not_mix() -> None:
    decoder = Decoder([Opt(NAT), RESERVED])
    sent = [(NAT, 1), (Opt(NAT), Some(2)), (NULL, None), (TEXT, "a")]
    payloads = [encode([type_, NAT8], [value, 1]) for type_, value in sent] + [encode([NAT] * n, [7] * n) for n in range(2, 40)]
    received = [Some(1), Some(2), None, None] + [Some(7)] * 38
    for _ in range(2):
        assert [decoder(payload) for payload in payloads] == [[value, None] for value in received]


def test_arguments_may_be_bytes_of_any_kind() -> None:
    payload = encode([Vec(NAT8), TEXT], [b"ab", "c"])
    assert decode(bytearray(payload), [Vec(NAT8), TEXT]) == [b"ab", "c"]
    assert decode(memoryview(payload), [Vec(NAT8), TEXT]) == [b"ab", "c"]
