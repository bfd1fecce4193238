"""Real weather observations, shipped in the PyPI package `vega_datasets`: two cities hourly, one daily."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

SCHEMA = json.dumps(
    {
        "fields": [
            {"name": "station", "type": "text", "description": "who measured"},
            {"name": "time", "type": "time", "description": "start of the hour, or noon of the day, local time"},
            {"name": "celsius", "type": "float", "unit": "degree Celsius", "description": "air; of a day, the middle of its extremes"},
        ]
    }
)


@dataclass(frozen=True, slots=True)
class Station:
    """A file of the package, and how its rows become records."""

    name: str
    file: str
    time_format: str


STATIONS = (
    Station("seattle-hourly", "seattle-temps.csv", "%Y/%m/%d %H:%M"),
    Station("san-francisco-hourly", "sf-temps.csv", "%Y/%m/%d %H:%M:%S"),
    Station("seattle-daily", "seattle-weather.csv", "%Y/%m/%d"),
)


def records(station: Station) -> list[str]:
    """Every row of the station's file as one line of JSON, in the order of the file."""
    text = files("vega_datasets").joinpath("_data", station.file).read_text(encoding="utf-8")
    return [_record(station, row) for row in csv.DictReader(text.splitlines())]


def _record(station: Station, row: dict[str, str]) -> str:
    if "temp" in row:
        celsius = (float(row["temp"]) - 32) * 5 / 9
        moment = _moment(row["date"], station.time_format)
    else:
        celsius = (float(row["temp_max"]) + float(row["temp_min"])) / 2
        moment = _moment(row["date"], station.time_format).replace(hour=12)
    record = {"station": station.name, "time": moment.isoformat(timespec="minutes"), "celsius": round(celsius, 2)}
    return json.dumps(record, separators=(",", ":"))


def _moment(text: str, time_format: str) -> datetime:
    return datetime.strptime(text, time_format)  # noqa: DTZ007 - the files give local time and name no zone
