"""What a token ledger stores: rows and blocks come back as they were, and the queue of what expires is judged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.limits import MAX_AMOUNT, MAX_TIMESTAMP_NS
from ddsx_core.refused import Broken
from ddsx_core.token_log import decode_block, encode_block
from ddsx_core.token_rows import (
    FORGET,
    KEEP,
    REMOVE,
    LedgerState,
    StoredAllowance,
    Token,
    after_block,
    check_token,
    decode_allowance,
    decode_balance,
    decode_state,
    decode_token,
    encode_allowance,
    encode_balance,
    encode_state,
    encode_token,
    judge_queued,
    rules_of,
    supply_of,
)
from ddsx_core.token_rules import Allowance, Block
from ddsx_core.units import AccountKey, Nanoseconds, Units
from model.expect import refuses

PLAIN = Token("Test token", "TT", 8, Units(10), AccountKey("minter"))
KEYS = st.sampled_from(["buyer", "provider." + "0" * 63 + "1", "minter"])
UNITS = st.integers(0, 1 << 192)
TIMES = st.integers(0, MAX_TIMESTAMP_NS)
TX = st.fixed_dictionaries(
    {"amt": UNITS},
    optional={
        "from": KEYS,
        "to": KEYS,
        "spender": KEYS,
        "fee": UNITS,
        "memo": st.binary(max_size=32),
        "ts": TIMES,
        "expected_allowance": UNITS,
        "expires_at": TIMES,
    },
)


@given(st.builds(Block, st.sampled_from(["1xfer", "1mint", "1burn", "2xfer", "2approve"]), TX, st.none() | UNITS, TIMES))
def test_a_block_comes_back(block: Block) -> None:
    assert decode_block(encode_block(block)) == block


def test_the_form_of_a_block_is_fixed() -> None:
    tx: dict[str, Any] = {"amt": 47, "from": "buyer", "to": "provider", "memo": b"", "ts": 16}
    assert encode_block(Block("1xfer", tx, Units(10), Nanoseconds(255))) == "1|1xfer|ff|a|2f|buyer|provider|||x|10||"


def test_an_unknown_field_is_not_lost_in_silence() -> None:
    with pytest.raises(Broken, match="does not know"):
        encode_block(Block("1xfer", {"amt": 1, "why": "gift"}, None, Nanoseconds(0)))


def test_the_longest_block_fits_its_map() -> None:
    key = "p" * 63 + "." + "f" * 64
    largest = (1 << 192) - 1
    tx: dict[str, Any] = {
        "amt": largest,
        "from": key,
        "to": key,
        "spender": key,
        "fee": MAX_AMOUNT,
        "memo": b"m" * 32,
        "ts": MAX_TIMESTAMP_NS,
        "expected_allowance": MAX_AMOUNT,
        "expires_at": MAX_TIMESTAMP_NS,
    }
    assert len(encode_block(Block("2approve", tx, Units(MAX_AMOUNT), Nanoseconds(MAX_TIMESTAMP_NS)))) == 662


@given(st.text(), st.text(), st.integers(0, 255), UNITS, KEYS)
def test_a_token_comes_back(name: str, symbol: str, decimals: int, fee: int, key: str) -> None:
    token = Token(name, symbol, decimals, Units(fee), AccountKey(key))
    assert decode_token(encode_token(token)) == token


@given(st.builds(LedgerState, UNITS, UNITS, UNITS, UNITS, UNITS), UNITS)
def test_states_and_balances_come_back(state: LedgerState, balance: int) -> None:
    assert decode_state(encode_state(state)) == state
    assert decode_balance(encode_balance(Units(balance))) == balance


@given(UNITS, st.none() | TIMES, st.none() | TIMES)
def test_an_allowance_comes_back(amount: int, expires_at: int | None, place: int | None) -> None:
    allowance = Allowance(Units(amount), None if expires_at is None else Nanoseconds(expires_at))
    assert decode_allowance(encode_allowance(StoredAllowance(allowance, place))) == StoredAllowance(allowance, place)


def test_supply_is_what_was_minted_less_what_was_burned() -> None:
    state = after_block(after_block(LedgerState(), 100), -30)
    assert (state, supply_of(state)) == (LedgerState(2, 100, 30, 0, 0), 70)
    assert after_block(LedgerState(2, 100, 30, 4, 9), 0) == LedgerState(3, 100, 30, 4, 9)


def test_the_least_burn_is_the_fee_and_never_nothing() -> None:
    assert rules_of(PLAIN)[:3] == (10, "minter", 10)
    assert rules_of(PLAIN._replace(fee=Units(0))).min_burn == 1


def test_what_can_be_a_token() -> None:
    longest = Token("n" * 64, "s" * 16, 0, Units(MAX_AMOUNT), AccountKey("minter"))
    assert check_token(longest) == longest
    for changed, reason in (
        ({"name": "n" * 65}, "a name has 1 to 64 characters"),
        ({"symbol": ""}, "a symbol has 1 to 16 characters"),
        ({"fee": MAX_AMOUNT + 1}, f"a fee is at most {MAX_AMOUNT} units"),
        ({"minting_account": "2vxsx-fae"}, "the anonymous principal cannot mint: anyone can act as it"),
    ):
        with refuses("InvalidToken", reason=reason):
            check_token(longest._replace(**changed))


def test_what_becomes_of_a_queued_allowance() -> None:
    queued = StoredAllowance(Allowance(Units(5), Nanoseconds(100)), 7)
    assert judge_queued(queued, 7, Nanoseconds(99)) == KEEP
    assert judge_queued(queued, 7, Nanoseconds(100)) == REMOVE
    assert judge_queued(queued, 6, Nanoseconds(100)) == FORGET
    assert judge_queued(None, 7, Nanoseconds(100)) == FORGET
    assert judge_queued(StoredAllowance(Allowance(Units(5)), None), 7, Nanoseconds(100)) == FORGET
    with pytest.raises(Broken, match="never expires"):
        judge_queued(StoredAllowance(Allowance(Units(5)), 7), 7, Nanoseconds(100))
