"""The account book of one stream: who provides it, by which plan revenue is shared, whose work is recorded, what came in on each ledger.

A registry opens the book with batch 0 and records work by further batches, numbered densely; the book keeps the number that comes next,
and how many records the stream has, which is the clock of money that is earned by the delivered record.

For each ledger in which the stream ever earned anything the book has a *purse*, with the contributors' pool of that ledger (`accrual`) and
the shares that the plan's payees have not drawn. All purses share the recorded work. A ledger's index was 0 before its purse existed, so
a contributor without a tally there is right as it is. A sale changes one book, and in it one purse, whoever is paid by it.

The pool in a purse is what it would be if no contributor had ever drawn: what each drew stands in its own entry (`memberships`) and in the
totals (`payout_totals`), so that a contributor's claim writes no book. A pool audits the same without its claims; its claimed units are 0.

Stored: a line for the stream, a line for its plan, a line for the plan announced (empty for none), then a line for each purse. A purse is
decoded when it is asked for, so that a claim on one ledger does not read the others.

Invariants (tests/core/payouts/test_stream_books.py):
- BOOK-1: a batch changes a book once, however often it arrives.
- BOOK-2: gross = fees taken + passed on + given + pooled + held + paid back, in every purse.
"""

from __future__ import annotations

from collections.abc import Sequence

from ddsx_core.accrual import Pool
from ddsx_core.codec import decode_ints, encode_ints
from ddsx_core.limits import MAX_BATCH_WORK, MAX_PRINCIPAL_LENGTH, PPM
from ddsx_core.plans import PROVIDER, Step, decode_steps, encode_steps
from ddsx_core.refused import Broken, Refused
from ddsx_core.stored_rows import decode_row, encode_row
from ddsx_core.units import Ppm, PrincipalText, Units, Weight

_VERSION = "2"
_TEXTS = 2
_NUMBERS = 6
_PURSE_NUMBERS = 16
_SPLIT_PURSE = 2

# A purse's numbers, in this order.
INDEX = 0
REMAINDER = 1
TALLY_SUM = 2
POOL_PENDING = 3
POOLED = 4
FEE_SINCE = 5
FEE_BASE = 6
NET = 7
GROSS = 8
FEES_TAKEN = 9
PASSED_ON = 10
GIVEN = 11
HELD = 12
PAID_BACK = 13
PROVIDER_DUE = 14
HAS_FLOWS = 15

BY_SECOND = 1
BY_RECORD = 2
"""Bits of HAS_FLOWS: whether sales are being earned by the second, by the delivered record."""


class Purse:
    """What a stream's book keeps for one ledger; changed in place while a message works on it.

    numbers, by the names above: the pool's index, remainder, sum of tallies, pending and received units; since when (ns) the protocol's fee
    holds that FEE_BASE, sales' revenue, was counted under; NET: what the plan's steps shared since the plan began, revenue less fees and
    what other streams passed on; GROSS: prices and what other streams passed on, ever; of it FEES_TAKEN by the protocol, PASSED_ON to other
    streams, GIVEN to the plan's payees (less what the provider gave back), HELD by flows, PAID_BACK to payers; PROVIDER_DUE: the provider's
    shares that it has not drawn; HAS_FLOWS: bits, so that no flow is looked for in vain.
    dues: the undrawn shares of payees that the plan names, `principal:units,...`.
    vesting: the payees whose shares vest, in the order of their flows' slots, between commas.
    """

    def __init__(self, ledger: int, numbers: list[int], dues: str = "", vesting: str = "") -> None:
        self.ledger = ledger
        self.numbers = numbers
        self.dues = dues
        self.vesting = vesting

    def pool(self, weight: int) -> Pool:
        """The contributors' pool, in a stream of that weight."""
        index, remainder, tally_sum, pending, pooled = self.numbers[:5]
        return Pool(index, remainder, weight, tally_sum, pending, pooled, 0)

    def set_pool(self, pool: Pool) -> None:
        """Put the pool back."""
        index, remainder, _, tally_sum, pending, pooled, _ = pool
        self.numbers[:5] = [index, remainder, tally_sum, pending, pooled]


class Book:
    """A stream's account book; changed in place while a message works on it.

    next_batch: the number of the batch that is expected. weight: all recorded work. size: records of the stream that were reported.
    plan: the steps in force, as `plans` writes them; announced: those that follow at `announced_at` (ns), empty for none.
    versions: how many plans were recorded; version: the one in force.
    """

    def __init__(self, registry: PrincipalText, provider: PrincipalText, plan: str) -> None:
        self.registry = registry
        self.provider = provider
        self.plan = plan
        self.announced = ""
        self.next_batch = 1
        self.weight = 0
        self.size = 0
        self.version = 1
        self.versions = 1
        self.announced_at = 0
        self.lines: dict[int, str] = {}
        self.purses: dict[int, Purse] = {}

    def purse(self, ledger: int) -> Purse:
        """The purse of a ledger; a new one where the stream never earned anything on it."""
        purse = self.purses.get(ledger)
        if purse is None:
            line = self.lines.get(ledger)
            purse = Purse(ledger, [0] * _PURSE_NUMBERS) if line is None else decode_purse(line)
            self.purses[ledger] = purse
        return purse

    def ledgers(self) -> list[int]:
        """The ledgers with a purse."""
        return sorted({*self.lines, *self.purses})

    def steps(self) -> list[Step]:
        """The steps of the plan in force."""
        return decode_steps(self.plan)


# -- Batches of work --------------------------------------------------------------------------------------------------------


Batch = tuple[int, str, int, int, Sequence[tuple[str, int]]]
"""Number, provider, the provider's share in ppm, records in the stream, and (contributor, weight) for its work."""


def check_batch(book: Book | None, registry: PrincipalText, batch: Batch) -> bool:
    """Whether a batch is the one that comes next; False for one that was taken before, which changes nothing.

    Refuses (in order): NotARegistry when another registry opened the book, OversizedBatch with the most contributors allowed, Gap with the
        expected number, then as `check_content`.
    """
    number, *_, work = batch
    if book is not None and book.registry != registry:
        raise Refused("NotARegistry")
    if len(work) > MAX_BATCH_WORK:
        raise Refused("OversizedBatch", {"most": MAX_BATCH_WORK})
    expected = 0 if book is None else book.next_batch
    if number > expected:
        raise Refused("Gap", {"expected": expected})
    if number < expected:
        return False
    check_content(batch, 0 if book is None else book.size)
    return True


def check_content(batch: Batch, records: int) -> None:
    """Whether a batch may be recorded of a stream that had so many records.

    Refuses: InvalidBatch for a batch 0 that carries work, a share above 1_000_000 ppm, text that is longer than a principal's or has
        characters that none has, or fewer records than before, or more than 2^64 - 1.
    """
    number, provider, provider_share_ppm, size, work = batch
    if number == 0 and work:
        raise invalid_batch("batch 0 opens the book and carries no work")
    if provider_share_ppm > PPM:
        raise invalid_batch(f"a share is 0 to {PPM} ppm")
    if not _looks_like_principal(provider):
        raise invalid_batch("the provider is not a principal")
    for contributor, _ in work:
        if not _looks_like_principal(contributor):
            raise invalid_batch("a contributor is not a principal")
    if not records <= size < 1 << 64:
        raise invalid_batch(f"the stream had {records} records before")


def _looks_like_principal(text: str) -> bool:
    """Whether text is as long as a principal's and made of its characters: it is written between commas, colons and bars."""
    return 0 < len(text) <= MAX_PRINCIPAL_LENGTH and text.isascii() and text.replace("-", "").isalnum()


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


def work_text(weights: dict[str, Weight]) -> str:
    """The recorded work of a batch as its block tells it."""
    return ",".join([f"{contributor}:{weight:x}" for contributor, weight in weights.items()])


def provider_plan(provider_share_ppm: Ppm) -> str:
    """The plan that a book is opened with: the provider's share, and the rest to the contributors."""
    return encode_steps([Step(PROVIDER, PROVIDER, provider_share_ppm, Units(0), 0)])


# -- Stored values ----------------------------------------------------------------------------------------------------------


def encode_book(book: Book) -> str:
    """The stored value of a book."""
    numbers = [book.next_batch, book.weight, book.size, book.version, book.versions, book.announced_at]
    lines = book.lines
    for ledger, purse in book.purses.items():
        if purse.numbers[GROSS]:
            lines[ledger] = encode_purse(purse)
    head = encode_row(_VERSION, [book.registry, book.provider], numbers)
    return "\n".join([head, book.plan, book.announced, *lines.values()])


def decode_book(text: str) -> Book:
    """What `encode_book` wrote; anything else is Broken. Purses are decoded when they are asked for."""
    head, *lines = text.split("\n")
    texts, numbers = decode_row(_VERSION, _TEXTS, _NUMBERS, head)
    if len(lines) < _SPLIT_PURSE or min(numbers) < 0:
        raise Broken("a stored book is none")
    book = Book(PrincipalText(texts[0]), PrincipalText(texts[1]), lines[0])
    book.announced = lines[1]
    book.next_batch, book.weight, book.size, book.version, book.versions, book.announced_at = numbers
    for line in lines[_SPLIT_PURSE:]:
        book.lines[int(line[: line.index("|")], 16)] = line
    return book


def encode_purse(purse: Purse) -> str:
    """The stored line of a purse."""
    return f"{encode_ints(f'{purse.ledger:x}', purse.numbers)}|{purse.dues}|{purse.vesting}"


def decode_purse(line: str) -> Purse:
    """The purse of a stored line; anything else is Broken."""
    numbers, dues, vesting = line.rsplit("|", 2)
    ledger = numbers[: numbers.index("|")]
    return Purse(int(ledger, 16), decode_ints(ledger, _PURSE_NUMBERS, numbers), dues, vesting)


def decode_dues(text: str) -> dict[str, int]:
    """The undrawn shares by principal."""
    dues = {}
    for entry in text.split(",") if text else []:
        payee, _, units = entry.partition(":")
        dues[payee] = int(units, 16)
    return dues


def encode_dues(dues: dict[str, int]) -> str:
    """The stored text of undrawn shares; who has none is left out."""
    return ",".join([f"{payee}:{units:x}" for payee, units in dues.items() if units])
