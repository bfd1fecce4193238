"""`docs/costs.md` against the estimates of today, and how it is compared."""

from __future__ import annotations

import pytest

from cost_table.__main__ import DOCUMENT
from cost_table.compare import differences
from cost_table.table import missing_methods, price_all, render

ROW = "| `append`, 1 record | 11.20 | 13.40 | 38% maps, 35% interpreter | 20.4 | 28 | 27.5 |"


@pytest.mark.slow
def test_the_committed_table_is_that_of_the_canisters():
    priced, timers = price_all()
    assert missing_methods(priced) == set()
    assert differences(DOCUMENT.read_text(), render(priced, timers)) == []


@pytest.mark.parametrize("other", [ROW, ROW.replace("13.40", "13.65"), ROW.replace("38% maps", "40% maps")])
def test_what_differs_by_rounding_and_versions_is_alike(other):
    assert differences(ROW, other) == []


OTHERS = [ROW.replace("13.40", "13.70"), ROW.replace("append", "appent"), f"{ROW}\n{ROW}", ROW.replace("28 |", "free |")]


@pytest.mark.parametrize("other", OTHERS)
def test_what_differs_by_more_is_not(other):
    assert differences(ROW, other) != []
