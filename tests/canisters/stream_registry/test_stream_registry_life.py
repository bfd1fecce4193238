"""Install, upgrade, the secret of the salts, governance, and what `inspect_message` lets in."""

from __future__ import annotations

from binascii import a2b_base64
from hashlib import sha256

import pytest
from registry_world import (
    ANONYMOUS,
    CONTRIBUTOR,
    GOVERNANCE,
    LICENCE_LEDGER,
    PROVIDER,
    SHARD,
    STRANGER,
    World,
    certified_head,
    checked_records,
    entitlement,
    numbered,
    stream_request,
)

from ddsx_core.certified_heads import no_heads_root
from ddsx_core.segments import draw_salts
from kybra_replica.driver import CallRejected
from kybra_replica.principal import Principal

NOT_READY = {"Err": {"NotReady": None}}


def test_a_new_registry_knows_who_is_who_and_certifies_that_there_are_no_streams(world: World) -> None:
    assert world.status() == {
        "shard": SHARD,
        "governance": str(GOVERNANCE),
        "change_delay_seconds": 0,
        "dst_ledger": str(LICENCE_LEDGER),
        "payout_splitter": str(world.splitter.id),
        "ready": True,
        "streams": 0,
        "waiting_streams": 0,
        "next_entitlement": 0,
    }
    assert world.certified_data() == no_heads_root()


def test_nothing_is_appended_before_the_secret_is_drawn(world: World) -> None:
    world.registry = world.install_registry()
    world.replica.faults.fail_request(method="raw_rand")
    stream = world.stream_with(CONTRIBUTOR)
    assert world.status()["ready"] is False
    assert world.append(stream, 0, ["a"]) == NOT_READY
    world.let_timer_fire()
    assert world.status()["ready"] is True
    assert world.append(stream, 0, ["a"])["Ok"]["size"] == 1


def test_a_trap_in_the_answer_leaves_the_secret_to_the_next_firing(world: World) -> None:
    world.registry = world.install_registry()
    world.replica.faults.trap_at_await(canister=world.registry.id, method="raw_rand")
    world.replica.tick()
    assert world.status()["ready"] is False
    world.let_timer_fire()
    assert world.status()["ready"] is True


def test_the_secret_is_drawn_once(world: World) -> None:
    """Salts are drawn from the first secret after an upgrade too: the same batch at the same place has the same salts."""
    stream = world.stream_with(CONTRIBUTOR)
    before, draws = world.replica.checkpoint(), world.replica.subnet.random_draws
    world.append(stream, 0, ["a"])
    salts = world.read(stream, 0, 1)["Ok"]["segments"][0]["salts"]
    world.replica.restore(before)
    world.registry.upgrade()
    world.let_timer_fire()
    world.append(stream, 0, ["a"])
    assert world.read(stream, 0, 1)["Ok"]["segments"][0]["salts"] == salts
    # One draw is Kybra's own: it seeds `random` after every install and upgrade.
    assert world.replica.subnet.random_draws == draws + 1


def test_an_answer_that_comes_late_does_not_replace_the_secret(world: World) -> None:
    """The second answer is the first to arrive, and salts are drawn from it for good."""
    world.registry = world.install_registry()
    world.replica.faults.delay_reply(method="raw_rand")
    world.replica.tick()
    assert (world.replica.faults.held, world.status()["ready"]) == (1, False)
    world.let_timer_fire()
    subnet = world.replica.subnet
    secret = sha256(subnet.seed + subnet.random_draws.to_bytes(8, "big")).digest()
    assert world.status()["ready"] is True
    world.replica.faults.deliver_delayed()
    world.replica.tick()
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    salts = world.read(stream, 0, 1)["Ok"]["segments"][0]["salts"]
    assert a2b_base64(salts) == draw_salts(secret, stream, 0, 1)


def test_an_upgrade_keeps_everything_and_certifies_it_again(world: World) -> None:
    stream, other = world.stream_with(CONTRIBUTOR), world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, numbered(300))
    world.append(other, 0, numbered(2))
    world.entitle(0, entitlement(1, stream, STRANGER, 0, 1 << 63))
    certified, status = world.certified_data(), world.status()
    page, view = world.read(stream, 0, 300, sender=STRANGER, licence=1)["Ok"], world.registry.query("stream", stream)
    world.registry.upgrade()
    assert world.certified_data() == certified
    assert world.status() == status
    assert world.registry.query("stream", stream) == view
    assert checked_records(world.read(stream, 0, 300, sender=STRANGER, licence=1)["Ok"], certified) == checked_records(page, certified)
    assert world.append(stream, 0, numbered(300))["Ok"]["size"] == 300
    assert world.append(stream, 1, ["x"])["Ok"]["size"] == 301
    head = certified_head(other, world.registry.query("head", other)["Ok"]["witness"], world.certified_data())
    assert head.size == 2


def test_an_upgrade_without_streams_certifies_that_there_are_none(world: World) -> None:
    world.registry.upgrade()
    assert world.certified_data() == no_heads_root()


def test_governance_hands_over_governance(world: World) -> None:
    words = f"governance: {GOVERNANCE} -> {STRANGER}; in force at execution"
    assert world.registry.query("validate_set_governance", STRANGER) == {"Ok": words}
    assert world.registry.call("set_governance", STRANGER, sender=GOVERNANCE) is None
    assert world.status()["governance"] == str(STRANGER)
    with pytest.raises(CallRejected, match="NotGovernance"):
        world.past_inspect("set_governance", GOVERNANCE, sender=GOVERNANCE)
    assert world.registry.call("set_governance", GOVERNANCE, sender=STRANGER) is None


def test_governance_is_not_handed_to_everybody(world: World) -> None:
    assert world.registry.query("validate_set_governance", ANONYMOUS) == {"Err": "AnonymousGovernance"}
    with pytest.raises(CallRejected, match="AnonymousGovernance"):
        world.registry.call("set_governance", ANONYMOUS, sender=GOVERNANCE)
    assert world.status()["governance"] == str(GOVERNANCE)


def test_decisions_wait_for_their_delay_and_survive_an_upgrade(world: World) -> None:
    days = 30 * 86_400
    assert "OutOfBounds" in world.registry.query("validate_set_change_delay", days + 1)["Err"]
    with pytest.raises(CallRejected, match="OutOfBounds"):
        world.registry.call("set_change_delay", days + 1, sender=GOVERNANCE)
    assert world.registry.query("validate_set_change_delay", days)["Ok"].startswith("delay of changes: 0 s -> 2592000 s")
    world.registry.call("set_change_delay", 60, sender=GOVERNANCE)
    world.registry.call("set_governance", STRANGER, sender=GOVERNANCE)
    (change,) = world.registry.query("pending_changes")
    assert (change["name"], change["value"]) == ("governance", str(STRANGER))
    world.registry.upgrade()
    world.replica.advance_time(55)
    assert (world.status()["governance"], world.status()["change_delay_seconds"]) == (str(GOVERNANCE), 60)
    world.replica.advance_time(60)
    assert world.status()["governance"] == str(STRANGER)
    assert world.registry.query("pending_changes") == []
    with pytest.raises(CallRejected, match="rejected"):
        world.registry.call("set_change_delay", 0, sender=GOVERNANCE)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("create_stream", [stream_request()]),
        ("append", [{"stream": 1, "batch": 0, "records": ["a"]}]),
        ("admit_contributor", [1, PROVIDER]),
        ("remove_contributor", [1, PROVIDER]),
        ("settle_work", [1]),
        ("set_governance", [PROVIDER]),
        ("apply_entitlements", [{"first": 0, "entitlements": []}]),
    ],
)
def test_a_call_without_a_signature_is_not_let_in_where_it_matters_who_calls(world: World, method: str, arguments: list[object]) -> None:
    with pytest.raises(CallRejected, match="Canister rejected the message"):
        world.registry.call(method, *arguments, sender=ANONYMOUS)


@pytest.mark.parametrize(
    ("method", "arguments", "allowed"),
    [("set_governance", [PROVIDER], GOVERNANCE), ("apply_entitlements", [{"first": 0, "entitlements": []}], LICENCE_LEDGER)],
)
def test_outsiders_are_not_let_into_what_is_not_theirs(world: World, method: str, arguments: list[object], allowed: Principal) -> None:
    with pytest.raises(CallRejected, match="Canister rejected the message"):
        world.registry.call(method, *arguments, sender=STRANGER)
    answer = world.registry.call(method, *arguments, sender=allowed)
    assert answer is None or "Ok" in answer


@pytest.mark.parametrize("method", ["status", "streams"])
def test_queries_are_let_in_as_updates_by_anyone(world: World, method: str) -> None:
    assert world.registry.call(method, *([0, 1] if method == "streams" else []), sender=ANONYMOUS) is not None


@pytest.mark.parametrize(
    ("method", "size_bytes", "sender", "let_in"),
    [
        ("append", 1_052_776, PROVIDER, True),
        ("append", 1_052_777, PROVIDER, False),
        ("create_stream", 100_000, PROVIDER, True),
        ("create_stream", 100_001, PROVIDER, False),
        ("apply_entitlements", 100_000, LICENCE_LEDGER, True),
        ("apply_entitlements", 100_001, LICENCE_LEDGER, False),
        ("set_governance", 1_000, GOVERNANCE, True),
        ("set_governance", 1_001, GOVERNANCE, False),
        ("set_change_delay", 1_000, GOVERNANCE, True),
        ("set_change_delay", 1_000, STRANGER, False),
        ("read", 1_000, ANONYMOUS, True),
        ("read", 1_001, ANONYMOUS, False),
    ],
)
def test_an_argument_too_large_to_be_right_is_not_let_in(
    world: World, method: str, size_bytes: int, sender: Principal, let_in: bool
) -> None:
    assert world.replica.inspect(world.registry.id, method, bytes(size_bytes), sender=sender) is let_in
