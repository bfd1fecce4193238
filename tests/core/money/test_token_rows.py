"""What a token ledger stores beside its blocks: rows come back as they were, and the queue of what expires is judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.limits import BLOCKS_A_PAGE, MAX_AMOUNT, MAX_TIMESTAMP_NS
from ddsx_core.refused import Broken
from ddsx_core.token_rows import (
    FORGET,
    KEEP,
    REMOVE,
    LedgerState,
    Queue,
    StoredAllowance,
    Token,
    after_block,
    check_token,
    decode_allowance,
    decode_holding,
    decode_queue,
    decode_state,
    decode_token,
    encode_allowance,
    encode_holding,
    encode_queue,
    encode_state,
    encode_token,
    judge_queued,
    rules_of,
    supply_of,
)
from ddsx_core.token_rules import Allowance
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units
from model.expect import refuses

MINTER = AccountKey("minter")
STATE = LedgerState(Units(10), MINTER)
KEYS = st.sampled_from(["buyer", "provider." + "0" * 63 + "1", "minter"])
UNITS = st.integers(0, 1 << 192)
TIMES = st.integers(0, MAX_TIMESTAMP_NS)
HASHES = st.sampled_from(["", "0f" * 32])
PAGES = st.lists(st.sampled_from(["1|1xfer|ff", "1|2approve|0"]), max_size=7).map("\n".join)
LARGEST_KEY = "p" * 63 + "." + "f" * 64


@given(st.text(), st.text(), st.integers(0, 255), KEYS)
def test_a_token_comes_back(name: str, symbol: str, decimals: int, governance: str) -> None:
    token = Token(name, symbol, decimals, PrincipalText(governance))
    assert decode_token(encode_token(token)) == token


@given(st.builds(LedgerState, UNITS, KEYS, UNITS, UNITS, UNITS, HASHES, PAGES), UNITS, HASHES)
def test_states_and_holdings_come_back(state: LedgerState, balance: int, digest: str) -> None:
    assert decode_state(encode_state(state)) == state
    assert decode_holding(encode_holding((Units(balance), digest))) == (balance, digest)


@given(UNITS, st.none() | TIMES, st.none() | TIMES, HASHES)
def test_an_allowance_comes_back(amount: int, expires_at: int | None, place: int | None, digest: str) -> None:
    allowance = Allowance(Units(amount), None if expires_at is None else Nanoseconds(expires_at))
    stored = StoredAllowance(allowance, place, digest)
    assert decode_allowance(encode_allowance(stored)) == stored


@given(TIMES, TIMES)
def test_the_ends_of_the_queue_come_back(head: int, tail: int) -> None:
    assert decode_queue(encode_queue(Queue(head, tail))) == (head, tail)


@pytest.mark.parametrize("decode", [decode_token, decode_state, decode_holding, decode_allowance, decode_queue])
def test_a_row_of_another_version_is_not_read(decode) -> None:
    with pytest.raises(Broken, match="has version '2', expected '1'"):
        decode("2|0|0")


def test_the_longest_rows_fit_their_maps() -> None:
    sums, numbers, digest = Units((1 << 192) - 1), (1 << 64) - 1, "f" * 64
    page = "\n".join(["b" * 727] * (BLOCKS_A_PAGE - 1))
    state = LedgerState(Units(MAX_AMOUNT), AccountKey(LARGEST_KEY), numbers, sums, sums, digest, page)
    allowance = StoredAllowance(Allowance(Units(MAX_AMOUNT), Nanoseconds(numbers)), numbers, digest)
    token = Token("\U0001f4b0" * 64, "\U0001f4b0" * 16, 255, PrincipalText("p" * 63))
    rows = [encode_token(token), encode_state(state), encode_queue(Queue(numbers, numbers)), encode_holding((sums, digest))]
    assert [len(row.encode()) for row in [*rows, encode_allowance(allowance)]] == [390, 5_439, 35, 115, 133]


def test_supply_is_what_was_minted_less_what_was_burned() -> None:
    minted, _ = after_block(STATE, 100, "first", "aa")
    state, full = after_block(minted, -30, "second", "bb")
    assert (state, full) == (LedgerState(Units(10), MINTER, 2, 100, 30, "bb", "first\nsecond"), None)
    assert supply_of(state) == 70
    assert after_block(state, 0, "third", "cc")[0][2:5] == (3, 100, 30)


def test_a_page_is_handed_over_when_it_is_full() -> None:
    state = STATE
    for number in range(BLOCKS_A_PAGE - 1):
        state, full = after_block(state, 1, str(number), "aa")
        assert full is None
    assert state.open_page == "\n".join(map(str, range(BLOCKS_A_PAGE - 1)))
    state, full = after_block(state, 1, "last", "bb")
    assert full == "\n".join([*map(str, range(BLOCKS_A_PAGE - 1)), "last"])
    assert (state.open_page, state.blocks) == ("", BLOCKS_A_PAGE)


def test_the_least_burn_is_the_fee_and_never_nothing() -> None:
    assert rules_of(STATE)[:3] == (10, "minter", 10)
    assert rules_of(STATE._replace(fee=Units(0))).min_burn == 1


def test_what_can_be_a_token() -> None:
    longest = Token("n" * 64, "s" * 16, 0, PrincipalText("governance"))
    fee = Units(MAX_AMOUNT)
    assert check_token(longest, fee, MINTER) == longest
    assert check_token(longest._replace(governance=PrincipalText("")), fee, MINTER).governance == ""
    for changed, reason in (
        ({"name": "n" * 65}, "a name has 1 to 64 characters"),
        ({"symbol": ""}, "a symbol has 1 to 16 characters"),
        ({"governance": "2vxsx-fae"}, "the anonymous principal cannot govern: anyone can act as it"),
    ):
        with refuses("InvalidToken", reason=reason):
            check_token(longest._replace(**changed), fee, MINTER)
    with refuses("InvalidToken", reason=f"a fee is at most {MAX_AMOUNT} units"):
        check_token(longest, Units(MAX_AMOUNT + 1), MINTER)
    with refuses("InvalidToken", reason="the anonymous principal cannot mint: anyone can act as it"):
        check_token(longest, fee, AccountKey("2vxsx-fae"))


def test_what_becomes_of_a_queued_allowance() -> None:
    queued = StoredAllowance(Allowance(Units(5), Nanoseconds(100)), 7, "")
    assert judge_queued(queued, 7, Nanoseconds(99)) == KEEP
    assert judge_queued(queued, 7, Nanoseconds(100)) == REMOVE
    assert judge_queued(queued, 6, Nanoseconds(100)) == FORGET
    assert judge_queued(None, 7, Nanoseconds(100)) == FORGET
    assert judge_queued(StoredAllowance(Allowance(Units(5)), None, ""), 7, Nanoseconds(100)) == FORGET
    with pytest.raises(Broken, match="never expires"):
        judge_queued(StoredAllowance(Allowance(Units(5)), 7, ""), 7, Nanoseconds(100))
