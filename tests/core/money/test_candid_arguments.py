"""Reading arguments of calls to others: what the replica's codec writes is read back, and everything else is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.candid_arguments import ArgumentsUnreadable, field_id, read_argument
from kybra_replica.candid import encode
from kybra_replica.candid.did_parser import parse_type
from kybra_replica.plain import from_plain
from kybra_replica.principal import Principal

SHAPE = (
    ("to", (("owner", "principal"), ("subaccount", "opt blob"))),
    ("amount", "nat"),
    ("memo", "opt blob"),
    ("at", "opt nat64"),
    ("fee", "opt nat"),
)
ACCOUNT = "record { owner : principal; subaccount : opt blob }"
REQUEST = f"record {{ to : {ACCOUNT}; amount : nat; memo : opt blob; at : opt nat64; fee : opt nat }}"
PLAIN = {"to": {"owner": Principal(b"\x01"), "subaccount": None}, "amount": 5, "memo": b"order", "at": 7, "fee": None}
REQUESTS = st.fixed_dictionaries(
    {
        "to": st.fixed_dictionaries(
            {"owner": st.builds(Principal, st.binary(max_size=29)), "subaccount": st.none() | st.binary(max_size=40)}
        ),
        "amount": st.integers(0, 1 << 200),
        "memo": st.none() | st.binary(max_size=200),
        "at": st.none() | st.integers(0, (1 << 64) - 1),
        "fee": st.none() | st.integers(0, 1 << 70),
    }
)


def candid(type_text: str, value: Any) -> bytes:
    kind = parse_type(type_text)
    return encode([kind], [from_plain(kind, value)])


@given(REQUESTS)
def test_what_was_written_is_read(request_: dict[str, Any]) -> None:
    owner = request_["to"]["owner"].raw
    assert read_argument(candid(REQUEST, request_), SHAPE) == request_ | {"to": request_["to"] | {"owner": owner}}


def test_optionals_may_be_left_out() -> None:
    short = candid("record { to : record { owner : principal }; amount : nat }", {"to": {"owner": Principal(b"\x01")}, "amount": 5})
    nothing = {"memo": None, "at": None, "fee": None}
    assert read_argument(short, SHAPE) == {"to": {"owner": b"\x01", "subaccount": None}, "amount": 5, **nothing}


@pytest.mark.parametrize(
    ("type_text", "changed", "reason"),
    [
        (REQUEST.replace("amount : nat", "amount : int"), {}, "another type where nat belongs"),
        (REQUEST.replace("amount : nat", "amount : nat64"), {}, "another type where nat belongs"),
        (REQUEST.replace("at : opt nat64", "at : opt nat"), {}, "another type where nat64 belongs"),
        (REQUEST.replace("at : opt nat64", "at : nat64"), {}, "another type than the method takes"),
        (REQUEST.replace("memo : opt blob", "memo : opt vec nat16"), {"memo": [1]}, "a vec of something else"),
        (REQUEST.replace("memo : opt blob", "memo : opt text"), {"memo": "hi"}, "another type than the method takes"),
        (REQUEST.replace("amount : nat", "amount : nat; more : nat"), {"more": 1}, "a field that the method does not know"),
        (REQUEST.replace("amount : nat;", ""), {"amount": ...}, "lacks the field amount"),
        (REQUEST.replace(f"to : {ACCOUNT}", "to : principal"), {"to": Principal(b"\x01")}, "another type than the method takes"),
        (REQUEST.replace("fee : opt nat", "fee : variant { none }"), {"fee": {"none": None}}, "a type that the method does not take"),
        ("text", "hello", "another type than the method takes"),
    ],
)
def test_another_type_is_refused(type_text: str, changed: dict[str, Any], reason: str) -> None:
    value: Any = changed if isinstance(changed, str) else {name: part for name, part in (PLAIN | changed).items() if part is not ...}
    with pytest.raises(ArgumentsUnreadable, match=reason):
        read_argument(candid(type_text, value), SHAPE)


def test_one_argument_and_nothing_behind_it() -> None:
    kind = parse_type(REQUEST)
    value = from_plain(kind, PLAIN)
    assert read_argument(encode([kind], [value]), SHAPE)["amount"] == 5
    for data, reason in (
        (encode([kind, kind], [value, value]), "takes one argument"),
        (encode([], []), "takes one argument"),
        (encode([kind], [value]) + b"\x00", "1 bytes follow"),
        (encode([kind], [value])[:-1], "cut short"),
        (b"DIDM", "does not begin with DIDL"),
        (b"DIDL" + b"\x41", "more than 64 types"),
    ):
        with pytest.raises(ArgumentsUnreadable, match=reason):
            read_argument(data, SHAPE)


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (b"\x02\x01", "a flag that is neither"),
        (b"\x00", "no principal"),
        (b"\x01\x1e" + bytes(30), "no principal"),
        (b"\x01\x1d" + bytes(29), None),
    ],
)
def test_a_principal_is_named_and_has_at_most_29_bytes(tail: bytes, reason: str | None) -> None:
    head = b"DIDL\x01\x6c\x01" + candid("record { owner : principal }", {"owner": Principal(b"")})[7:-2]
    if reason is None:
        assert read_argument(head + tail, (("owner", "principal"),)) == {"owner": bytes(29)}
    else:
        with pytest.raises(ArgumentsUnreadable, match=reason):
            read_argument(head + tail, (("owner", "principal"),))


def test_fields_are_in_order_and_stand_once() -> None:
    def record(*names: str) -> bytes:
        fields = b"".join(_leb(field_id(name)) + b"\x7d" for name in names)
        return b"DIDL\x01\x6c" + bytes((len(names),)) + fields + b"\x01\x00" + bytes(len(names))

    first, second = sorted(("a", "b"), key=field_id)
    assert read_argument(record(first, second), (("a", "nat"), ("b", "nat"))) == {"a": 0, "b": 0}
    for names in ((second, first), (first, first)):
        with pytest.raises(ArgumentsUnreadable, match="out of order"):
            read_argument(record(*names), (("a", "nat"), ("b", "nat")))


def _leb(number: int) -> bytes:
    return bytes((number % 128 + 128,)) + _leb(number // 128) if number >= 128 else bytes((number,))


@given(st.binary(max_size=60), st.integers(0, 200), st.integers(0, 255))
def test_no_bytes_do_worse_than_being_unreadable(noise: bytes, place: int, octet: int) -> None:
    good = bytearray(candid(REQUEST, PLAIN))
    good[place % len(good)] = octet
    for data in (b"DIDL" + noise, bytes(good)):
        try:
            found = read_argument(data, SHAPE)
        except ArgumentsUnreadable:
            continue
        assert found.keys() == dict(SHAPE).keys()


def test_the_number_of_a_field_is_its_hash() -> None:
    assert [field_id(name) for name in ("", "owner", "created_at_time")] == [0, 947296307, 3258775938]
