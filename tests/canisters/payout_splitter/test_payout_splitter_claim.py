from __future__ import annotations

import pytest
from splitter_bench import (
    ANONYMOUS,
    FIRST,
    GOVERNANCE,
    LEDGER,
    LEDGER_FEE,
    LICENCE_LEDGER,
    OTHER_STREAM,
    PROVIDER,
    REGISTRY,
    SECOND,
    SPLITTER,
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


@pytest.fixture
def sold(bench: Bench) -> Bench:
    """A bench with one sale of 1,000 units: treasury 20, provider 98, contributors 661 1/2 and 220 1/2."""
    bench.open_stream({FIRST: 3, SECOND: 1})
    bench.sell(1, 1_000)
    return bench


def test_a_contributor_is_paid_its_whole_units(sold: Bench) -> None:
    assert sold.claim(FIRST) == {"Ok": {"payout": 1, "amount": 651, "fee": 10, "block_index": 1}}
    assert sold.money(FIRST) == 651
    expected = {"credited": 661, "claimable": 0, "in_flight": 0, "paid": 651, "ledger_fees": 10, "ledger_fee": LEDGER_FEE}
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
    assert bench.splitter.query("audit_of", STREAM)["provider_due"] == 0
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
    assert sold.claim(FIRST, to=account(STRANGER, SUBACCOUNT))["Ok"]["amount"] == 651
    assert (sold.money(STRANGER, SUBACCOUNT), sold.money(FIRST)) == (651, 0)
    state = sold.splitter.query("payout_state", 1)
    assert state["to"].startswith(f"{STRANGER}-")
    assert state["to"].endswith("." + SUBACCOUNT.hex().lstrip("0"))


@pytest.mark.parametrize(("price", "paid"), [(12, 1), (13, 2)])
def test_a_balance_above_the_fee_is_paid(bench: Bench, price: int, paid: int) -> None:
    bench.configure(protocol_fee_ppm=0)
    bench.open_stream({FIRST: 1}, provider_share_ppm=1)
    bench.sell(1, price)
    # The provider's share is rounded up to one unit.
    assert bench.claim(FIRST)["Ok"]["amount"] == paid


def test_a_balance_of_just_the_fee_is_not_paid(bench: Bench) -> None:
    bench.configure(protocol_fee_ppm=0)
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
    wish = {"streams": [STREAM], "to": None, "created_at_time": None}
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
    to = account(owner or sold.splitter.id, subaccount)
    assert sold.claim(FIRST, to=to) == {"Err": {"InvalidAccount": {"reason": reason}}}
    assert sold.claimable(FIRST, STREAM) == 661


def test_a_claim_repeated_under_its_time_answers_the_first(sold: Bench) -> None:
    now = sold.replica.get_time()
    first = sold.claim(FIRST, created_at_time=now)
    sold.sell(2, 1_000)
    assert sold.claim(FIRST, created_at_time=now) == first
    assert sold.claim(FIRST, (), to=account(STRANGER), created_at_time=now) == first
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


def test_a_pause_stops_claims(sold: Bench) -> None:
    sold.configure(paused=True)
    assert sold.claim(FIRST) == {"Err": {"Paused": None}}
    sold.configure(paused=False)
    assert "Ok" in sold.claim(FIRST)


def test_nothing_is_paid_before_the_ledgers_fee_is_known(sold: Bench) -> None:
    # A splitter whose payment ledger has no code yet.
    empty = sold.replica.create_canister()
    init = {
        "governance": GOVERNANCE,
        "dst_ledger": LICENCE_LEDGER,
        "registries": [REGISTRY],
        "payment_ledger": empty,
        "treasury": account(TREASURY),
        "protocol_fee_ppm": 0,
    }
    early = sold.replica.install(SPLITTER, init)
    sold.replica.tick(2)
    wish = {"streams": [], "to": None, "created_at_time": None}
    reason = "the ledger's fee is not known yet"
    assert early.call("claim", wish, sender=FIRST) == {"Err": {"TemporarilyUnavailable": {"reason": reason}}}
    assert early.query("parameters")["ledger_fee"] is None
    sold.replica.install_code(empty, LEDGER, Encoder((NAT,))((7,)))
    sold.later()
    assert early.query("parameters")["ledger_fee"] == 7
    assert early.call("claim", wish, sender=FIRST) == {"Err": {"NothingToClaim": {"claimable": 0, "ledger_fee": 7}}}


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
        "credited": 661, "claimable": 0, "in_flight": 0, "paid": 636, "ledger_fees": 25, "ledger_fee": 25
    }  # fmt: skip
    assert sold.claim(SECOND)["Ok"]["fee"] == 25
    sold.check_solvency()


def test_a_fee_that_eats_the_whole_balance_gives_it_back(sold: Bench) -> None:
    sold.ledger.call("set_fee", 661)
    assert sold.claim(FIRST) == {"Err": {"PaymentRefused": {"reason": "BadFee"}}}
    assert sold.claimable(FIRST) == 661
    assert sold.claim(FIRST) == {"Err": {"NothingToClaim": {"claimable": 661, "ledger_fee": 661}}}
    sold.ledger.call("set_fee", 660)
    sold.sell(2, 1_000)
    assert sold.claim(FIRST)["Ok"]["fee"] == 660
    sold.check_solvency()


def test_a_ledger_that_names_the_same_fee_as_wrong_is_not_asked_again(sold: Bench) -> None:
    sold.fail_next("BadFee", 2)
    with sold.counting("icrc1_transfer") as attempts:
        assert sold.claim(FIRST) == {"Err": {"PaymentRefused": {"reason": "BadFee"}}}
    assert len(attempts) == 1
    sold.check_solvency()


def test_a_second_claim_meanwhile_pays_what_is_new(sold: Bench) -> None:
    sold.replica.faults.delay_reply(callee=sold.ledger.id, method="icrc1_transfer")
    wish = {"streams": [STREAM], "to": None, "created_at_time": None}
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
