"""The longest values that each stable map can be given fill its declared size, and not a byte more."""

from __future__ import annotations

import pytest

from ddsx_core.accounts import account_key
from ddsx_core.accrual import Member, Pool, encode_member
from ddsx_core.collection_rules import MAX_REFUSAL_LENGTH, Collection, encode_collection
from ddsx_core.limits import MAX_AMOUNT
from ddsx_core.number_lists import list_text
from ddsx_core.open_rows import add_row
from ddsx_core.payment_rules import OPEN
from ddsx_core.payout_rules import (
    MAX_CLAIM_STREAMS,
    MAX_OPEN_PAYOUTS,
    Payee,
    Payout,
    Push,
    encode_payee,
    encode_payout,
    encode_push,
)
from ddsx_core.payout_totals import Totals, encode_totals
from ddsx_core.splitter_desk import (
    MAX_OPEN_PAYMENTS,
    MAX_REGISTRIES,
    MAX_UNRESOLVED,
    Desk,
    Settings,
    collection_key,
    encode_desk,
    encode_settings,
    payout_key,
    registry_list,
)
from ddsx_core.stream_books import Book, encode_book
from kybra_replica.candid import Encoder
from kybra_replica.candid.types import NAT64, TEXT
from kybra_replica.python_engine.source import read_program

MOST = (1 << 64) - 1
SUM = (1 << 192) - 1
INDEX = (1 << 320) - 1
TALLY = -((1 << 384) - 1)
PRINCIPAL = "k2t6j-2nvnp-4zjm3-25dtz-6xhaa-c7boj-5gayf-oj3xs-i43lp-teztq-6ae"
ACCOUNT = account_key(PRINCIPAL, b"\xff" * 32)
REFUSAL = "x" * MAX_REFUSAL_LENGTH

POOL = Pool(INDEX, MOST, MOST, TALLY, SUM, SUM, SUM)
COLLECTION = encode_collection(
    Collection(ACCOUNT, OPEN, REFUSAL, MOST, MAX_AMOUNT, MOST, 0xFFFF, MOST, SUM, MAX_AMOUNT, MAX_AMOUNT, MAX_AMOUNT, 2 * MAX_AMOUNT)
)
PAYOUT = encode_payout(Payout(PRINCIPAL, ACCOUNT, OPEN, REFUSAL, SUM, MAX_AMOUNT, MOST, 0xFFFF, MOST, SUM))
UNRESOLVED = list_text(range(MOST - MAX_UNRESOLVED + 1, MOST + 1))


def _state() -> str:
    rows = ""
    for number in range(MOST - MAX_OPEN_PAYMENTS + 1, MOST + 1):
        rows = add_row(add_row(rows, collection_key(number), COLLECTION), payout_key(number), PAYOUT)
    totals = encode_totals(Totals(*[SUM] * 6, TALLY, (1 << 324) - 1, *[SUM] * 4))
    desk = encode_desk(Desk(UNRESOLVED, UNRESOLVED, MAX_AMOUNT, MOST, MOST, MOST))
    return f"{totals}\n{desk}\n{rows}"


LONGEST = {
    "settings_map": encode_settings(
        Settings(PRINCIPAL, PRINCIPAL, PRINCIPAL, PRINCIPAL, ACCOUNT, registry_list([PRINCIPAL] * MAX_REGISTRIES), 100_000, 1)
    ),
    "state_map": _state(),
    "books": encode_book(Book(PRINCIPAL, PRINCIPAL, 1_000_000, MOST, SUM, SUM, POOL)),
    "members": encode_member(Member(MOST, TALLY, SUM)),
    "payees": encode_payee(
        Payee(list_text(range(MOST - MAX_OPEN_PAYOUTS + 1, MOST + 1)), SUM, SUM, SUM, MOST, MOST, MOST),
    ),
    "collections": COLLECTION,
    "payouts": PAYOUT,
    "pushes": encode_push(
        Push(PRINCIPAL, ACCOUNT, list_text(range(MOST - MAX_CLAIM_STREAMS + 1, MOST + 1)), MAX_AMOUNT),
    ),
}
KEYS = {"members": f"{MOST:x}/{PRINCIPAL}", "payees": PRINCIPAL}


@pytest.fixture(scope="module")
def maps(project_root, canisters_folder):
    """The declared maps by name."""
    entry = canisters_folder / "payout_splitter" / "payout_splitter_canister.py"
    return {declared.name: declared for declared in read_program(entry, search_path=[project_root / "src"]).maps.values()}


def test_every_map_has_a_longest_value(maps) -> None:
    assert maps.keys() == LONGEST.keys()


@pytest.mark.parametrize("name", LONGEST)
def test_the_longest_value_fits_with_hardly_a_byte_to_spare(maps, name: str) -> None:
    size = len(Encoder((TEXT,))((LONGEST[name],)))
    # Two separators of lists are counted that the longest lists do not have.
    assert size <= maps[name].max_value_size <= size + 3


@pytest.mark.parametrize("name", LONGEST)
def test_the_longest_key_fits(maps, name: str) -> None:
    key = Encoder((TEXT,))((KEYS[name],)) if name in KEYS else Encoder((NAT64,))((MOST,))
    assert len(key) == maps[name].max_key_size
