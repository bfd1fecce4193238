"""Ids of canisters from the files of dfx and of icp-cli."""

from __future__ import annotations

import json

import pytest

from ddsx.canister_ids import default_files, find_ids
from ddsx.errors import BadSetting

LEDGER, REGISTRY = "ryjl3-tyaaa-aaaaa-aaaba-cai", "rrkah-fqaaa-aaaaa-aaaaq-cai"


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("place", "content"),
    [
        (".dfx/local/canister_ids.json", {"ledger": {"local": LEDGER, "ic": REGISTRY}}),
        ("canister_ids.json", {"ledger": {"local": LEDGER}}),
        (".icp/data/mappings/local.ids.json", {"ledger": LEDGER}),
        (".icp/cache/mappings/local.ids.json", {"ledger": LEDGER}),
    ],
)
def test_every_place_where_a_tool_writes_them(tmp_path, place, content):
    write(tmp_path / place, content)
    assert find_ids(default_files("local", tmp_path), "local", ["ledger"]) == {"ledger": LEDGER}


def test_the_network_chooses_among_the_ids_of_a_canister(tmp_path):
    path = write(tmp_path / "canister_ids.json", {"ledger": {"local": REGISTRY, "ic": LEDGER}})
    assert find_ids([path], "ic", ["ledger"]) == {"ledger": LEDGER}


def test_each_canister_comes_from_the_first_file_that_has_it(tmp_path):
    first = write(tmp_path / "first.json", {"ledger": LEDGER})
    second = write(tmp_path / "second.json", {"ledger": REGISTRY, "registry": REGISTRY})
    assert find_ids([first, second], "local", ["ledger", "registry"]) == {"ledger": LEDGER, "registry": REGISTRY}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "the file cannot be read"),
        ("[]", "the file holds no JSON object"),
        ({"ledger": {"ic": LEDGER}}, "canister ids of ledger: network local has none in"),
        ({}, "canister ids of ledger: network local has none in"),
        ({"ledger": "rrkah-fqaaa-aaaaa-aaaaq-caj"}, "which is no principal"),
        ({"ledger": {"local": 7}}, "which is no principal"),
    ],
)
def test_ids_that_cannot_be_used_are_told(tmp_path, content, words):
    with pytest.raises(BadSetting, match=words):
        find_ids([write(tmp_path / "ids.json", content)], "local", ["ledger"])


def test_without_any_file_it_is_said_how_to_get_one(tmp_path):
    with pytest.raises(BadSetting, match=r"there is no file .*scripts/deploy_local"):
        find_ids(default_files("local", tmp_path), "local", ["ledger"])
