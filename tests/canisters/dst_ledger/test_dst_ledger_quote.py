"""quote."""

from __future__ import annotations

from dst_ledger_exchange import DAY_SECONDS, FEE, PRICE, PROVIDER, terms


def quoted(exchange, offer=1, periods=2):
    return exchange.ledger.query("quote", {"offer": offer, "periods": periods})


def test_quote_names_price_allowance_spender_and_duration(offered):
    assert quoted(offered) == {
        "Ok": {
            "price": 2 * PRICE,
            "ledger": 0,
            "ledger_fee": FEE,
            "allowance": 2 * PRICE + FEE,
            "spender": offered.splitter.id,
            "payment_ledger": offered.splitter.id,
            "valid_seconds": 2 * DAY_SECONDS,
        }
    }


def test_quote_in_another_ledger_leaves_its_fee_to_the_splitter(exchange):
    exchange.create_offer(terms=terms(ledger=1))
    assert quoted(exchange) == {
        "Ok": {
            "price": 2 * PRICE,
            "ledger": 1,
            "ledger_fee": None,
            "allowance": None,
            "spender": exchange.splitter.id,
            "payment_ledger": None,
            "valid_seconds": 2 * DAY_SECONDS,
        }
    }


def test_as_many_periods_as_the_terms_allow_are_quoted_and_no_more(offered):
    assert quoted(offered, periods=12)["Ok"]["price"] == 12 * PRICE
    assert quoted(offered, periods=13) == {"Err": {"PeriodsOutOfRange": {"most": 12}}}


def test_one_period_is_quoted_and_none_is_not(offered):
    assert quoted(offered, periods=1)["Ok"]["price"] == PRICE
    assert quoted(offered, periods=0) == {"Err": {"PeriodsOutOfRange": {"most": 12}}}


def test_unknown_offer_is_refused(offered):
    assert quoted(offered, offer=2) == {"Err": {"UnknownOffer": None}}


def test_closed_offer_is_refused(offered):
    offered.ledger.call("close_offer", 1, sender=PROVIDER)
    assert quoted(offered) == {"Err": {"OfferClosed": None}}


def test_fee_is_asked_again_after_an_hour_and_not_before(offered):
    offered.splitter.call("set_fee", 25)
    offered.pass_time(3_000)
    assert quoted(offered)["Ok"]["ledger_fee"] == FEE
    offered.pass_time(660)
    assert quoted(offered)["Ok"]["allowance"] == 2 * PRICE + 25


def test_fee_stays_known_while_the_payment_ledger_does_not_answer(offered):
    offered.splitter.call("set_fee", None)
    offered.pass_time(4_000)
    assert quoted(offered)["Ok"]["ledger_fee"] == FEE
    offered.splitter.call("set_fee", 30)
    offered.pass_time(60)
    assert quoted(offered)["Ok"]["ledger_fee"] == 30


def test_fee_is_unknown_until_the_payment_ledger_has_answered(fresh):
    fresh.splitter.call("set_fee", None)
    ledger = fresh.install_ledger()
    exchange = fresh.exchange(ledger)
    exchange.create_offer()
    assert quoted(exchange) == {"Err": {"LedgerFeeUnknown": None}}
    assert exchange.status()["ledger_fee"] is None
    fresh.splitter.call("set_fee", 5)
    exchange.pass_time(60)
    assert quoted(exchange)["Ok"]["ledger_fee"] == 5


def test_fee_survives_a_lost_answer_and_a_trap(fresh):
    faults = fresh.replica.faults
    faults.drop_reply(1, method="icrc1_fee")
    faults.trap_at_await(2, method="icrc1_fee")
    exchange = fresh.exchange(fresh.install_ledger())
    exchange.create_offer()
    assert quoted(exchange) == {"Err": {"LedgerFeeUnknown": None}}
    exchange.pass_time(90)
    assert quoted(exchange)["Ok"]["ledger_fee"] == FEE
