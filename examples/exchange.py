"""The four canisters on a replica in process, wired to each other: what examples and tests start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kybra_replica.driver import CanisterHandle, Replica, user
from kybra_replica.principal import Principal

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("token_ledger", "stream_registry", "dst_ledger", "payout_splitter")

LEDGER_FEE = 10_000
"""Units a transfer costs, as on the ICP ledger."""

PROTOCOL_FEE_PPM = 20_000
"""2% of every price."""


def entry(name: str) -> Path:
    """The entry file of a canister."""
    return ROOT / "canisters" / name / f"{name}_canister.py"


def account(owner: Any) -> dict[str, Any]:
    """The default account of a principal."""
    return {"owner": owner, "subaccount": None}


def subscription(
    period_seconds: int,
    price: int,
    max_periods: int,
    *,
    ledger: int = 0,
    earning: Mapping[str, Any] | None = None,
    cancellable: bool = False,
) -> dict[str, Any]:
    """The terms of an offer. earning: how the price is earned, at once where nothing is said."""
    length = {"period_seconds": period_seconds, "price": price, "max_periods": max_periods}
    return {"Subscription": {**length, "ledger": ledger, "earning": dict(earning or {"AtOnce": None}), "cancellable": cancellable}}


@dataclass(frozen=True, slots=True)
class Exchange:
    """Handles of the four canisters, and who stands behind them."""

    replica: Replica
    token_ledger: CanisterHandle
    stream_registry: CanisterHandle
    dst_ledger: CanisterHandle
    payout_splitter: CanisterHandle
    governance: Principal
    treasury: Principal
    minter: Principal

    def fund(self, owner: Principal, amount: int) -> None:
        """Mint `amount` units of the payment token."""
        transfer = {"from_subaccount": None, "to": account(owner), "amount": amount, "fee": None, "memo": None, "created_at_time": None}
        answer = self.token_ledger.call("icrc1_transfer", transfer, sender=self.minter)
        if "Ok" not in answer:
            raise RuntimeError(f"minting {amount} units was refused: {answer['Err']}")

    def balance(self, owner: Principal) -> int:
        """Units in the default account of `owner`."""
        units: int = self.token_ledger.query("icrc1_balance_of", account(owner))
        return units


def init_arguments(ids: Mapping[str, Any], *, governance: Any, treasury: Any, minter: Any) -> dict[str, dict[str, Any]]:
    """What each canister is installed with, by its name: who is who, and the terms. Principals are given in any form, and kept in it."""
    return {
        "token_ledger": {
            "name": "Local test token",
            "symbol": "LTT",
            "decimals": 8,
            "transfer_fee": LEDGER_FEE,
            "minting_account": account(minter),
            "governance": governance,
        },
        "stream_registry": {
            "shard": 0,
            "governance": governance,
            "dst_ledger": ids["dst_ledger"],
            "payout_splitter": ids["payout_splitter"],
            "change_delay_seconds": 0,
        },
        "dst_ledger": {
            "governance": governance,
            "payout_splitter": ids["payout_splitter"],
            "registries": [{"shard": 0, "registry": ids["stream_registry"]}],
            "payment_ledger": ids["token_ledger"],
            "change_delay_seconds": 0,
        },
        "payout_splitter": {
            "governance": governance,
            "dst_ledger": ids["dst_ledger"],
            "registries": [ids["stream_registry"]],
            "ledgers": [{"kind": {"Icrc": None}, "ledger": ids["token_ledger"]}],
            "treasury": account(treasury),
            "validators": None,
            "protocol_fee_ppm": PROTOCOL_FEE_PPM,
            "plan_notice_seconds": 0,
            "change_delay_seconds": 0,
        },
    }


def deploy(replica: Replica) -> Exchange:
    """Create and install the four canisters, and let their first timers run."""
    governance, treasury, minter = user("governance"), user("treasury"), user("minter")
    ids = {name: replica.create_canister(controllers=[governance]) for name in NAMES}
    arguments = init_arguments(ids, governance=governance, treasury=treasury, minter=minter)
    handles = {name: replica.install_handle(ids[name], entry(name), arguments[name], sender=governance) for name in NAMES}
    replica.tick(2)
    return Exchange(replica, **handles, governance=governance, treasury=treasury, minter=minter)
