"""Values of every type through the page: entered in its form, echoed by a canister, shown, and copied as Candid and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from candid_form import CandidPage

from kybra_replica.candid import parse_args, parse_did
from kybra_replica.candid.types import Type

Enter = Callable[[CandidPage], None]
Results = dict[str, tuple[Type, ...]]
LEDGER = "rrkah-fqaaa-aaaaa-aaaaq-cai"


def argument(text: str) -> Enter:
    """Puts `text` into the only field."""
    return lambda page: page.enter("Argument", text)


def optional_in_optional(page: CandidPage) -> None:
    page.flip("Argument")
    page.flip("opt nat")
    page.enter("nat", "7")


def record(page: CandidPage) -> None:
    page.enter("number", "1,000,000")
    page.flip("label")
    page.enter("text", "grüezi")


def recursive_record(page: CandidPage) -> None:
    page.enter("value", "1")
    page.flip("next")
    page.enter("value", "2", nth=1)


def variant_with_record(page: CandidPage) -> None:
    page.choose("Argument", "Box")
    page.enter("number", "3")


def variant_with_number(page: CandidPage) -> None:
    page.choose("Argument", "Line")
    page.enter("Line", "4")


def pair(page: CandidPage) -> None:
    page.enter("0", "5")
    page.enter("1", 'a "quoted"\nline')


def function(page: CandidPage) -> None:
    page.enter("Canister", LEDGER)
    page.enter("Method", "icrc1_name")


def list_of_optional_lists(page: CandidPage) -> None:
    page.flip("Argument")
    page.flip("Argument")
    page.flip("Item 2")
    page.flip("vec record { nat; text }")
    page.enter("0", "8")
    page.enter("1", "eight")


def bytes_by_text(page: CandidPage) -> None:
    page.browser_page.click("main .segmented label", "Text")
    page.enter("Content", "héllo")


VALUES: list[tuple[str, Enter, str]] = [
    ("nat", argument("340282366920938463463374607431768211456"), "((340_282_366_920_938_463_463_374_607_431_768_211_456 : nat))"),
    ("int", argument("-9_007_199_254_740_993"), "(-9_007_199_254_740_993)"),
    ("nat8", argument("255"), "((255 : nat8))"),
    ("int8", argument("-128"), "((-128 : int8))"),
    ("int64", argument("-9223372036854775808"), "((-9_223_372_036_854_775_808 : int64))"),
    ("nat64", argument("0xffffffffffffffff"), "((18_446_744_073_709_551_615 : nat64))"),
    ("float64", argument("0.1"), "(0.1)"),
    ("float32", argument("0.1"), "((0.1 : float32))"),
    ("text", argument("<b>&\\"), '("<b>&\\\\")'),
    ("bool", lambda page: page.browser_page.click("main .segmented label", "true"), "(true)"),
    ("blob", lambda page: page.enter("Content", "0x00 22 5c 68 69 ff"), '(blob "\\00\\22\\5chi\\ff")'),
    ("blob", bytes_by_text, '(blob "h\\c3\\a9llo")'),
    ("null", lambda page: None, "(null)"),
    ("reserved", lambda page: None, "(null)"),
    ("opt_opt", lambda page: None, "(null)"),
    ("opt_opt", optional_in_optional, "(opt opt (7 : nat))"),
    ("record", record, '(record { label = opt "grüezi"; number = (1_000_000 : nat) })'),
    ("node", recursive_record, "(record { value = (1 : nat); next = opt record { value = (2 : nat); next = null } })"),
    ("variant", lambda page: None, "(variant { Dot })"),
    ("variant", variant_with_record, "(variant { Box = record { label = null; number = (3 : nat) } })"),
    ("variant", variant_with_number, "(variant { Line = (4 : nat) })"),
    ("pair", pair, '(record { (5 : nat); "a \\"quoted\\"\\nline" })'),
    ("principal", argument(LEDGER), f'(principal "{LEDGER}")'),
    ("service", argument(LEDGER), f'(service "{LEDGER}")'),
    ("func", function, f'(func "{LEDGER}".icrc1_name)'),
    ("vec", lambda page: None, "(vec {})"),
    ("vec", list_of_optional_lists, '(vec { null; opt vec { record { (8 : nat); "eight" } } })'),
]


@pytest.fixture(scope="module")
def results(project_root: Path) -> Results:
    """What the canister's methods return."""
    interface = parse_did((project_root / "tests" / "kybra_cases" / "run" / "values.did").read_text(encoding="utf-8"))
    return {name: function.results for name, function in interface.methods}


@pytest.mark.parametrize(("kind", "enter", "expected"), VALUES, ids=[f"{kind}-{expected[:24]}" for kind, _, expected in VALUES])
def test_value_comes_back_as_entered(candid, values_canister, results, kind, enter, expected):
    candid.open(values_canister, f"echo_{kind}")
    enter(candid)
    candid.send()
    copied = candid.copied("Copy Candid")
    assert copied == expected
    assert len(parse_args(copied, results[f"echo_{kind}"])) == 1


def test_arguments_are_copied_as_they_were_sent(candid, values_canister):
    candid.open(values_canister, "echo_opt_opt")
    candid.flip("Argument")
    candid.send()
    assert candid.copied("Copy arguments") == "(opt null)"


def test_blob_from_file(candid, values_canister, tmp_path: Path):
    content = bytes(range(256)) * 40
    (tmp_path / "content.bin").write_bytes(content)
    candid.open(values_canister, "echo_blob")
    candid.browser_page.click("main .segmented label", "File")
    candid.browser_page.choose_file("main input[type=file]", tmp_path / "content.bin")
    candid.browser_page.wait("document.querySelector('main .blob .hint').innerText === 'content.bin, 10.0 KiB'")
    candid.send()
    assert candid.copied("Copy JSON") == json.dumps(content.hex())
    assert candid.reply().endswith("10.0 KiB\n)")


@pytest.mark.parametrize(
    ("enter", "expected"),
    [(record, {"label": "grüezi", "number": "1000000"}), (lambda page: page.enter("number", "0"), {"label": None, "number": "0"})],
)
def test_json_keeps_every_digit(candid, values_canister, enter, expected):
    candid.open(values_canister, "echo_record")
    enter(candid)
    candid.send()
    assert json.loads(candid.copied("Copy JSON")) == expected


@pytest.mark.parametrize(
    ("kind", "enter", "complaint"),
    [
        ("nat", argument("-1"), "A nat is at least 0."),
        ("nat8", argument("256"), "A nat8 is at most 255."),
        ("int8", argument("-129"), "An int8 is at least -128."),
        ("float64", argument("1,5"), "“1,5” is not a number."),
        ("principal", argument("aaaaa-ab"), "This is not a principal: check that it was copied whole, dashes included."),
        ("blob", lambda page: page.enter("Content", "abc"), "Two hex digits make a byte; one is missing."),
        ("blob", lambda page: page.enter("Content", "0g"), "“g” is not a hex digit."),
        ("func", lambda page: page.enter("Canister", LEDGER), "Name the method."),
    ],
)
def test_what_is_no_value_is_refused(candid, values_canister, kind, enter, complaint):
    candid.open(values_canister, f"echo_{kind}")
    enter(candid)
    candid.browser_page.click("main button.primary")
    candid.browser_page.wait("document.querySelector('main .summary:not([hidden])')")
    assert candid.complaints() == [complaint, complaint]
    assert candid.browser_page.texts("main .result") == []


def test_fields_that_need_attention_are_counted(candid, values_canister):
    candid.open(values_canister, "echo_pair")
    candid.enter("0", "one")
    candid.browser_page.click("main button.primary")
    assert candid.text("main .summary") == "“one” is not a whole number."
    candid.open(values_canister, "echo_node")
    candid.flip("next")
    candid.browser_page.click("main button.primary")
    candid.browser_page.wait("document.querySelector('main .summary:not([hidden])')")
    assert candid.text("main .summary") == "2 fields need attention."


def test_item_can_be_taken_out_again(candid, values_canister):
    candid.open(values_canister, "echo_vec")
    for _ in range(3):
        candid.flip("Argument")
    candid.flip("Item 3")
    candid.browser_page.click("main .items > li:nth-child(2) > .remove")
    candid.send()
    assert candid.copied("Copy Candid") == "(vec { null; opt vec {} })"
