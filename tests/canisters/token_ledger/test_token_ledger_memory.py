"""What the ledger remembers of calls to recognise them again, when there are more than it has room for."""

from __future__ import annotations

from itertools import count, islice

from token_ledger_driver import BUYER, DAY_NS, DRIFT_NS, MINTER, SECOND_NS, Ledger

from ddsx_core.deduplication import fingerprint
from ddsx_core.limits import MAX_PAGE_CALLS
from ddsx_core.remembered_calls import page_of
from ddsx_core.units import PrincipalText

FULL = {"Err": {"TemporarilyUnavailable": None}}


def memos_of_one_page(created: int, wanted: int) -> list[bytes]:
    """Memos with which minting a unit for the buyer at that time comes to stand on page 0."""
    caller, buyer = PrincipalText(str(MINTER)), str(BUYER)
    memos = (number.to_bytes(4, "big") for number in count())
    fitting = (memo for memo in memos if page_of(fingerprint("icrc1_transfer", caller, [None, buyer, None, 1, None, memo, created])) == 0)
    return list(islice(fitting, wanted))


def test_a_full_page_refuses_new_calls_and_still_knows_the_old(ledger: Ledger) -> None:
    created = ledger.now()
    *known, refused = memos_of_one_page(created, MAX_PAGE_CALLS + 1)
    for index, memo in enumerate(known):
        assert ledger.transfer(MINTER, BUYER, 1, memo=memo, created_at_time=created) == {"Ok": index}
    assert ledger.transfer(MINTER, BUYER, 1, memo=refused, created_at_time=created) == FULL
    assert (ledger.balance(BUYER), ledger.length()) == (MAX_PAGE_CALLS, MAX_PAGE_CALLS)
    for index in (0, MAX_PAGE_CALLS - 1):
        again = ledger.transfer(MINTER, BUYER, 1, memo=known[index], created_at_time=created)
        assert again == {"Err": {"Duplicate": {"duplicate_of": index}}}
    assert ledger.transfer(MINTER, BUYER, 1, memo=refused) == {"Ok": MAX_PAGE_CALLS}


def test_a_full_page_has_room_once_its_calls_are_too_old(ledger: Ledger) -> None:
    created = ledger.now()
    for memo in memos_of_one_page(created, MAX_PAGE_CALLS):
        ledger.transfer(MINTER, BUYER, 1, memo=memo, created_at_time=created)
    later = created + DAY_NS + DRIFT_NS + 2 * SECOND_NS
    (memo,) = memos_of_one_page(later, 1)
    ledger.go_to(later - 3 * SECOND_NS)
    assert ledger.transfer(MINTER, BUYER, 1, memo=memo, created_at_time=later) == FULL
    ledger.go_to(later)
    assert ledger.transfer(MINTER, BUYER, 1, memo=memo, created_at_time=later) == {"Ok": MAX_PAGE_CALLS}
    assert ledger.transfer(MINTER, BUYER, 1, memo=memo, created_at_time=later) == {"Err": {"Duplicate": {"duplicate_of": MAX_PAGE_CALLS}}}
