"""Times in the words of refusals."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_NS_PER_SECOND = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST_SECOND = int((datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc) - _EPOCH).total_seconds())


def shown_time(time_ns: int) -> str:
    """A time (ns since 1970) as date and time with nine decimals, in UTC; as the number where no calendar goes that far."""
    seconds, nanoseconds = divmod(time_ns, _NS_PER_SECOND)
    if not 0 <= seconds <= _LAST_SECOND:
        return f"{time_ns} ns"
    return f"{_EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}.{nanoseconds:09} UTC"
