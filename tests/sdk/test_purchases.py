"""A licence is paid for once, whatever is lost on the way."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from in_process_agent import InProcessAgent

from ddsx.command_line import Client
from ddsx.errors import BadSetting, CanisterRefused
from ddsx.purchases import buy
from exchange import LEDGER_FEE, ROOT, Exchange, deploy, subscription
from kybra_replica.driver import Replica, user

PROVIDER, BUYER = user("provider"), user("buyer")
PRICE = 1_000_000
NEEDED = PRICE + 2 * LEDGER_FEE
DAY_SECONDS = 24 * 3600
STREAM = {
    "title": "Readings",
    "description": "",
    "schema": '{"fields":[{"name":"value","type":"int"}]}',
    "media_type": "application/json",
    "tags": [],
    "curators": [],
    "provider_share_ppm": 0,
    "created_at_time": None,
}


@pytest.fixture(scope="module")
def shop():
    """The exchange with one offer, at the time of this machine's clock, which names requests."""
    exchange = deploy(Replica(search_path=[ROOT / "src"], time_ns=time.time_ns()))
    stream = exchange.stream_registry.call("create_stream", STREAM, sender=PROVIDER)["Ok"]
    terms = subscription(DAY_SECONDS, PRICE, 3)
    offer = exchange.dst_ledger.call("create_offer", {"stream": stream, "terms": terms, "title": None}, sender=PROVIDER)["Ok"]
    return exchange, offer, exchange.replica.checkpoint()


@pytest.fixture
def exchange(shop) -> Exchange:
    found, _, fresh = shop
    found.replica.restore(fresh)
    # Requests are named by this machine's clock, and may not be ahead of the replica's by more than a minute.
    found.replica.advance_time(max(0, time.time_ns() - found.replica.get_time()) // 10**9 + 1)
    found.fund(BUYER, NEEDED)
    return found


@pytest.fixture
def agent(exchange) -> InProcessAgent:
    return InProcessAgent(exchange.replica, "buyer")


@pytest.fixture
def client(exchange, agent) -> Client:
    registry, ledger, splitter = (
        agent.canister(str(handle.id)) for handle in (exchange.stream_registry, exchange.dst_ledger, exchange.payout_splitter)
    )
    return Client(agent, registry, ledger, splitter, lambda line: None)


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "feed.purchase.json"


def purchase(shop, client, note, **others):
    return buy(client, note, **{"offer": shop[1], "periods": 1, "max_price": None, **others})


def licences(exchange) -> int:
    count: int = exchange.dst_ledger.query("ledger_status")["licences"]
    return count


def test_price_and_two_fees_are_paid_and_a_licence_is_there(shop, exchange, client, note):
    bought = purchase(shop, client, note)
    assert (bought["price"], exchange.balance(BUYER), licences(exchange)) == (PRICE, 0, 1)
    assert json.loads(note.read_text(encoding="utf-8"))["purchase"] == bought


def test_the_same_command_again_buys_nothing(shop, exchange, client, agent, note):
    bought = purchase(shop, client, note)
    exchange.fund(BUYER, NEEDED)
    agent.sent.clear()
    assert purchase(shop, client, note) == bought
    assert (agent.sent, exchange.balance(BUYER), licences(exchange)) == ([], NEEDED, 1)


def test_another_note_is_another_licence(shop, exchange, client, note):
    first = purchase(shop, client, note)
    exchange.fund(BUYER, NEEDED)
    second = purchase(shop, client, note.with_name("other.json"))
    assert first["licence"] != second["licence"]
    assert licences(exchange) == 2


@pytest.mark.parametrize("lost", [["purchase"], ["icrc2_approve"], ["purchase", "purchase", "icrc2_approve"]])
def test_answers_that_are_lost_are_asked_for(shop, exchange, client, agent, note, lost):
    agent.lost.extend(lost)
    assert purchase(shop, client, note)["price"] == PRICE
    assert (agent.lost, exchange.balance(BUYER), licences(exchange)) == ([], 0, 1)


def interrupted(shop, client, note) -> dict:
    """As if the command had ended between the purchase and its note."""
    bought = purchase(shop, client, note)
    kept = json.loads(note.read_text(encoding="utf-8"))
    note.write_text(json.dumps({**kept, "purchase": None}), encoding="utf-8")
    return bought


def test_a_command_that_was_interrupted_is_gone_on_with(shop, exchange, client, note):
    bought = interrupted(shop, client, note)
    assert purchase(shop, client, note) == bought
    assert (exchange.balance(BUYER), licences(exchange)) == (0, 1)


def test_even_when_the_request_is_too_old_to_be_asked_about(shop, exchange, client, note):
    bought = interrupted(shop, client, note)
    exchange.replica.advance_time(2 * DAY_SECONDS)
    found = purchase(shop, client, note)
    assert {name: found[name] for name in bought} == bought
    assert (exchange.balance(BUYER), licences(exchange)) == (0, 1)


def test_an_old_request_that_never_arrived_is_forgotten(shop, exchange, client, note):
    asked = {"ledger": client.ledger.id, "buyer": client.me, "offer": shop[1], "periods": 1}
    kept = {**asked, "max_price": PRICE, "created_at_time": time.time_ns() - 2 * DAY_SECONDS * 10**9}
    kept |= {"source": {"Allowance": None}, "purchase": None}
    note.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(CanisterRefused, match="TooOld"):
        purchase(shop, client, note)
    assert not note.exists()
    assert purchase(shop, client, note)["price"] == PRICE


def test_an_approval_that_suffices_is_not_made_again(shop, exchange, client, agent, note):
    with pytest.raises(CanisterRefused, match="PriceAboveLimit"):
        purchase(shop, client, note, max_price=PRICE - 1)
    assert not note.exists()
    assert purchase(shop, client, note, max_price=PRICE)["price"] == PRICE
    assert agent.sent == ["icrc2_approve", "purchase", "purchase"]


def test_one_unit_too_few_is_told_before_anything_is_sent(shop, exchange, client, agent, note):
    burn = {"to": {"owner": exchange.minter, "subaccount": None}, "amount": LEDGER_FEE}
    exchange.fund(BUYER, 2 * LEDGER_FEE - 1 - LEDGER_FEE)
    nothing = dict.fromkeys(("from_subaccount", "fee", "memo", "created_at_time"))
    assert "Ok" in exchange.token_ledger.call("icrc1_transfer", {**burn, **nothing}, sender=BUYER)
    assert exchange.balance(BUYER) == NEEDED - 1
    with pytest.raises(BadSetting, match=f"has {NEEDED - 1:,} units on ledger .*, and {NEEDED:,} are needed"):
        purchase(shop, client, note)
    assert (agent.sent, note.exists()) == ([], False)
    exchange.fund(BUYER, 1)
    assert purchase(shop, client, note)["price"] == PRICE


def test_price_that_is_sent_by_another_wallet_buys_when_it_is_there(shop, exchange, client, agent, note):
    with pytest.raises(CanisterRefused, match="AwaitingDeposit") as waiting:
        purchase(shop, client, note, deposit=True)
    to, amount = waiting.value.details["account"], waiting.value.details["amount"]
    assert amount == PRICE + LEDGER_FEE
    nothing = dict.fromkeys(("from_subaccount", "fee", "memo", "created_at_time"))
    transfer = {"to": {"owner": to["owner"], "subaccount": bytes(to["subaccount"])}, "amount": amount}
    assert "Ok" in exchange.token_ledger.call("icrc1_transfer", {**transfer, **nothing}, sender=BUYER)
    assert purchase(shop, client, note, deposit=True)["price"] == PRICE
    assert (exchange.balance(BUYER), licences(exchange)) == (0, 1)
    assert "icrc2_approve" not in agent.sent


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"offer": 1}', "\x00"])
def test_a_note_of_something_else_is_left_alone(shop, client, note, text):
    note.write_text(text, encoding="utf-8")
    with pytest.raises(BadSetting, match="it is not about this purchase"):
        purchase(shop, client, note)
    assert note.read_text(encoding="utf-8") == text


def test_a_note_of_other_periods_is_another_purchase(shop, exchange, client, note):
    purchase(shop, client, note)
    with pytest.raises(BadSetting, match="it is not about this purchase"):
        purchase(shop, client, note, periods=2)
