from __future__ import annotations

import pytest
from kept_books import SECOND, KeptBooks, step

from ddsx_core.plan_history import (
    MAX_VESTING_PAYEES,
    PlanVersion,
    announce,
    check_plan,
    decode_version,
    encode_version,
    replaced,
)
from ddsx_core.plans import encode_steps
from ddsx_core.refused import Broken, Refused
from ddsx_core.stream_books import Book

PROVIDER = "aaaaa-aa"
HALF, THIRD = step("provider", 500_000), step("provider", 333_333)


def the_book(*steps):
    return Book("registry", PROVIDER, encode_steps(steps))


def _refusal(book, steps, caller=PROVIDER):
    with pytest.raises(Refused) as refused:
        check_plan(book, 0x1F, caller, steps)
    return refused.value.kind, refused.value.data.get("step")


def test_the_provider_announces_and_nobody_else():
    check_plan(the_book(HALF), 0x1F, PROVIDER, [THIRD])
    assert _refusal(the_book(HALF), [THIRD], caller="other") == ("NotTheProvider", None)


def test_a_stream_does_not_pay_itself():
    check_plan(the_book(), 0x1F, PROVIDER, [step("s:1", 1), step("s:1e", 1)])
    assert _refusal(the_book(), [step("s:1", 1), step("s:1f", 1)]) == ("InvalidPlan", 1)


def test_what_no_plan_has_is_refused():
    assert _refusal(the_book(), [step("provider", 1_000_001)]) == ("InvalidPlan", 0)


def test_so_many_payees_have_shares_that_vest_and_no_more():
    book = the_book(step("provider", 1, vest=5))
    purse = book.purse(0)
    purse.vesting = ",".join(["", "validators", *[f"p:{number}" for number in range(MAX_VESTING_PAYEES - 3)]])
    check_plan(book, 0x1F, PROVIDER, [step(f"p:{PROVIDER}", 1, vest=5)])
    assert _refusal(book, [step(f"p:{PROVIDER}", 1, vest=5), step("p:w7x7r-cok77-xa", 1, vest=5, name="other")]) == (
        "InvalidPlan",
        MAX_VESTING_PAYEES,
    )


def test_announcements_replace_each_other():
    book = the_book(HALF)
    assert announce(book, [THIRD], 50) is None
    assert (book.versions, book.version, book.announced_at) == (2, 1, 50)
    assert announce(book, [HALF], 60) == 2
    assert (book.versions, book.announced, book.announced_at) == (3, encode_steps([HALF]), 60)


def test_a_plan_comes_into_force_at_its_moment_and_not_before():
    """HISTORY-1, with a sale at each side of the moment."""
    kept = KeptBooks()
    kept.open(1, HALF)
    accounts = kept.begin()
    announce(accounts.touch_all(1), [THIRD], kept.now + 10 * SECOND)
    accounts.changed_books[1] = accounts.book(1)
    kept.keep(accounts)
    shares = []
    for passed in (0, 10 * SECOND - 1, 1):
        kept.now += passed
        accounts = kept.begin()
        shares.append(accounts.sell(1, 0, 3_000_000).provider_share)
        kept.keep(accounts)
    assert shares == [1_500_000, 1_500_000, 999_999]
    assert (kept.book(1).version, kept.book(1).announced) == (2, "")


def test_versions_come_back_as_they_were_stored():
    version = PlanVersion(5, 4, 3, False, encode_steps([HALF, THIRD._replace(name="x")]))
    assert decode_version(encode_version(version)) == version
    assert decode_version(replaced(encode_version(version))) == version._replace(is_replaced=True)


@pytest.mark.parametrize("row", ["1|1|1|1|0|1;", "2|x|1|1|0|1;", "2|1|1|1|0"])
def test_anything_else_is_broken(row):
    with pytest.raises(Broken):
        decode_version(row)
