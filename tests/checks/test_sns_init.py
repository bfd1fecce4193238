"""`sns_init.yaml` has the form that the NNS wants, and names nobody yet."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from sns_rules import E8S, Malformed, duration, judge, percent, tokens

from ddsx_core.accounts import principal_text

Config = dict[str, Any]

UNASSIGNED = 0xFFFF_FFFF_FFFF_FF00
"""The number from which on the canister ids of the file are counted: the end of the space, which no subnet has been given."""

CANISTERS = [principal_text((UNASSIGNED + number).to_bytes(8, "big") + b"\1\1") for number in range(4)]
FALLBACK, DEVELOPERS = (principal_text((UNASSIGNED + number).to_bytes(8, "big") + b"\1\1") for number in (0xF0, 0xF1))


@pytest.fixture
def config(project_root: Path) -> Config:
    loaded: Config = yaml.safe_load((project_root / "sns_init.yaml").read_text(encoding="utf-8"))
    return loaded


def test_the_file_has_the_form_of_an_sns(config, project_root):
    assert judge(config, project_root) == []


def test_every_principal_is_a_placeholder(config):
    assert config["dapp_canisters"] == CANISTERS
    assert config["fallback_controller_principals"] == [FALLBACK]
    assert {neuron["principal"] for neuron in config["Distribution"]["Neurons"]} == {DEVELOPERS}


def test_every_canister_is_handed_over_and_named(config, project_root):
    names = list(json.loads((project_root / "dfx.json").read_text(encoding="utf-8"))["canisters"])
    lines = (project_root / "sns_init.yaml").read_text(encoding="utf-8")
    assert re.findall(r"- (\S+-cai) # placeholder: (\w+)", lines) == list(zip(CANISTERS, names, strict=True))


def test_amounts_durations_and_shares_are_read_exactly():
    assert tokens("10_000 e8s") == 10_000
    assert tokens("1 token") == E8S
    assert tokens("0.00000001 tokens") == 1
    assert tokens("1_000.5tokens") == 100_050_000_000
    assert duration("1w 2d 3h") == 788_400
    assert duration("1 month") == 2_630_016
    assert percent("2.25%") == 225


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (tokens, "1"),
        (tokens, "1.5 e8s"),
        (tokens, "0.000000001 tokens"),
        (tokens, "_ tokens"),
        (duration, "4"),
        (duration, "4 fortnights"),
        (duration, "4 days and more"),
        (percent, "5"),
        (percent, "0.123%"),
    ],
)
def test_a_value_without_its_unit_is_malformed(read, value):
    with pytest.raises(Malformed):
        read(value)


def put(path: str, value: Any) -> Callable[[Config], None]:
    """Another value at a place of the file, as in `Swap.duration`."""
    *sections, key = path.split(".")

    def damage(config: Config) -> None:
        section = config
        for name in sections:
            section = section[name]
        section[key] = value

    return damage


def neuron(**changes: Any) -> Callable[[Config], None]:
    """Another second neuron."""
    return lambda config: config["Distribution"]["Neurons"][1].update(changes)


DAMAGES: list[tuple[Callable[[Config], None], str]] = [
    (lambda config: config["Swap"].pop("duration"), "Swap.duration is missing"),
    (put("Voting.quorum", "3%"), "Voting.quorum is unknown"),
    (put("Token", None), "Token is no section"),
    (put("dapp_canisters", "r7inp-6aaaa-aaaaa-aaabq-cai"), "dapp_canisters is no list"),
    (put("dapp_canisters", ["r7inp-6aaaa-aaaaa-aaabq-cae"]), "dapp_canisters[0]"),
    (put("name", "x" * 256), "the length of name is 256, not 1 to 255"),
    (put("description", "é" * 1_001), "the length of description is 2002"),
    (put("url", "http://data-stream.example"), "url does not begin with https://"),
    (put("NnsProposal.title", "SNS"), "the length of NnsProposal.title is 3"),
    (put("NnsProposal.url", "https://data-stream.example"), "no page of the forum"),
    (put("Token.symbol", "DS"), "the length of Token.symbol is 2"),
    (put("Token.name", " Data Stream"), "Token.name has outer spaces"),
    (put("Token.logo", "docs/no-logo.png"), "there is no file docs/no-logo.png"),
    (put("logo", "docs/money.md"), "logo is no square PNG"),
    (put("fallback_controller_principals", []), "the number of fallback controllers is 0"),
    (put("Proposals.initial_voting_period", "23 hours"), "the voting period"),
    (put("Proposals.maximum_wait_for_quiet_deadline_extension", "49 hours"), "the extension of the voting period"),
    (put("Voting.minimum_dissolve_delay", "5 years"), "the least dissolve delay to vote"),
    (put("Voting.RewardRate.initial", "1%"), "the initial reward rate is 100, not 200 to 10000"),
    (put("Neurons.minimum_creation_stake", "10_000 e8s"), "the least stake is 10000, not 10001"),
    (put("Distribution.total", "100_000_000.00000001 tokens"), "the distribution adds up to"),
    (put("Distribution.InitialBalances.swap", "19_999_999 tokens"), "the sum of the developers' neurons"),
    (neuron(memo=0), "the same memo"),
    (neuron(memo=1_000_000), "one of the swap's"),
    (neuron(stake="99 tokens"), "a developer's stake"),
    (neuron(dissolve_delay="49 months"), "a developer's dissolve delay"),
    (put("Swap.minimum_direct_participation_icp", "400_000.1 tokens"), "the most ICP of the swap"),
    (put("Swap.maximum_participant_icp", "9 tokens"), "the most ICP of a participant"),
    (put("Swap.minimum_participant_icp", "999_999 e8s"), "the least ICP of a participant"),
    (put("Swap.minimum_participants", 40_001), "the least number of participants is 40001, not 1 to 40000"),
    (put("Swap.minimum_participant_icp", "8 tokens"), "what a neuron of the smallest participant holds is 10000000000"),
    (put("Swap.VestingSchedule.events", 11), "the neurons of a participant is 11, not 2 to 10"),
    (put("Swap.VestingSchedule.interval", "1 year"), "the last dissolve delay of a participant"),
    (put("Swap.start_time", "24:00 UTC"), "Swap.start_time"),
    (put("Swap.restricted_countries", []), "Swap.restricted_countries is no list, or an empty one"),
    (put("Swap.restricted_countries", ["CH", "CH"]), "a country is named twice"),
    (put("Swap.neurons_fund_participation", "yes"), "neither true nor false"),
]


@pytest.mark.parametrize(("damage", "words"), DAMAGES, ids=[words for _, words in DAMAGES])
def test_what_the_nns_would_refuse_is_found(damage, words, config, project_root):
    damage(config)
    assert any(words in finding for finding in judge(config, project_root))


@pytest.mark.parametrize(
    "allowed",
    [
        put("Proposals.initial_voting_period", "2 days"),
        put("Voting.minimum_dissolve_delay", "4 years"),
        put("Swap.minimum_participants", 40_000),
        put("Swap.VestingSchedule.events", 2),
        put("Swap.restricted_countries", ["CH"]),
        lambda config: config["Swap"].pop("start_time"),
        lambda config: config["Swap"].pop("confirmation_text"),
    ],
)
def test_the_bounds_themselves_are_allowed(allowed, config, project_root):
    allowed(config)
    assert judge(config, project_root) == []
