"""The account book of one stream: who provides it, what share the provider takes, whose work is recorded, what has come in.

A registry opens the book with batch 0 and records work by further batches, numbered densely; the book keeps the number that comes next.
A sale is cut in a fixed order, each cut rounded up: the protocol's fee, of what is left the provider's share, and the rest is credited to
the contributors' pool (see `cuts`, `accrual`), or waits there as pending while nobody has recorded work. The provider's shares stay in the
book until the provider draws them, so that a sale writes one entry whoever is paid by it.

The pool in a book is what it would be if no contributor had ever drawn: what each drew stands in its own entry and in the totals over all
streams (`payout_totals`), so that a contributor's claim writes no book. A pool audits the same without its claims, as both sides of its
identity lose the same; its claimed units are 0, and what it counts as claimable is all that its contributors were ever credited.

Invariants:
- BOOK-1: a batch changes a book once, however often it arrives.
- BOOK-2: protocol fee, provider's share and contributors' share of a sale add up to its price.
- BOOK-3: what a payee draws is what the pool owes it in whole units, and the shares if it is the provider; drawing twice draws once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.accrual import Member, Pool, claim, credit
from ddsx_core.codec import decode_fields
from ddsx_core.cuts import Cut, take_cuts
from ddsx_core.limits import MAX_BATCH_WORK, MAX_PRINCIPAL_LENGTH, PPM
from ddsx_core.refused import Broken, Refused
from ddsx_core.stored_rows import decode_row, encode_row
from ddsx_core.units import Ppm, PrincipalText, Scaled, Units, Weight

_VERSION = "1"
_TEXTS = 2
_OWN_NUMBERS = 4
_POOL_NUMBERS = 7


class Book(NamedTuple):
    """A stream's account book; the stored value has the fields in this order, the pool's last.

    next_batch: the number of the batch that is expected.
    provider_units: all that the provider was ever credited; provider_due_units: the part it has not drawn.
    """

    registry: PrincipalText
    provider: PrincipalText
    provider_share_ppm: Ppm
    next_batch: int
    provider_units: Units
    provider_due_units: Units
    pool: Pool


class Sale(NamedTuple):
    """How a price was shared; the three add up to it."""

    protocol_fee: Units
    provider_share: Units
    contributors_share: Units


class Standing(NamedTuple):
    """What a claim needs to know of a book, read without the rest of it."""

    provider: PrincipalText
    provider_due_units: Units
    index_scaled: Scaled


def check_batch(
    book: Book | None, registry: PrincipalText, batch: int, provider: str, provider_share_ppm: int, work: Sequence[tuple[str, int]]
) -> bool:
    """Whether a batch is the one that comes next; False for one that was taken before, which changes nothing.

    Refuses (in order): NotARegistry when another registry opened the book, OversizedBatch with the most contributors allowed, Gap with the
        expected number, InvalidBatch for a batch 0 that carries work, a share above 1_000_000 ppm, or text longer than a principal's.
    """
    if book is not None and book.registry != registry:
        raise Refused("NotARegistry")
    if len(work) > MAX_BATCH_WORK:
        raise Refused("OversizedBatch", {"most": MAX_BATCH_WORK})
    expected = 0 if book is None else book.next_batch
    if batch > expected:
        raise Refused("Gap", {"expected": expected})
    if batch < expected:
        return False
    if batch == 0 and work:
        raise invalid_batch("batch 0 opens the book and carries no work")
    if provider_share_ppm > PPM:
        raise invalid_batch(f"a share is 0 to {PPM} ppm")
    if not 0 < len(provider) <= MAX_PRINCIPAL_LENGTH:
        raise invalid_batch("the provider is not a principal")
    for contributor, _ in work:
        if not 0 < len(contributor) <= MAX_PRINCIPAL_LENGTH:
            raise invalid_batch("a contributor is not a principal")
    return True


def invalid_batch(reason: str) -> Refused:
    """A batch that no registry should send."""
    return Refused("InvalidBatch", {"reason": reason})


def weights_of(work: Sequence[tuple[str, int]]) -> dict[str, Weight]:
    """The weight of each contributor of a batch, each named once; without those whose weight is zero."""
    weights: dict[str, Weight] = {}
    for contributor, weight in work:
        if weight:
            weights[contributor] = Weight(weights.get(contributor, 0) + weight)
    return weights


def open_book(registry: PrincipalText, provider: PrincipalText, provider_share_ppm: Ppm) -> Book:
    """The book of a new stream, which expects batch 1."""
    return Book(registry, provider, provider_share_ppm, 1, Units(0), Units(0), Pool())


def with_batch(book: Book, pool: Pool) -> Book:
    """The book after the batch that was expected changed its pool."""
    registry, provider, share, next_batch, provider_units, due, _ = book
    return Book(registry, provider, share, next_batch + 1, provider_units, due, pool)


def with_share(book: Book, caller: PrincipalText, provider_share_ppm: int) -> Book:
    """The book with another share for the provider, for sales that come later.

    Refuses (in order): NotTheProvider, InvalidShare with the most allowed.
    """
    registry, provider, _, next_batch, provider_units, due, pool = book
    if caller != provider:
        raise Refused("NotTheProvider")
    if not 0 <= provider_share_ppm <= PPM:
        raise invalid_share(PPM)
    return Book(registry, provider, Ppm(provider_share_ppm), next_batch, provider_units, due, pool)


def invalid_share(most_ppm: int) -> Refused:
    """A share that is above what may be set."""
    return Refused("InvalidShare", {"most_ppm": most_ppm})


def share_sale(book: Book, price: Units, protocol_fee_ppm: Ppm) -> tuple[Book, Sale]:
    """The book after a sale, and how its price was shared.

    Rounding: the protocol's fee and then the provider's share of what is left are rounded up; the contributors have the rest.
    Cost: two cuts and one credit, whatever the number of contributors.
    """
    registry, provider, share, next_batch, provider_units, due, pool = book
    cuts, rest = take_cuts(price, [Cut("protocol", protocol_fee_ppm), Cut("provider", share)])
    sale = Sale(cuts[0], cuts[1], rest)
    taken = sale.provider_share
    return Book(registry, provider, share, next_batch, Units(provider_units + taken), Units(due + taken), credit(pool, rest)), sale


def draw_contribution(standing: Standing, member: Member) -> tuple[Member, Units]:
    """The member after it drew what the pool owes it in whole units, and how many."""
    _, after, drawn = claim(Pool(standing.index_scaled), member)
    return after, drawn


def due_to(standing: Standing, payee: PrincipalText) -> Units:
    """The provider's shares that a payee may draw: all that were not drawn, or none if it is not the provider."""
    return standing.provider_due_units if payee == standing.provider else Units(0)


def without_due(book: Book) -> Book:
    """The book after the provider drew its shares."""
    return book._replace(provider_due_units=Units(0))


def decode_standing(text: str) -> Standing:
    """What a claim needs of what `encode_book` wrote; anything else is Broken. Cost: two numbers of eleven."""
    fields = decode_fields(_VERSION, _TEXTS + _OWN_NUMBERS + _POOL_NUMBERS, text)
    try:
        return Standing(PrincipalText(fields[1]), Units(int(fields[5], 16)), Scaled(int(fields[6], 16)))
    except ValueError as error:
        raise Broken("a stored book has a field that is no number") from error


def encode_book(book: Book) -> str:
    """The stored value of a book."""
    registry, provider, share, next_batch, provider_units, due, pool = book
    return encode_row(_VERSION, [registry, provider], [share, next_batch, provider_units, due, *pool])


def decode_book(text: str) -> Book:
    """What `encode_book` wrote; anything else is Broken."""
    texts, numbers = decode_row(_VERSION, _TEXTS, _OWN_NUMBERS + _POOL_NUMBERS, text)
    if min(numbers[:_OWN_NUMBERS]) < 0:
        raise Broken("a book has a negative number")
    share, next_batch, provider_units, due = numbers[:_OWN_NUMBERS]
    return Book(
        PrincipalText(texts[0]),
        PrincipalText(texts[1]),
        Ppm(share),
        next_batch,
        Units(provider_units),
        Units(due),
        Pool(*numbers[_OWN_NUMBERS:]),
    )
