"""A token ledger behind HTTP, and accounts of fresh identities on it, as the ICRC-1 acceptance suite makes them for each of its cases."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from raw_client import Client, Identity, ed25519
from remote_canister import RemoteCanister, arguments, create, install, module_of

from kybra_replica.candid import parse_did
from kybra_replica.principal import Principal

FEE = 10_000
FUNDS = 10**15
Party = Principal | tuple[Principal, bytes]


def account(party: Party) -> dict[str, Any]:
    owner, subaccount = party if isinstance(party, tuple) else (party, None)
    return {"owner": owner, "subaccount": subaccount}


@dataclass(frozen=True)
class IcrcLedger:
    """The ledger as the funded identity sees it."""

    canister: RemoteCanister
    minter: Principal

    @classmethod
    def deploy(cls, client: Client, root: Path) -> IcrcLedger:
        """Install the ledger, and mint for an identity that pays for all cases."""
        folder = root / "canisters" / "token_ledger"
        interface = parse_did((folder / "token_ledger.did").read_text(encoding="utf-8"))
        minter, funded = ed25519(), ed25519()
        canister = create(client, minter)
        init = {"name": "Local test token", "symbol": "LTT", "decimals": 8, "transfer_fee": FEE, "governance": None}
        assert interface.init is not None
        argument = arguments(interface.init, [init | {"minting_account": account(minter.principal)}])
        install(client, minter, canister, module_of(folder / "token_ledger_canister.py", [root / "src"]), argument)
        minting = {"to": account(funded.principal), "amount": FUNDS}
        assert "Ok" in RemoteCanister(client, canister, interface, minter).call("icrc1_transfer", minting)
        return cls(RemoteCanister(client, canister, interface, funded), minter.principal)

    def fork(self, amount: int) -> Holder:
        """A fresh identity that has exactly `amount`, paid for by the funded one."""
        holder = Holder(self.canister.acting_as(ed25519()))
        if amount:
            assert "Ok" in Holder(self.canister).transfer(holder.principal, amount)
        return holder

    def balance(self, party: Party) -> int:
        units: int = self.canister.query("icrc1_balance_of", account(party))
        return units

    def allowance(self, source: Party, spender: Party) -> dict[str, int | None]:
        answer: dict[str, int | None] = self.canister.query("icrc2_allowance", {"account": account(source), "spender": account(spender)})
        return answer

    def standards(self) -> set[str]:
        return {entry["name"] for entry in self.canister.query("icrc1_supported_standards")}


@dataclass(frozen=True)
class Holder:
    """Calls as one identity; what a call leaves out is left out on the wire."""

    canister: RemoteCanister

    @property
    def identity(self) -> Identity:
        return self.canister.identity

    @property
    def principal(self) -> Principal:
        return self.identity.principal

    def transfer(self, to: Party, amount: int, **said: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.canister.call("icrc1_transfer", {"to": account(to), "amount": amount} | said)
        return answer

    def approve(self, spender: Party, amount: int, **said: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.canister.call("icrc2_approve", {"spender": account(spender), "amount": amount} | said)
        return answer

    def transfer_from(self, source: Party, to: Party, amount: int, **said: Any) -> dict[str, Any]:
        request = {"from": account(source), "to": account(to), "amount": amount} | said
        answer: dict[str, Any] = self.canister.call("icrc2_transfer_from", request)
        return answer


def now_ns() -> int:
    return time.time_ns()
