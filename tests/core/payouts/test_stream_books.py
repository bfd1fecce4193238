from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accrual import Member, Pool, audit, owed, record_work
from ddsx_core.limits import MAX_AMOUNT, MAX_BATCH_WORK, MAX_PRINCIPAL_LENGTH, PPM
from ddsx_core.refused import Broken, Refused
from ddsx_core.stream_books import (
    Book,
    check_batch,
    decode_book,
    decode_standing,
    draw_contribution,
    due_to,
    encode_book,
    open_book,
    share_sale,
    weights_of,
    with_batch,
    with_share,
    without_due,
)

REGISTRY = "registry"
PROVIDER = "provider"
WORKER = "worker"
NUMBER = st.integers(0, 1 << 190)
BOOKS = st.builds(
    Book,
    registry=st.sampled_from([REGISTRY, "r7inp-6aaaa-aaaaa-aaabq-cai"]),
    provider=st.just(PROVIDER),
    provider_share_ppm=st.integers(0, PPM),
    next_batch=st.integers(1, 1 << 64),
    provider_units=NUMBER,
    provider_due_units=NUMBER,
    pool=st.lists(NUMBER, min_size=6, max_size=6).map(lambda numbers: Pool(*numbers[:3], -numbers[3], *numbers[3:])),
)


def _refusal(book: Book | None, **changes: object) -> tuple[str, dict]:
    batch = {"registry": REGISTRY, "batch": 1, "provider": PROVIDER, "provider_share_ppm": 0, "work": [(WORKER, 1)]} | changes
    with pytest.raises(Refused) as refusal:
        check_batch(book, **batch)
    return refusal.value.kind, refusal.value.data


@pytest.mark.parametrize("batch", [0, 1, 2])
def test_book_1_batches_that_were_taken_change_nothing(batch: int) -> None:
    book = open_book(REGISTRY, PROVIDER, 0)._replace(next_batch=3)
    assert not check_batch(book, REGISTRY, batch, PROVIDER, 0, [(WORKER, 1)])
    assert check_batch(book, REGISTRY, 3, PROVIDER, 0, [(WORKER, 1)])


@pytest.mark.parametrize(("book", "expected"), [(None, 0), (open_book(REGISTRY, PROVIDER, 0), 1)])
def test_a_gap_is_refused_with_the_number_expected(book: Book | None, expected: int) -> None:
    assert _refusal(book, batch=expected + 1, work=[]) == ("Gap", {"expected": expected})


def test_only_the_registry_that_opened_a_book_writes_to_it() -> None:
    book = open_book(REGISTRY, PROVIDER, 0)
    assert check_batch(book, REGISTRY, 1, PROVIDER, 0, [])
    assert _refusal(book, registry="another") == ("NotARegistry", {})


def test_a_batch_has_a_most() -> None:
    book = open_book(REGISTRY, PROVIDER, 0)
    assert check_batch(book, REGISTRY, 1, PROVIDER, 0, [(WORKER, 1)] * MAX_BATCH_WORK)
    assert _refusal(book, work=[(WORKER, 1)] * (MAX_BATCH_WORK + 1)) == ("OversizedBatch", {"most": MAX_BATCH_WORK})


def test_refusals_come_in_their_order() -> None:
    too_much = [("", 1)] * (MAX_BATCH_WORK + 1)
    book = open_book(REGISTRY, PROVIDER, 0)
    assert _refusal(book, registry="another", batch=9, work=too_much)[0] == "NotARegistry"
    assert _refusal(book, batch=9, work=too_much)[0] == "OversizedBatch"
    assert _refusal(book, batch=9, work=[("", 1)])[0] == "Gap"
    assert _refusal(book, work=[("", 1)])[0] == "InvalidBatch"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"batch": 0}, "carries no work"),
        ({"batch": 0, "work": [], "provider_share_ppm": PPM + 1}, "ppm"),
        ({"batch": 0, "work": [], "provider": ""}, "provider"),
        ({"batch": 0, "work": [], "provider": "x" * (MAX_PRINCIPAL_LENGTH + 1)}, "provider"),
    ],
)
def test_a_book_is_opened_without_work_by_a_provider_with_a_share(changes: dict, why: str) -> None:
    kind, data = _refusal(None, **changes)
    assert (kind, why in data["reason"]) == ("InvalidBatch", True)


@pytest.mark.parametrize("contributor", ["", "x" * (MAX_PRINCIPAL_LENGTH + 1)])
def test_a_contributor_has_the_length_of_a_principal(contributor: str) -> None:
    book = open_book(REGISTRY, PROVIDER, 0)
    assert check_batch(book, REGISTRY, 1, PROVIDER, 0, [("x" * MAX_PRINCIPAL_LENGTH, 1)])
    assert _refusal(book, work=[(contributor, 1)]) == ("InvalidBatch", {"reason": "a contributor is not a principal"})


def test_weights_of_one_contributor_add_up_and_zeros_are_left_out() -> None:
    assert weights_of([("a", 2), ("b", 0), ("c", 1), ("a", 3)]) == {"a": 5, "c": 1}


def test_the_share_is_the_providers_to_set() -> None:
    book = open_book(REGISTRY, PROVIDER, 7)
    assert with_share(book, PROVIDER, PPM) == book._replace(provider_share_ppm=PPM)
    with pytest.raises(Refused) as above:
        with_share(book, PROVIDER, PPM + 1)
    assert (above.value.kind, above.value.data) == ("InvalidShare", {"most_ppm": PPM})
    with pytest.raises(Refused) as other:
        with_share(book, WORKER, PPM + 1)
    assert other.value.kind == "NotTheProvider"


@given(st.integers(0, 10**9) | st.integers(0, MAX_AMOUNT), st.integers(0, PPM), st.integers(0, PPM), st.integers(0, 1 << 40))
def test_book_2_a_sale_is_shared_without_rest(price: int, fee_ppm: int, share_ppm: int, weight: int) -> None:
    book = open_book(REGISTRY, PROVIDER, share_ppm)
    pool, member = record_work(book.pool, Member(), weight)
    after, sale = share_sale(with_batch(book, pool), price, fee_ppm)
    assert sum(sale) == price
    assert sale.protocol_fee == -(-price * fee_ppm // PPM)
    assert sale.provider_share == -(-(price - sale.protocol_fee) * share_ppm // PPM)
    assert (after.provider_units, after.provider_due_units) == (sale.provider_share, sale.provider_share)
    assert after.pool.received_units == sale.contributors_share
    assert owed(after.pool, member) + after.pool.pending_units in (sale.contributors_share, max(sale.contributors_share - 1, 0))


@given(st.lists(st.tuples(st.integers(1, 10**6), st.booleans(), st.booleans()), max_size=10))
def test_book_3_drawing_pays_each_what_is_its_own_and_once(sales: list[tuple[int, bool, bool]]) -> None:
    book = open_book(REGISTRY, PROVIDER, 250_000)
    pool, worker = record_work(book.pool, Member(), 1)
    pool, provider = record_work(pool, Member(), 3)
    book, drawn = with_batch(book, pool), {WORKER: 0, PROVIDER: 0}
    for price, worker_draws, provider_draws in sales:
        book, _ = share_sale(book, price, 20_000)
        standing = decode_standing(encode_book(book))
        assert due_to(standing, WORKER) == 0
        if worker_draws:
            worker, contribution = draw_contribution(standing, worker)
            assert draw_contribution(standing, worker) == (worker, 0)
            drawn[WORKER] += contribution
        if provider_draws:
            provider, contribution = draw_contribution(standing, provider)
            drawn[PROVIDER] += contribution + due_to(standing, PROVIDER)
            book = without_due(book)
            assert due_to(decode_standing(encode_book(book)), PROVIDER) == 0
    standing = decode_standing(encode_book(book))
    left = draw_contribution(standing, worker)[1] + draw_contribution(standing, provider)[1] + due_to(standing, PROVIDER)
    given_out = book.provider_units + book.pool.received_units
    assert given_out - 1 <= drawn[WORKER] + drawn[PROVIDER] + left <= given_out
    assert audit(book.pool).lost_scaled == 0


@given(BOOKS)
def test_a_standing_is_read_out_of_a_stored_book(book: Book) -> None:
    assert decode_standing(encode_book(book)) == (book.provider, book.provider_due_units, book.pool.index_scaled)


def test_a_standing_without_numbers_is_broken() -> None:
    row = encode_book(open_book(REGISTRY, PROVIDER, 1))
    with pytest.raises(Broken, match="no number"):
        decode_standing(row.replace("|0|", "|x|"))


@given(BOOKS)
def test_a_stored_book_comes_back(book: Book) -> None:
    assert decode_book(encode_book(book)) == book


def test_a_stored_book_with_a_negative_number_is_broken() -> None:
    row = encode_book(open_book(REGISTRY, PROVIDER, 1)).replace("|1|1|", "|1|-1|")
    with pytest.raises(Broken, match="negative"):
        decode_book(row)
