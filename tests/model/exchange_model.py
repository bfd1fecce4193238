"""The exchange as a naive fold: what people did and what crossed between canisters, and what must follow from it.

Shares are exact fractions over the whole log (`accrual_model`), the Merkle tree is computed anew from all leaves, and
nothing here is shared with the core.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256

from model.accrual_model import Credited, Weighed, replay

MILLION = 1_000_000


def tree_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, by its definition."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + tree_root(leaves[:split]) + tree_root(leaves[split:])).digest()


def cut_up(amount: int, ppm: int) -> int:
    """A share in parts per million, rounded up."""
    return -(-amount * ppm // MILLION)


@dataclass
class StreamModel:
    """One stream: what was appended, and what its splitter book went through."""

    provider_share_ppm: int
    records: list[tuple[str, str]] = field(default_factory=list)
    """(contributor, payload), in order."""
    next_batch: dict[str, int] = field(default_factory=dict)
    log: list[Credited | Weighed] = field(default_factory=list)
    delivered: dict[str, int] = field(default_factory=dict)
    next_work: int = 0
    provider_units: int = 0
    pool_units: int = 0

    def appended(self, contributor: str) -> int:
        """Records of one contributor."""
        return sum(1 for who, _ in self.records if who == contributor)

    def work(self, batch: int, weights: dict[str, int]) -> None:
        """A work batch that the splitter acknowledged; a repeated one changes nothing."""
        if batch != self.next_work:
            return
        self.next_work += 1
        for contributor, weight in weights.items():
            self.delivered[contributor] = self.delivered.get(contributor, 0) + weight
        if weights:
            self.log.append(Weighed(dict(self.delivered)))

    def sale(self, price: int, protocol_fee_ppm: int) -> int:
        """A price that the splitter credited; the protocol's fee."""
        fee = cut_up(price, protocol_fee_ppm)
        provider = cut_up(price - fee, self.provider_share_ppm)
        self.provider_units += provider
        self.pool_units += price - fee - provider
        self.log.append(Credited(price - fee - provider))
        return fee

    def earned(self) -> dict[str, Fraction]:
        """Exact earnings of every contributor."""
        return replay(self.log).earned

    def pending(self) -> int:
        """Revenue that waits for a first work."""
        return replay(self.log).pending


@dataclass
class ExchangeModel:
    """All streams, and what the protocol took."""

    protocol_fee_ppm: int
    streams: dict[int, StreamModel] = field(default_factory=dict)
    fees: int = 0
    received: int = 0

    def sale(self, stream: int, price: int) -> None:
        """The splitter credited the price of an order."""
        self.received += price
        self.fees += self.streams[stream].sale(price, self.protocol_fee_ppm)
