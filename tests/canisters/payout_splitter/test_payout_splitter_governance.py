from __future__ import annotations

from typing import Any

import pytest
from splitter_bench import (
    ANONYMOUS,
    FIRST,
    GOVERNANCE,
    LICENCE_LEDGER,
    OTHER_REGISTRY,
    REGISTRY,
    SPLITTER,
    STRANGER,
    STREAM,
    TREASURY,
    Bench,
    account,
)

from kybra_replica.driver import CallRejected, user

NOTHING = dict.fromkeys(("governance", "registries", "treasury", "protocol_fee_ppm", "paused"))


def test_parameters_tell_who_is_who(bench: Bench) -> None:
    assert bench.splitter.query("parameters") == {
        "governance": str(GOVERNANCE),
        "dst_ledger": str(LICENCE_LEDGER),
        "registries": [str(REGISTRY), str(OTHER_REGISTRY)],
        "payment_ledger": str(bench.ledger.id),
        "treasury": str(TREASURY),
        "protocol_fee_ppm": 20_000,
        "paused": False,
        "ledger_fee": 10,
    }


def test_governance_changes_what_it_names_and_nothing_else(bench: Bench) -> None:
    before = bench.splitter.query("parameters")
    assert bench.configure() == {"Ok": None}
    assert bench.splitter.query("parameters") == before
    assert bench.configure(protocol_fee_ppm=100_000, paused=True, registries=[]) == {"Ok": None}
    assert bench.splitter.query("parameters") == before | {"protocol_fee_ppm": 100_000, "paused": True, "registries": []}


def test_governance_is_handed_over(bench: Bench) -> None:
    assert bench.configure(governance=STRANGER) == {"Ok": None}
    assert bench.from_inside("configure", NOTHING, sender=GOVERNANCE) == {"Err": {"NotGovernance": None}}
    assert bench.configure(sender=STRANGER, paused=True) == {"Ok": None}


def test_a_changed_fee_holds_for_sales_from_now_on(bench: Bench) -> None:
    bench.open_stream({FIRST: 1})
    assert bench.sell(1, 1_000)["protocol_fee"] == 20
    bench.configure(protocol_fee_ppm=50_000)
    assert bench.sell(2, 1_000)["protocol_fee"] == 50


def test_what_the_old_treasury_left_is_the_new_ones(bench: Bench) -> None:
    bench.open_stream({FIRST: 1})
    bench.sell(1, 1_000)
    bench.configure(treasury=account(STRANGER, b"\2" * 32))
    assert (bench.claimable(TREASURY), bench.claimable(STRANGER)) == (0, 20)
    assert bench.splitter.query("parameters")["treasury"].startswith(f"{STRANGER}-")
    bench.check_solvency()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"protocol_fee_ppm": 100_001}, {"InvalidShare": {"most_ppm": 100_000}}),
        ({"treasury": account(ANONYMOUS)}, {"InvalidAccount": {"reason": "an account of the anonymous principal"}}),
        ({"treasury": account(STRANGER, b"\2")}, {"InvalidAccount": {"reason": "a subaccount has 32 bytes, not 1"}}),
        ({"registries": [user(f"registry {number}") for number in range(17)]}, {"TooManyRegistries": {"most": 16}}),
    ],
)
def test_settings_beyond_their_limits_are_refused(bench: Bench, changes: dict[str, Any], refusal: dict[str, Any]) -> None:
    before = bench.splitter.query("parameters")
    assert bench.configure(**changes) == {"Err": refusal}
    assert bench.splitter.query("parameters") == before


def test_sixteen_registries_are_allowed(bench: Bench) -> None:
    registries = [user(f"registry {number}") for number in range(16)]
    assert bench.configure(registries=registries) == {"Ok": None}
    assert bench.record(bench.batch(0), sender=registries[15]) == {"Ok": 1}


@pytest.mark.parametrize(
    ("method", "argument"), [("configure", NOTHING), ("resolve", {"payment": {"Payout": 1}, "block_index": None})]
)
def test_only_governance_governs(bench: Bench, method: str, argument: dict[str, Any]) -> None:
    assert bench.from_inside(method, argument, sender=STRANGER) == {"Err": {"NotGovernance": None}}
    with pytest.raises(CallRejected, match="rejected the message"):
        bench.splitter.call(method, argument, sender=STRANGER)


@pytest.mark.parametrize("payment", [{"Payout": 1}, {"Collection": 1}, {"Payout": 99}, {"Collection": 99}])
def test_only_what_is_unresolved_is_resolved(bench: Bench, payment: dict[str, int]) -> None:
    bench.open_stream({FIRST: 1})
    bench.sell(1, 1_000)
    bench.claim(FIRST)
    resolution = {"payment": payment, "block_index": None}
    assert bench.splitter.call("resolve", resolution, sender=GOVERNANCE) == {"Err": {"NotUnresolved": None}}
    assert bench.check_solvency()["paid"] == 872


def test_what_is_still_open_is_not_resolved(bench: Bench) -> None:
    bench.open_stream({FIRST: 1})
    bench.replica.faults.fail_request(callee=bench.ledger.id, method="icrc2_transfer_from")
    bench.collect(1, 1_000)
    resolution = {"payment": {"Collection": 1}, "block_index": 5}
    assert bench.splitter.call("resolve", resolution, sender=GOVERNANCE) == {"Err": {"NotUnresolved": None}}
    assert bench.check_solvency()["received"] == 0


@pytest.mark.parametrize("changes", [{"protocol_fee_ppm": 100_001}, {"treasury": account(ANONYMOUS)}])
def test_a_splitter_is_not_installed_beyond_its_limits(bench: Bench, changes: dict[str, Any]) -> None:
    init = {
        "governance": GOVERNANCE,
        "dst_ledger": LICENCE_LEDGER,
        "registries": [],
        "payment_ledger": bench.ledger.id,
        "treasury": account(TREASURY),
        "protocol_fee_ppm": 100_000,
    }
    with pytest.raises(CallRejected, match=r"Refused: Invalid(Share|Account)"):
        bench.replica.install(SPLITTER, init | changes)
    assert bench.replica.install(SPLITTER, init).query("audit_of", STREAM) is None
