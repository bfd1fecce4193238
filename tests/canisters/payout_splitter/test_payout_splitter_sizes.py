"""The longest values that each stable map can be given fill its declared size, and hardly a byte more."""

from __future__ import annotations

import pytest

from ddsx_core.accounts import account_key
from ddsx_core.collection_rules import MAX_REFUSAL_LENGTH, Collection, encode_collection
from ddsx_core.limits import MAX_AMOUNT, MAX_BATCH_WORK, MAX_CUT_NAME_LENGTH, MAX_CUTS, MAX_FLOW_LENGTH, MAX_VEST_SECONDS, PPM
from ddsx_core.memberships import Membership, encode_membership
from ddsx_core.money_log import MAX_SHORT_BLOCK, PAGE_BLOCKS, encode_block, encode_fields_of
from ddsx_core.number_lists import list_text
from ddsx_core.open_rows import add_row
from ddsx_core.order_index import MAX_RECENT, PAGE_BITS
from ddsx_core.payment_rules import OPEN
from ddsx_core.payout_index import MAX_RECENT as MAX_RECENT_PAYOUTS
from ddsx_core.payout_index import PAGE_BITS as PAYOUT_PAGE_BITS
from ddsx_core.payout_rules import MAX_CLAIM_STREAMS, MAX_OPEN_PAYOUTS, Payee, Payout, Push, encode_payee, encode_payout, encode_push
from ddsx_core.payout_totals import CARRIED, OWED, encode_totals
from ddsx_core.plan_history import MAX_VESTING_PAYEES, PlanVersion, encode_version
from ddsx_core.plans import Step, encode_steps
from ddsx_core.splitter_desk import MAX_OPEN_PAYMENTS, MAX_UNRESOLVED, Desk, collection_key, encode_desk, payout_key
from ddsx_core.splitter_settings import MAX_LEDGERS
from ddsx_core.stream_books import HAS_FLOWS, INDEX, REMAINDER, TALLY_SUM, Book, Purse, encode_book, encode_dues, work_text
from kybra_replica.candid import Encoder
from kybra_replica.candid.types import NAT64, TEXT
from kybra_replica.python_engine.source import read_program

MOST = (1 << 64) - 1
SUM = (1 << 192) - 1
TALLY = -((1 << 320) - 1)
PRINCIPAL = "k2t6j-2nvnp-4zjm3-25dtz-6xhaa-c7boj-5gayf-oj3xs-i43lp-teztq-6ae"
ACCOUNT = account_key(PRINCIPAL, b"\xff" * 32)
REFUSAL = "x" * MAX_REFUSAL_LENGTH
HASH = "f" * 64
SETTINGS = "x" * 4_600
"""What `splitter_settings` says of its line."""

PLAN = encode_steps([Step(f"p:{PRINCIPAL}", "x" * MAX_CUT_NAME_LENGTH, PPM, MAX_AMOUNT, MAX_VEST_SECONDS)] * MAX_CUTS)
COLLECTION = encode_collection(
    Collection(
        ACCOUNT, OPEN, "d", REFUSAL, MOST, MAX_AMOUNT, 7, 2, (1 << 32) - 1, MOST, 0xFFFF, MOST, SUM, MAX_AMOUNT, MAX_AMOUNT, MAX_AMOUNT,
        MOST, MAX_AMOUNT + 1, MAX_AMOUNT, MAX_AMOUNT, 2 * MAX_AMOUNT, MOST,
    )
)  # fmt: skip
PAYOUT = encode_payout(Payout(PRINCIPAL, f"l:{ACCOUNT}", OPEN, REFUSAL, 7, SUM, MAX_AMOUNT, MOST, 0xFFFF, MOST, SUM))
UNRESOLVED = list_text(range(MOST - MAX_UNRESOLVED + 1, MOST + 1))


def _pairs(count: int) -> str:
    return ",".join([f"{MOST:x}:{MOST:x}"] * count)


def _state() -> str:
    rows = ""
    for number in range(MOST - MAX_OPEN_PAYMENTS + 1, MOST + 1):
        rows = add_row(add_row(rows, collection_key(number), COLLECTION), payout_key(number), PAYOUT)
    totals = [SUM] * 17
    totals[OWED], totals[CARRIED] = (1 << 320) - 1, (1 << 128) - 1
    fees = ",".join([f"{MAX_AMOUNT:x}"] * MAX_LEDGERS)
    recent = ",".join([f"{MOST:x}:{MOST:x}:{MOST:x}"] * (MAX_RECENT_PAYOUTS - 1))
    desk = encode_desk(Desk(UNRESOLVED, UNRESOLVED, fees, recent, MOST, MOST, MOST, MOST, MOST, MOST))
    log = "\t".join([f"{MOST:x}|{HASH}", *["x" * MAX_SHORT_BLOCK] * (PAGE_BLOCKS - 1)])
    orders = f"{MOST:x}|{_pairs(MAX_RECENT - 1)}"
    return "\n".join([SETTINGS, ";".join([encode_totals(totals)] * MAX_LEDGERS), desk, log, orders, rows])


def _book() -> str:
    """Dues of 16 payees of the plan, and of all those that still had something vesting when it came."""
    book = Book(PRINCIPAL, PRINCIPAL, PLAN)
    book.announced = PLAN
    book.next_batch = book.weight = book.size = book.version = book.versions = book.announced_at = MOST
    dues = encode_dues({f"{number:063d}": MAX_AMOUNT for number in range(MAX_CUTS + MAX_VESTING_PAYEES)})
    for ledger in range(MAX_LEDGERS):
        numbers = [MAX_AMOUNT] * 16
        numbers[INDEX], numbers[REMAINDER], numbers[TALLY_SUM] = (1 << 256) - 1, MOST, TALLY
        numbers[5], numbers[HAS_FLOWS] = MOST, 3
        book.purses[ledger] = Purse(ledger, numbers, dues, ",".join([f"p:{PRINCIPAL}"] * MAX_VESTING_PAYEES))
    return encode_book(book)


MEMBER, MORE = encode_membership(Membership([MOST, *[TALLY, MAX_AMOUNT] * MAX_LEDGERS]))
WORK = work_text({f"{number:063d}": MOST for number in range(MAX_BATCH_WORK)})
LONGEST = {
    "state_map": _state(),
    "books": _book(),
    "members": MEMBER,
    "more_members": MORE,
    "payees": encode_payee(Payee(list_text(range(MOST - MAX_OPEN_PAYOUTS + 1, MOST + 1)), SUM, SUM, SUM, SUM, MOST, MOST, MOST)),
    "collections": COLLECTION,
    "payouts": PAYOUT,
    "pushes": encode_push(
        Push(PRINCIPAL, f"l:{ACCOUNT}", list_text(range(MOST - MAX_CLAIM_STREAMS + 1, MOST + 1)), 7, MAX_AMOUNT, 0xFFFF, MOST)
    ),
    "flows": "x" * MAX_FLOW_LENGTH,
    "plans": encode_version(PlanVersion(MOST, MOST, MOST, True, PLAN)),
    "log_pages": "\t".join(["x" * MAX_SHORT_BLOCK] * PAGE_BLOCKS),
    "long_blocks": encode_block("ddsx:work", MOST, encode_fields_of("ddsx:work", [MOST, MOST, MOST, WORK]), HASH),
    "order_pages": _pairs(1 << PAGE_BITS),
    "payout_pages": ",".join([f"{MOST:x}:{MOST:x}:{MOST:x}"] * (1 << PAYOUT_PAGE_BITS)),
}
MEMBER_KEY = f"{MOST:x}/{PRINCIPAL}"
KEYS = {
    "members": MEMBER_KEY,
    "more_members": MEMBER_KEY,
    "payees": f"7/{PRINCIPAL}",
    "flows": f"{MOST:x}/7/v{MAX_VESTING_PAYEES - 1}",
    "plans": f"{MOST:x}/{MOST:x}",
}


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
    assert size <= maps[name].max_value_size <= size + 3, size


@pytest.mark.parametrize("name", LONGEST)
def test_the_longest_key_fits(maps, name: str) -> None:
    key = Encoder((TEXT,))((KEYS[name],)) if name in KEYS else Encoder((NAT64,))((MOST,))
    assert len(key) == maps[name].max_key_size


def test_a_payout_from_ten_streams_fits_into_a_page() -> None:
    draws = ",".join([f"{MOST:x}:{'f' * 12}:{'f' * 12}"] * MAX_CLAIM_STREAMS)
    tx = encode_fields_of("ddsx:payout", [MOST, PRINCIPAL, 7, draws, 1 << 60, 1 << 40, PRINCIPAL])
    assert len(encode_block("ddsx:payout", MOST, tx, HASH)) <= MAX_SHORT_BLOCK + 50
