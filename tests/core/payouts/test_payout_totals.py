from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accrual import Member, Pool, claim, credit, record_work
from ddsx_core.accrual import audit as audit_pool
from ddsx_core.hash_tree import Found, lookup, parse_hash_tree, root_hash
from ddsx_core.limits import MAX_AMOUNT, PPM
from ddsx_core.payout_totals import (
    Totals,
    add_changes,
    audit_totals,
    decode_totals,
    encode_totals,
    payment_change,
    pool_change,
    return_change,
    sale_change,
    totals_root,
    totals_witness,
    withdrawal_change,
)

SUMS = st.lists(st.integers(-(1 << 330), 1 << 330), min_size=13, max_size=13).map(lambda sums: Totals(*sums))
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("sale"), st.integers(0, 2), st.integers(0, 10**6) | st.integers(0, MAX_AMOUNT), st.integers(0, PPM)),
        st.tuples(st.just("work"), st.integers(0, 2), st.integers(0, 3), st.integers(0, 1 << 40)),
        st.tuples(st.just("draw"), st.integers(0, 2), st.integers(0, 3), st.booleans()),
    ),
    max_size=40,
)


def _play(events: list) -> tuple[Totals, list[Pool], dict[str, int]]:
    """Totals kept event by event, the pools themselves, and the sums of a naive bookkeeper."""
    totals, pools = Totals(), [Pool(), Pool(), Pool()]
    members = {(place, who): Member() for place in range(3) for who in range(4)}
    naive = {"received": 0, "cuts": 0, "settled": 0, "paid": 0, "returned": 0, "fees": 0}
    for kind, place, number, choice in events:
        before = pools[place]
        if kind == "sale":
            cut = number * choice // PPM
            pools[place] = credit(before, number - cut)
            totals = add_changes(totals, sale_change(cut // 3, cut - cut // 3, number - cut), pool_change(before, pools[place]))
            naive["received"] += number
            naive["cuts"] += cut
        elif kind == "work":
            pools[place], members[place, number] = record_work(before, members[place, number], choice)
            totals = add_changes(totals, pool_change(before, pools[place]))
        else:
            pools[place], members[place, number], drawn = claim(before, members[place, number])
            totals = add_changes(totals, pool_change(before, pools[place]), withdrawal_change(drawn, 0))
            naive["settled"] += drawn
            fee = min(drawn, 10)
            if choice:
                totals = add_changes(totals, payment_change(drawn - fee, fee))
                naive["paid"] += drawn - fee
                naive["fees"] += fee
            else:
                totals = add_changes(totals, return_change(drawn))
                naive["returned"] += drawn
    return totals, pools, naive


@given(EVENTS)
def test_totals_1_everything_received_is_somewhere(events: list) -> None:
    totals, _, naive = _play(events)
    audit = audit_totals(totals)
    assert audit.balanced
    assert audit.lost_scaled == 0
    assert totals.received_units == naive["received"]
    assert totals.received_units == audit.credited_units + totals.pending_units + audit.remainder_units
    assert audit.credited_units == audit.claimable_units + totals.in_flight_units + totals.paid_units + totals.ledger_fee_units
    assert (totals.paid_units, totals.ledger_fee_units, totals.in_flight_units) == (naive["paid"], naive["fees"], 0)
    assert totals.balance_units == naive["cuts"] + naive["returned"]


@given(EVENTS)
def test_totals_2_totals_are_sums_over_the_pools(events: list) -> None:
    totals, pools, naive = _play(events)
    audits = [audit_pool(pool) for pool in pools]
    assert totals.contributor_units == sum(audit.received_units for audit in audits)
    assert totals.pending_units == sum(audit.pending_units for audit in audits)
    assert totals.settled_units == sum(audit.claimed_units for audit in audits) == naive["settled"]
    assert totals.carried_scaled == sum(audit.index_remainder_scaled for audit in audits)
    assert totals.owed_scaled == sum((audit.claimable_units << 128) + audit.claimable_fraction_scaled for audit in audits)


@given(EVENTS, st.sampled_from(Totals._fields), st.integers(-5, 5).filter(bool))
def test_an_audit_sees_a_sum_that_is_off(events: list, field: str, error: int) -> None:
    totals, _, _ = _play(events)
    off = totals._replace(**{field: getattr(totals, field) + error})
    # Protocol fees that were not drawn yet are a part of the balances, kept beside them.
    assert audit_totals(off).balanced == (field == "treasury_units")


@given(SUMS)
def test_stored_totals_come_back(totals: Totals) -> None:
    assert decode_totals(encode_totals(totals)) == totals


@given(SUMS)
def test_a_witness_shows_the_certified_totals(totals: Totals) -> None:
    text = encode_totals(totals)
    tree = parse_hash_tree(totals_witness(text))
    assert root_hash(tree) == totals_root(text)
    assert lookup(tree, [b"audit"]) == Found(text.encode())
