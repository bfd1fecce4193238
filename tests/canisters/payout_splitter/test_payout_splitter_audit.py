from __future__ import annotations

import pytest
from splitter_bench import FIRST, OTHER_STREAM, PROVIDER, SECOND, STREAM, THIRD, TREASURY, Bench

from ddsx_core.hash_tree import Found, lookup, parse_hash_tree, root_hash
from ddsx_core.icrc3_values import leb128
from ddsx_core.payout_totals import DRAWN, PENDING, RECEIVED, audit_totals, decode_totals
from kybra_replica.driver import CallRejected


def _check_certified(bench: Bench) -> None:
    """The certificate is over a tree of the sums behind the audit, and of the log's last block."""
    told = bench.splitter.query("audit")
    tree = parse_hash_tree(told["witness"])
    assert bench.replica.subnet.canisters[bench.splitter.id].certified_data == root_hash(tree)
    assert told["certificate"]
    found = lookup(tree, [b"audit"])
    assert isinstance(found, Found)
    for ledger, text in enumerate(found.value.decode().split(";")):
        totals, audit = decode_totals(text), told["ledgers"][ledger]
        assert (totals[RECEIVED], totals[PENDING]) == (audit["received"], audit["pending"])
        assert totals[DRAWN] == audit["in_flight"] + audit["paid"] + audit["ledger_fees_paid"]
        assert audit_totals(totals).claimable_units == audit["claimable"]
    assert lookup(tree, [b"last_block_index"]) == Found(leb128(told["blocks"] - 1))
    tip = bench.splitter.query("icrc3_get_tip_certificate")
    assert (tip["hash_tree"], tip["certificate"]) == (told["witness"], told["certificate"])


def test_an_empty_splitter_is_balanced_and_certified(bench: Bench) -> None:
    audit = bench.check_solvency()
    assert {name for name, value in audit.items() if value not in (0, False)} == {"balanced"}
    _check_certified(bench)


def test_an_audit_tells_where_every_unit_is(bench: Bench) -> None:
    bench.open_stream({FIRST: 3, SECOND: 1})
    bench.open_stream(stream=OTHER_STREAM)
    bench.sell(1, 1_000)
    bench.sell(2, 500, stream=OTHER_STREAM)
    bench.claim(FIRST)
    audit = bench.check_solvency((STREAM, OTHER_STREAM))
    # Fees 20 + 10, shares 98 + 49, contributors 882 + 441 of which 441 wait; the first was paid 661 of its 661 1/2.
    expected = {
        "received": 1_500,
        "protocol_fees": 30,
        "plan_shares": 147,
        "contributors_shares": 1_323,
        "escrowed": 0,
        "refunded": 0,
        "topped_up": 0,
        "spent": 0,
        "settled": 661,
        "credited": 1_059,
        "claimable": 398,
        "in_flight": 0,
        "paid": 651,
        "ledger_fees_paid": 10,
        "pending": 441,
        "remainder": 0,
        "claimable_fraction_scaled": 0,
        "carried_scaled": 0,
        "lost_scaled": 0,
        "holdings": 839,
        "balanced": True,
        "collecting": 0,
    }
    assert {name: audit[name] for name in expected} == expected
    claimable = bench.claimable(SECOND, STREAM) + bench.claimable(PROVIDER, STREAM, OTHER_STREAM) + bench.claimable(TREASURY)
    # The two contributors have half a unit each, which make up the one that the audit counts as claimable.
    assert claimable == 397
    _check_certified(bench)


def test_what_does_not_divide_is_carried(bench: Bench) -> None:
    bench.govern("set_protocol_fee", 0)
    bench.open_stream({FIRST: 1, SECOND: 1, THIRD: 1}, provider_share_ppm=0)
    bench.sell(1, 100)
    audit = bench.check_solvency()
    assert (audit["claimable"], audit["remainder"]) == (99, 1)
    assert audit["claimable_fraction_scaled"] + audit["carried_scaled"] == 1 << 128
    purse = bench.purse()
    assert (purse["received"], purse["credited"], purse["remainder"], purse["lost_scaled"]) == (100, 99, 1, 0)
    _check_certified(bench)


def test_a_stream_has_an_audit_of_its_own(bench: Bench) -> None:
    bench.open_stream({FIRST: 3, SECOND: 1})
    bench.sell(1, 1_000)
    bench.claim(FIRST)
    purse = {
        "ledger": 0,
        "received": 1_000,
        "fees": 20,
        "passed_on": 0,
        "plan_shares": 98,
        "contributors_shares": 882,
        "escrowed": 0,
        "refunded": 0,
        "provider_due": 98,
        "dues": [],
        "credited": 882,
        "pending": 0,
        "remainder": 0,
        "claimable_fraction_scaled": 0,
        "carried_scaled": 0,
        "lost_scaled": 0,
    }
    assert bench.splitter.query("audit_of", STREAM) == {
        "provider": str(PROVIDER),
        "plan_version": 1,
        "next_batch": 2,
        "total_weight": 4,
        "size": 4,
        "purses": [purse],
    }
    assert bench.splitter.query("audit_of", OTHER_STREAM) is None


def test_a_donation_is_nobodys_revenue(bench: Bench) -> None:
    bench.open_stream({FIRST: 1})
    bench.sell(1, 1_000)
    before = bench.audit()
    bench.fund(bench.splitter.id, 5_000)
    assert bench.audit() == before
    assert bench.claimable(FIRST, STREAM) == 882


def test_every_change_is_certified(bench: Bench) -> None:
    bench.open_stream()
    bench.sell(1, 1_000)
    _check_certified(bench)
    bench.record(bench.batch(1, {FIRST: 1}))
    _check_certified(bench)
    bench.replica.faults.drop_reply(callee=bench.ledger.id, method="icrc1_transfer")
    bench.claim(FIRST)
    _check_certified(bench)
    bench.later()
    assert bench.check_solvency()["paid"] == 872
    _check_certified(bench)


def test_balances_name_ten_streams_at_most_and_known_ones(bench: Bench) -> None:
    bench.open_stream({FIRST: 1})
    asked = {"payee": FIRST, "ledger": 0, "streams": [STREAM] * 11}
    assert bench.splitter.query("balance_of", asked) == {"Err": {"TooManyStreams": {"most": 10}}}
    asked = {"payee": FIRST, "ledger": 0, "streams": [STREAM, OTHER_STREAM]}
    assert bench.splitter.query("balance_of", asked) == {"Err": {"UnknownStream": {"stream": OTHER_STREAM}}}


def test_state_survives_an_upgrade(bench: Bench) -> None:
    bench.open_stream({FIRST: 3, SECOND: 1})
    bench.sell(1, 1_000)
    bench.claim(FIRST)
    wish = {"enabled": True, "ledger": 0, "threshold": 100, "to": None, "streams": [STREAM]}
    bench.splitter.call("set_push", wish, sender=SECOND)
    bench.replica.faults.drop_reply(callee=bench.ledger.id, method="icrc2_transfer_from")
    bench.collect(2, 1_000)

    def everything() -> list[object]:
        audit = [bench.audit(), bench.blocks()]
        balances = [bench.balance(payee, STREAM) for payee in (FIRST, SECOND, PROVIDER, TREASURY)]
        queries = [bench.splitter.query(method) for method in ("parameters", "open_payments")]
        return [audit, balances, queries, bench.splitter.query("audit_of", STREAM), bench.splitter.query("payout_state", 1)]

    before = everything()
    bench.splitter.upgrade()
    assert everything() == before
    _check_certified(bench)
    bench.later(rounds=2)
    assert bench.check_solvency()["received"] == 2_000
    # Of 441 for 3 + 1 units of work twice, pushed in one or two payouts.
    assert bench.balance(SECOND, STREAM)["paid"] == bench.money(SECOND) > 0


def test_oversized_arguments_are_turned_away(bench: Bench) -> None:
    with pytest.raises(CallRejected, match="rejected the message"):
        bench.claim(FIRST, (STREAM,) * 600)
    answer = bench.claim(FIRST, (STREAM,) * 400)
    assert answer == {"Err": {"TooManyStreams": {"most": 10}}}
