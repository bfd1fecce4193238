"""The log of money events: chained, paged, certified, and enough to compute every balance again."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from splitter_bench import (
    FIRST,
    LEDGER_FEE,
    OTHER_STREAM,
    PAYER,
    PROTOCOL_FEE_PPM,
    PROVIDER,
    SECOND,
    STRANGER,
    STREAM,
    TREASURY,
    VALIDATORS,
    Bench,
)

from ddsx_core.icrc3_values import hash_value
from ddsx_core.limits import MAX_BATCH_WORK
from model.money_events import apply_all
from model.money_model import MoneyModel

PAYEES = (PROVIDER, FIRST, SECOND, STRANGER, TREASURY, VALIDATORS, PAYER)
STREAMS = (STREAM, OTHER_STREAM)


def raw_blocks(bench: Bench, *ranges: tuple[int, int]) -> dict[str, Any]:
    return bench.splitter.query("icrc3_get_blocks", [{"start": start, "length": length} for start, length in ranges])


def step(payee: str, share_ppm: int, *, vest: int = 0) -> dict[str, Any]:
    return {"payee": payee, "name": payee.split(":", maxsplit=1)[0], "share_ppm": share_ppm, "cap_units": 0, "vest_seconds": vest}


def replayed(bench: Bench, blocks: list[dict[str, Any]] | None = None) -> MoneyModel:
    """Where every unit is, by the log and the naive model alone."""
    model = MoneyModel(PROTOCOL_FEE_PPM, str(TREASURY), str(VALIDATORS))
    apply_all(model, bench.blocks() if blocks is None else blocks)
    return model


def check_replay(bench: Bench, ledgers: tuple[int, ...] = (0,)) -> None:
    """The audit, and what each payee could draw, are what the log says."""
    now = bench.replica.get_time()
    for ledger in ledgers:
        model = replayed(bench)
        totals, audit = model.totals(ledger), bench.audit(ledger)
        for name, value in totals._asdict().items():
            assert audit[{"shares": "plan_shares", "contributors": "contributors_shares"}.get(name, name)] == value, name
        for payee in PAYEES:
            draws, office = model.draw(now, str(payee), ledger, STREAMS)
            expected = model.book(ledger).balances.get(str(payee), 0)
            assert bench.claimable(payee, *STREAMS, ledger=ledger) == expected, (payee, draws, office)


@pytest.fixture
def listed(bench: Bench) -> Bench:
    """A bench with two streams, the first with two contributors."""
    bench.open_stream({FIRST: 3, SECOND: 1})
    bench.open_stream(stream=OTHER_STREAM)
    return bench


def live(bench: Bench) -> None:
    """Some of everything that moves money, with lost replies, refusals, upgrades and changes of plan and fee on the way."""
    other = bench.add_ledger()
    bench.fund(PAYER, 10**6, other)
    bench.govern("set_plan_notice", 100)
    bench.sell(1, 10_007)
    bench.sell(2, 999, stream=OTHER_STREAM)
    bench.set_plan(
        step("provider", 300_000, vest=300), step("validators", 50_000), step(f"p:{STRANGER}", 70_001), step(f"s:{OTHER_STREAM:x}", 250_000)
    )
    bench.collect(3, 50_000, earning={"BySecond": 500})
    bench.collect(4, 50_000, earning={"ByRecord": 20}, ledger=other)
    bench.claim(FIRST)
    bench.replica.advance_time(150)
    bench.replica.faults.drop_reply(callee=bench.ledger.id, method="icrc2_transfer_from")
    bench.collect(5, 7_777)
    bench.splitter.upgrade()
    bench.record(bench.batch(2, {SECOND: 5, FIRST: 0}, size=9))
    bench.govern("set_protocol_fee", 50_000)
    bench.later(70)
    bench.deposit(6, 3_010)
    bench.sell(6, 3_000, source={"Deposit": None})
    bench.refund(6, 200)
    bench.ledger.call("set_fee", LEDGER_FEE + 3)
    bench.claim(PROVIDER, STREAMS)
    bench.fail_to(SECOND, "GenericError")
    bench.claim(SECOND, STREAMS)
    bench.end(3)
    bench.later(40)
    bench.claim(STRANGER)
    bench.govern("set_treasury", {"owner": STRANGER, "subaccount": None})
    bench.record(bench.batch(3, {STRANGER: 1}, size=14))
    bench.set_plan(step("provider", 1_000_000))
    bench.later(200)
    bench.sell(7, 1_234, ledger=other)
    bench.claim(PROVIDER, STREAMS, ledger=other)


def test_a_replay_of_the_log_gives_every_balance(listed: Bench) -> None:
    live(listed)
    for ledger in (0, 1):
        listed.check_solvency(STREAMS, ledger)
    check_replay(listed, (0, 1))


def test_a_log_with_a_price_changed_gives_other_balances(listed: Bench) -> None:
    """So that replays say something."""
    live(listed)
    blocks = [block | {"price": block["price"] + 1} if block.get("order") == 1 and "price" in block else block for block in listed.blocks()]
    with pytest.raises(AssertionError):
        assert replayed(listed, blocks).totals(0).received == listed.audit()["received"]


def test_blocks_are_chained_by_their_hashes_up_to_the_certified_tip(listed: Bench) -> None:
    live(listed)
    answer = raw_blocks(listed, (0, 200))
    parent = None
    for number, block in enumerate(answer["blocks"]):
        assert block["id"] == number
        entries = dict(block["block"]["Map"])
        assert entries.get("phash") == (None if parent is None else {"Blob": parent})
        parent = hash_value(block["block"])
    assert answer["log_length"] == len(answer["blocks"]) > 32
    tree = listed.splitter.query("icrc3_get_tip_certificate")["hash_tree"]
    assert parent in tree
    assert sha256(b"").digest() not in tree


def test_blocks_are_told_in_the_order_asked_for_and_not_too_many(listed: Bench) -> None:
    for order in range(1, 20):
        listed.sell(order, 10)
    length = raw_blocks(listed)["log_length"]
    found = raw_blocks(listed, (length - 1, 5), (15, 3), (0, 0), (length, 5), (10**19, 10**19))
    assert [block["id"] for block in found["blocks"]] == [length - 1, 15, 16, 17]
    assert found["archived_blocks"] == []
    assert len(raw_blocks(listed, *[(0, 150)] * 20)["blocks"]) == 200
    assert listed.splitter.query("icrc3_get_archives", {"from": None}) == []


def test_a_long_block_stands_alone_and_is_found(listed: Bench) -> None:
    work = [{"contributor": f"{number:063d}", "weight": 10**15 + number} for number in range(MAX_BATCH_WORK)]
    assert listed.record(listed.batch(2, size=10**18) | {"work": work}) == {"Ok": 3}
    for order in range(1, 30):
        listed.sell(order, 10)
    (block,) = [block for block in listed.blocks() if block["btype"] == "ddsx:work" and block["batch"] == 2]
    assert block["work"].split(",")[-1] == f"{MAX_BATCH_WORK - 1:063d}:{10**15 + MAX_BATCH_WORK - 1:x}"


def test_standards_and_types_of_blocks_are_told(listed: Bench) -> None:
    live(listed)
    types = {entry["block_type"] for entry in listed.splitter.query("icrc3_supported_block_types")}
    told = {block["btype"] for block in listed.blocks()}
    assert told <= types
    assert {"ddsx:open", "ddsx:work", "ddsx:plan", "ddsx:fee", "ddsx:set", "ddsx:sale", "ddsx:end", "ddsx:refund"} <= told
    assert {"ddsx:payout", "ddsx:paid", "ddsx:unpaid", "ddsx:requote"} <= told
    assert [entry["name"] for entry in listed.splitter.query("icrc10_supported_standards")] == ["ICRC-3", "ICRC-10"]


def test_an_upgrade_keeps_the_log_and_certifies_it_again(listed: Bench) -> None:
    live(listed)
    before, tip = listed.blocks(), listed.splitter.query("icrc3_get_tip_certificate")["hash_tree"]
    listed.splitter.upgrade()
    assert listed.blocks() == before
    assert listed.splitter.query("icrc3_get_tip_certificate")["hash_tree"] == tip
    listed.sell(99, 1_000)
    check_replay(listed, (0, 1))


def test_nothing_that_was_refused_is_in_the_log(listed: Bench) -> None:
    before = listed.blocks()
    listed.approve(PAYER, 0)
    assert "InsufficientAllowance" in listed.collect(1, 1_000)["Err"]
    assert "Gap" in listed.record(listed.batch(7))["Err"]
    assert "NothingToClaim" in listed.claim(FIRST)["Err"]
    assert "NotTheProvider" in listed.set_plan(sender=FIRST)["Err"]
    assert listed.blocks() == before
