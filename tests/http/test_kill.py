"""A sale that goes on while the replica is killed, again and again: nothing that was acknowledged is lost, and the books balance."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import dropwhile
from pathlib import Path
from random import Random
from typing import Any

import pytest
from raw_client import Client, unpack
from remote_exchange import LEDGER_FEE, People, RemoteExchange, account
from replica_host import HOST, ReplicaHost
from sale_load import Buyer, Claimant, Line, Load, Operator, Person

SETTLED_WITHIN_S = 150
"""Timers of the canisters try again every minute."""


class Sale:
    """The exchange on a replica that is kept in a directory, and its people."""

    def __init__(self, folder: Path, root: Path, seed: int) -> None:
        self.random = Random(seed)
        self.host = ReplicaHost(folder / "replica.log", folder / "state")
        self.host.start()
        self.root_key = self.host.root_key
        people = People.gather(operators=2, buyers=3)
        self.exchange = RemoteExchange(self.host.client(), root / "canisters", people)
        self.exchange.deploy(root / "canisters", [root / "src"])
        self.line = Line(self.host)
        self.buyers = [self._person(Buyer, buyer) for buyer in people.buyers]
        self.operators = [self._person(Operator, operator) for operator in people.operators]
        self.claimants = [self._person(Claimant, payee) for payee in (people.provider, people.operators[0])]
        self.load = Load([*self.buyers, *self.operators, *self.claimants], self.line)

    def _person(self, kind: type[Person], identity: Any) -> Any:
        return kind(self.exchange, self.line, identity, Random(self.random.random()))

    def kill_at_a_random_moment(self, most: int) -> None:
        """After some acknowledgements, and then somewhere within a block."""
        self.line.wait_for_acknowledgements(self.random.randint(1, most))
        moment = threading.Event()
        threading.Timer(self.random.uniform(0, 0.05), moment.set).start()
        moment.wait()
        self.exchange.client.close()
        self.line.kill_and_restart()
        self.exchange.client = self.host.client()

    def close(self) -> None:
        self.line.finish()
        self.exchange.client.close()
        for person in self.load.people:
            person.close()
        self.host.stop()

    def query(self, canister: str, method: str, *values: Any) -> Any:
        return self.exchange.canister(canister).query(method, *values)

    def settle(self) -> None:
        """Wait until nothing is between its states."""
        deadline = time.monotonic() + SETTLED_WITHIN_S
        while self._is_open():
            assert time.monotonic() < deadline, "an order or a payment is stuck"

    def _is_open(self) -> bool:
        return bool(self.query("dst_ledger", "ledger_status")["unfinished_orders"]) or any(
            self.query("payout_splitter", "open_payments").values()
        )

    def balance(self, owner: Any) -> int:
        balance: int = self.query("token_ledger", "icrc1_balance_of", account(owner))
        return balance


@pytest.fixture
def sale(tmp_path: Path, project_root: Path) -> Iterator[Sale]:
    found = Sale(tmp_path, project_root, seed=int(time.time()))
    yield found
    found.close()


def check_identity(sale: Sale) -> None:
    """It is the same replica as before."""
    client = Client(HOST, sale.host.port)
    assert unpack(client.send("GET", "/api/v2/status").body)["root_key"] == sale.root_key
    client.close()


def orders_of(sale: Sale, buyer: Buyer) -> list[dict[str, Any]]:
    """All of a buyer's orders, a page after the other."""
    orders: list[dict[str, Any]] = []
    while page := sale.query("dst_ledger", "orders_of", buyer.identity.principal, orders[-1]["order"] + 1 if orders else 0, 200):
        orders += page
    return orders


def check_purchases(sale: Sale) -> None:
    for buyer in sale.buyers:
        keys = [key for key, _ in buyer.done]
        orders = orders_of(sale, buyer)
        assert sorted(order["created_at_time"] for order in orders) == sorted(keys)
        by_key = {order["created_at_time"]: order for order in orders}
        for key, answer in buyer.done:
            bought, completed = answer["Ok"], by_key[key]["state"]["Completed"]
            assert (bought["order"], bought["licence"]) == (by_key[key]["order"], completed["licence"])
            assert sale.query("dst_ledger", "licence", bought["licence"])["holder"]["owner"] == buyer.identity.principal


def check_appends(sale: Sale) -> None:
    head = sale.query("stream_registry", "head", sale.exchange.stream)["Ok"]
    receipts = [answer["Ok"] for operator in sale.operators for _, answer in operator.done]
    assert head["size"] == sum(receipt["count"] for receipt in receipts)
    assert head["root"] == max(receipts, key=lambda receipt: receipt["size"])["root"]
    for operator in sale.operators:
        known = sale.query("stream_registry", "contributor", sale.exchange.stream, operator.identity.principal)["Ok"]
        assert known["next_batch"] == len(operator.done)
        for (_, records), answer in operator.done:
            assert answer["Ok"]["count"] == len(records)


def check_claims(sale: Sale) -> None:
    for claimant in sale.claimants:
        answers = [answer for _, answer in claimant.done]
        # The first sale opens the stream's account book; once the splitter knows the stream, it never forgets it.
        later = dropwhile(lambda answer: "UnknownStream" in answer.get("Err", {}), answers)
        assert [answer for answer in later if "Err" in answer and "NothingToClaim" not in answer["Err"]] == []
        payouts = [answer["Ok"] for _, answer in claimant.done if "Ok" in answer]
        assert sale.balance(claimant.identity.principal) == sum(payout["amount"] for payout in payouts)
        assert len({payout["payout"] for payout in payouts}) == len(payouts)


def check_money(sale: Sale) -> None:
    (audit,) = sale.query("payout_splitter", "audit")["ledgers"]
    assert audit["balanced"]
    assert (audit["lost_scaled"], audit["in_flight"], audit["collecting"]) == (0, 0, 0)
    assert audit["received"] == audit["credited"] + audit["pending"] + audit["remainder"]
    sold = [answer["Ok"] for buyer in sale.buyers for _, answer in buyer.done]
    assert audit["received"] == sum(purchase["price"] for purchase in sold)
    splitter = sale.exchange.ids["payout_splitter"]
    assert sale.balance(splitter) == audit["received"] - audit["paid"] - audit["ledger_fees_paid"]
    for buyer in sale.buyers:
        spent = sum(answer["Ok"]["price"] + LEDGER_FEE for _, answer in buyer.done) + LEDGER_FEE
        assert sale.balance(buyer.identity.principal) == 10**14 - spent


def run(sale: Sale, kills: int, most_between: int) -> None:
    sale.load.start()
    for _ in range(kills):
        sale.kill_at_a_random_moment(most_between)
        check_identity(sale)
        (audit,) = sale.query("payout_splitter", "audit")["ledgers"]
        assert (audit["balanced"], audit["lost_scaled"]) == (True, 0)
    sale.line.wait_for_acknowledgements(10)
    sale.load.stop()
    sale.settle()
    for check in (check_purchases, check_appends, check_claims, check_money):
        check(sale)
    assert "Traceback" not in sale.host.words()


@pytest.mark.slow
def test_killed_replica_goes_on_where_it_was(sale: Sale) -> None:
    run(sale, kills=4, most_between=40)
    # Somebody was cut off by each kill, or the kills proved nothing.
    assert sum(person.retries for person in sale.load.people) >= 4


@pytest.mark.soak
def test_replica_killed_many_times_goes_on_where_it_was(sale: Sale) -> None:
    run(sale, kills=40, most_between=100)
    retries = sum(person.retries for person in sale.load.people)
    print(f"{sale.line.acknowledged} acknowledgements, {retries} requests sent again")  # noqa: T201 - figures for a person
