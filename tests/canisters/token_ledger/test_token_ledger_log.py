"""The log by ICRC-3: pages of blocks, each naming the hash of the one before, and the subnet's word for the last one."""

from __future__ import annotations

from typing import Any

import pytest
from token_ledger_driver import BUYER, FEE, MINTER, ONE, OUTSIDER, PROVIDER, SPLITTER, Ledger, install

from ddsx_core.limits import BLOCKS_A_PAGE, MAX_BLOCKS_ANSWERED
from ddsx_core.token_log import block_value
from kybra_replica.driver import Replica, _encode
from model.block_log import fields_of, hash_of, last_hash, replay


def mint(ledger: Ledger, count: int) -> None:
    for amount in range(count):
        assert "Ok" in ledger.transfer(MINTER, BUYER, amount + 1)


def amounts(ledger: Ledger, *ranges: tuple[int, int]) -> list[int]:
    return [fields_of(block)["tx"]["amt"] for block in ledger.blocks(*ranges)]


# -- Blocks -----------------------------------------------------------------------------------------------------------------


def test_every_call_that_changes_something_is_a_block_of_the_standard(ledger: Ledger) -> None:
    ledger.fund(BUYER, 1_000_000)
    moved = ledger.now()
    ledger.transfer(BUYER, (PROVIDER, ONE), 5, fee=FEE, memo=b"", created_at_time=moved)
    approved = ledger.now()
    ledger.approve(BUYER, SPLITTER, 2 * FEE, expected_allowance=0, expires_at=approved + 10**12)
    ledger.transfer_from(SPLITTER, BUYER, OUTSIDER, 7)
    ledger.transfer_from(SPLITTER, BUYER, MINTER, FEE - 7)
    ledger.transfer(BUYER, MINTER, FEE)
    buyer, splitter, outsider = ([{"Blob": principal.raw}] for principal in (BUYER, SPLITTER, OUTSIDER))
    said = [fields_of(block) for block in ledger.blocks()]
    assert [block["btype"] for block in said] == ["1mint", "1xfer", "2approve", "2xfer", "1burn"]
    assert [block["tx"] for block in said] == [
        {"amt": 1_000_000, "to": buyer},
        {"amt": 5, "from": buyer, "to": [{"Blob": PROVIDER.raw}, {"Blob": ONE}], "fee": FEE, "memo": b"", "ts": moved},
        {"amt": 2 * FEE, "from": buyer, "spender": splitter, "expected_allowance": 0, "expires_at": approved + 10**12},
        {"amt": 7, "from": buyer, "to": outsider, "spender": splitter},
        {"amt": FEE, "from": buyer},
    ]
    assert [block.get("fee") for block in said] == [None, None, FEE, FEE, None]
    assert said[2]["ts"] == approved


def test_types_of_blocks_are_listed(ledger: Ledger) -> None:
    listed = ledger.canister.query("icrc3_supported_block_types")
    assert [entry["block_type"] for entry in listed] == ["1xfer", "1mint", "1burn", "2xfer", "2approve"]
    assert {entry["url"].rpartition("/")[2] for entry in listed} == {"ICRC-1", "ICRC-2"}


def test_there_are_no_archives(ledger: Ledger) -> None:
    mint(ledger, 1)
    assert ledger.canister.query("icrc3_get_archives", {"from": None}) == []
    assert ledger.canister.query("icrc3_get_archives", {"from": ledger.canister.id}) == []
    assert ledger.canister.query("icrc3_get_blocks", [{"start": 0, "length": 1}])["archived_blocks"] == []


def test_the_value_is_made_of_the_row_that_is_kept(ledger: Ledger) -> None:
    mint(ledger, BLOCKS_A_PAGE + 1)
    rows = [ledger.canister.query("block", index) for index in range(BLOCKS_A_PAGE + 2)]
    assert rows.pop() is None
    assert [block_value(row) for row in rows] == ledger.blocks()


# -- Pages ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, BLOCKS_A_PAGE - 1, BLOCKS_A_PAGE, BLOCKS_A_PAGE + 1, 2 * BLOCKS_A_PAGE])
def test_blocks_come_back_whichever_page_they_stand_on(ledger: Ledger, count: int) -> None:
    mint(ledger, count)
    answer = ledger.canister.query("icrc3_get_blocks", [{"start": 0, "length": 100}])
    assert (answer["log_length"], [entry["id"] for entry in answer["blocks"]]) == (count, list(range(count)))
    assert amounts(ledger, (0, 100)) == list(range(1, count + 1))
    assert [ledger.blocks((index, 1)) for index in range(count)] == [[block] for block in ledger.blocks()]


def test_several_ranges_are_answered_in_their_order(ledger: Ledger) -> None:
    mint(ledger, 20)
    assert amounts(ledger, (15, 2), (0, 3), (0, 1)) == [16, 17, 1, 2, 3, 1]


def test_a_range_reaches_to_the_last_block_and_not_beyond(ledger: Ledger) -> None:
    mint(ledger, 10)
    assert amounts(ledger, (9, 1)) == amounts(ledger, (9, 1 << 70)) == [10]
    assert amounts(ledger, (10, 1), (0, 0), (1 << 70, 1 << 70)) == []


def test_an_answer_has_so_many_blocks_over_all_ranges(ledger: Ledger) -> None:
    mint(ledger, 3)
    ranges = [(0, 3)] * (MAX_BLOCKS_ANSWERED // 3) + [(0, 3)]
    assert len(ledger.blocks(*ranges[:-1])) == MAX_BLOCKS_ANSWERED // 3 * 3
    assert len(ledger.blocks(*ranges)) == MAX_BLOCKS_ANSWERED
    assert amounts(ledger, *ranges)[-3:] == [3, 1, 2]


def test_the_largest_answer_fits_a_reply(replica: Replica) -> None:
    """Every field that a block can have, as long as it can be; blocks of whole pages are asked for again and again."""
    ledger = install(replica)
    largest = (1 << 128) - 1
    ledger.fund((BUYER, ONE), largest)
    said: dict[str, Any] = {"from_subaccount": ONE, "memo": b"m" * 32, "created_at_time": ledger.now(), "fee": FEE}
    ledger.approve(BUYER, (SPLITTER, ONE), largest, expected_allowance=0, expires_at=(1 << 64) - 1, **said)
    function = ledger.canister.function("icrc3_get_blocks")
    payload = _encode(function.arguments, [[{"start": 1, "length": 1}] * MAX_BLOCKS_ANSWERED])
    reply = replica.query_call(ledger.canister.id, "icrc3_get_blocks", payload)
    assert len(reply) < 2 * 1024 * 1024 // 4


# -- The chain, and its end -------------------------------------------------------------------------------------------------


def test_each_block_names_the_one_before_it(ledger: Ledger) -> None:
    mint(ledger, BLOCKS_A_PAGE + 2)
    blocks = ledger.blocks()
    named = [fields_of(block).get("phash") for block in blocks]
    assert named == [None, *map(hash_of, blocks[:-1])]


def test_the_subnet_signs_for_the_last_block_after_every_call(ledger: Ledger) -> None:
    assert ledger.tip() is None
    for count in range(1, BLOCKS_A_PAGE + 2):
        mint(ledger, 1)
        assert ledger.tip() == (count - 1, last_hash(ledger.blocks()))


def test_a_refused_call_leaves_the_tip_as_it_was(ledger: Ledger) -> None:
    mint(ledger, 1)
    before = ledger.tip()
    assert "Err" in ledger.transfer(BUYER, PROVIDER, 10**9)
    assert ledger.tip() == before


def test_a_change_of_the_fee_is_no_block(ledger: Ledger) -> None:
    mint(ledger, 1)
    before = ledger.tip()
    ledger.set_fee(FEE + 1)
    assert (ledger.tip(), ledger.length()) == (before, 1)


def test_the_tip_is_certified_after_an_upgrade_too(ledger: Ledger) -> None:
    mint(ledger, BLOCKS_A_PAGE)
    before = ledger.tip()
    ledger.canister.upgrade()
    assert ledger.tip() == before == (BLOCKS_A_PAGE - 1, last_hash(ledger.blocks()))
    mint(ledger, 1)
    assert ledger.tip() == (BLOCKS_A_PAGE, last_hash(ledger.blocks()))


def test_an_update_gets_no_certificate(ledger: Ledger) -> None:
    mint(ledger, 1)
    assert ledger.canister.call("icrc3_get_tip_certificate") is None


def test_blocks_alone_tell_who_has_and_allows_what(ledger: Ledger) -> None:
    ledger.fund(BUYER, 100 * FEE)
    ledger.approve(BUYER, SPLITTER, 5 * FEE)
    ledger.approve(BUYER, OUTSIDER, 3 * FEE, expires_at=ledger.now() + 10**15)
    ledger.transfer_from(SPLITTER, BUYER, PROVIDER, FEE)
    ledger.set_fee(2 * FEE)
    ledger.transfer_from(SPLITTER, BUYER, (PROVIDER, ONE), FEE)
    balances, allowances = replay(ledger.blocks(), ledger.now())
    zeros = bytes(32)
    assert balances == {(BUYER.raw, zeros): ledger.balance(BUYER), (PROVIDER.raw, zeros): FEE, (PROVIDER.raw, ONE): FEE}
    assert sum(balances.values()) == ledger.supply()
    assert allowances[(BUYER.raw, zeros), (OUTSIDER.raw, zeros)] == ledger.allowance(BUYER, OUTSIDER)
    assert ((BUYER.raw, zeros), (SPLITTER.raw, zeros)) not in allowances
    assert ledger.allowance(BUYER, SPLITTER) == (0, None)


def test_the_chain_holds_whichever_way_an_account_came_to_its_units(ledger: Ledger) -> None:
    """Accounts' hashes are kept beside what they have and allow: each is made when first needed, and used by the blocks that come after."""
    ledger.fund(BUYER, 100 * FEE)
    calls = [
        lambda: ledger.transfer(BUYER, PROVIDER, 20 * FEE),
        lambda: ledger.transfer(PROVIDER, (OUTSIDER, ONE), 15 * FEE),
        lambda: ledger.transfer(OUTSIDER, SPLITTER, 12 * FEE, from_subaccount=ONE),
        lambda: ledger.approve(SPLITTER, (BUYER, ONE), 9 * FEE),
        lambda: ledger.transfer_from(BUYER, SPLITTER, (SPLITTER, ONE), 2 * FEE, spender_subaccount=ONE),
        lambda: ledger.transfer_from(BUYER, SPLITTER, SPLITTER, FEE, spender_subaccount=ONE),
        lambda: ledger.transfer_from(BUYER, SPLITTER, PROVIDER, 3 * FEE, spender_subaccount=ONE),
        lambda: ledger.approve(SPLITTER, (BUYER, ONE), FEE, from_subaccount=ONE),
        lambda: ledger.transfer_from(PROVIDER, PROVIDER, OUTSIDER, FEE),
        lambda: ledger.transfer(PROVIDER, BUYER, ledger.balance(PROVIDER) - FEE),
        lambda: ledger.transfer(BUYER, PROVIDER, FEE),
    ]
    for index, call in enumerate(calls, start=1):
        assert call() == {"Ok": index}
        assert ledger.tip() == (index, last_hash(ledger.blocks()))
