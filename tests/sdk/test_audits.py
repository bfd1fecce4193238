"""The splitter's books are believed as far as they are certified, and no further."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx.audits import MAX_AGE_NS, verify_audit
from ddsx.errors import Stale, VerificationFailed
from ddsx_core.payout_totals import RECEIVED
from exchange import deploy
from kybra_replica.network.certification import Certifier


@pytest.fixture(scope="module")
def exchange(module_replica):
    return deploy(module_replica)


@pytest.fixture(scope="module")
def answer(exchange):
    return exchange.payout_splitter.query("audit")


@pytest.fixture(scope="module")
def verify(exchange):
    def verify(answer, root_key=exchange.replica.certifier.root_key, later_ns=0):
        now_ns = exchange.replica.get_time() + later_ns
        return verify_audit(answer, splitter=exchange.payout_splitter.id.raw, root_key=root_key, now_ns=now_ns)

    return verify


def test_the_books_as_they_are(verify, answer, exchange):
    proved = verify(answer)
    assert proved.balanced
    assert proved.totals[0][RECEIVED] == answer["ledgers"][0]["received"] == 0
    assert proved.time_ns <= exchange.replica.get_time()


SHARES = ["protocol_fees", "plan_shares", "contributors_shares", "escrowed", "refunded", "topped_up", "spent"]
NUMBERS = ["received", *SHARES, "pending", "settled", "credited", "claimable", "remainder", "holdings"]
SCALED = ["claimable_fraction_scaled", "carried_scaled", "lost_scaled"]


def told_otherwise(answer, **changes):
    first, *others = answer["ledgers"]
    return {**answer, "ledgers": [{**first, **changes}, *others]}


@pytest.mark.parametrize("name", [*NUMBERS, *SCALED, "paid", "in_flight", "ledger_fees_paid"])
def test_no_figure_can_be_told_otherwise(verify, answer, name):
    with pytest.raises(VerificationFailed, match="certified as"):
        verify(told_otherwise(answer, **{name: answer["ledgers"][0][name] + 1}))


def test_books_that_do_not_balance_cannot_be_told_to(verify, answer):
    with pytest.raises(VerificationFailed, match="balanced"):
        verify(told_otherwise(answer, balanced=False))


@given(data=st.data())
def test_no_byte_of_the_witness_can_be_changed(verify, answer, data):
    at = data.draw(st.integers(0, len(answer["witness"]) - 1))
    changed = bytearray(answer["witness"])
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(VerificationFailed):
        verify({**answer, "witness": bytes(changed)})


def test_another_root_key_proves_nothing(verify, answer):
    with pytest.raises(VerificationFailed, match="signature"):
        verify(answer, root_key=Certifier(b"another").root_key)


def test_an_update_call_carries_no_certificate(verify, answer):
    with pytest.raises(VerificationFailed, match="carries none"):
        verify({**answer, "certificate": None})


def test_the_age_that_is_allowed(verify, answer, exchange):
    age_ns = exchange.replica.get_time() - verify(answer).time_ns
    assert verify(answer, later_ns=MAX_AGE_NS - age_ns).balanced
    with pytest.raises(Stale):
        verify(answer, later_ns=MAX_AGE_NS - age_ns + 1)
