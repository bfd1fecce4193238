from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.hash_tree import Found, lookup, parse_hash_tree, root_hash
from ddsx_core.icrc3_values import hash_value, leb128
from ddsx_core.money_log import (
    BLOCK_FIELDS,
    EMPTY_LOG,
    PAGE_BLOCKS,
    block_value,
    certified_root,
    certified_tree,
    decode_block,
    encode_block,
    encode_fields_of,
    hash_block,
    lines_of,
    log_length,
    log_tail,
    log_tip,
    with_block,
)
from ddsx_core.refused import Broken

TEXTS = {"registry", "provider", "plan", "work", "name", "value", "payer", "terms", "shares", "payee", "draws", "to", "reason"}
HASH = "ab" * 32
FREE_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


@st.composite
def blocks(draw):
    btype = draw(st.sampled_from(sorted(BLOCK_FIELDS)))
    fields = [draw(FREE_TEXT if name in TEXTS else st.integers(0, 1 << 128)) for name in BLOCK_FIELDS[btype]]
    return btype, draw(st.integers(0, 1 << 64)), fields, draw(st.sampled_from(["", HASH]))


@given(blocks())
def test_a_block_comes_back_as_it_was_stored_and_its_hash_is_that_of_its_value(block):
    """MONEYLOG-1, MONEYLOG-2."""
    btype, ts, fields, parent = block
    tx = encode_fields_of(btype, fields)
    line = encode_block(btype, ts, tx, parent)
    assert decode_block(line) == block
    assert "\n" not in line
    assert "\t" not in line
    assert hash_block(btype, ts, tx, parent) == hash_value(block_value(line)).hex()


def test_a_block_on_the_wire():
    line = encode_block("ddsx:topup", 5, encode_fields_of("ddsx:topup", ["a|b%", 1, 255]), HASH)
    assert block_value(line) == {
        "Map": [
            ("btype", {"Text": "ddsx:topup"}),
            ("ts", {"Nat": 5}),
            ("tx", {"Text": "a%7Cb%25|1|ff"}),
            ("phash", {"Blob": bytes.fromhex(HASH)}),
        ]
    }
    assert block_value(encode_block("ddsx:paid", 5, "1|2", ""))["Map"][-1] == ("tx", {"Text": "1|2"})


def test_a_block_has_the_fields_of_its_type():
    assert encode_fields_of("ddsx:paid", [1, 2]) == "1|2"
    with pytest.raises(Broken):
        encode_fields_of("ddsx:paid", [1])


@pytest.mark.parametrize("line", ["ddsx:other|1||1", "ddsx:paid|1||1", "ddsx:paid|1||1|2|3"])
def test_anything_else_is_broken(line):
    with pytest.raises(Broken):
        decode_block(line)


@given(st.integers(0, 3 * PAGE_BLOCKS))
def test_full_pages_leave_the_log(count):
    log, pages = EMPTY_LOG, []
    for number in range(count):
        log, page = with_block(log, "" if number == 3 else f"block {number}", f"{number:064x}")
        if page is not None:
            pages.append(page)
    assert log_length(log) == count
    assert log_tip(log) == (f"{count - 1:064x}" if count else "")
    kept = [line for page in pages for line in lines_of(page)] + log_tail(log)
    assert kept == ["" if number == 3 else f"block {number}" for number in range(count)]
    assert all(len(lines_of(page)) == PAGE_BLOCKS for page in pages)
    assert len(log_tail(log)) < PAGE_BLOCKS


@given(totals=st.text("0123456789abcdef|;", max_size=400), blocks_before=st.integers(0, 300))
def test_what_is_certified_is_the_root_of_the_tree_that_is_told(totals, blocks_before):
    """MONEYLOG-3."""
    log = f"{blocks_before:x}|{HASH}\tx" if blocks_before else EMPTY_LOG
    tree = parse_hash_tree(certified_tree(totals, log))
    assert root_hash(tree) == certified_root(totals, log)
    assert lookup(tree, [b"audit"]) == Found(totals.encode())
    if blocks_before:
        assert lookup(tree, [b"last_block_hash"]) == Found(bytes.fromhex(HASH))
        assert lookup(tree, [b"last_block_index"]) == Found(leb128(blocks_before - 1))
