"""What a benchmark answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Result:
    """`value` and `against` in `unit`; `ratio` says how `value` stands to `against`, 0 where it stands alone."""

    name: str
    value: float
    unit: str
    against: float
    ratio: float

    def as_json(self) -> dict[str, object]:
        """One line of the report."""
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "against": round(self.against, 3),
            "ratio": round(self.ratio, 4),
        }


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    start = perf_counter()
    work()
    return perf_counter() - start


def beside(name: str, unit: str, count: int, ours: Callable[[], object], floor: Callable[[], object], rounds: int = 5) -> Result:
    """Rates of two pieces of work of `count` items each, run by turns so that both see the same machine; medians."""
    pairs = [(count / seconds(ours), count / seconds(floor)) for _ in range(rounds)]
    value, against = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    return Result(name, value, unit, against, median(mine / least for mine, least in pairs))


def times_beside(name: str, unit: str, each: float, ours: Callable[[], object], floor: Callable[[], object], rounds: int = 5) -> Result:
    """Times of two pieces of work, divided by `each`, run by turns as in `beside`; the ratio is below 1 where ours takes less."""
    pairs = [(seconds(ours) / each, seconds(floor) / each) for _ in range(rounds)]
    value, against = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
    return Result(name, value, unit, against, median(mine / least for mine, least in pairs))
