from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accrual import Pool
from ddsx_core.limits import MAX_BATCH_WORK, MAX_PRINCIPAL_LENGTH, PPM
from ddsx_core.plans import PROVIDER, Step
from ddsx_core.refused import Broken, Refused
from ddsx_core.stream_books import (
    GROSS,
    Book,
    Purse,
    check_batch,
    decode_book,
    decode_dues,
    decode_purse,
    encode_book,
    encode_dues,
    encode_purse,
    provider_plan,
    weights_of,
    work_text,
)

REGISTRY = "registry"
WORKER = "w7x7r-cok77-xa"
NUMBER = st.integers(0, 1 << 190)
PURSES = st.builds(
    Purse,
    ledger=st.integers(0, 7),
    numbers=st.lists(NUMBER, min_size=16, max_size=16).map(lambda numbers: [*numbers[:2], -numbers[2], *numbers[3:]]),
    dues=st.dictionaries(st.sampled_from(["aaaaa-aa", WORKER]), st.integers(1, 1 << 128)).map(encode_dues),
    vesting=st.sampled_from(["", "provider", f"provider,,p:{WORKER}"]),
)


def the_book(*purses: Purse, **changes: int | str) -> Book:
    book = Book(REGISTRY, "aaaaa-aa", provider_plan(100_000))
    for name, value in changes.items():
        setattr(book, name, value)
    for purse in purses:
        book.purses[purse.ledger] = purse
    return book


@given(PURSES)
def test_purses_come_back_as_they_were_stored(purse):
    again = decode_purse(encode_purse(purse))
    assert (again.ledger, again.numbers, again.dues, again.vesting) == (purse.ledger, purse.numbers, purse.dues, purse.vesting)


@given(purses=st.lists(PURSES, max_size=3, unique_by=lambda purse: purse.ledger), size=st.integers(0, 1 << 60))
def test_books_come_back_as_they_were_stored(purses, size):
    for purse in purses:
        purse.numbers[GROSS] += 1
    text = encode_book(the_book(*purses, size=size, weight=7, next_batch=4, version=2, versions=3, announced="1;", announced_at=9))
    book = decode_book(text)
    assert (book.registry, book.provider, book.plan, book.announced) == (REGISTRY, "aaaaa-aa", provider_plan(100_000), "1;")
    assert (book.next_batch, book.weight, book.size, book.version, book.versions, book.announced_at) == (4, 7, size, 2, 3, 9)
    assert book.ledgers() == sorted(purse.ledger for purse in purses)
    for purse in purses:
        assert book.purse(purse.ledger).numbers == purse.numbers
    assert encode_book(book) == text


def test_a_purse_where_nothing_was_earned_is_not_stored():
    book = the_book()
    book.purse(5)
    assert decode_book(encode_book(book)).ledgers() == []


def test_a_purse_that_was_not_looked_at_is_stored_as_it_was():
    purse = Purse(2, [1] * 16)
    text = encode_book(the_book(purse))
    book = decode_book(text)
    book.next_batch = 9
    assert encode_book(book) == text.replace("|1|0|0|1|1|0", "|9|0|0|1|1|0", 1)


@pytest.mark.parametrize(
    "text", ["", "2", encode_book(the_book()) + "\nx", encode_book(the_book()).replace("2|", "1|", 1), "2|a|b|-1|0|0|1|1|0\np\n"]
)
def test_anything_else_than_a_stored_book_is_broken(text):
    with pytest.raises((Broken, ValueError)):
        decode_book(text)


def test_a_pool_goes_into_a_purse_and_comes_out_with_the_streams_weight():
    purse, pool = Purse(0, [0] * 16), Pool(5, 4, 3, 2, 1, 6, 0)
    purse.set_pool(pool)
    assert purse.pool(3) == pool
    assert purse.pool(8).total_weight == 8


def test_the_first_plan_gives_the_provider_its_share_and_the_rest_to_contributors():
    assert the_book().steps() == [Step(PROVIDER, PROVIDER, 100_000, 0, 0)]


@given(st.dictionaries(st.sampled_from(["a", "b", "c-d"]), st.integers(0, 9)))
def test_dues_of_nothing_are_forgotten(dues):
    assert decode_dues(encode_dues(dues)) == {payee: units for payee, units in dues.items() if units}


# -- Batches ----------------------------------------------------------------------------------------------------------------


def _check(book, *, registry=REGISTRY, number=1, provider="aaaaa-aa", share=0, size=0, work=()):
    return check_batch(book, registry, (number, provider, share, size, list(work)))


def _refusal(book, **changes):
    with pytest.raises(Refused) as refused:
        _check(book, **changes)
    return refused.value.kind, refused.value.data


def test_the_expected_batch_is_taken_and_an_earlier_one_is_known():
    book = the_book(next_batch=3)
    assert _check(book, number=3)
    assert not _check(book, number=2)
    assert not _check(book, number=0)
    assert _refusal(book, number=4) == ("Gap", {"expected": 3})
    assert _check(None, number=0)
    assert _refusal(None, number=1) == ("Gap", {"expected": 0})


def test_only_the_registry_that_opened_a_book_writes_in_it():
    assert _refusal(the_book(), registry="other") == ("NotARegistry", {})
    assert _check(the_book(), registry=REGISTRY)


def test_a_batch_has_its_most_contributors_and_no_more():
    assert _check(the_book(), work=[(WORKER, 1)] * MAX_BATCH_WORK)
    assert _refusal(the_book(), work=[(WORKER, 1)] * (MAX_BATCH_WORK + 1)) == ("OversizedBatch", {"most": MAX_BATCH_WORK})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"book": None, "number": 0, "work": [(WORKER, 1)]}, "batch 0 opens the book and carries no work"),
        ({"share": PPM + 1}, f"a share is 0 to {PPM} ppm"),
        ({"provider": ""}, "the provider is not a principal"),
        ({"provider": "a" * (MAX_PRINCIPAL_LENGTH + 1)}, "the provider is not a principal"),
        ({"work": [(WORKER, 1), ("a,b:1", 1)]}, "a contributor is not a principal"),
        ({"work": [("a|b", 1)]}, "a contributor is not a principal"),
        ({"work": [("ä", 1)]}, "a contributor is not a principal"),
        ({"size": 6}, "the stream had 7 records before"),
        ({"size": 1 << 64}, "the stream had 7 records before"),
    ],
)
def test_a_batch_that_no_registry_sends_is_invalid(changes, reason):
    book = changes.pop("book", the_book(size=7))
    assert _refusal(book, **({"size": 7} | changes)) == ("InvalidBatch", {"reason": reason})


def test_a_batch_at_its_bounds_is_valid():
    assert _check(the_book(size=7), share=PPM, provider="a" * MAX_PRINCIPAL_LENGTH, size=7, work=[("b" * MAX_PRINCIPAL_LENGTH, 0)])
    assert _check(the_book(size=7), size=(1 << 64) - 1)


def test_work_is_added_up_by_contributor_and_told_in_the_order_of_its_appearance():
    weights = weights_of([("b", 3), ("a", 0), ("c", 1), ("b", 13)])
    assert weights == {"b": 16, "c": 1}
    assert work_text(weights) == "b:10,c:1"
