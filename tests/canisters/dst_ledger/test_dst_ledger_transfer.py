"""icrc7_transfer."""

from __future__ import annotations

import pytest
from dst_ledger_exchange import (
    ANONYMOUS,
    BUYER,
    NS,
    OTHER_BUYER,
    PROVIDER,
    Exchange,
    account,
    transfer_arg,
)

from ddsx_core.limits import PERMITTED_DRIFT_NS, TX_WINDOW_NS
from kybra_replica.driver import CallRejected
from kybra_replica.principal import Principal

FIRST = bytes(31) + b"\1"
SECOND = bytes(31) + b"\2"


@pytest.fixture
def held(offered: Exchange) -> Exchange:
    """An exchange in which the buyer holds licence 1, whose mint is block 0."""
    assert offered.buy() == 1
    return offered


def transfer(exchange: Exchange, *args, sender: Principal = BUYER):
    return exchange.ledger.call("icrc7_transfer", list(args), sender=sender)


def owners(exchange: Exchange, *licences: int):
    return exchange.ledger.query("icrc7_owner_of", list(licences))


def test_holder_transfers_and_the_next_block_says_so(held):
    assert transfer(held, transfer_arg(1, OTHER_BUYER)) == [{"Ok": 1}]
    assert owners(held, 1) == [account(OTHER_BUYER)]
    assert held.status()["blocks"] == 2
    assert held.ledger.query("icrc7_balance_of", [account(BUYER), account(OTHER_BUYER)]) == [0, 1]
    assert held.ledger.query("icrc7_tokens_of", account(BUYER), None, None) == []
    assert held.ledger.query("icrc7_tokens_of", account(OTHER_BUYER), None, None) == [1]


def test_new_holder_transfers_on_and_the_old_one_cannot(held):
    transfer(held, transfer_arg(1, OTHER_BUYER))
    assert transfer(held, transfer_arg(1, PROVIDER)) == [{"Err": {"Unauthorized": None}}]
    assert transfer(held, transfer_arg(1, PROVIDER), sender=OTHER_BUYER) == [{"Ok": 2}]
    assert owners(held, 1) == [account(PROVIDER)]


def test_licence_moves_between_subaccounts(held):
    assert transfer(held, transfer_arg(1, BUYER, to=account(BUYER, FIRST))) == [{"Ok": 1}]
    assert transfer(held, transfer_arg(1, BUYER, to=account(BUYER, SECOND))) == [{"Err": {"Unauthorized": None}}]
    assert transfer(held, transfer_arg(1, BUYER, from_subaccount=FIRST, to=account(BUYER, SECOND))) == [{"Ok": 2}]
    assert owners(held, 1) == [account(BUYER, SECOND)]


def test_zero_subaccount_is_the_default_one(held):
    assert transfer(held, transfer_arg(1, OTHER_BUYER, from_subaccount=bytes(32), to=account(OTHER_BUYER, bytes(32)))) == [{"Ok": 1}]
    assert owners(held, 1) == [account(OTHER_BUYER)]


@pytest.mark.parametrize("licence", [0, 2, 1 << 64, 1 << 200])
def test_licence_that_does_not_exist_is_refused(held, licence):
    assert transfer(held, transfer_arg(licence, OTHER_BUYER)) == [{"Err": {"NonExistingTokenId": None}}]


@pytest.mark.parametrize(
    "to",
    [
        account(BUYER),
        account(BUYER, bytes(32)),
        account(ANONYMOUS),
        account(ANONYMOUS, FIRST),
        account(Principal.from_text("aaaaa-aa")),
        account(OTHER_BUYER, bytes(31)),
        account(OTHER_BUYER, bytes(33)),
        account(OTHER_BUYER, b""),
    ],
)
def test_recipient_that_is_none_is_refused(held, to):
    assert transfer(held, transfer_arg(1, BUYER, to=to)) == [{"Err": {"InvalidRecipient": None}}]
    assert held.status()["blocks"] == 1


@pytest.mark.parametrize("subaccount", [FIRST, bytes(31), b""])
def test_account_that_holds_nothing_transfers_nothing(held, subaccount):
    assert transfer(held, transfer_arg(1, OTHER_BUYER, from_subaccount=subaccount)) == [{"Err": {"Unauthorized": None}}]


def test_stranger_transfers_nothing(held):
    assert transfer(held, transfer_arg(1, OTHER_BUYER), sender=OTHER_BUYER) == [{"Err": {"Unauthorized": None}}]


def test_anonymous_caller_transfers_nothing(held):
    with pytest.raises(CallRejected, match="rejected"):
        transfer(held, transfer_arg(1, OTHER_BUYER), sender=ANONYMOUS)
    assert held.past_inspect("icrc7_transfer", [transfer_arg(1, OTHER_BUYER)], sender=ANONYMOUS) == [{"Err": {"Unauthorized": None}}]


def test_memo_of_32_bytes_is_taken_and_a_longer_one_refused(held):
    refused = transfer(held, transfer_arg(1, OTHER_BUYER, memo=bytes(33)))
    assert refused == [{"Err": {"GenericError": {"error_code": 1, "message": "a memo has at most 32 bytes"}}}]
    assert transfer(held, transfer_arg(1, OTHER_BUYER, memo=bytes(32))) == [{"Ok": 1}]


def test_errors_come_in_their_documented_order(held):
    wrong = {"to": account(BUYER), "from_subaccount": FIRST}
    old = {"created_at_time": 0}
    assert transfer(held, transfer_arg(2, BUYER, memo=bytes(33), **old, **wrong))[0]["Err"].keys() == {"GenericError"}
    assert transfer(held, transfer_arg(2, BUYER, **old, **wrong)) == [{"Err": {"TooOld": None}}]
    assert transfer(held, transfer_arg(2, BUYER, **wrong)) == [{"Err": {"NonExistingTokenId": None}}]
    assert transfer(held, transfer_arg(1, BUYER, **wrong)) == [{"Err": {"Unauthorized": None}}]
    assert transfer(held, transfer_arg(1, BUYER, to=account(BUYER))) == [{"Err": {"InvalidRecipient": None}}]


# -- time and repetition --------------------------------------------------------------------------------------------------------


def test_oldest_and_latest_times_are_taken_and_beyond_them_refused(held):
    now = held.replica.get_time()
    assert transfer(held, transfer_arg(1, OTHER_BUYER, created_at_time=now - TX_WINDOW_NS - PERMITTED_DRIFT_NS)) == [{"Ok": 1}]
    now = held.replica.get_time()
    latest = transfer_arg(1, BUYER, created_at_time=now + PERMITTED_DRIFT_NS)
    assert transfer(held, latest, sender=OTHER_BUYER) == [{"Ok": 2}]
    now = held.replica.get_time()
    too_old = transfer_arg(1, OTHER_BUYER, created_at_time=now - TX_WINDOW_NS - PERMITTED_DRIFT_NS - 1)
    assert transfer(held, too_old) == [{"Err": {"TooOld": None}}]
    now = held.replica.get_time()
    ahead = transfer_arg(1, OTHER_BUYER, created_at_time=now + PERMITTED_DRIFT_NS + 1)
    assert transfer(held, ahead) == [{"Err": {"CreatedInFuture": {"ledger_time": now}}}]


def test_repeated_transfer_is_told_so_though_the_licence_has_gone(held):
    item = transfer_arg(1, OTHER_BUYER, created_at_time=held.replica.get_time(), memo=b"memo")
    assert transfer(held, item) == [{"Ok": 1}]
    assert transfer(held, item) == [{"Err": {"Duplicate": {"duplicate_of": 1}}}]
    assert held.status()["blocks"] == 2


def test_repetition_within_one_batch_is_recognised(held):
    item = transfer_arg(1, OTHER_BUYER, created_at_time=held.replica.get_time())
    assert transfer(held, item, item) == [{"Ok": 1}, {"Err": {"Duplicate": {"duplicate_of": 1}}}]


@pytest.mark.parametrize(
    "change",
    [{"memo": b"other"}, {"memo": b""}, {"memo": None}, {"created_at_time": None}, {"from_subaccount": bytes(32)}, {"to": bytes(32)}],
)
def test_transfer_that_differs_in_anything_is_no_repetition(held, change):
    item = transfer_arg(1, OTHER_BUYER, created_at_time=held.replica.get_time(), memo=b"memo")
    transfer(held, item)
    if "to" in change:
        change = {"to": account(OTHER_BUYER, change["to"])}
    assert transfer(held, {**item, **change}) == [{"Err": {"Unauthorized": None}}]


def test_transfer_without_a_time_is_never_a_repetition(held):
    there, back = transfer_arg(1, OTHER_BUYER), transfer_arg(1, BUYER)
    assert transfer(held, there) == [{"Ok": 1}]
    assert transfer(held, back, sender=OTHER_BUYER) == [{"Ok": 2}]
    assert transfer(held, there) == [{"Ok": 3}]


def test_refused_transfer_can_be_sent_again_once_its_reason_is_gone(held):
    item = transfer_arg(1, BUYER, created_at_time=held.replica.get_time())
    assert transfer(held, item, sender=OTHER_BUYER) == [{"Err": {"Unauthorized": None}}]
    transfer(held, transfer_arg(1, OTHER_BUYER))
    assert transfer(held, item, sender=OTHER_BUYER) == [{"Ok": 2}]


def test_transfer_is_remembered_to_the_end_of_the_window(held):
    created_at_time = held.replica.get_time() + PERMITTED_DRIFT_NS
    item = transfer_arg(1, OTHER_BUYER, created_at_time=created_at_time)
    assert transfer(held, item) == [{"Ok": 1}]
    held.replica.advance_time((created_at_time - held.replica.get_time()) // NS + 86_400 + 60)
    held.replica.tick(5)
    assert transfer(held, item) == [{"Err": {"Duplicate": {"duplicate_of": 1}}}]
    held.replica.advance_time(1)
    assert transfer(held, item) == [{"Err": {"TooOld": None}}]


def test_repeated_transfer_is_recognised_after_an_upgrade(held):
    item = transfer_arg(1, OTHER_BUYER, created_at_time=held.replica.get_time())
    transfer(held, item)
    held.ledger.upgrade()
    assert transfer(held, item) == [{"Err": {"Duplicate": {"duplicate_of": 1}}}]


# -- batches --------------------------------------------------------------------------------------------------------------------


def test_each_item_is_answered_at_its_position(held):
    held.buy()
    held.buy()
    items = [transfer_arg(2, OTHER_BUYER), transfer_arg(9, OTHER_BUYER), transfer_arg(3, BUYER), transfer_arg(1, OTHER_BUYER)]
    assert transfer(held, *items) == [
        {"Ok": 3},
        {"Err": {"NonExistingTokenId": None}},
        {"Err": {"InvalidRecipient": None}},
        {"Ok": 4},
    ]
    assert owners(held, 1, 2, 3) == [account(OTHER_BUYER), account(OTHER_BUYER), account(BUYER)]


def test_empty_batch_is_answered_empty(held):
    assert transfer(held) == []


def test_batch_at_the_limit_is_carried_out_and_of_a_longer_one_only_the_first(held):
    for _ in range(50):
        held.buy()
    items = [transfer_arg(licence, OTHER_BUYER) for licence in range(1, 52)]
    results = transfer(held, *items)
    assert results == [{"Ok": 51 + position} for position in range(50)]
    assert held.ledger.query("icrc7_balance_of", [account(OTHER_BUYER)]) == [50]
    assert owners(held, 50, 51) == [account(OTHER_BUYER), account(BUYER)]
    held.replica.tick(5)
    assert len(held.registry.query("entitlements")) == 101
