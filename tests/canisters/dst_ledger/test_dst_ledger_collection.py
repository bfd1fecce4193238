"""ICRC-7's queries, and ICRC-10."""

from __future__ import annotations

import random

import pytest
from dst_ledger_exchange import BUYER, OTHER_BUYER, PRICE, STREAM, Exchange, account, transfer_arg

FIRST = bytes(31) + b"\1"


@pytest.fixture
def held(offered: Exchange) -> Exchange:
    """The buyer holds licences 1, 2 and 4, another one 3."""
    for sender in (BUYER, BUYER, OTHER_BUYER, BUYER):
        offered.buy(sender)
    return offered


def test_standards_are_icrc_7_and_icrc_10(exchange):
    assert exchange.ledger.query("icrc10_supported_standards") == [
        {"name": "ICRC-7", "url": "https://github.com/dfinity/ICRC/ICRCs/ICRC-7"},
        {"name": "ICRC-10", "url": "https://github.com/dfinity/ICRC/ICRCs/ICRC-10"},
    ]


def test_collection_metadata_says_what_the_single_methods_say(held):
    metadata = held.ledger.query("icrc7_collection_metadata")
    assert len(dict(metadata)) == len(metadata)
    for name, value in metadata:
        assert list(value.values()) == [held.ledger.query(name.replace(":", "_"))]
    assert {name.removeprefix("icrc7:") for name, _ in metadata} == {
        "symbol",
        "name",
        "description",
        "total_supply",
        "max_query_batch_size",
        "max_update_batch_size",
        "default_take_value",
        "max_take_value",
        "max_memo_size",
        "tx_window",
        "permitted_drift",
    }


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("icrc7_symbol", "DST"),
        ("icrc7_logo", None),
        ("icrc7_supply_cap", None),
        ("icrc7_max_query_batch_size", 200),
        ("icrc7_max_update_batch_size", 50),
        ("icrc7_default_take_value", 200),
        ("icrc7_max_take_value", 200),
        ("icrc7_max_memo_size", 32),
        ("icrc7_atomic_batch_transfers", False),
        ("icrc7_tx_window", 86_400),
        ("icrc7_permitted_drift", 60),
        ("icrc7_total_supply", 0),
    ],
)
def test_property_of_the_collection(exchange, method, value):
    assert exchange.ledger.query(method) == value


def test_total_supply_counts_every_licence_ever_minted(held):
    assert held.ledger.query("icrc7_total_supply") == 4
    held.ledger.call("icrc7_transfer", [transfer_arg(1, OTHER_BUYER)], sender=BUYER)
    held.replica.advance_time(400 * 86_400)
    assert held.ledger.query("icrc7_total_supply") == 4


def test_owner_of_answers_each_at_its_position(held):
    owners = held.ledger.query("icrc7_owner_of", [3, 9, 1, 3, 0, 1 << 64])
    assert owners == [account(OTHER_BUYER), None, account(BUYER), account(OTHER_BUYER), None, None]
    assert held.ledger.query("icrc7_owner_of", []) == []


def test_balance_of_answers_each_at_its_position(held):
    accounts = [account(OTHER_BUYER), account(BUYER, FIRST), account(BUYER), account(BUYER, bytes(32)), account(BUYER, b"short")]
    assert held.ledger.query("icrc7_balance_of", accounts) == [1, 0, 3, 3, 0]


def test_token_metadata_says_what_a_licence_allows(held):
    licence = held.ledger.query("licence", 3)
    metadata, missing = held.ledger.query("icrc7_token_metadata", [3, 5])
    assert missing is None
    assert metadata == [
        ("ddsx:stream", {"Nat": STREAM}),
        ("ddsx:offer", {"Nat": 1}),
        ("ddsx:order", {"Nat": 3}),
        ("ddsx:valid_from", {"Nat": licence["valid_from"]}),
        ("ddsx:valid_until", {"Nat": licence["valid_until"]}),
    ]


def test_batch_query_above_the_limit_answers_the_first(held):
    assert len(held.ledger.query("icrc7_owner_of", [1] * 200)) == 200
    assert len(held.ledger.query("icrc7_owner_of", [1] * 201)) == 200
    assert len(held.ledger.query("icrc7_token_metadata", [1] * 201)) == 200
    assert len(held.ledger.query("icrc7_balance_of", [account(BUYER)] * 201)) == 200


@pytest.mark.parametrize(
    ("prev", "take", "tokens"),
    [
        (None, None, [1, 2, 3, 4]),
        (None, 2, [1, 2]),
        (2, 1, [3]),
        (2, 10, [3, 4]),
        (4, None, []),
        (1 << 70, None, []),
        (None, 0, []),
        (0, 1 << 70, [1, 2, 3, 4]),
    ],
)
def test_tokens_are_paged_in_ascending_order(held, prev, take, tokens):
    assert held.ledger.query("icrc7_tokens", prev, take) == tokens


@pytest.mark.parametrize(
    ("prev", "take", "tokens"),
    [
        (None, None, [1, 2, 4]),
        (None, 2, [1, 2]),
        (2, None, [4]),
        (3, 5, [4]),
        (4, None, []),
        (1 << 70, None, []),
        (None, 0, []),
        (0, 1, [1]),
    ],
)
def test_tokens_of_an_account_are_paged_in_ascending_order(held, prev, take, tokens):
    assert held.ledger.query("icrc7_tokens_of", account(BUYER), prev, take) == tokens


def test_tokens_of_an_account_that_holds_nothing_are_none(held):
    for stranger in (account(BUYER, FIRST), account(BUYER, b"short")):
        assert held.ledger.query("icrc7_tokens_of", stranger, None, None) == []


def test_page_is_cut_at_its_limit_and_the_next_goes_on(offered):
    for _ in range(201):
        offered.buy(periods=1, max_price=PRICE)
    for method, arguments in (("icrc7_tokens", ()), ("icrc7_tokens_of", (account(BUYER),))):
        first = offered.ledger.query(method, *arguments, None, 300)
        assert first == list(range(1, 201))
        assert offered.ledger.query(method, *arguments, first[-1], None) == [201]
    assert [order["order"] for order in offered.ledger.query("orders_of", BUYER, 2, 300)] == list(range(2, 202))


def test_licences_of_two_accounts_stay_sorted_however_they_move(offered):
    chance = random.Random(7)
    holders = {offered.buy(): BUYER for _ in range(120)}
    for _ in range(150):
        licence = chance.choice(list(holders))
        source = holders[licence]
        target = OTHER_BUYER if source == BUYER else BUYER
        assert "Ok" in offered.ledger.call("icrc7_transfer", [transfer_arg(licence, target)], sender=source)[0]
        holders[licence] = target
    for holder in (BUYER, OTHER_BUYER):
        held = sorted(licence for licence, owner in holders.items() if owner == holder)
        assert offered.ledger.query("icrc7_tokens_of", account(holder), None, None) == held
        assert offered.ledger.query("icrc7_balance_of", [account(holder)]) == [len(held)]
    assert offered.ledger.query("icrc7_owner_of", list(holders)) == [account(owner) for owner in holders.values()]
