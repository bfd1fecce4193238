"""The estimator against the table of costs that were measured on the real Wasm one by one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from measured_rows import all_rows

from kybra_replica import costs
from kybra_replica.costs.natives import NATIVES
from kybra_replica.costs.tracing import LIBRARY_KINDS
from kybra_replica.costs.weights import CAUSES, WEIGHTS

FOLDER = Path(costs.__file__).parent


@pytest.fixture(scope="module")
def rows():
    found = all_rows()
    sys.stdout.write("\n".join(map(str, sorted(found, key=lambda row: -row.factor)[:15])))
    return found


def test_rows_of_the_table_are_estimated_within_a_factor_of_two(rows):
    assert [str(row) for row in rows if row.factor > 2] == []


def test_most_rows_are_estimated_within_a_third(rows):
    assert sum(row.factor <= 1.34 for row in rows) >= 0.9 * len(rows)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("blob_byte_in", 650, 800),
        ("blob_byte_out", 900, 1_100),
        ("raw_byte_out", 600, 850),
        ("text_byte_in", 9, 11),
        ("text_byte_out", 14, 20),
        ("vec_number_in", 1_000, 1_400),
        ("principal_in", 300_000, 450_000),
        ("hashed_byte", 120, 145),
        ("hex_byte", 150, 185),
    ],
)
def test_weights_of_what_was_measured_directly_are_what_was_measured(kind, low, high):
    assert low <= WEIGHTS[kind].instructions <= high


def test_every_weight_names_its_cause_and_source():
    assert {weight.cause for weight in WEIGHTS.values()} == set(CAUSES)
    assert all(weight.source.startswith(("measured", "calibrated")) and weight.instructions >= 0 for weight in WEIGHTS.values())


def test_whatever_can_be_counted_has_a_weight():
    priced = {kind for native in NATIVES.values() for kind in (native.kind, native.per) if kind is not None}
    traced = {kind for _, kind in LIBRARY_KINDS}
    texts = "".join(path.read_text() for path in FOLDER.glob("*.py"))
    named = set(re.findall(r'(?:tally\[|_add\(|note\(|_once\(tally, [^,]*, |_open\(|call_made\(plan, )"([a-z0-9_]+)"', texts))
    crossing = {f"{kind}_{way}" for kind in re.findall(r'f"([a-z_]+)_\{way\}"', texts) for way in ("in", "out")}
    assert len(named) > 60
    assert len(crossing) > 20
    assert (priced | traced | named | crossing) - set(WEIGHTS) == set()
