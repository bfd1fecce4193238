"""Contributors: admitted once, counted densely, every batch of theirs found again."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS, principal_text
from ddsx_core.contributors import (
    BATCHES_A_PAGE,
    MAX_PAGE_CHARS,
    Contributor,
    Span,
    add_span,
    admit,
    decode_contributor,
    encode_contributor,
    page_of,
    span_in,
)
from ddsx_core.limits import MAX_CONTRIBUTORS
from ddsx_core.refused import Refused

RAW = bytes(range(29))
SOMEONE = principal_text(RAW)
LAST_SEQUENCE = (1 << 40) - 1


def fresh() -> Contributor:
    return admit(None, SOMEONE, 7)


def test_a_new_contributor_gets_the_next_number() -> None:
    assert fresh() == Contributor(admitted=True, number=7, principal=RAW, next_batch=0, spans="")


def test_one_who_was_removed_comes_back_as_before() -> None:
    counted, _ = add_span(fresh(), Span(3, 4))
    assert admit(counted._replace(admitted=False), SOMEONE, 9) == counted


def test_the_anonymous_principal_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        admit(None, ANONYMOUS, 0)
    assert caught.value.as_case() == {"AnonymousContributor": None}


def test_the_last_contributor_that_fits_and_one_more() -> None:
    last = admit(None, SOMEONE, MAX_CONTRIBUTORS - 1)
    assert last.number == MAX_CONTRIBUTORS - 1
    with pytest.raises(Refused) as caught:
        admit(None, SOMEONE, MAX_CONTRIBUTORS)
    assert caught.value.as_case() == {"TooManyContributors": {"most": MAX_CONTRIBUTORS}}
    assert admit(last, SOMEONE, MAX_CONTRIBUTORS) == last


@given(st.lists(st.tuples(st.integers(0, LAST_SEQUENCE), st.integers(1, 1_000)), max_size=3 * BATCHES_A_PAGE + 1))
@example([(number, 1) for number in range(BATCHES_A_PAGE)])
@example([(number, 1) for number in range(2 * BATCHES_A_PAGE + 1)])
def test_every_batch_is_found_again(batches: list[tuple[int, int]]) -> None:
    """CONTRIBUTOR-1."""
    contributor = fresh()
    pages: list[str] = []
    for batch in batches:
        contributor, page = add_span(contributor, Span(*batch))
        if page:
            pages.append(page)
        contributor = decode_contributor(encode_contributor(contributor))
    assert contributor.next_batch == len(batches)
    assert len(pages) == len(batches) // BATCHES_A_PAGE
    for number, batch in enumerate(batches):
        page_number = page_of(contributor, number)
        assert span_in(contributor.spans if page_number is None else pages[page_number], number) == batch


def test_the_longest_page_is_as_long_as_said() -> None:
    contributor = fresh()
    longest = ""
    for _ in range(BATCHES_A_PAGE):
        contributor, longest = add_span(contributor, Span(LAST_SEQUENCE, 1_000))
    assert len(longest) == MAX_PAGE_CHARS


@given(st.booleans(), st.integers(0, MAX_CONTRIBUTORS - 1), st.binary(max_size=29), st.integers(0, (1 << 64) - 1))
def test_a_contributor_is_read_back_as_stored(admitted: bool, number: int, principal: bytes, next_batch: int) -> None:
    contributor = Contributor(admitted=admitted, number=number, principal=principal, next_batch=next_batch, spans="0:1")
    assert decode_contributor(encode_contributor(contributor)) == contributor
