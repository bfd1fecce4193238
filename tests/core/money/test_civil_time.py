"""Moments as people read them, beside the library's calendar."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core.civil_time import civil_text

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LAST_SECOND = ((1 << 64) - 1) // 10**9


@given(st.integers(0, LAST_SECOND))
@example(951_782_399)
@example(951_782_400)
@example(4_107_542_399)
def test_a_moment_is_that_of_the_calendar(seconds: int) -> None:
    moment = EPOCH + timedelta(seconds=seconds)
    assert civil_text(seconds) == moment.strftime("%Y-%m-%d %H:%M:%S UTC")


@given(st.integers(86_400, LAST_SECOND), st.integers(-1_440, 1_440).filter(bool))
def test_clocks_elsewhere_show_another_time(seconds: int, offset: int) -> None:
    moment = EPOCH + timedelta(seconds=seconds, minutes=offset)
    assert civil_text(seconds, offset).startswith(moment.strftime("%Y-%m-%d %H:%M:%S UTC"))


def test_the_zone_is_named() -> None:
    assert civil_text(0, 90) == "1970-01-01 01:30:00 UTC+01:30"
    assert civil_text(0, -90) == "1969-12-31 22:30:00 UTC-01:30"
