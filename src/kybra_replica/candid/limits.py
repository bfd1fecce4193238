"""How much work a message may cause before it is refused.

A few bytes can stand for a billion values (`vec null`), or for a tower of types, so work is counted rather than bytes.
The costs of skipped values follow the model that the documentation of the Rust crate's `DecoderConfig` gives; the costs of
decoded values are coarser and serve to refuse only what no honest message contains.
"""

from __future__ import annotations

from dataclasses import dataclass

from kybra_replica.candid.errors import CandidError

BOUNDLESS = 1 << 80
"""Stands for a limit that is not set, and caps costs, which can be exponential in the size of a type table."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of decoding one message.

    `decoding`: values decoded, where an element of a vector counts three more than its parts, and four a byte of the
    header. `skipping`: the cost of values that are on the wire and not asked for: surplus arguments and fields, and
    optional values that do not fit. `depth`: how many calls deep decoding may go, which is one for a level of nesting and one
    more for each turn through a recursive type. `types`: entries of the type table; fields, methods and arguments may be ten
    times as many in all. None for `decoding` or `skipping` means no limit.
    """

    decoding: int | None = 20_000_000
    skipping: int | None = 10_000
    depth: int = 600
    types: int = 10_000


DEFAULT_LIMITS = Limits()
"""For whatever comes from outside. The skipping quota is the one that Kybra's canisters put on their arguments."""

TRUSTED = Limits(decoding=None, skipping=None)
"""For values that were encoded here, such as those of a stable map."""


class Meter:
    """What is left of the limits while one message is decoded."""

    __slots__ = ("decoding", "depth", "skipping")

    def __init__(self, limits: Limits) -> None:
        self.decoding = BOUNDLESS if limits.decoding is None else limits.decoding
        self.skipping = BOUNDLESS if limits.skipping is None else limits.skipping
        self.depth = limits.depth

    def decode(self, cost: int) -> None:
        """Pay for decoded values. Raises CandidError when nothing is left."""
        self.decoding -= cost
        if self.decoding < 0:
            raise CandidError("decoding this message costs more than the limit allows")

    def skip(self, cost: int) -> None:
        """Pay for skipped values. Raises CandidError when nothing is left."""
        self.skipping -= cost
        if self.skipping < 0:
            raise CandidError("skipping what was not asked for costs more than the limit allows")

    def descend(self, levels: int) -> None:
        """Go `levels` deeper; the caller adds them to `depth` again on its way out. Raises CandidError at the limit."""
        self.depth -= levels
        if self.depth < 0:
            raise CandidError("values are nested deeper than the limit allows")
