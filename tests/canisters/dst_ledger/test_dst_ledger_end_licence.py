"""end_licence."""

from __future__ import annotations

import pytest
from dst_ledger_exchange import ANONYMOUS, BUYER, NS, OTHER_BUYER, PRICE, PROVIDER, Exchange, terms, transfer_arg

from kybra_replica.driver import CallRejected

REFUND = PRICE
PENDING = {"Err": {"Pending": {"order": 1}}}
AWAY = {"Err": {"TemporarilyUnavailable": {"reason": "the splitter does not answer"}}}


def end(exchange: Exchange, sender=BUYER, licence: int = 1):
    return exchange.ledger.call("end_licence", licence, sender=sender)


def sell(exchange: Exchange, *, earning, cancellable: bool) -> Exchange:
    """Licence 1, of two periods, for the buyer."""
    exchange.create_offer(terms=terms(earning=earning, cancellable=cancellable))
    assert exchange.buy() == 1
    return exchange


@pytest.fixture
def sold(exchange):
    return sell(exchange, earning={"BySecond": None}, cancellable=True)


def is_over(exchange: Exchange, at: int | None = None) -> None:
    """Licence 1 has ended, half its price came back, everybody knows, and nothing is left to do."""
    licence = exchange.ledger.query("licence", 1)
    assert licence["valid_until"] <= exchange.replica.get_time()
    assert at is None or licence["valid_until"] == at
    assert [right["valid_until"] for right in exchange.registry.query("entitlements")][-1] == licence["valid_until"]
    receipt = exchange.state(1)["Ended"]
    assert (receipt["refunded"], receipt["escrowed"]) == (REFUND, 2 * PRICE)
    assert receipt["ended_at"] >= licence["valid_until"]
    status = exchange.status()
    assert (status["unfinished_orders"], status["orders"], status["licences"], status["blocks"]) == (0, 1, 1, 2)


def test_holder_ends_a_cancellable_licence_and_gets_what_is_not_earned(sold):
    before = sold.replica.get_time()
    answer = end(sold)["Ok"]
    assert before <= answer["valid_until"] <= sold.replica.get_time()
    assert (answer["order"], answer["refunded"]) == (1, REFUND)
    is_over(sold, answer["valid_until"])


def test_ending_again_answers_the_same_and_changes_nothing(sold):
    first = end(sold)
    sold.pass_time(300)
    assert end(sold) == end(sold, PROVIDER) == first
    assert sold.splitter.query("end_calls") == 1
    is_over(sold, first["Ok"]["valid_until"])


def test_provider_ends_an_escrowed_licence_whether_cancellable_or_not(exchange):
    sell(exchange, earning={"BySecond": None}, cancellable=False)
    assert end(exchange) == {"Err": {"NotCancellable": None}}
    assert end(exchange, PROVIDER)["Ok"]["refunded"] == REFUND
    is_over(exchange)


def test_holder_has_back_what_was_not_delivered_in_time_and_not_a_second_before(exchange):
    sell(exchange, earning={"ByRecord": 10}, cancellable=False)
    until = exchange.ledger.query("licence", 1)["valid_until"]
    exchange.replica.advance_time((until - exchange.replica.get_time()) // NS - 10)
    assert end(exchange) == {"Err": {"NotCancellable": None}}
    exchange.replica.advance_time(20)
    assert end(exchange)["Ok"] == {"order": 1, "valid_until": until, "refunded": REFUND}
    assert len(exchange.registry.query("entitlements")) == 1
    is_over(exchange, until)


@pytest.mark.parametrize("sender", [BUYER, PROVIDER])
def test_licence_whose_price_was_earned_at_once_is_nobodys_to_end(offered, sender):
    offered.buy()
    assert end(offered, sender) == {"Err": {"NotCancellable": None}}
    assert "Completed" in offered.state(1)


def test_stranger_may_not_end_a_licence_nor_may_anonymous(sold):
    assert end(sold, OTHER_BUYER) == {"Err": {"NotPermitted": None}}
    with pytest.raises(CallRejected, match="rejected"):
        end(sold, ANONYMOUS)
    assert sold.past_inspect("end_licence", 1, sender=ANONYMOUS) == {"Err": {"NotPermitted": None}}
    assert "Completed" in sold.state(1)


def test_unknown_licence_cannot_be_ended(sold):
    assert end(sold, licence=2) == {"Err": {"UnknownLicence": None}}


def test_licence_is_its_new_holders_to_end(sold):
    sold.ledger.call("icrc7_transfer", [transfer_arg(1, OTHER_BUYER)], sender=BUYER)
    assert end(sold) == {"Err": {"NotPermitted": None}}
    assert end(sold, OTHER_BUYER)["Ok"]["refunded"] == REFUND
    assert sold.registry.query("entitlements")[-1]["holder"] == str(OTHER_BUYER)


def test_ended_licence_can_be_handed_on_and_gives_no_reading(sold):
    end(sold)
    assert sold.ledger.call("icrc7_transfer", [transfer_arg(1, OTHER_BUYER)], sender=BUYER) == [{"Ok": 2}]
    sold.pass_time(60)
    assert sold.registry.query("entitlements")[-1]["holder"] == str(BUYER)


def test_purchase_asked_again_answers_as_it_did_before_the_end(exchange):
    exchange.create_offer(terms=terms(earning={"BySecond": None}, cancellable=True))
    request = exchange.request()
    first = exchange.ledger.call("purchase", request, sender=BUYER)
    end(exchange)
    assert exchange.ledger.call("purchase", request, sender=BUYER) == first


def test_splitter_that_cannot_say_is_asked_again_and_the_licence_is_over_meanwhile(sold):
    sold.splitter.call("script_end", [{"Pending": None}, {"NotTheLicenceLedger": None}])
    assert end(sold) == PENDING
    assert sold.state(1)["Ending"]["refunded"] is None
    assert sold.ledger.query("licence", 1)["valid_until"] <= sold.replica.get_time()
    assert sold.status()["unfinished_orders"] == 1
    assert end(sold) == PENDING
    sold.pass_time(90)
    is_over(sold)


def test_work_is_settled_before_records_are_counted(exchange):
    sell(exchange, earning={"ByRecord": 10}, cancellable=True)
    settled = exchange.registry.query("calls", "settled")
    assert end(exchange)["Ok"]["refunded"] == REFUND
    assert exchange.registry.query("calls", "settled") == settled + 1


def test_records_are_counted_when_the_work_is_settled_or_after_ten_minutes_without(exchange):
    exchange.create_offer(terms=terms(earning={"ByRecord": 10}, cancellable=True))
    exchange.registry.call("script_settle", [{"Ok": {"size": 9, "root": "", "remaining_batches": 0}}, *[AWAY] * 100])
    exchange.buy()
    assert end(exchange) == PENDING
    exchange.pass_time(540)
    assert (exchange.splitter.query("end_calls"), list(exchange.state(1))) == (0, ["Ending"])
    exchange.pass_time(120)
    assert exchange.splitter.query("end_calls") == 1
    is_over(exchange)


@pytest.mark.parametrize("fault", ["drop_reply", "trap_at_await", "fail_request"])
@pytest.mark.parametrize("method", ["apply_entitlements", "settle_work", "end_order"])
def test_end_survives_every_fault_of_every_call(exchange, fault, method):
    sell(exchange, earning={"ByRecord": 10}, cancellable=True)
    getattr(exchange.replica.faults, fault)(method=method)
    exchange.ledger.submit("end_licence", 1, sender=BUYER)
    exchange.replica.tick(6)
    exchange.pass_time(180)
    is_over(exchange)
    assert end(exchange)["Ok"]["refunded"] == REFUND


@pytest.mark.parametrize("method", ["apply_entitlements", "settle_work", "end_order"])
def test_end_survives_an_upgrade_at_every_call(exchange, method):
    sell(exchange, earning={"ByRecord": 10}, cancellable=True)
    exchange.replica.faults.fail_request(method=method)
    exchange.ledger.call("end_licence", 1, sender=BUYER)
    exchange.ledger.upgrade()
    exchange.pass_time(120)
    is_over(exchange)


def test_end_is_written_once_when_two_ask_at_once(sold):
    sold.replica.faults.delay_reply(method="end_order")
    call = sold.ledger.submit("end_licence", 1, sender=BUYER)
    sold.replica.tick(3)
    assert end(sold, PROVIDER)["Ok"]["refunded"] == REFUND
    sold.replica.faults.deliver_delayed()
    assert sold.ledger.wait("end_licence", call)["Ok"]["refunded"] == REFUND
    is_over(sold)
