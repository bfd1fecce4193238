"""The four canisters on a replica over HTTP, wired to each other, with a stream, an offer and people who have money."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raw_client import Client, Identity, ed25519
from remote_canister import RemoteCanister, arguments, create, install, module_of

from exchange import subscription
from kybra_replica.candid import parse_did
from kybra_replica.principal import Principal

NAMES = ("token_ledger", "stream_registry", "dst_ledger", "payout_splitter")
LEDGER_FEE = 10_000
PRICE = 1_000_003
READY_WITHIN_S = 30
STREAM: dict[str, Any] = {
    "title": "Readings",
    "description": "",
    "schema": '{"fields":[{"name":"value","type":"int"}]}',
    "media_type": "application/json",
    "tags": [],
    "curators": [],
    "created_at_time": None,
    "provider_share_ppm": 333_333,
}


def account(owner: Principal) -> dict[str, Any]:
    return {"owner": owner, "subaccount": None}


@dataclass(frozen=True)
class People:
    governance: Identity
    minter: Identity
    provider: Identity
    operators: tuple[Identity, ...]
    buyers: tuple[Identity, ...]

    @classmethod
    def gather(cls, operators: int, buyers: int) -> People:
        one = ed25519
        return cls(one(), one(), one(), tuple(one() for _ in range(operators)), tuple(one() for _ in range(buyers)))


class RemoteExchange:
    """Handles of the canisters; `client` may be replaced when the replica listens elsewhere."""

    def __init__(self, client: Client, canisters: Path, people: People) -> None:
        self.client = client
        self.people = people
        self.interfaces = {name: parse_did((canisters / name / f"{name}.did").read_text(encoding="utf-8")) for name in NAMES}
        self.ids: dict[str, Principal] = {}
        self.stream = 0
        self.offer = 0

    def canister(self, name: str, identity: Identity | None = None, client: Client | None = None) -> RemoteCanister:
        return RemoteCanister(client or self.client, self.ids[name], self.interfaces[name], identity or self.people.governance)

    def deploy(self, canisters: Path, search_path: list[Path]) -> None:
        """Create and install the canisters, and wait until their first timers have run."""
        governance = self.people.governance
        self.ids = {name: create(self.client, governance) for name in NAMES}
        for name, argument in self._arguments().items():
            module = module_of(canisters / name / f"{name}_canister.py", search_path)
            init = self.interfaces[name].init
            assert init is not None
            install(self.client, governance, self.ids[name], module, arguments(init, [argument]))
        self._wait_until_ready()
        self._open_stream()
        self._fund_buyers()

    def _arguments(self) -> dict[str, dict[str, Any]]:
        governance, ids = self.people.governance.principal, self.ids
        ledger = {"name": "Local test token", "symbol": "LTT", "decimals": 8, "transfer_fee": LEDGER_FEE}
        to_splitter = {"governance": governance, "payout_splitter": ids["payout_splitter"], "change_delay_seconds": 0}
        shards = [{"shard": 0, "registry": ids["stream_registry"]}]
        return {
            "token_ledger": ledger | {"minting_account": account(self.people.minter.principal)},
            "stream_registry": to_splitter | {"shard": 0, "dst_ledger": ids["dst_ledger"]},
            "dst_ledger": to_splitter | {"registries": shards, "payment_ledger": ids["token_ledger"]},
            "payout_splitter": {
                "governance": governance,
                "dst_ledger": ids["dst_ledger"],
                "registries": [ids["stream_registry"]],
                "ledgers": [{"kind": {"Icrc": None}, "ledger": ids["token_ledger"]}],
                "treasury": account(governance),
                "validators": None,
                "protocol_fee_ppm": 20_000,
                "plan_notice_seconds": 0,
                "change_delay_seconds": 0,
            },
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        registry, ledger = self.canister("stream_registry"), self.canister("dst_ledger")
        while not registry.query("status")["ready"] or ledger.query("ledger_status")["ledger_fee"] is None:
            assert time.monotonic() < deadline, "the canisters' first timers did not run"

    def _open_stream(self) -> None:
        provider = self.people.provider
        self.stream = self.canister("stream_registry", provider).call("create_stream", STREAM)["Ok"]
        for operator in self.people.operators:
            admitted = self.canister("stream_registry", provider).call("admit_contributor", self.stream, operator.principal)
            assert "Ok" in admitted
        terms = subscription(600, PRICE, 3)
        offer = {"stream": self.stream, "terms": terms, "title": None}
        self.offer = self.canister("dst_ledger", provider).call("create_offer", offer)["Ok"]

    def _fund_buyers(self) -> None:
        nothing = dict.fromkeys(("from_subaccount", "fee", "memo", "created_at_time"))
        spender = account(self.ids["payout_splitter"])
        for buyer in self.people.buyers:
            gift = nothing | {"to": account(buyer.principal), "amount": 10**14}
            assert "Ok" in self.canister("token_ledger", self.people.minter).call("icrc1_transfer", gift)
            approval = nothing | {"spender": spender, "amount": 10**14, "expected_allowance": None, "expires_at": None}
            assert "Ok" in self.canister("token_ledger", buyer).call("icrc2_approve", approval)
