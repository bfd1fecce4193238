"""Strict CBOR: every form that is read beside the nearest one that is not."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.ingress.cbor import MAX_ITEMS, CborInvalid, read

ACCEPTED = {
    "a null": ("f6", None),
    "undefined": ("f7", None),
    "true": ("f5", True),
    "the largest short number": ("17", 23),
    "a number in one byte": ("1817", 23),
    "a number in two bytes": ("190100", 256),
    "a number in four bytes": ("1a00010000", 65536),
    "the largest number": ("1bffffffffffffffff", 2**64 - 1),
    "a negative number": ("3863", -100),
    "a bignum": ("c249000000000000000001", 1),
    "the largest bignum": ("c248ffffffffffffffff", 2**64 - 1),
    "a bignum in chunks": ("c25f41014100ff", 256),
    "bytes": ("43010203", b"\1\2\3"),
    "bytes whose length is not the shortest": ("5b0000000000000001aa", b"\xaa"),
    "bytes in chunks": ("5f41014100ff", b"\1\0"),
    "bytes in no chunks": ("5fff", b""),
    "text": ("62c3a9", "é"),
    "text in chunks": ("7f6161626262ff", "abb"),
    "an array": ("82014101", [1, b"\1"]),
    "an array of indefinite length": ("9f01ff", [1]),
    "a map": ("a2616101616202", {"a": 1, "b": 2}),
    "a map of indefinite length": ("bf616101ff", {"a": 1}),
    "a map with a long name": ("a1781861616161616161616161616161616161616161616161616101", {"a" * 24: 1}),
    "a map with integer keys": ("a2010220f6", {1: 2, -1: None}),
    "the tag in front": ("d9d9f7a0", {}),
}

REFUSED = {
    "nothing": ("", "unexpected end"),
    "the tag alone": ("d9d9f7", "unexpected end"),
    "the tag twice": ("d9d9f7d9d9f7a0", "tag"),
    "the tag inside": ("81d9d9f701", "tag"),
    "another tag": ("c001", "tag"),
    "a negative bignum": ("c34101", "tag"),
    "a bignum of 65 bits": ("c249010000000000000000", "64 bits"),
    "a bignum of a number": ("c201", "no byte string"),
    "a half float": ("f93c00", "float"),
    "a float": ("fa3f800000", "float"),
    "a double": ("fb3ff0000000000000", "float"),
    "a simple value": ("f0", "simple value"),
    "a simple value in one byte": ("f8ff", "simple value"),
    "a break": ("ff", "indefinite"),
    "a number of indefinite length": ("1fff", "indefinite"),
    "a reserved length": ("1c", "reserved"),
    "bytes left over": ("0000", "trailing"),
    "text that is not UTF-8": ("62c328", "UTF-8"),
    "a name that is not UTF-8": ("a162c32801", "UTF-8"),
    "text in chunks that are not UTF-8 each": ("7f61c361a9ff", "UTF-8"),
    "bytes with a chunk of text": ("5f6161ff", "chunk"),
    "bytes with chunks in a chunk": ("5f5f4101ffff", "chunk"),
    "bytes without an end": ("5f4101", "unexpected end"),
    "a key twice": ("a2616101616102", "duplicate"),
    "a key twice in indefinite length": ("bf616101616102ff", "duplicate"),
    "an integer key twice, spelled otherwise": ("a201011801f6", "duplicate"),
    "a key without value": ("a16161", "unexpected end"),
    "a key without value in indefinite length": ("bf6161ff", "indefinite"),
    "a key of bytes": ("a1416101", "key"),
    "a key of null": ("a1f601", "key"),
    "a key of true": ("a1f501", "key"),
    "a key of an array": ("a18001", "deep"),
    "a number that ends early": ("19ff", "unexpected end"),
    "a length that ends early": ("58", "unexpected end"),
    "bytes that end early": ("4201", "unexpected end"),
    "a length of all the memory": ("5bffffffffffffffff00", "unexpected end"),
    "an array of all the memory": ("9bffffffffffffffff00", "unexpected end"),
    "a map of all the memory": ("bb7fffffffffffffff00", "unexpected end"),
}


@pytest.mark.parametrize(("code", "value"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_read(code, value):
    found = read(bytes.fromhex(code))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(("code", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(code, why):
    with pytest.raises(CborInvalid, match=why):
        read(bytes.fromhex(code))


LEVELS = {"array": b"\x81", "array to its break": b"\x9f", "map": b"\xa1\x00", "map to its break": b"\xbf\x00"}


@pytest.mark.parametrize("one_level", LEVELS.values(), ids=LEVELS)
def test_depth_is_bounded(one_level):
    end = b"\xff" if one_level[0] in {0x9F, 0xBF} else b""
    assert read(one_level * 5 + b"\x00" + end * 5, depth=5) is not None
    with pytest.raises(CborInvalid, match="nested too deeply"):
        read(one_level * 6 + b"\x00" + end * 6, depth=5)
    with pytest.raises(CborInvalid, match="nested too deeply"):
        read(one_level * 1_000_000)


ARRAYS = {"counted": (b"\x9a" + MAX_ITEMS.to_bytes(4, "big"), b""), "to a break": (b"\x9f", b"\xff")}


@pytest.mark.parametrize(("head", "end"), ARRAYS.values(), ids=ARRAYS)
def test_items_are_bounded(head, end):
    assert len(read(head + b"\x00" * MAX_ITEMS + end)) == MAX_ITEMS
    one_more = b"\x9a" + (MAX_ITEMS + 1).to_bytes(4, "big") if not end else head
    with pytest.raises(CborInvalid, match=f"more than {MAX_ITEMS} items"):
        read(one_more + b"\x00" * (MAX_ITEMS + 1) + end)


scalars = st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=40)
values = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=30) | st.integers(-500, 500), below, max_size=4),
    max_leaves=15,
)


@given(values, st.booleans())
def test_what_another_encoder_writes_is_read_back(value, tagged):
    assert read(cbor2.dumps(cbor2.CBORTag(55_799, value) if tagged else value)) == value


@given(values, st.data())
def test_what_ends_early_is_refused(value, data):
    whole = cbor2.dumps(value)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(CborInvalid):
        read(whole[:cut])


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    try:
        value = read(data)
    except CborInvalid:
        return
    assert read(cbor2.dumps(value)) == value
