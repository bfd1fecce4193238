from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accrual import Member, Pool, credit, record_work
from ddsx_core.accrual import audit as audit_pool
from ddsx_core.hash_tree import Found, lookup, parse_hash_tree, root_hash
from ddsx_core.limits import MAX_AMOUNT, PPM
from ddsx_core.payout_totals import (
    Totals,
    after_draw,
    after_release,
    after_requote,
    after_return,
    after_sale,
    audit_totals,
    decode_totals,
    encode_totals,
    totals_root,
    totals_witness,
)
from ddsx_core.stream_books import Sale, Standing, draw_contribution

SUMS = st.lists(st.integers(-(1 << 330), 1 << 330), min_size=12, max_size=12).map(lambda sums: Totals(*sums))
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("sale"), st.integers(0, 2), st.integers(0, 10**6) | st.integers(0, MAX_AMOUNT), st.integers(0, PPM)),
        st.tuples(st.just("work"), st.integers(0, 2), st.integers(0, 3), st.integers(0, 1 << 40)),
        st.tuples(st.just("draw"), st.integers(0, 2), st.integers(0, 3), st.sampled_from(["paid", "refused", "requoted"])),
        st.tuples(st.just("treasury"), st.just(0), st.just(0), st.just("paid")),
    ),
    max_size=40,
)


def _play(events: list) -> tuple[Totals, list[Pool], dict[str, int]]:
    """Totals kept event by event, the pools themselves, and the sums of a naive bookkeeper."""
    totals, pools = Totals(), [Pool(), Pool(), Pool()]
    members = {(place, who): Member() for place in range(3) for who in range(4)}
    naive = {"received": 0, "cuts": 0, "settled": 0, "drawn": 0, "fees": 0, "treasury": 0}
    for kind, place, number, choice in events:
        before = pools[place]
        if kind == "sale":
            cut = number * choice // PPM
            fee = cut // 3
            pools[place] = credit(before, number - cut)
            totals = after_sale(totals, Sale(fee, cut - fee, number - cut), before, pools[place])
            naive["received"] += number
            naive["cuts"] += cut
            naive["treasury"] += fee
        elif kind == "work":
            pools[place], members[place, number] = record_work(before, members[place, number], choice)
            totals = after_release(totals, before, pools[place])
        elif kind == "treasury":
            totals = after_draw(totals, 0, naive["treasury"], naive["treasury"], 0)
            naive["drawn"] += naive["treasury"]
            naive["treasury"] = 0
        else:
            members[place, number], drawn = draw_contribution(Standing("", 0, before.index_scaled), members[place, number])
            fee = min(drawn, 10)
            totals = after_draw(totals, drawn, 0, drawn - fee, fee)
            naive["settled"] += drawn
            if choice == "refused":
                totals = after_return(totals, drawn - fee, fee)
            else:
                other_fee = fee // 2 if choice == "requoted" else fee
                totals = after_requote(totals, fee, other_fee)
                naive["drawn"] += drawn
                naive["fees"] += other_fee
    return totals, pools, naive


@given(EVENTS)
def test_totals_1_everything_received_is_somewhere(events: list) -> None:
    totals, _, naive = _play(events)
    audit = audit_totals(totals)
    assert audit.balanced
    assert audit.lost_scaled == 0
    assert totals.received_units == naive["received"]
    assert totals.received_units == audit.credited_units + totals.pending_units + audit.remainder_units
    assert audit.credited_units == audit.claimable_units + totals.drawn_units
    assert (totals.drawn_units, totals.fee_units, totals.treasury_units) == (naive["drawn"], naive["fees"], naive["treasury"])
    assert totals.balance_units == naive["cuts"] + naive["settled"] - naive["drawn"]


@given(EVENTS)
def test_totals_2_totals_are_sums_over_the_pools(events: list) -> None:
    totals, pools, naive = _play(events)
    audits = [audit_pool(pool) for pool in pools]
    assert totals.contributor_units == sum(audit.received_units for audit in audits)
    assert totals.pending_units == sum(audit.pending_units for audit in audits)
    assert totals.settled_units == naive["settled"]
    assert totals.carried_scaled == sum(audit.index_remainder_scaled for audit in audits)
    # The pools are kept as if nobody had drawn.
    credited = sum((audit.claimable_units << 128) + audit.claimable_fraction_scaled for audit in audits)
    assert totals.owed_scaled == credited - (naive["settled"] << 128)
    assert all(audit.lost_scaled == 0 for audit in audits)


@given(EVENTS, st.sampled_from(Totals._fields), st.integers(-5, 5).filter(bool))
def test_an_audit_sees_a_sum_that_is_off(events: list, field: str, error: int) -> None:
    totals, _, _ = _play(events)
    off = totals._replace(**{field: getattr(totals, field) + error})
    # What the treasury has not drawn is a part of the balances, and ledger fees are a part of what was drawn.
    assert audit_totals(off).balanced == (field in {"treasury_units", "fee_units"})


@given(SUMS)
def test_stored_totals_come_back(totals: Totals) -> None:
    assert decode_totals(encode_totals(totals)) == totals


@given(SUMS)
def test_a_witness_shows_the_certified_totals(totals: Totals) -> None:
    text = encode_totals(totals)
    tree = parse_hash_tree(totals_witness(text))
    assert root_hash(tree) == totals_root(text)
    assert lookup(tree, [b"audit"]) == Found(text.encode())
