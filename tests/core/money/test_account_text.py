"""Principals and accounts as text, against the vectors of ICRC-1 and the SDKs' ways of writing them."""

from __future__ import annotations

from base64 import b32encode
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core import accounts
from ddsx_core.units import AccountKey, PrincipalText
from model.expect import refuses

OWNER = PrincipalText("k2t6j-2nvnp-4zjm3-25dtz-6xhaa-c7boj-5gayf-oj3xs-i43lp-teztq-6ae")
ONE = bytes(31) + b"\x01"
COUNTING = bytes(range(1, 33))
NOT_ONE = "not the text of a principal"
HEX = "a subaccount is 1 to 64 lower-case hex digits"

PRINCIPALS = st.binary(max_size=29)
SMALL_SUBACCOUNTS = st.integers(0, 255).map(lambda number: bytes(31) + bytes([number]))
SUBACCOUNTS = st.none() | st.just(bytes(32)) | st.binary(min_size=32, max_size=32) | SMALL_SUBACCOUNTS


def naive_principal_text(raw: bytes) -> str:
    letters = b32encode(crc32(raw).to_bytes(4, "big") + raw).decode().lower().rstrip("=")
    return "-".join(letters[start : start + 5] for start in range(0, len(letters), 5))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", "aaaaa-aa"),
        (b"\x04", "2vxsx-fae"),
        (bytes.fromhex("00000000000000010101"), "rrkah-fqaaa-aaaaa-aaaaq-cai"),
        (bytes.fromhex("efcdab000000000001"), "2chl6-4hpzw-vqaaa-aaaaa-c"),
    ],
)
def test_known_principals(raw: bytes, text: str) -> None:
    assert accounts.principal_text(raw) == text
    assert accounts.principal_bytes(accounts.parse_principal(text)) == raw


@given(PRINCIPALS)
def test_principals_come_back(raw: bytes) -> None:
    text = accounts.principal_text(raw)
    assert text == naive_principal_text(raw)
    assert accounts.parse_principal(text) == text
    assert accounts.principal_bytes(text) == raw


def test_a_principal_has_at_most_29_bytes() -> None:
    assert len(accounts.principal_text(bytes(29))) == 63
    with refuses("InvalidPrincipal", reason="a principal has at most 29 bytes"):
        accounts.principal_text(bytes(30))
    with refuses("InvalidPrincipal", reason="a principal has at most 29 bytes"):
        accounts.parse_principal(naive_principal_text(bytes(30)).replace("-", ""))
    with refuses("InvalidPrincipal", reason="a principal has at most 63 characters"):
        accounts.parse_principal(naive_principal_text(bytes(30)))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", NOT_ONE),
        ("-", NOT_ONE),
        ("aaaaa-a", NOT_ONE),
        ("2VXSX-FAE", NOT_ONE),
        (" 2vxsx-fae", NOT_ONE),
        ("2vxsx-fa0", NOT_ONE),
        ("2vxsx_fae", NOT_ONE),
        ("2vxsx-fa\N{FULLWIDTH LATIN SMALL LETTER E}", NOT_ONE),
        ("2vxsx-faf", "the checksum does not fit"),
        ("2vxsy-fae", "the checksum does not fit"),
        ("2vxsx-faea", "the checksum does not fit"),
        ("aaaaa-ab", "the checksum does not fit"),
        ("2vxsxfae", "a hyphen belongs after every five characters"),
        ("2vxs-xfae", "a hyphen belongs after every five characters"),
        ("2vxsx--fae", "a hyphen belongs after every five characters"),
        ("-2vxsx-fae", "a hyphen belongs after every five characters"),
    ],
)
def test_text_that_is_no_principal_is_refused(text: str, reason: str) -> None:
    with refuses("InvalidPrincipal", reason=reason):
        accounts.parse_principal(text)


@given(PRINCIPALS, st.data())
def test_one_wrong_letter_is_noticed(raw: bytes, data: st.DataObject) -> None:
    text = accounts.principal_text(raw)
    place = data.draw(st.sampled_from([place for place, letter in enumerate(text) if letter != "-"]))
    letter = data.draw(st.sampled_from([letter for letter in "abcdefghijklmnopqrstuvwxyz234567" if letter != text[place]]))
    with refuses("InvalidPrincipal", reason="the checksum does not fit"):
        accounts.parse_principal(text[:place] + letter + text[place + 1 :])


@given(PRINCIPALS, SUBACCOUNTS, PRINCIPALS, SUBACCOUNTS)
def test_keys_are_equal_exactly_when_accounts_are(
    owner: bytes, subaccount: bytes | None, other: bytes, other_subaccount: bytes | None
) -> None:
    key = accounts.account_key(accounts.principal_text(owner), subaccount)
    other_key = accounts.account_key(accounts.principal_text(other), other_subaccount)
    same = (owner, subaccount or bytes(32)) == (other, other_subaccount or bytes(32))
    assert (key == other_key) == same


@given(PRINCIPALS, SUBACCOUNTS)
def test_accounts_come_back_from_key_and_text(owner: bytes, subaccount: bytes | None) -> None:
    key = accounts.account_key(accounts.principal_text(owner), subaccount)
    assert accounts.owner_of(key) == accounts.principal_text(owner)
    assert (accounts.subaccount_of(key) or bytes(32)) == (subaccount or bytes(32))
    assert accounts.parse_account(accounts.account_text(key)) == key


def test_the_default_subaccount_is_one_however_given() -> None:
    assert accounts.account_key(OWNER) == accounts.account_key(OWNER, bytes(32)) == AccountKey(OWNER)
    assert accounts.subaccount_of(AccountKey(OWNER)) is None


@pytest.mark.parametrize("length", [0, 1, 31, 33])
def test_a_subaccount_of_another_length_is_refused_not_padded(length: int) -> None:
    with refuses("InvalidAccount", reason=f"a subaccount has 32 bytes, not {length}"):
        accounts.account_key(OWNER, b"\x01" * length)
    assert accounts.account_key(OWNER, b"\x01" * 32) == f"{OWNER}.{'01' * 32}"


@pytest.mark.parametrize(
    ("subaccount", "text"),
    [
        (None, OWNER),
        (bytes(32), OWNER),
        (ONE, f"{OWNER}-6cc627i.1"),
        (COUNTING, f"{OWNER}-dfxgiyy.102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"),
    ],
)
def test_vectors_of_the_standard(subaccount: bytes | None, text: str) -> None:
    key = accounts.account_key(OWNER, subaccount)
    assert accounts.account_text(key) == text
    assert accounts.parse_account(text) == key


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{OWNER}-6cc627i.", HEX),
        (f"{OWNER}-6cc627i.1{'0' * 64}", HEX),
        (f"{OWNER}-6cc627i.A", HEX),
        (f"{OWNER}-6cc627i.1.1", HEX),
        (f"{OWNER}-6cc627i.+1", HEX),
        (f"{OWNER}-6cc627i.01", "a subaccount is written without leading zeros"),
        (f"{OWNER}-6cc627i.0", "a subaccount is written without leading zeros"),
        (f"{OWNER}.1", "the checksum before the dot is missing"),
        (f"{OWNER}6cc627i.1", "the checksum before the dot is missing"),
        (f"{OWNER}-6cc627j.1", "the checksum does not fit owner and subaccount"),
        (f"{OWNER}-6CC627I.1", "the checksum does not fit owner and subaccount"),
        (f"{OWNER}-dfxgiyy.1", "the checksum does not fit owner and subaccount"),
        ("2vxsx-fae-6cc627i.1", "the checksum does not fit owner and subaccount"),
    ],
)
def test_text_that_is_no_account_is_refused(text: str, reason: str) -> None:
    with refuses("InvalidAccount", reason=reason):
        accounts.parse_account(text)


@pytest.mark.parametrize("text", ["", "2vxsx-faf", "2vxsx-faf-6cc627i.1"])
def test_an_account_of_no_principal_is_refused(text: str) -> None:
    with refuses("InvalidPrincipal", reason=NOT_ONE if not text else "the checksum does not fit"):
        accounts.parse_account(text)


def test_only_accounts_of_the_anonymous_principal_are_anonymous() -> None:
    assert accounts.is_anonymous(accounts.account_key(accounts.ANONYMOUS))
    assert accounts.is_anonymous(accounts.account_key(accounts.ANONYMOUS, ONE))
    assert not accounts.is_anonymous(accounts.account_key(OWNER))
    assert not accounts.is_anonymous(AccountKey("2vxsx-faexx-aaaaa"))
