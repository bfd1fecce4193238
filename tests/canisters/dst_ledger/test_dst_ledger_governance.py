"""init, add_registry, ledger_status and inspect_message."""

from __future__ import annotations

import pytest
from dst_ledger_exchange import BUYER, FEE, GOVERNANCE, PROVIDER, SHARD, TERMS, transfer_arg

from kybra_replica.driver import CallRejected, user

OTHER_REGISTRY = user("other registry")


def add(exchange, shard, registry, sender=GOVERNANCE):
    return exchange.ledger.call("add_registry", {"shard": shard, "registry": registry}, sender=sender)


def test_status_says_what_the_ledger_was_set_up_with(exchange):
    assert exchange.status() == {
        "governance": GOVERNANCE,
        "payout_splitter": exchange.splitter.id,
        "payment_ledger": exchange.splitter.id,
        "ledger_fee": FEE,
        "offers": 0,
        "orders": 0,
        "unfinished_orders": 0,
        "licences": 0,
        "blocks": 0,
        "remembered_requests": 0,
        "registries": [{"shard": SHARD, "registry": exchange.registry.id, "entitlements": 0, "delivered": 0}],
    }


def test_governance_adds_a_registry_and_naming_it_again_changes_nothing(exchange):
    for _ in range(2):
        assert add(exchange, SHARD + 1, OTHER_REGISTRY) == {"Ok": None}
    assert [(item["shard"], item["registry"]) for item in exchange.status()["registries"]] == [
        (SHARD, exchange.registry.id),
        (SHARD + 1, OTHER_REGISTRY),
    ]


def test_shard_of_another_registry_is_taken(exchange):
    assert add(exchange, SHARD, OTHER_REGISTRY) == {"Err": {"ShardTaken": {"registry": exchange.registry.id}}}


def test_nobody_but_governance_adds_a_registry(exchange):
    with pytest.raises(CallRejected, match="rejected"):
        add(exchange, SHARD + 1, OTHER_REGISTRY, sender=BUYER)
    refused = exchange.past_inspect("add_registry", {"shard": SHARD + 1, "registry": OTHER_REGISTRY}, sender=BUYER)
    assert refused == {"Err": {"NotGovernance": None}}


def test_as_many_registries_as_the_limit_are_taken_and_not_one_more(fresh):
    shards = [{"shard": shard, "registry": fresh.registry.id} for shard in range(255)]
    exchange = fresh.exchange(fresh.install_ledger(registries=shards))
    assert add(exchange, 65_535, OTHER_REGISTRY) == {"Ok": None}
    assert add(exchange, 300, OTHER_REGISTRY) == {"Err": {"TooManyShards": None}}
    assert add(exchange, 65_535, OTHER_REGISTRY) == {"Ok": None}
    assert len(exchange.status()["registries"]) == 256


@pytest.mark.parametrize("shards", [[1, 2, 1], list(range(257))])
def test_shards_that_cannot_be_are_refused_at_installation(fresh, shards):
    with pytest.raises(CallRejected, match="each registry needs a shard of its own, 256 at most"):
        fresh.install_ledger(registries=[{"shard": shard, "registry": fresh.registry.id} for shard in shards])


def test_inspection_lets_in_what_is_small_and_keeps_out_what_is_too_large(exchange):
    ledger, replica = exchange.ledger, exchange.replica
    for method in ("create_offer", "close_offer", "purchase"):
        assert replica.inspect(ledger.id, method, bytes(4_096), sender=BUYER)
        assert not replica.inspect(ledger.id, method, bytes(4_097), sender=BUYER)
    for method in ("icrc7_transfer", "icrc7_owner_of", "order"):
        assert replica.inspect(ledger.id, method, bytes(65_536), sender=BUYER)
        assert not replica.inspect(ledger.id, method, bytes(65_537), sender=BUYER)
    assert replica.inspect(ledger.id, "add_registry", bytes(100), sender=GOVERNANCE)
    assert not replica.inspect(ledger.id, "add_registry", bytes(100), sender=PROVIDER)


def test_longest_arguments_that_make_sense_pass_inspection(exchange):
    args = {"stream": 1 << 63, "title": "\N{SAUROPOD}" * 120, "terms": TERMS}
    assert exchange.ledger.call("create_offer", args, sender=PROVIDER) == {"Err": {"UnknownStream": None}}
    longest = transfer_arg(1 << 63, BUYER, memo=bytes(32), from_subaccount=bytes(32), created_at_time=1)
    longest["to"] = {"owner": BUYER, "subaccount": bytes(32)}
    assert exchange.ledger.call("icrc7_transfer", [longest] * 100, sender=BUYER) == [{"Err": {"TooOld": None}}] * 50
