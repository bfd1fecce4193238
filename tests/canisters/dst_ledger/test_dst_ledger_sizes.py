"""The longest values that each stable map can be given fit its declared size, and no map is declared much larger."""

from __future__ import annotations

import pytest

from ddsx_core.accounts import account_key
from ddsx_core.governance_rules import MAX_PENDING_LENGTH, Office, delay_change, governance_change, with_decision
from ddsx_core.governed import MAX_DELAY_SECONDS
from ddsx_core.licences import (
    Entitlement,
    Licence,
    LicenceEnded,
    LicenceTransfer,
    Transferred,
    encode_block,
    encode_entitlement,
    encode_licence,
)
from ddsx_core.limits import MAX_AMOUNT
from ddsx_core.orders import Collecting, Completed, Declined, Ended, Ending, Order, Request, Settling, request_fingerprint
from ddsx_core.sorted_ids import BRANCH_PAGES, ID_DIGITS, LEAF_IDS, IdSet, encode_ids
from ddsx_core.stored_orders import encode_order
from ddsx_core.terms import Offer, Subscription, encode_offer
from kybra_replica.candid import Encoder
from kybra_replica.candid.types import NAT64, TEXT
from kybra_replica.python_engine.source import read_program

MOST = (1 << 64) - 1
PRINCIPAL = "k2t6j-2nvnp-4zjm3-25dtz-6xhaa-c7boj-5gayf-oj3xs-i43lp-teztq-6ae"
ACCOUNT = account_key(PRINCIPAL, b"\xff" * 32)
REQUEST = Request(ACCOUNT, MOST, (1 << 32) - 1, MAX_AMOUNT, MOST, 2)
PAGE = "f" * (LEAF_IDS * ID_DIGITS)


def order(state) -> str:
    return encode_order(Order(MOST, REQUEST, MOST, MAX_AMOUNT, MOST, MOST, state, 7, 2, (1 << 32) - 1))


def offer(title: str) -> str:
    terms = Subscription(MOST, MAX_AMOUNT, (1 << 32) - 1, 7, 2, (1 << 32) - 1, cancellable=True)
    return encode_offer(Offer(MOST, MOST, PRINCIPAL, title, terms, MOST, is_open=True))


def announced() -> str:
    """A handover and another delay, announced as late as may be."""
    office = Office(PRINCIPAL, MAX_DELAY_SECONDS)
    for decision in (governance_change(office, PRINCIPAL), delay_change(office, MAX_DELAY_SECONDS)):
        office = with_decision(office, decision, MOST - MAX_DELAY_SECONDS * 10**9)
    return office.pending


COMPLETED = Completed(MOST, MOST, MOST, MOST, "f" * 64, *[MAX_AMOUNT] * 6)
AMOUNTS = {"allowance": MAX_AMOUNT, "needed": MAX_AMOUNT}
TRANSFER = LicenceTransfer(PRINCIPAL, b"\xff" * 32, PRINCIPAL, b"\xff" * 32, MOST, b"\xff" * 32, MOST)
ENTITLEMENT = encode_entitlement(Entitlement(MOST, MOST, PRINCIPAL, MOST, MOST))
LONGEST = {
    "offer_map": [offer("\N{SAUROPOD}" * 120), offer("|" * 120)],
    "open_order_map": [
        order(Settling()),
        order(Collecting((1 << 32) - 1, MOST, "f" * 64, MOST, MAX_AMOUNT)),
        order(COMPLETED),
        order(Ending(COMPLETED, MOST)),
        order(Ended(COMPLETED, MOST, MAX_AMOUNT)),
    ],
    "order_map": [
        order(COMPLETED),
        order(Ended(COMPLETED, MOST, MAX_AMOUNT)),
        order(Declined("InsufficientAllowance", AMOUNTS, MOST)),
        order(Declined("StreamUnavailable", {"reason": "x" * 160}, MOST)),
    ],
    "licence_map": [encode_licence(Licence(MOST, MOST, MOST, MOST, ACCOUNT, MOST, MOST))],
    "block_map": [encode_block(Transferred(MOST, MOST, TRANSFER)), encode_block(LicenceEnded(MOST, MOST, MOST, PRINCIPAL))],
    "entitlement_map": ["\n".join([ENTITLEMENT] * 32)],
    "id_set_map": ["\n".join([encode_ids(IdSet(16**ID_DIGITS - 1, 15, PAGE))] * 2)],
    "id_page_map": [PAGE, "f" * (BRANCH_PAGES * 2 * ID_DIGITS)],
    "settings_map": ["|".join(["2", *[PRINCIPAL] * 3, ",".join(["ffff"] * 256), f"{MAX_DELAY_SECONDS:x}", announced()])],
    "upkeep_map": ["|".join(["1", "f" * 32, *["f" * 16] * 6])],
    "shard_map": ["\n".join(["|".join(["1", PRINCIPAL, "f" * 16, "f" * 16]), *[ENTITLEMENT] * 31])],
}
KEYS = {"request_map": request_fingerprint(REQUEST), "id_set_map": "h" + ACCOUNT}


@pytest.fixture(scope="module")
def maps(project_root, canisters_folder):
    entry = canisters_folder / "dst_ledger" / "dst_ledger_canister.py"
    program = read_program(entry, search_path=[project_root / "src"])
    return {declaration.name: declaration for declaration in program.maps.values()}


def test_what_is_announced_has_the_length_that_the_map_counts_on():
    assert len(announced()) == MAX_PENDING_LENGTH


def size(text: str) -> int:
    return len(Encoder((TEXT,))([text]))


@pytest.mark.parametrize("name", LONGEST)
def test_longest_values_fit_and_fill_their_map(maps, name):
    longest = max(size(text) for text in LONGEST[name])
    assert longest <= maps[name].max_value_size <= longest + 20


@pytest.mark.parametrize("name", KEYS)
def test_longest_keys_fit_and_fill_their_map(maps, name):
    assert size(KEYS[name]) <= maps[name].max_key_size <= size(KEYS[name]) + 4


def test_maps_are_those_above_and_two_of_numbers(maps):
    assert set(maps) == {*LONGEST, *KEYS, "retry_map"}
    number = len(Encoder((NAT64,))([MOST]))
    assert maps["retry_map"].max_value_size == maps["request_map"].max_value_size == number
    assert {maps[name].max_key_size for name in maps if name not in KEYS} == {number}
    assert sorted(declaration.memory_id for declaration in maps.values()) == list(range(13))
