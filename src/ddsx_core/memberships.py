"""One contributor's part in one stream: its recorded work, and on each ledger what it has drawn.

    2|<weight>|<tally>|<claimed>|<tally>|<claimed>|...        a pair for each ledger, from ledger 0; missing ones are 0

Weight is shared by all ledgers. The tally of a ledger is that of `accrual.Member` in the stream's pool of that ledger. Pairs of zeros at
the end are not written, so a contributor of a stream that sells in one currency has one.

Invariants (tests/core/payouts/test_memberships.py):
- MEMBER-1: a change of weight changes on no ledger what is owed.
- MEMBER-2: drawing twice draws once; what is drawn on one ledger changes nothing on another.
"""

from __future__ import annotations

from ddsx_core.accrual import Member, Pool, owed
from ddsx_core.codec import encode_ints
from ddsx_core.limits import ACCRUAL_SHIFT_BITS
from ddsx_core.refused import Broken
from ddsx_core.units import Units

_VERSION = "2"
_MAIN_LEDGERS = 2


class Membership:
    """A contributor's state in a stream; changed in place while a message works on it.

    numbers: the weight, then tally and claimed units of each ledger.
    """

    def __init__(self, numbers: list[int]) -> None:
        self.numbers = numbers

    @property
    def weight(self) -> int:
        """The recorded work."""
        return self.numbers[0]

    def member(self, ledger: int) -> Member:
        """The state in the pool of one ledger."""
        place = 1 + 2 * ledger
        numbers = self.numbers
        if place >= len(numbers):
            return Member(numbers[0])
        return Member(numbers[0], numbers[place], numbers[place + 1])

    def add_weight(self, added: int, indexes: list[tuple[int, int]]) -> None:
        """Add work. indexes: each ledger with a purse and the index of its pool at this moment."""
        self.numbers[0] += added
        for ledger, index in indexes:
            if index:
                self.numbers[self._place(ledger)] += added * index

    def draw_at(self, ledger: int, index: int) -> Units:
        """Draw the whole units that a pool with this index owes; how many. The fraction stays owed."""
        numbers, place = self.numbers, 1 + 2 * ledger
        tally = numbers[place] if place < len(numbers) else 0
        units = (numbers[0] * index - tally) >> ACCRUAL_SHIFT_BITS
        if units:
            place = self._place(ledger)
            numbers[place] += units << ACCRUAL_SHIFT_BITS
            numbers[place + 1] += units
        return Units(units)

    def draw(self, ledger: int, pool: Pool) -> Units:
        """Draw the whole units that the pool of a ledger owes; how many. The fraction stays owed."""
        units = owed(pool, self.member(ledger))
        if units:
            place = self._place(ledger)
            self.numbers[place] += units << ACCRUAL_SHIFT_BITS
            self.numbers[place + 1] += units
        return units

    def _place(self, ledger: int) -> int:
        """Where the tally of a ledger stands; the list is made long enough."""
        place = 1 + 2 * ledger
        missing = place + 2 - len(self.numbers)
        if missing > 0:
            self.numbers.extend([0] * missing)
        return place


def encode_membership(membership: Membership) -> tuple[str, str]:
    """The stored values: of weight and the first two ledgers, and of the others, empty where there are none."""
    numbers = membership.numbers
    main = 1 + 2 * _MAIN_LEDGERS
    if len(numbers) <= main:
        return encode_ints(_VERSION, numbers), ""
    return encode_ints(_VERSION, numbers[:main]) + "|+", encode_ints(_VERSION, numbers[main:])


def has_more(text: str) -> bool:
    """Whether the first stored value says that there is a second."""
    return text.endswith("+")


def decode_membership(text: str, more: str = "") -> Membership:
    """What `encode_membership` wrote; anything else is Broken."""
    numbers = _numbers_in(text.removesuffix("|+"))
    if has_more(text) != bool(more):
        raise Broken("a stored membership is not whole")
    return Membership(numbers + _numbers_in(more) if more else numbers)


def _numbers_in(text: str) -> list[int]:
    version, *fields = text.split("|")
    if version != _VERSION:
        raise Broken(f"a stored membership has version {version[:20]!r}, expected {_VERSION!r}")
    try:
        return [int(field, 16) for field in fields]
    except ValueError as error:
        raise Broken("a stored membership has a field that is no number") from error
