"""Moments as people read them, without a calendar library: importing one costs a canister 0.15 B instructions.

The Gregorian calendar by whole eras of 400 years, with years that begin in March, so that the odd day comes last.
"""

from __future__ import annotations

_DAY_S = 86_400
_ERA_DAYS = 146_097
_DAYS_TO_1970 = 719_468


def civil_date(days: int) -> tuple[int, int, int]:
    """Year, month and day that are so many days after 1970-01-01."""
    era, day_of_era = divmod(days + _DAYS_TO_1970, _ERA_DAYS)
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + 400 * era + (1 if month <= 2 else 0)
    return year, month, day_of_year - (153 * shifted + 2) // 5 + 1


def civil_text(seconds: int, utc_offset_minutes: int = 0) -> str:
    """A moment in seconds since 1970 on clocks that are ahead of UTC by so many minutes, as `2026-11-21 14:23:08 UTC+01:00`."""
    days, second = divmod(seconds + utc_offset_minutes * 60, _DAY_S)
    year, month, day = civil_date(days)
    zone = ""
    if utc_offset_minutes:
        sign, (hours, minutes) = "-" if utc_offset_minutes < 0 else "+", divmod(abs(utc_offset_minutes), 60)
        zone = f"{sign}{hours:02d}:{minutes:02d}"
    return f"{year:04d}-{month:02d}-{day:02d} {second // 3_600:02d}:{second // 60 % 60:02d}:{second % 60:02d} UTC{zone}"
