"""The form of an SNS's configuration file: units, lengths, bounds and sums, as the NNS checks them.

Source: `sns_init_template.yaml`, and the validation in ic-sns-init, of github.com/dfinity/ic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ddsx_core.accounts import parse_principal
from ddsx_core.refused import Refused

E8S = 100_000_000
DAY = 24 * 60 * 60
SECONDS = {
    **dict.fromkeys(("seconds", "second", "sec", "s"), 1),
    **dict.fromkeys(("minutes", "minute", "min", "m"), 60),
    **dict.fromkeys(("hours", "hour", "hr", "h"), 3_600),
    **dict.fromkeys(("days", "day", "d"), DAY),
    **dict.fromkeys(("weeks", "week", "w"), 7 * DAY),
    **dict.fromkeys(("months", "month", "M"), 2_630_016),
    **dict.fromkeys(("years", "year", "y"), 31_557_600),
}

FORM: dict[str, Any] = {
    "name": "text",
    "description": "text",
    "logo": "text",
    "url": "text",
    "NnsProposal": {"title": "text", "url": "text", "summary": "text"},
    "fallback_controller_principals": ["principal"],
    "dapp_canisters": ["principal"],
    "Token": {"name": "text", "symbol": "text", "transaction_fee": "tokens", "logo": "text"},
    "Proposals": {
        "rejection_fee": "tokens",
        "initial_voting_period": "duration",
        "maximum_wait_for_quiet_deadline_extension": "duration",
    },
    "Neurons": {"minimum_creation_stake": "tokens"},
    "Voting": {
        "minimum_dissolve_delay": "duration",
        "MaximumVotingPowerBonuses": {
            "DissolveDelay": {"duration": "duration", "bonus": "percent"},
            "Age": {"duration": "duration", "bonus": "percent"},
        },
        "RewardRate": {"initial": "percent", "final": "percent", "transition_duration": "duration"},
    },
    "Distribution": {
        "Neurons": [
            {"principal": "principal", "stake": "tokens", "memo": "count", "dissolve_delay": "duration", "vesting_period": "duration"}
        ],
        "InitialBalances": {"treasury": "tokens", "swap": "tokens"},
        "total": "tokens",
    },
    "Swap": {
        "minimum_participants": "count",
        "minimum_direct_participation_icp": "tokens",
        "maximum_direct_participation_icp": "tokens",
        "minimum_participant_icp": "tokens",
        "maximum_participant_icp": "tokens",
        "confirmation_text": "text",
        "VestingSchedule": {"events": "count", "interval": "duration"},
        "start_time": "time",
        "duration": "duration",
        "neurons_fund_participation": "flag",
    },
}
"""Every key, with the kind of its value; a list has one kind for all of its entries."""

OPTIONAL = {"Swap": {"confirmation_text", "start_time", "restricted_countries"}}
RESTRICTED_COUNTRIES = ["country"]


class Malformed(Exception):
    """A value that has not the form of its kind."""


def tokens(value: Any) -> int:
    """An amount in e8s."""
    found = re.fullmatch(r"\s*([\d_]+)(?:\.([\d_]+))?\s*(tokens?|e8s)\s*", str(value))
    if not found or not found[1].strip("_"):
        raise Malformed(f"{value!r} is no amount of tokens or e8s")
    whole, part = int(found[1]), (found[2] or "").replace("_", "")
    if found[3] == "e8s":
        if found[2] is not None:
            raise Malformed(f"{value!r}: e8s are whole")
        return whole
    if len(part) > 8:
        raise Malformed(f"{value!r} has more than 8 decimals")
    return whole * E8S + int(part.ljust(8, "0"))


def duration(value: Any) -> int:
    """A length of time in seconds."""
    spans = re.findall(r"(\d+)\s*([A-Za-z]+)", str(value))
    if not spans or re.sub(r"(\d+)\s*([A-Za-z]+)", "", str(value)).strip() or any(unit not in SECONDS for _, unit in spans):
        raise Malformed(f"{value!r} is no duration")
    return sum(int(count) * SECONDS[unit] for count, unit in spans)


def percent(value: Any) -> int:
    """A share in basis points."""
    found = re.fullmatch(r"(\d+)(?:\.(\d{1,2}))?%", str(value))
    if not found:
        raise Malformed(f"{value!r} is no percentage")
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def principal(value: Any) -> str:
    """A principal in canonical form."""
    try:
        return parse_principal(str(value))
    except Refused as refused:
        raise Malformed(f"{value!r} is no principal: {refused.data['reason']}") from refused


def text(value: Any) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value:
        raise Malformed(f"{value!r} is no text")
    return value


def count(value: Any) -> int:
    """A number that counts something."""
    if type(value) is not int or value < 0:
        raise Malformed(f"{value!r} is no number")
    return value


def time(value: Any) -> str:
    """A time of the day."""
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d UTC", str(value)):
        raise Malformed(f"{value!r} is no time of the day in UTC")
    return str(value)


def flag(value: Any) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise Malformed(f"{value!r} is neither true nor false")
    return value


def country(value: Any) -> str:
    """The form of an ISO 3166-1 alpha-2 code."""
    if not re.fullmatch(r"[A-Z]{2}", str(value)):
        raise Malformed(f"{value!r} is no code of a country")
    return str(value)


KINDS = {kind.__name__: kind for kind in (tokens, duration, percent, principal, text, count, time, flag, country)}


def judge(config: Any, folder: Path) -> list[str]:
    """What is wrong with a configuration: first the form of every value, then, where that is right, what they mean together."""
    findings = list(_form(FORM, config, ""))
    return findings or [*_lengths(config), *_logos(config, folder), *_governing(config), *_distribution(config), *_swap(config)]


def _form(form: Any, value: Any, path: str) -> Iterator[str]:
    if isinstance(form, dict):
        if not isinstance(value, dict):
            yield f"{path or 'the file'} is no section"
            return
        optional = OPTIONAL.get(path, set())
        yield from (f"{path}.{key} is missing".lstrip(".") for key in form.keys() - value.keys() - optional)
        yield from (f"{path}.{key} is unknown".lstrip(".") for key in value.keys() - form.keys() - optional)
        for key in value.keys() & (form.keys() | optional):
            yield from _form(form.get(key, RESTRICTED_COUNTRIES), value[key], f"{path}.{key}".lstrip("."))
    elif isinstance(form, list):
        if not isinstance(value, list) or (form == RESTRICTED_COUNTRIES and not value):
            yield f"{path} is no list, or an empty one"
            return
        for place, entry in enumerate(value):
            yield from _form(form[0], entry, f"{path}[{place}]")
    else:
        try:
            KINDS[form](value)
        except Malformed as error:
            yield f"{path}: {error}"


def _within(what: str, value: int, least: int, most: int) -> Iterator[str]:
    if not least <= value <= most:
        yield f"{what} is {value}, not {least} to {most}"


def _lengths(config: Any) -> Iterator[str]:
    """Texts by their bytes, lists by their entries."""
    token, proposal = config["Token"], config["NnsProposal"]
    for what, value, least, most in (
        ("name", config["name"], 1, 255),
        ("description", config["description"], 1, 2_000),
        ("url", config["url"], 10, 512),
        ("NnsProposal.title", proposal["title"], 4, 256),
        ("NnsProposal.url", proposal["url"], 10, 2_048),
        ("NnsProposal.summary", proposal["summary"], 10, 2_000),
        ("Token.name", token["name"], 4, 255),
        ("Token.symbol", token["symbol"], 3, 10),
    ):
        yield from _within(f"the length of {what}", len(value.encode()), least, most)
    yield from _within("the length of Swap.confirmation_text", len(config["Swap"].get("confirmation_text", "-")), 1, 1_000)
    yield from _within("the number of fallback controllers", len(config["fallback_controller_principals"]), 1, 15)
    yield from _within("the number of dapp canisters", len(config["dapp_canisters"]), 1, 100)
    yield from _within("the number of developers' neurons", len(config["Distribution"]["Neurons"]), 0, 100)
    yield from (f"{what} does not begin with https://" for what in ("url",) if not config[what].startswith("https://"))
    if not proposal["url"].startswith("https://forum.dfinity.org/"):
        yield "NnsProposal.url is no page of the forum"
    yield from (f"Token.{key} has outer spaces" for key in ("name", "symbol") if token[key] != token[key].strip())


def _logos(config: Any, folder: Path) -> Iterator[str]:
    """PNG files, square, of fewer than 341,334 bytes, relative to the file."""
    for what, path in (("logo", config["logo"]), ("Token.logo", config["Token"]["logo"])):
        if not (folder / path).is_file():
            yield f"{what}: there is no file {path}"
            continue
        image = (folder / path).read_bytes()
        yield from _within(f"the size of {what}", len(image), 1, 341_333)
        if image[:8] != b"\x89PNG\r\n\x1a\n" or image[16:20] != image[20:24]:
            yield f"{what} is no square PNG"


def _governing(config: Any) -> Iterator[str]:
    """Proposals, neurons and voting."""
    voting, proposals = config["Voting"], config["Proposals"]
    period = duration(proposals["initial_voting_period"])
    longest_delay = duration(voting["MaximumVotingPowerBonuses"]["DissolveDelay"]["duration"])
    yield from _within("the voting period", period, DAY, 30 * DAY)
    extension = duration(proposals["maximum_wait_for_quiet_deadline_extension"])
    yield from _within("the extension of the voting period", extension, 1, period // 2)
    yield from _within("the least dissolve delay to vote", duration(voting["minimum_dissolve_delay"]), 0, longest_delay)
    rates = voting["RewardRate"]
    yield from _within("the initial reward rate", percent(rates["initial"]), percent(rates["final"]), 10_000)
    fee = tokens(config["Token"]["transaction_fee"])
    yield from _within("the least stake", tokens(config["Neurons"]["minimum_creation_stake"]), fee + 1, 2**64 - 1)
    yield from _within("the rejection fee", tokens(proposals["rejection_fee"]), 1, 2**64 - 1)


def _distribution(config: Any) -> Iterator[str]:
    """Who has the tokens at the beginning."""
    distribution, least = config["Distribution"], tokens(config["Neurons"]["minimum_creation_stake"])
    longest_delay = duration(config["Voting"]["MaximumVotingPowerBonuses"]["DissolveDelay"]["duration"])
    swap = tokens(distribution["InitialBalances"]["swap"])
    stakes = [tokens(neuron["stake"]) for neuron in distribution["Neurons"]]
    total = sum(stakes) + tokens(distribution["InitialBalances"]["treasury"]) + swap
    if total != tokens(distribution["total"]):
        yield f"the distribution adds up to {total} e8s, not to its total"
    yield from _within("the sum of the developers' neurons", sum(stakes), 0, swap)
    yield from _within("the swap's balance", swap, 1, 2**64 - 1)
    owners = [(neuron["principal"], neuron["memo"]) for neuron in distribution["Neurons"]]
    if len(set(owners)) < len(owners):
        yield "two neurons of one developer have the same memo"
    for neuron, stake in zip(distribution["Neurons"], stakes, strict=True):
        yield from _within("a developer's stake", stake, least, 2**64 - 1)
        yield from _within("a developer's dissolve delay", duration(neuron["dissolve_delay"]), 0, longest_delay)
        if 1_000_000 <= neuron["memo"] < 10_000_000:
            yield "a developer's memo is one of the swap's"


def _swap(config: Any) -> Iterator[str]:
    """Whether the swap can succeed, and its participants have neurons then."""
    swap = config["Swap"]
    lowest, highest = tokens(swap["minimum_direct_participation_icp"]), tokens(swap["maximum_direct_participation_icp"])
    smallest, largest = tokens(swap["minimum_participant_icp"]), tokens(swap["maximum_participant_icp"])
    people, events = swap["minimum_participants"], swap["VestingSchedule"]["events"]
    interval = duration(swap["VestingSchedule"]["interval"])
    longest_delay = duration(config["Voting"]["MaximumVotingPowerBonuses"]["DissolveDelay"]["duration"])
    yield from _within("the most ICP of the swap", highest, lowest, 1_000_000_000 * E8S)
    yield from _within("the least ICP of the swap", lowest, 1, highest)
    yield from _within("the most ICP of a participant", largest, smallest, highest)
    yield from _within("the least ICP of a participant", smallest, E8S // 100, highest)
    yield from _within("the least number of participants", people, 1, highest // smallest)
    yield from _within("the neurons of a participant", events, 2, 10)
    yield from _within("the last dissolve delay of a participant", interval * (events - 1), 1, longest_delay - 1)
    yield from _within("the duration of the swap", duration(swap["duration"]), DAY, 90 * DAY)
    bought = smallest * tokens(config["Distribution"]["InitialBalances"]["swap"]) // highest
    least = tokens(config["Neurons"]["minimum_creation_stake"]) + tokens(config["Token"]["transaction_fee"])
    yield from _within("what a neuron of the smallest participant holds", bought // max(events, 1), least, 2**64 - 1)
    countries = swap.get("restricted_countries", [])
    if len(set(countries)) < len(countries):
        yield "a country is named twice"
