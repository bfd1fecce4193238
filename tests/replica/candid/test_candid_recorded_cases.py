"""Messages, texts and interfaces that Kybra's Wasm made: ours are the same, byte for byte and line for line."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kybra_replica.candid import decode, decode_any, encode, parse_args, parse_args_typed, parse_did, render_args, render_did
from kybra_replica.candid.types import TEXT, Func

FOLDER = Path(os.environ.get("KYBRA_CASES", Path(__file__).parents[2] / "kybra_cases")) / "run"
INTERFACES = ("back", "front", "library", "maps", "system", "values")
CASES = {"values": 57, "maps": 41, "messages": 48, "system": 29}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is absent: set KYBRA_CASES to the folder of the recorded cases")


def steps(case: str) -> Iterator[tuple[dict[str, Any], Func]]:
    """The steps that call a method of a canister's interface."""
    interfaces = {name: dict(parse_did((FOLDER / f"{name}.did").read_text()).methods) for name in INTERFACES}
    for step in json.loads((FOLDER / f"{case}.json").read_text()):
        method = interfaces.get(step.get("canister"), {}).get(step.get("method"))
        if method is not None:
            yield step, method


@pytest.mark.parametrize("name", INTERFACES)
def test_an_interface_is_printed_as_it_was(name: str) -> None:
    text = (FOLDER / f"{name}.did").read_text()
    assert render_did(parse_did(text)) == text.rstrip("\n")


@pytest.mark.parametrize("case", CASES)
def test_replies_are_encoded_to_the_same_bytes_and_printed_alike(case: str) -> None:
    replies = 0
    for step, method in steps(case):
        if "reply" in step["outcome"]:
            payload = bytes.fromhex(step["outcome"]["reply"])
            values = decode(payload, method.results)
            assert encode(method.results, values) == payload
            assert re.sub(r"\s+", " ", render_args(method.results, values)) == step["outcome"]["text"]
            replies += 1
    assert replies == CASES[case]


@pytest.mark.parametrize("case", CASES)
def test_arguments_are_read_from_text_and_encoded_to_the_same_bytes(case: str) -> None:
    arguments = 0
    for step, method in steps(case):
        if not step["args"].startswith("hex:"):
            values = parse_args(step["args"], method.arguments)
            assert encode(method.arguments, values).hex() == step["args_hex"]
            assert decode(bytes.fromhex(step["args_hex"]), method.arguments) == values
            arguments += 1
    assert arguments > 30


def test_candid_decode_prints_without_names() -> None:
    ((reply,),) = (
        decode(bytes.fromhex(step["outcome"]["reply"]), [TEXT]) for step, _ in steps("system") if step["method"] == "candid_round_trip"
    )
    written = '(1 : nat, "a", record { x = 2 : nat8; 0 = true }, variant { A }, opt vec { 1 : int })'
    types, values = zip(*decode_any(encode(*parse_args_typed(written))), strict=True)
    assert render_args(types, values) == reply


def test_candid_encode_takes_bare_numbers_for_int() -> None:
    for step, method in steps("values"):
        if step["method"] == "encoded":
            (written,) = parse_args(step["args"], method.arguments)
            (encoded,) = decode(bytes.fromhex(step["outcome"]["reply"]), method.results)
            assert encode(*parse_args_typed(written)) == encoded
