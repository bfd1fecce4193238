"""init, add_registry, ledger_status and inspect_message."""

from __future__ import annotations

import pytest
from dst_ledger_exchange import ANONYMOUS, BUYER, FEE, GOVERNANCE, PROVIDER, SHARD, TERMS, transfer_arg

from kybra_replica.driver import CallRejected, user

OTHER_REGISTRY = user("other registry")


def add(exchange, shard, registry, sender=GOVERNANCE):
    return exchange.ledger.call("add_registry", {"shard": shard, "registry": registry}, sender=sender)


def shown(exchange, shard, registry):
    """What voters would read of adding a registry."""
    return exchange.ledger.query("validate_add_registry", {"shard": shard, "registry": registry})


def test_status_says_what_the_ledger_was_set_up_with(exchange):
    assert exchange.status() == {
        "governance": GOVERNANCE,
        "payout_splitter": exchange.splitter.id,
        "payment_ledger": exchange.splitter.id,
        "change_delay_seconds": 0,
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
    assert shown(exchange, SHARD + 1, OTHER_REGISTRY) == {
        "Ok": f"registry of shard {SHARD + 1}: none -> {OTHER_REGISTRY}; in force at execution"
    }
    for _ in range(2):
        assert add(exchange, SHARD + 1, OTHER_REGISTRY) is None
    assert [(item["shard"], item["registry"]) for item in exchange.status()["registries"]] == [
        (SHARD, exchange.registry.id),
        (SHARD + 1, OTHER_REGISTRY),
    ]
    assert shown(exchange, SHARD + 1, OTHER_REGISTRY) == {"Ok": f"registry of shard {SHARD + 1}: {OTHER_REGISTRY} already; nothing changes"}


def test_shard_of_another_registry_is_taken(exchange):
    assert "ShardTaken" in shown(exchange, SHARD, OTHER_REGISTRY)["Err"]
    with pytest.raises(CallRejected, match=f"ShardTaken: registry = '{exchange.registry.id}'"):
        add(exchange, SHARD, OTHER_REGISTRY)


@pytest.mark.parametrize(
    ("method", "argument"),
    [("add_registry", {"shard": SHARD + 1, "registry": OTHER_REGISTRY}), ("set_governance", BUYER), ("set_change_delay", 60)],
)
def test_nobody_but_governance_decides(exchange, method, argument):
    before = exchange.status()
    with pytest.raises(CallRejected, match="rejected"):
        exchange.ledger.call(method, argument, sender=BUYER)
    with pytest.raises(AssertionError, match="NotGovernance"):
        exchange.past_inspect(method, argument, sender=BUYER)
    assert exchange.status() == before
    assert exchange.ledger.call(method, argument, sender=GOVERNANCE) is None
    assert exchange.status() != before


def test_as_many_registries_as_the_limit_are_taken_and_not_one_more(fresh):
    shards = [{"shard": shard, "registry": fresh.registry.id} for shard in range(255)]
    exchange = fresh.exchange(fresh.install_ledger(registries=shards))
    assert add(exchange, 65_535, OTHER_REGISTRY) is None
    assert "TooManyShards" in shown(exchange, 300, OTHER_REGISTRY)["Err"]
    with pytest.raises(CallRejected, match="TooManyShards: most = 256"):
        add(exchange, 300, OTHER_REGISTRY)
    assert add(exchange, 65_535, OTHER_REGISTRY) is None
    assert len(exchange.status()["registries"]) == 256


def test_governance_is_handed_over_and_never_to_anonymous(exchange):
    assert exchange.ledger.query("validate_set_governance", BUYER) == {"Ok": f"governance: {GOVERNANCE} -> {BUYER}; in force at execution"}
    assert exchange.ledger.query("validate_set_governance", ANONYMOUS) == {"Err": "AnonymousGovernance"}
    with pytest.raises(CallRejected, match="AnonymousGovernance"):
        exchange.ledger.call("set_governance", ANONYMOUS, sender=GOVERNANCE)
    exchange.ledger.call("set_governance", BUYER, sender=GOVERNANCE)
    assert exchange.status()["governance"] == BUYER
    assert add(exchange, SHARD + 1, OTHER_REGISTRY, sender=BUYER) is None


def test_handover_holds_when_its_delay_is_over_and_survives_an_upgrade(fresh):
    exchange = fresh.exchange(fresh.install_ledger(change_delay_seconds=60))
    words = f"governance: {GOVERNANCE} -> {BUYER}; in force 60 s (1 min) after execution"
    assert exchange.ledger.query("validate_set_governance", BUYER) == {"Ok": words}
    exchange.ledger.call("set_governance", BUYER, sender=GOVERNANCE)
    (change,) = exchange.ledger.query("pending_changes")
    assert (change["name"], change["value"]) == ("governance", str(BUYER))
    replaced = exchange.ledger.query("validate_set_governance", PROVIDER)["Ok"]
    assert replaced.endswith(f"; takes the place of the pending change to {BUYER}")
    exchange.ledger.upgrade()
    exchange.replica.advance_time(58)
    assert exchange.status()["governance"] == GOVERNANCE
    exchange.replica.advance_time(60)
    assert exchange.status()["governance"] == BUYER
    assert exchange.ledger.query("pending_changes") == []
    with pytest.raises(CallRejected, match="rejected"):
        exchange.ledger.call("set_change_delay", 0, sender=GOVERNANCE)


def test_delay_is_at_most_thirty_days(exchange, fresh):
    days = 30 * 86_400
    assert exchange.ledger.query("validate_set_change_delay", days) == {
        "Ok": "delay of changes: 0 s -> 2592000 s (30 d); in force at execution"
    }
    assert "OutOfBounds" in exchange.ledger.query("validate_set_change_delay", days + 1)["Err"]
    exchange.ledger.call("set_change_delay", days, sender=GOVERNANCE)
    assert exchange.status()["change_delay_seconds"] == days
    with pytest.raises(CallRejected, match="OutOfBounds"):
        exchange.ledger.call("set_change_delay", days + 1, sender=GOVERNANCE)
    with pytest.raises(CallRejected, match="OutOfBounds"):
        fresh.install_ledger(change_delay_seconds=days + 1)


@pytest.mark.parametrize("shards", [[1, 2, 1], list(range(257))])
def test_shards_that_cannot_be_are_refused_at_installation(fresh, shards):
    with pytest.raises(CallRejected, match="each registry needs a shard of its own, 256 at most"):
        fresh.install_ledger(registries=[{"shard": shard, "registry": fresh.registry.id} for shard in shards])


def test_inspection_lets_in_what_is_small_and_keeps_out_what_is_too_large(exchange):
    ledger, replica = exchange.ledger, exchange.replica
    for method in ("create_offer", "close_offer", "purchase", "end_licence"):
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
