"""The whole sale on the four canisters, once in a replica that is restarted after every few messages, once in one that never is."""

from __future__ import annotations

from typing import Any

import pytest

from exchange import account, deploy, subscription
from kybra_replica import state
from kybra_replica.driver import Replica, user
from kybra_replica.network import subnet as subnet_module
from kybra_replica.network.subnet import Subnet
from kybra_replica.python_engine.heap_rows import is_permanent
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.state.formats import HEAPS_SPACE
from kybra_replica.system_api import StableStore

PRICE = 1_000_000_000
YEAR_SECONDS = 365 * 24 * 60 * 60
MESSAGES_A_ROUND = 3
"""So few that most rounds end in the middle of a purchase."""


class RestartedReplica(Replica):
    """Goes on from its directory after every round."""

    def __init__(self, directory, **options: Any) -> None:
        self.restarts = 0
        self._packages = ModulePackages()
        super().__init__(directory=directory, **options)

    def _keep(self) -> None:
        super()._keep()
        self.subnet.store.close()
        self.restarts += 1
        self.subnet = Subnet(StableStore(self._directory), 0)
        assert state.load(self.subnet, self._packages.open_module) == []
        self._attach()


def sell(replica: Replica) -> list[Any]:
    """Answers and balances of a sale: listing, records, a purchase, a claim, and what the timers do."""
    exchange = deploy(replica)
    provider, contributor, buyer = user("provider"), user("contributor"), user("buyer")
    registry, ledger, licences, splitter = exchange.stream_registry, exchange.token_ledger, exchange.dst_ledger, exchange.payout_splitter
    exchange.fund(buyer, 10 * PRICE)
    stream = registry.call("create_stream", stream_request(), sender=provider)["Ok"]
    registry.call("admit_contributor", stream, contributor, sender=provider)
    for number in range(3):
        batch = {"stream": stream, "batch": number, "records": [f"{number}.5", f"{number}.7"]}
        registry.call("append", batch, sender=contributor)
    terms = subscription(YEAR_SECONDS, PRICE, 2)
    offer = licences.call("create_offer", {"stream": stream, "title": None, "terms": terms}, sender=provider)["Ok"]
    absent = dict.fromkeys(("from_subaccount", "expected_allowance", "expires_at", "fee", "memo", "created_at_time"))
    ledger.call("icrc2_approve", {"spender": account(splitter.id), "amount": 5 * PRICE, **absent}, sender=buyer)
    purchase = {"offer": offer, "periods": 1, "max_price": PRICE, "created_at_time": replica.get_time()}
    purchase |= {"payer_subaccount": None, "source": {"Allowance": None}}
    bought = licences.call("purchase", purchase, sender=buyer)
    for _ in range(3):
        replica.advance_time(31)
        replica.tick(2)
    claimed = splitter.call("claim", {"streams": [stream], "ledger": 0, "to": None, "created_at_time": None}, sender=provider)
    replica.advance_time(YEAR_SECONDS)
    replica.tick(2)
    balances = [exchange.balance(owner) for owner in (provider, contributor, buyer, exchange.treasury)]
    return [stream, offer, bought, claimed, balances, splitter.query("audit"), splitter.query("open_payments"), replica.get_time()]


def stream_request() -> dict[str, Any]:
    return {
        "title": "Air temperature",
        "description": "Every ten minutes.",
        "schema": '{"fields":[{"name":"temperature","type":"float","unit":"degC"}]}',
        "media_type": "text/plain",
        "tags": ["weather"],
        "curators": [],
        "provider_share_ppm": 250_000,
        "created_at_time": None,
    }


@pytest.mark.slow
def test_a_sale_does_not_notice_restarts(tmp_path, project_root, monkeypatch):
    monkeypatch.setattr(subnet_module, "MESSAGES_A_ROUND", MESSAGES_A_ROUND)
    options = {"search_path": [project_root / "src"]}
    restarted, twin = RestartedReplica(tmp_path / "replica", **options), Replica(**options)
    sale = sell(restarted)
    assert "Ok" in sale[2]
    assert "Ok" in sale[3]
    assert sale == sell(twin)
    assert restarted.restarts > 20
    # The canisters change no module state: beside what set the timers that are still set, only first executions are kept.
    executions = [key[8:] for key, _ in restarted.subnet.store.items(HEAPS_SPACE) if len(key) == 17]
    assert sum(map(is_permanent, executions)) == 4
    assert len(executions) < 10
    for canister, other in zip(restarted.subnet.canisters.values(), twin.subnet.canisters.values(), strict=True):
        assert (canister.version, canister.cycles, canister.global_timer_ns) == (other.version, other.cycles, other.global_timer_ns)
