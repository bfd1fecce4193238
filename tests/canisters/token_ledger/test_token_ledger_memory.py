"""What the ledger remembers of calls to recognise them again, when there are more than it has room for."""

from __future__ import annotations

from itertools import count, islice
from typing import Any

from token_ledger_driver import BUYER, DAY_NS, DRIFT_NS, FEE, MAX_NAT64, MINTER, OUTSIDER, PROVIDER, SECOND_NS, SPLITTER, Ledger

from ddsx_core.deduplication import fingerprint
from ddsx_core.limits import MAX_PAGE_CALLS
from ddsx_core.remembered_calls import page_of
from ddsx_core.units import PrincipalText

ZEROS = bytes(32)
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


def all_are_different_calls(call: Any, plain: dict[str, Any], changes: list[dict[str, Any]]) -> bool:
    """Whether the call is carried out as it is and with each change, and each of them once."""
    said = [plain, *[plain | change for change in changes]]
    indices = [call(**each)["Ok"] for each in said]
    return [call(**each) for each in said] == [{"Err": {"Duplicate": {"duplicate_of": index}}} for index in indices]


def test_a_transfer_is_another_call_with_any_other_field(ledger: Ledger) -> None:
    ledger.fund(BUYER, 100 * FEE)
    ledger.fund(OUTSIDER, 100 * FEE)
    created = ledger.now()
    plain = {"sender": BUYER, "to": PROVIDER, "amount": 5, "created_at_time": created}
    changes: list[dict[str, Any]] = [
        {"sender": OUTSIDER},
        {"from_subaccount": ZEROS},
        {"to": SPLITTER},
        {"to": (PROVIDER, ZEROS)},
        {"amount": 6},
        {"fee": FEE},
        {"memo": b""},
        {"created_at_time": created + 1},
    ]
    assert all_are_different_calls(ledger.transfer, plain, changes)


def test_an_approval_is_another_call_with_any_other_field(ledger: Ledger) -> None:
    ledger.fund(BUYER, 100 * FEE)
    ledger.fund(OUTSIDER, 100 * FEE)
    created = ledger.now()
    plain = {"sender": BUYER, "spender": SPLITTER, "amount": 5, "created_at_time": created}
    changes: list[dict[str, Any]] = [
        {"expected_allowance": 5},
        {"expires_at": MAX_NAT64},
        {"sender": OUTSIDER},
        {"from_subaccount": ZEROS},
        {"spender": PROVIDER},
        {"spender": (SPLITTER, ZEROS)},
        {"amount": 6},
        {"fee": FEE},
        {"memo": b""},
        {"created_at_time": created + 1},
    ]
    assert all_are_different_calls(ledger.approve, plain, changes)


def test_a_transfer_from_is_another_call_with_any_other_field(ledger: Ledger) -> None:
    for owner in (BUYER, PROVIDER):
        ledger.fund(owner, 100 * FEE)
        for spender in (SPLITTER, OUTSIDER):
            ledger.approve(owner, spender, 100 * FEE)
    created = ledger.now()
    plain = {"sender": SPLITTER, "source": BUYER, "to": MINTER, "amount": FEE, "created_at_time": created}
    changes: list[dict[str, Any]] = [
        {"sender": OUTSIDER},
        {"spender_subaccount": ZEROS},
        {"source": PROVIDER},
        {"source": (BUYER, ZEROS)},
        {"to": OUTSIDER},
        {"to": (MINTER, ZEROS)},
        {"amount": FEE + 1},
        {"fee": 0},
        {"memo": b""},
        {"created_at_time": created + 1},
    ]
    assert all_are_different_calls(ledger.transfer_from, plain, changes)


def test_the_same_words_to_another_method_are_another_call(ledger: Ledger) -> None:
    ledger.fund(BUYER, 100 * FEE)
    created = ledger.now()
    assert ledger.transfer(BUYER, PROVIDER, 5, created_at_time=created) == {"Ok": 1}
    assert ledger.approve(BUYER, PROVIDER, 5, created_at_time=created) == {"Ok": 2}
    assert ledger.transfer_from(BUYER, BUYER, PROVIDER, 5, created_at_time=created) == {"Ok": 3}
