"""Entitlements on their way to the registries: numbered densely, in order, each once, whatever happens on the way."""

from __future__ import annotations

import pytest
from dst_ledger_exchange import BUYER, DAY_SECONDS, GOVERNANCE, OTHER_BUYER, PROVIDER, SHARD, STREAM, TERMS, Exchange, transfer_arg


def holders(exchange: Exchange) -> list[tuple[int, str]]:
    """What the registry was told, in its order."""
    return [(item["licence"], item["holder"]) for item in exchange.registry.query("entitlements")]


def waiting(exchange: Exchange) -> tuple[int, int]:
    """How many entitlements were numbered, and how many of them delivered."""
    (registry,) = exchange.status()["registries"]
    return registry["entitlements"], registry["delivered"]


@pytest.mark.parametrize("refusal", [{"NotTheLicenceLedger": None}, {"OversizedBatch": {"most": 1}}])
def test_refused_delivery_is_repeated(offered, refusal):
    offered.registry.call("script_apply", [{"Err": refusal}] * 2)
    offered.buy()
    assert waiting(offered) == (1, 0)
    assert holders(offered) == []
    offered.pass_time(60)
    assert waiting(offered) == (1, 1)
    assert holders(offered) == [(1, str(BUYER))]


def test_next_purchase_delivers_what_was_left(offered):
    offered.registry.call("script_apply", [{"Err": {"NotTheLicenceLedger": None}}])
    offered.buy()
    offered.buy(OTHER_BUYER)
    assert holders(offered) == [(1, str(BUYER)), (2, str(OTHER_BUYER))]


def test_backlog_is_delivered_twenty_at_a_time_and_eighty_in_a_row(offered):
    offered.registry.call("script_apply", [{"Err": {"NotTheLicenceLedger": None}}] * 85)
    for _ in range(85):
        offered.buy()
    assert waiting(offered) == (85, 0)
    offered.buy()
    assert waiting(offered) == (86, 80)
    offered.pass_time(30)
    assert waiting(offered) == (86, 86)
    assert [licence for licence, _ in holders(offered)] == list(range(1, 87))


def test_registry_that_was_set_back_gets_everything_again(offered):
    for _ in range(3):
        offered.buy()
    offered.registry.call("set_back", 1)
    offered.buy()
    offered.pass_time(30)
    assert waiting(offered) == (4, 4)
    assert [licence for licence, _ in holders(offered)] == [1, 2, 3, 4]


@pytest.mark.parametrize("sold", [31, 32, 33, 64, 65])
def test_registry_that_was_set_back_to_the_beginning_gets_every_page_again(offered, sold):
    for _ in range(sold):
        offered.buy()
    offered.registry.call("set_back", 0)
    offered.ledger.upgrade()
    offered.buy()
    offered.pass_time(60)
    assert waiting(offered) == (sold + 1, sold + 1)
    assert [licence for licence, _ in holders(offered)] == list(range(1, sold + 2))


def test_registry_that_expects_what_was_never_given_is_not_served_and_nothing_is_skipped(offered):
    offered.registry.call("set_ahead", 5)
    offered.buy()
    offered.pass_time(60)
    assert waiting(offered) == (1, 0)
    offered.registry.call("set_back", 0)
    offered.pass_time(30)
    assert holders(offered) == [(1, str(BUYER))]


def test_answer_that_is_late_takes_nothing_back_and_repeats_nothing(offered):
    offered.replica.faults.delay_reply(method="apply_entitlements")
    call = offered.submit_purchase()
    offered.buy()
    assert waiting(offered) == (2, 2)
    offered.replica.faults.deliver_delayed()
    assert offered.ledger.wait("purchase", call)["Ok"]["licence"] == 1
    assert waiting(offered) == (2, 2)
    assert offered.registry.query("calls", "applied") == 2


@pytest.mark.parametrize("expected", [0, 1])
def test_gap_that_names_no_earlier_number_skips_nothing(offered, expected):
    offered.registry.call("script_apply", [{"Err": {"Gap": {"expected": expected}}}])
    offered.buy()
    assert waiting(offered) == (1, 0)
    offered.pass_time(30)
    assert waiting(offered) == (1, 1)
    assert holders(offered) == [(1, str(BUYER))]


def test_transfer_tells_the_registry_at_once(offered):
    receipt = offered.purchase()["Ok"]
    offered.ledger.call("icrc7_transfer", [transfer_arg(1, OTHER_BUYER)], sender=BUYER)
    offered.replica.tick(3)
    first, second = offered.registry.query("entitlements")
    assert first["holder"] == str(BUYER)
    assert second == {
        "licence": 1,
        "stream": STREAM,
        "holder": str(OTHER_BUYER),
        "valid_from": receipt["valid_from"],
        "valid_until": receipt["valid_until"],
    }


def test_transfer_to_the_same_principal_tells_the_registry_nothing(offered):
    offered.buy()
    own = {"owner": BUYER, "subaccount": bytes(31) + b"\1"}
    assert offered.ledger.call("icrc7_transfer", [transfer_arg(1, BUYER, to=own)], sender=BUYER) == [{"Ok": 1}]
    offered.pass_time(60)
    assert holders(offered) == [(1, str(BUYER))]


@pytest.mark.parametrize(("days", "told"), [(0, 2), (2, 1)])
def test_expired_licence_moves_and_the_registry_is_told_only_of_a_live_one(offered, days, told):
    offered.buy()
    offered.replica.advance_time(days * DAY_SECONDS)
    assert offered.ledger.call("icrc7_transfer", [transfer_arg(1, OTHER_BUYER)], sender=BUYER) == [{"Ok": 1}]
    offered.pass_time(30)
    assert len(holders(offered)) == told
    assert offered.ledger.query("licence", 1)["holder"]["owner"] == OTHER_BUYER


def test_each_registry_has_its_own_numbers(fresh):
    ledger = fresh.install_ledger()
    exchange = fresh.exchange(ledger)
    other = fresh.replica.install(fresh.registry_entry)
    stream = 9 << 48 | 1
    other.call("set_provider", stream, str(PROVIDER))
    assert ledger.call("add_registry", {"shard": 9, "registry": other.id}, sender=GOVERNANCE) is None
    assert exchange.create_offer() == 1
    assert exchange.create_offer(stream=stream) == 2
    for offer in (1, 2, 1, 2):
        exchange.buy(offer=offer)
    assert [item["licence"] for item in fresh.registry.query("entitlements")] == [1, 3]
    assert [item["licence"] for item in other.query("entitlements")] == [2, 4]
    served = [(item["shard"], item["entitlements"], item["delivered"]) for item in exchange.status()["registries"]]
    assert served == [(SHARD, 2, 2), (9, 2, 2)]


def test_registry_that_hangs_stops_no_other(fresh):
    ledger = fresh.install_ledger()
    exchange = fresh.exchange(ledger)
    other = fresh.replica.install(fresh.registry_entry)
    stream = 9 << 48 | 1
    other.call("set_provider", stream, str(PROVIDER))
    ledger.call("add_registry", {"shard": 9, "registry": other.id}, sender=GOVERNANCE)
    ledger.call("create_offer", {"stream": stream, "title": None, "terms": TERMS}, sender=PROVIDER)
    exchange.create_offer()
    for registry in (fresh.registry, other):
        registry.call("script_apply", [{"Err": {"NotTheLicenceLedger": None}}])
    exchange.buy(offer=1)
    exchange.buy(offer=2)
    fresh.replica.faults.delay_reply(callee=fresh.registry.id, method="apply_entitlements")
    exchange.pass_time(60)
    assert [item["delivered"] for item in exchange.status()["registries"]] == [1, 1]
