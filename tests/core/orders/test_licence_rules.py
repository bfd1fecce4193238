"""Licences: transfers, entitlements, blocks, and what is written of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS, account_key
from ddsx_core.licences import (
    Entitlement,
    Licence,
    LicenceEnded,
    LicenceTransfer,
    Transferred,
    check_end,
    check_transfer,
    decode_block,
    decode_entitlement,
    decode_licence,
    decode_transferred,
    encode_block,
    encode_entitlement,
    encode_licence,
    encode_transferred,
    ended_licence,
    entitlement_of,
    forgettable_from,
    licence_of_order,
    moved,
    moves_entitlement,
    transfer_fingerprint,
)
from ddsx_core.orders import Completed, Order, Request, Settling
from ddsx_core.refused import Broken
from ddsx_core.terms import AT_ONCE, BY_RECORD, BY_SECOND, Offer, Subscription
from model.expect import refuses

NOW = 1_700_000_000 * 10**9
HOLDER = "holder"
OTHER = "other"
SUBACCOUNT = bytes(range(32))
LICENCE = Licence(4, 9, 1, 7, HOLDER, NOW, NOW + 100)
TRANSFER = LicenceTransfer(HOLDER, None, OTHER, None, 4, None, None)

NAT64 = st.integers(0, (1 << 64) - 1)
HOLDERS = st.sampled_from([HOLDER, OTHER, account_key(HOLDER, SUBACCOUNT)])
SUBACCOUNTS = st.sampled_from([None, bytes(32), SUBACCOUNT])
MEMOS = st.none() | st.binary(max_size=32)
OWNERS = st.sampled_from([HOLDER, OTHER])
TRANSFERS = st.builds(LicenceTransfer, OWNERS, SUBACCOUNTS, OWNERS, SUBACCOUNTS, NAT64, MEMOS, st.none() | NAT64)
BLOCKS = st.builds(Transferred, NAT64, NAT64, TRANSFERS)


@given(st.builds(Licence, NAT64, NAT64, NAT64, NAT64, HOLDERS, NAT64, NAT64))
def test_licence_is_read_back_as_written(licence):
    assert decode_licence(encode_licence(licence)) == licence
    assert decode_entitlement(encode_entitlement(entitlement_of(licence))) == entitlement_of(licence)


@given(BLOCKS)
def test_block_is_read_back_as_written(block):
    assert decode_transferred(encode_transferred(block)) == block


def test_stored_forms_are_fixed():
    assert encode_licence(LICENCE) == f"1|4|9|1|7|{NOW:x}|{NOW + 100:x}|holder"
    assert encode_entitlement(entitlement_of(LICENCE)) == f"1|4|9|{NOW:x}|{NOW + 100:x}|holder"
    assert encode_transferred(Transferred(7, 5, TRANSFER)) == "1x|7|5|4|holder|other|-|-|-|-"
    full = LicenceTransfer(HOLDER, b"\1", OTHER, b"\2", 4, b"", 6)
    assert encode_transferred(Transferred(7, 5, full)) == "1x|7|5|4|holder|other|6|01|02|"


def test_block_of_another_version_is_broken():
    with pytest.raises(Broken, match="version '2x'"):
        decode_transferred("2x|1")


@given(TRANSFERS, TRANSFERS)
def test_fingerprints_are_equal_exactly_when_transfers_are(some, other):
    if some.created_at_time is None:
        assert transfer_fingerprint(some) is None
    else:
        assert (transfer_fingerprint(some) == transfer_fingerprint(other)) == (some == other)


@given(TRANSFERS, st.none() | st.just(3))
def test_repetition_is_recognised_whatever_has_become_of_the_licence(transfer, duplicate_of):
    transfer = transfer._replace(created_at_time=NOW)
    if duplicate_of is None:
        with refuses("NonExistingTokenId"):
            check_transfer(transfer, None, duplicate_of, NOW)
    else:
        with refuses("Duplicate", duplicate_of=3):
            check_transfer(transfer, LICENCE, duplicate_of, NOW)


@given(HOLDERS, TRANSFERS)
def test_licence_moves_exactly_from_its_account_to_another_one(holder, transfer):
    licence = LICENCE._replace(holder=holder)
    transfer = transfer._replace(created_at_time=None)
    source = account_key(transfer.caller, transfer.from_subaccount)
    target = account_key(transfer.to_owner, transfer.to_subaccount)
    if source != holder:
        with refuses("Unauthorized"):
            check_transfer(transfer, licence, None, NOW)
    elif target == holder:
        with refuses("InvalidRecipient"):
            check_transfer(transfer, licence, None, NOW)
    else:
        assert check_transfer(transfer, licence, None, NOW) == (licence, target)
        assert moved(licence, target) == licence._replace(holder=target)


def test_memo_and_subaccounts_of_another_length_are_refused():
    with refuses("GenericError", error_code=1, message="a memo has at most 32 bytes"):
        check_transfer(TRANSFER._replace(memo=bytes(33)), LICENCE, None, NOW)
    with refuses("Unauthorized"):
        check_transfer(TRANSFER._replace(from_subaccount=b""), LICENCE, None, NOW)
    with refuses("InvalidRecipient"):
        check_transfer(TRANSFER._replace(to_subaccount=bytes(33)), LICENCE, None, NOW)


@pytest.mark.parametrize("owner", ["2vxsx-fae", "aaaaa-aa"])
def test_nobody_gets_a_licence_who_could_not_use_it_alone(owner):
    with refuses("InvalidRecipient"):
        check_transfer(TRANSFER._replace(to_owner=owner), LICENCE, None, NOW)


def test_entitlement_moves_with_the_principal_while_the_licence_lasts():
    other_account = account_key(HOLDER, SUBACCOUNT)
    assert moves_entitlement(LICENCE, OTHER, NOW + 99)
    assert not moves_entitlement(LICENCE, OTHER, NOW + 100)
    assert not moves_entitlement(LICENCE, other_account, NOW)
    assert entitlement_of(LICENCE._replace(holder=other_account)) == Entitlement(4, 9, HOLDER, NOW, NOW + 100)


def test_transfer_is_forgotten_in_the_order_of_the_log():
    day = 86_400 * 10**9
    minute = 60 * 10**9
    assert forgettable_from(Transferred(0, NOW, TRANSFER)) == NOW + day + 2 * minute + 1


def test_completed_order_brings_a_licence_in_the_buyers_default_account():
    request = Request(account_key(HOLDER, SUBACCOUNT), 1, 2, 20, NOW)
    receipt = Completed(4, NOW, NOW + 100, 5, "", 31, 2, 3, 15)
    assert licence_of_order(Order(7, request, 9, 20, 120, NOW, receipt)) == LICENCE


def test_unpaid_order_brings_none():
    with pytest.raises(Broken, match="order 7 brings no licence"):
        licence_of_order(Order(7, Request(HOLDER, 1, 2, 20, NOW), 9, 20, 120, NOW, Settling()))


# -- the end --------------------------------------------------------------------------------------------------------------------


HELD = Licence(4, 9, 1, 7, "holder", 100, 200)


def sold(clock: int, *, cancellable: bool = False) -> Offer:
    return Offer(1, 9, "provider", None, Subscription(60, 10, 5, 0, clock, 3, cancellable), 3, is_open=True)


@pytest.mark.parametrize(
    ("caller", "offer", "now", "kind"),
    [
        ("holder", sold(BY_SECOND, cancellable=True), 150, None),
        ("holder", sold(BY_SECOND), 199, "NotCancellable"),
        ("holder", sold(BY_SECOND), 200, None),
        ("provider", sold(BY_RECORD), 150, None),
        ("holder", sold(AT_ONCE), 200, "NotCancellable"),
        ("provider", sold(AT_ONCE), 150, "NotCancellable"),
        ("stranger", sold(BY_SECOND, cancellable=True), 150, "NotPermitted"),
        (ANONYMOUS, sold(BY_SECOND, cancellable=True), 150, "NotPermitted"),
    ],
)
def test_who_may_end_which_licence_and_when(caller, offer, now, kind):
    if kind is None:
        assert check_end(caller, HELD, offer, now) == HELD
    else:
        with refuses(kind):
            check_end(caller, HELD, offer, now)


def test_unknown_licence_cannot_be_ended():
    with refuses("UnknownLicence"):
        check_end("holder", None, None, 150)


@given(st.integers(100, 300))
def test_end_shortens_and_never_lengthens(now):
    assert ended_licence(HELD, now) == HELD._replace(valid_until=min(now, 200))


def test_block_of_an_end_is_read_back_as_written():
    block = LicenceEnded(5, 6, 7, "caller")
    assert encode_block(block) == "1e|5|6|7|caller"
    assert decode_block(encode_block(block)) == block
