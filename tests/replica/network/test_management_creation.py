"""Canisters are created, found and given cycles; every cycle attached ends somewhere."""

from __future__ import annotations

import management_calls as calls
import pytest
from management_calls import ask, manage, refused, relay

from kybra_replica.driver import user
from kybra_replica.network.subnet import DEFAULT_CYCLES
from kybra_replica.principal import Principal

OWNER, FRIEND = user("owner"), user("friend")
PROVISIONAL = "provisional_create_canister_with_cycles"


@pytest.fixture
def relaying(replica, write_canister):
    return replica.install(write_canister(calls.RELAY), sender=OWNER)


def test_a_provisional_canister_has_its_creator_and_the_default_balance(replica):
    created = manage(replica, PROVISIONAL, {}, sender=OWNER)["canister_id"]
    canister = replica.subnet.canisters[created]
    assert (canister.controllers, canister.cycles, canister.created_ns) == ({OWNER}, DEFAULT_CYCLES, replica.get_time())


def test_amount_settings_and_id_of_a_provisional_canister_are_the_callers_choice(replica):
    wanted = Principal.canister(77)
    argument = {"amount": 5, "specified_id": wanted, "settings": {"controllers": [FRIEND], "freezing_threshold": 9}}
    assert manage(replica, PROVISIONAL, argument, sender=OWNER) == {"canister_id": wanted}
    canister = replica.subnet.canisters[wanted]
    assert (canister.controllers, canister.cycles, canister.settings.freezing_threshold) == ({FRIEND}, 5, 9)
    refused(manage, replica, PROVISIONAL, {"specified_id": wanted}, sender=OWNER, match="already exists", code=2, error="IC0205")


def test_cycles_attached_to_creation_are_the_new_canisters(relaying):
    before = relaying.replica.get_cycles_balance(relaying.id)
    created, error, refunded = relay(relaying, "create_canister", {}, cycles=5_000)
    assert (error, refunded) == (None, 0)
    assert relaying.replica.get_cycles_balance(created["canister_id"]) == 5_000
    assert relaying.replica.get_cycles_balance(relaying.id) == before - 5_000
    assert relaying.replica.subnet.canisters[created["canister_id"]].controllers == {relaying.id}


@pytest.mark.parametrize(
    ("method", "argument"),
    [
        (PROVISIONAL, {"amount": 1}),
        ("create_canister", {"settings": {"compute_allocation": 101}}),
        ("deposit_cycles", {"canister_id": Principal.canister(99)}),
        ("raw_rand", None),
    ],
)
def test_what_takes_no_cycles_gives_them_back(relaying, method, argument):
    before = relaying.replica.get_cycles_balance(relaying.id)
    assert relay(relaying, method, argument, cycles=700)[2] == 700
    assert relaying.replica.get_cycles_balance(relaying.id) == before


def test_cycles_reach_a_canister_by_deposit_and_by_top_up(relaying):
    replica = relaying.replica
    target = replica.create_canister(cycles=10)
    assert relay(relaying, "deposit_cycles", {"canister_id": target}, cycles=700) == (None, None, 0)
    manage(replica, "provisional_top_up_canister", {"canister_id": target, "amount": 5}, sender=FRIEND)
    assert replica.get_cycles_balance(target) == 715


def test_only_canisters_create_and_deposit(replica):
    target = replica.create_canister()
    for method, argument in (("create_canister", {}), ("deposit_cycles", {"canister_id": target})):
        refused(manage, replica, method, argument, sender=OWNER, match="Only canisters can call ic00 method", code=4, error="IC0406")


def test_canisters_are_listed_as_ranges_of_consecutive_ids(replica):
    assert ask(replica, "list_canisters", sender=FRIEND) == {"canisters": []}
    for number in (5, 3, 4, 9, 1):
        manage(replica, PROVISIONAL, {"specified_id": Principal.canister(number)}, sender=OWNER)
    odd = Principal(Principal.canister(6).raw[:-2] + b"\x01\x02")
    manage(replica, PROVISIONAL, {"specified_id": odd}, sender=OWNER)
    ranges = [(Principal.canister(start), Principal.canister(end)) for start, end in ((1, 1), (3, 5), (9, 9))]
    expected = [{"start": start, "end": end} for start, end in sorted([*ranges, (odd, odd)])]
    assert ask(replica, "list_canisters", sender=FRIEND) == {"canisters": expected}


def test_an_id_of_the_callers_choice_lies_in_the_subnets_range(replica):
    first, last = Principal.canister(0), Principal.canister(2**64 - 1)
    for identity in (Principal(b"\xff" * 9), Principal(b"\x00" * 11), Principal(b"\xff" * 8 + b"\x01\x02"), FRIEND):
        argument = {"specified_id": identity}
        refused(manage, replica, PROVISIONAL, argument, sender=OWNER, match="is not hosted by this subnet", code=4, error="IC0405")
    for identity in (first, last):
        assert manage(replica, PROVISIONAL, {"specified_id": identity}, sender=OWNER) == {"canister_id": identity}
