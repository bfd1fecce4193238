"""Randomness and derived keys: `raw_rand`, `vetkd_public_key`, `vetkd_derive_key`."""

from __future__ import annotations

from typing import Any

from kybra_replica.network.management.call import Call, Done, rejected
from kybra_replica.network.vetkd import BadTransportKey, MasterKey

PRICES = {"key_1": 26_153_846_153, "test_key_1": 10_000_000_000, "dfx_test_key": 10_000_000_000}
"""The keys that there are, and what deriving one key costs in cycles."""


def raw_rand(call: Call) -> Done:
    """32 bytes."""
    return Done(call.subnet.raw_rand())


def vetkd_public_key(call: Call) -> Done:
    """The key under which what is derived for a canister and a context verifies; free."""
    named = call.argument["canister_id"]
    canister = call.sender if named is None else named.value
    return Done({"public_key": _master(call).public_key(canister, call.argument["context"])})


def vetkd_derive_key(call: Call) -> Done:
    """A key for the calling canister, encrypted to the transport key; its price is kept of the cycles attached."""
    argument, price = call.argument, PRICES.get(call.argument["key_id"]["name"], 0)
    master = _master(call)
    if call.request.cycles < price:
        raise rejected(f"vetkd_derive_key request sent with {call.request.cycles} cycles, but {price} cycles are required.")
    try:
        encrypted = master.derive(
            call.sender, argument["context"], argument["input"], argument["transport_public_key"], randomness=call.subnet.raw_rand()
        )
    except BadTransportKey as problem:
        raise rejected(f"invalid transport_public_key: {problem}") from problem
    return Done({"encrypted_key": encrypted}, accepted=price)


def _master(call: Call) -> MasterKey:
    key: dict[str, Any] = call.argument["key_id"]
    name = key["name"]
    if name not in PRICES:
        known = ", ".join(f"vetkd:Bls12_381_G2:{known}" for known in sorted(PRICES))
        what = f"Requested unknown or disabled threshold key: vetkd:Bls12_381_G2:{name}, existing enabled keys: [{known}]"
        raise rejected(f'Unable to route management canister request {call.request.method}: ChainKeyError("{what}")')
    return MasterKey(call.subnet.seed, name)
