from __future__ import annotations

import pytest
from splitter_bench import (
    ANONYMOUS,
    FIRST,
    LEDGER,
    LEDGER_FEE,
    OTHER_STREAM,
    PAYER,
    PROVIDER,
    SECOND,
    STRANGER,
    STREAM,
    THIRD,
    TREASURY,
    Bench,
    account,
)

from kybra_replica.candid import Encoder
from kybra_replica.candid.types import NAT
from kybra_replica.driver import CallRejected
from kybra_replica.principal import Principal

SUBACCOUNT = b"\7" * 32
MINUTE_NS = 60 * 10**9
DAY = 24 * 60 * 60


@pytest.fixture
def sold(bench: Bench) -> Bench:
    """A bench with one sale of 1,000 units: treasury 20, provider 98, contributors 661 1/2 and 220 1/2."""
    bench.open_stream({FIRST: 3, SECOND: 1})
    bench.sell(1, 1_000)
    return bench


def test_a_contributor_is_paid_its_whole_units(sold: Bench) -> None:
    assert sold.claim(FIRST) == {"Ok": {"payout": 1, "amount": 651, "fee": 10, "block_index": 1}}
    assert sold.money(FIRST) == 651
    expected = {
        "credited": 661, "claimable": 0, "in_flight": 0, "paid": 651, "ledger_fees": 10, "spent": 0, "ledger_fee": LEDGER_FEE
    }  # fmt: skip
    assert sold.balance(FIRST, STREAM) == expected
    assert sold.claimable(SECOND, STREAM) == 220
    audit = sold.check_solvency()
    assert (audit["paid"], audit["ledger_fees_paid"], audit["settled"]) == (651, 10, 661)


def test_a_fraction_stays_the_contributors_own(sold: Bench) -> None:
    sold.claim(FIRST)
    sold.sell(2, 1_000)
    # Twice 661 1/2, of which 661 were paid.
    assert sold.claimable(FIRST, STREAM) == 662
    sold.check_solvency()


def test_the_provider_is_paid_its_shares_and_what_it_contributed(bench: Bench) -> None:
    bench.open_stream({PROVIDER: 1, FIRST: 1})
    bench.sell(1, 1_000)
    assert bench.claim(PROVIDER)["Ok"]["amount"] == 98 + 441 - LEDGER_FEE
    assert bench.claim(PROVIDER) == {"Err": {"NothingToClaim": {"claimable": 0, "ledger_fee": LEDGER_FEE}}}
    assert bench.purse()["provider_due"] == 0
    bench.check_solvency()


def test_the_treasury_is_paid_the_protocols_fees(sold: Bench) -> None:
    assert sold.claim(TREASURY, ())["Ok"]["amount"] == 20 - LEDGER_FEE
    sold.sell(2, 1_000)
    assert sold.claim(TREASURY, ())["Ok"]["amount"] == 20 - LEDGER_FEE
    assert sold.balance(TREASURY)["credited"] == 40
    sold.check_solvency()


def test_one_claim_draws_from_several_streams(sold: Bench) -> None:
    sold.open_stream({FIRST: 1}, stream=OTHER_STREAM)
    sold.sell(2, 1_000, stream=OTHER_STREAM)
    assert sold.claim(FIRST, (STREAM, OTHER_STREAM))["Ok"]["amount"] == 661 + 882 - LEDGER_FEE
    sold.check_solvency((STREAM, OTHER_STREAM))


def test_only_the_streams_named_are_drawn_from(sold: Bench) -> None:
    sold.open_stream({FIRST: 1}, stream=OTHER_STREAM)
    sold.sell(2, 1_000, stream=OTHER_STREAM)
    assert sold.claim(FIRST, (OTHER_STREAM,))["Ok"]["amount"] == 882 - LEDGER_FEE
    assert sold.claimable(FIRST, STREAM) == 661


def test_a_stream_named_twice_pays_once(sold: Bench) -> None:
    assert sold.claim(FIRST, (STREAM, STREAM))["Ok"]["amount"] == 651
    assert sold.claim(PROVIDER, (STREAM, STREAM))["Ok"]["amount"] == 88
    sold.check_solvency()


def test_a_payee_may_be_paid_elsewhere(sold: Bench) -> None:
    assert sold.claim(FIRST, to={"Account": account(STRANGER, SUBACCOUNT)})["Ok"]["amount"] == 651
    assert (sold.money(STRANGER, SUBACCOUNT), sold.money(FIRST)) == (651, 0)
    state = sold.splitter.query("payout_state", 1)
    assert state["to"].startswith(f"{STRANGER}-")
    assert state["to"].endswith("." + SUBACCOUNT.hex().lstrip("0"))


@pytest.mark.parametrize(("price", "paid"), [(12, 1), (13, 2)])
def test_a_balance_above_the_fee_is_paid(bench: Bench, price: int, paid: int) -> None:
    bench.govern("set_protocol_fee", 0)
    bench.open_stream({FIRST: 1}, provider_share_ppm=1)
    bench.sell(1, price)
    # The provider's share is rounded up to one unit.
    assert bench.claim(FIRST)["Ok"]["amount"] == paid


def test_a_balance_of_just_the_fee_is_not_paid(bench: Bench) -> None:
    bench.govern("set_protocol_fee", 0)
    bench.open_stream({FIRST: 1}, provider_share_ppm=0)
    bench.sell(1, LEDGER_FEE)
    assert bench.claim(FIRST) == {"Err": {"NothingToClaim": {"claimable": 10, "ledger_fee": 10}}}
    assert bench.audit()["settled"] == 0
    bench.sell(2, 1)
    assert bench.claim(FIRST)["Ok"]["amount"] == 1


def test_who_has_nothing_is_paid_nothing(sold: Bench) -> None:
    assert sold.claim(STRANGER) == {"Err": {"NothingToClaim": {"claimable": 0, "ledger_fee": 10}}}
    assert sold.splitter.query("payout_state", 1) is None


def test_ten_streams_may_be_named(sold: Bench) -> None:
    for place in range(1, 11):
        sold.open_stream(stream=STREAM + place)
    ten = tuple(STREAM + place for place in range(10))
    assert sold.claim(FIRST, ten)["Ok"]["amount"] == 651
    assert sold.claim(FIRST, (*ten, STREAM + 10)) == {"Err": {"TooManyStreams": {"most": 10}}}


def test_an_unknown_stream_is_named(sold: Bench) -> None:
    assert sold.claim(FIRST, (STREAM, OTHER_STREAM)) == {"Err": {"UnknownStream": {"stream": OTHER_STREAM}}}
    assert sold.claimable(FIRST, STREAM) == 661


def test_the_anonymous_caller_has_no_balance(sold: Bench) -> None:
    wish = {"streams": [STREAM], "ledger": 0, "to": None, "created_at_time": None}
    assert sold.from_inside("claim", wish, sender=ANONYMOUS) == {"Err": {"AnonymousCaller": None}}
    with pytest.raises(CallRejected, match="rejected the message"):
        sold.claim(ANONYMOUS)


@pytest.mark.parametrize(
    ("owner", "subaccount", "reason"),
    [
        (STRANGER, b"\1" * 31, "a subaccount has 32 bytes, not 31"),
        (ANONYMOUS, None, "an account of the anonymous principal"),
        (None, SUBACCOUNT, "an account of the splitter"),
    ],
)
def test_money_goes_to_no_account_that_loses_it(sold: Bench, owner: Principal | None, subaccount: bytes | None, reason: str) -> None:
    to = {"Account": account(owner or sold.splitter.id, subaccount)}
    assert sold.claim(FIRST, to=to) == {"Err": {"InvalidAccount": {"reason": reason}}}
    assert sold.claimable(FIRST, STREAM) == 661


def test_a_claim_repeated_under_its_time_answers_the_first(sold: Bench) -> None:
    now = sold.replica.get_time()
    first = sold.claim(FIRST, created_at_time=now)
    sold.sell(2, 1_000)
    assert sold.claim(FIRST, created_at_time=now) == first
    assert sold.claim(FIRST, (), to={"Account": account(STRANGER)}, created_at_time=now) == first
    assert sold.money(FIRST) == 651
    assert sold.claim(FIRST, created_at_time=now + 1)["Ok"]["payout"] == 2
    assert sold.claim(FIRST, created_at_time=now) == {"Err": {"Superseded": {"latest": now + 1}}}
    sold.check_solvency()


def test_a_claims_time_may_be_a_minute_ahead(sold: Bench) -> None:
    sold.replica.subnet.time_ns += 1
    too_far = sold.replica.get_time() + MINUTE_NS + 10**9
    answer = sold.claim(FIRST, created_at_time=too_far)
    assert answer["Err"]["CreatedInFuture"]["ledger_time"] < too_far - MINUTE_NS
    assert "Ok" in sold.claim(FIRST, created_at_time=too_far - 10**9)


def test_a_claim_that_finds_nothing_is_forgotten(sold: Bench) -> None:
    now = sold.replica.get_time()
    assert "NothingToClaim" in sold.claim(FIRST, (), created_at_time=now)["Err"]
    assert "Ok" in sold.claim(FIRST, created_at_time=now)


def test_a_pause_stops_no_claim(sold: Bench) -> None:
    sold.govern("set_paused", True)
    assert sold.claim(FIRST)["Ok"]["amount"] == 651
    assert sold.claim(TREASURY)["Ok"]["amount"] == 10
    sold.check_solvency()


def test_an_unknown_ledger_has_no_balances(sold: Bench) -> None:
    assert sold.claim(FIRST, ledger=1) == {"Err": {"UnknownLedger": {"ledger": 1}}}
    request = {"payee": FIRST, "ledger": 1, "streams": [STREAM]}
    assert sold.splitter.query("balance_of", request) == {"Err": {"UnknownLedger": {"ledger": 1}}}
    sold.add_ledger()
    assert sold.claim(FIRST, ledger=1) == {"Err": {"NothingToClaim": {"claimable": 0, "ledger_fee": 10}}}
    assert sold.claim(FIRST)["Ok"]["amount"] == 651


def test_each_ledger_has_books_of_its_own(sold: Bench) -> None:
    other = sold.add_ledger()
    sold.fund(PAYER, 10_000, other)
    sold.sell(2, 5_000, ledger=other)
    assert (sold.claimable(FIRST, STREAM), sold.claimable(FIRST, STREAM, ledger=other)) == (661, 3_307)
    assert sold.claim(FIRST, ledger=other)["Ok"] == {"payout": 1, "amount": 3_297, "fee": 10, "block_index": 1}
    assert (sold.money(FIRST), sold.money(FIRST, ledger=other)) == (0, 3_297)
    assert sold.claim(FIRST)["Ok"]["payout"] == 2
    assert sold.splitter.query("payout_state", 1)["ledger"] == other
    for ledger in (0, other):
        sold.check_solvency(ledger=ledger)


def test_a_ledger_that_is_switched_off_pays_on(sold: Bench) -> None:
    sold.govern("switch_ledger", {"ledger": 0, "sells": False})
    assert sold.collect(2, 1_000) == {"Err": {"UnknownLedger": {"ledger": 0}}}
    assert sold.claim(FIRST)["Ok"]["amount"] == 651
    sold.check_solvency()


def test_cycles_are_not_deposited_from_a_ledger_of_tokens(sold: Bench) -> None:
    reason = "only cycles can be deposited in the cycles ledger"
    assert sold.claim(FIRST, to={"CyclesLedger": account(FIRST)}) == {"Err": {"InvalidAccount": {"reason": reason}}}
    assert "Ok" in sold.claim(FIRST, to={"Account": account(FIRST)})


def test_nothing_is_paid_before_the_ledgers_fee_is_known(bench: Bench) -> None:
    # A ledger that has no code yet.
    empty = bench.replica.create_canister()
    bench.govern("add_ledger", {"kind": {"Icrc": None}, "ledger": empty})
    bench.later()
    refusal = {"Err": {"TemporarilyUnavailable": {"reason": "the ledger's fee is not known yet"}}}
    assert bench.claim(FIRST, (), ledger=1) == refusal
    assert bench.splitter.query("parameters")["ledgers"][1]["fee"] is None
    bench.replica.install_code(empty, LEDGER, Encoder((NAT,))((7,)))
    # Asking is what makes the splitter ask.
    assert bench.claim(FIRST, (), ledger=1) == refusal
    bench.later()
    assert bench.splitter.query("parameters")["ledgers"][1]["fee"] == 7
    assert bench.claim(FIRST, (), ledger=1) == {"Err": {"NothingToClaim": {"claimable": 0, "ledger_fee": 7}}}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("TooOld", "TooOld"),
        ("CreatedInFuture", "CreatedInFuture"),
        ("TemporarilyUnavailable", "TemporarilyUnavailable"),
        ("BadBurn", "BadBurn"),
        ("GenericError", "GenericError: closed?for repairs ?"),
    ],
)
def test_what_the_ledger_refuses_is_in_the_balance_again(sold: Bench, kind: str, reason: str) -> None:
    now = sold.replica.get_time()
    sold.fail_next(kind)
    refusal = {"Err": {"PaymentRefused": {"reason": reason}}}
    assert sold.claim(FIRST, created_at_time=now) == refusal
    assert sold.splitter.query("payout_state", 1)["status"] == {"Refused": reason}
    assert sold.claimable(FIRST) == 661
    assert sold.check_solvency()["in_flight"] == 0
    assert sold.claim(FIRST, created_at_time=now) == refusal
    assert sold.claim(FIRST, ())["Ok"] == {"payout": 2, "amount": 651, "fee": 10, "block_index": 1}
    sold.check_solvency()


def test_a_changed_fee_is_taken_up_at_once(sold: Bench) -> None:
    sold.ledger.call("set_fee", 25)
    assert sold.claim(FIRST) == {"Ok": {"payout": 1, "amount": 636, "fee": 25, "block_index": 1}}
    assert sold.balance(FIRST) == {
        "credited": 661, "claimable": 0, "in_flight": 0, "paid": 636, "ledger_fees": 25, "spent": 0, "ledger_fee": 25
    }  # fmt: skip
    assert sold.claim(SECOND)["Ok"]["fee"] == 25
    sold.check_solvency()


def test_a_fee_that_eats_the_whole_balance_gives_it_back(sold: Bench) -> None:
    sold.ledger.call("set_fee", 661)
    assert sold.claim(FIRST) == {"Err": {"PaymentRefused": {"reason": "BadFee"}}}
    assert sold.claimable(FIRST) == 661
    assert sold.claim(FIRST) == {"Err": {"NothingToClaim": {"claimable": 661, "ledger_fee": 661}}}
    sold.ledger.call("set_fee", 660)
    # No refusal tells that a fee fell: it is asked once a day.
    sold.later(DAY)
    assert sold.claim(FIRST)["Ok"] == {"payout": 2, "amount": 1, "fee": 660, "block_index": 1}
    sold.check_solvency()


def test_a_ledger_that_names_the_same_fee_as_wrong_is_not_asked_again(sold: Bench) -> None:
    sold.fail_next("BadFee", 2)
    with sold.counting("icrc1_transfer") as attempts:
        assert sold.claim(FIRST) == {"Err": {"PaymentRefused": {"reason": "BadFee"}}}
    assert len(attempts) == 1
    sold.check_solvency()


def test_a_second_claim_meanwhile_pays_what_is_new(sold: Bench) -> None:
    sold.replica.faults.delay_reply(callee=sold.ledger.id, method="icrc1_transfer")
    wish = {"streams": [STREAM], "ledger": 0, "to": None, "created_at_time": None}
    first = sold.submit("claim", wish, FIRST)
    assert sold.balance(FIRST, STREAM)["in_flight"] == 661
    assert sold.claim(FIRST) == {"Err": {"NothingToClaim": {"claimable": 0, "ledger_fee": 10}}}
    sold.sell(2, 1_000)
    assert sold.claim(FIRST)["Ok"] == {"payout": 2, "amount": 652, "fee": 10, "block_index": 3}
    sold.replica.faults.deliver_delayed()
    assert sold.splitter.wait("claim", first)["Ok"] == {"payout": 1, "amount": 651, "fee": 10, "block_index": 1}
    assert sold.balance(FIRST, STREAM)["paid"] == 651 + 652 == sold.money(FIRST)
    sold.check_solvency()


def test_a_payee_has_eight_open_payouts_at_most(sold: Bench) -> None:
    sold.open_stream({THIRD: 1}, stream=OTHER_STREAM)
    for number in range(2, 10):
        sold.sell(number, 1_000, stream=OTHER_STREAM)
        sold.replica.faults.fail_request(callee=sold.ledger.id, method="icrc1_transfer")
        assert sold.claim(THIRD, (OTHER_STREAM,)) == {"Err": {"Pending": {"payout": number - 1}}}
    sold.sell(10, 1_000, stream=OTHER_STREAM)
    assert sold.claim(THIRD, (OTHER_STREAM,)) == {"Err": {"Pending": {"payout": 1}}}
    assert sold.balance(THIRD, OTHER_STREAM)["in_flight"] == 8 * 882
    sold.later()
    assert sold.claim(THIRD, (OTHER_STREAM,))["Ok"]["payout"] == 9
    assert sold.money(THIRD) == 9 * 872
    sold.check_solvency((STREAM, OTHER_STREAM))


@pytest.mark.parametrize("streams", [(STREAM, OTHER_STREAM), (OTHER_STREAM, STREAM)])
def test_the_order_in_which_streams_are_named_changes_nothing(bench: Bench, streams: tuple[int, int]) -> None:
    # The other stream passes half of what it earns by the second on to the first one.
    bench.open_stream({FIRST: 1})
    bench.open_stream({FIRST: 1}, stream=OTHER_STREAM)
    step = {"payee": f"s:{STREAM:x}", "name": "upstream", "share_ppm": 500_000, "cap_units": 0, "vest_seconds": 0}
    assert "Ok" in bench.set_plan(step, stream=OTHER_STREAM)
    bench.sell(1, 100_000, stream=OTHER_STREAM, earning={"BySecond": DAY})
    bench.replica.advance_time(2 * DAY)
    # 2 % fee; half of the rest in each stream; 10 % of the first stream's half for its provider.
    assert bench.claimable(FIRST, *streams) == 49_000 + 44_100
    assert bench.claim(FIRST, streams)["Ok"]["amount"] == 49_000 + 44_100 - LEDGER_FEE
    bench.check_solvency((STREAM, OTHER_STREAM))
