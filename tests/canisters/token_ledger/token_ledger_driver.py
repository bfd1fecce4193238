"""A token ledger on a replica, called in words that tests read easily."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ddsx.certificate import leb128, verify_certificate
from ddsx_core.hash_tree import Found, lookup, parse_hash_tree, root_hash
from kybra_replica.driver import CanisterHandle, Replica, user
from kybra_replica.principal import Principal

ENTRY = Path(__file__).resolve().parents[3] / "canisters" / "token_ledger" / "token_ledger_canister.py"
FEE = 10_000
MINTER, BUYER, PROVIDER, SPLITTER, OUTSIDER = (user(role) for role in ("minter", "buyer", "provider", "splitter", "outsider"))
GOVERNANCE = user("governance")
ANONYMOUS = Principal.from_text("2vxsx-fae")
ONE = bytes(31) + b"\x01"
SECOND_NS = 1_000_000_000
DAY_NS = 86_400 * SECOND_NS
DRIFT_NS = 60 * SECOND_NS
MAX_NAT64 = (1 << 64) - 1
Party = Principal | tuple[Principal, bytes]


def account(party: Party) -> dict[str, Any]:
    """The account of a principal, or of a principal and a subaccount."""
    owner, subaccount = party if isinstance(party, tuple) else (party, None)
    return {"owner": owner, "subaccount": subaccount}


def settings(**changed: Any) -> dict[str, Any]:
    """What a ledger is installed with."""
    plain = {"name": "Local test token", "symbol": "LTT", "decimals": 8, "transfer_fee": FEE, "minting_account": account(MINTER)}
    return plain | {"governance": GOVERNANCE} | changed


def install(replica: Replica, **changed: Any) -> Ledger:
    """A ledger of a token, at rest: what Kybra does after installing is done."""
    ledger = Ledger(replica, replica.install(ENTRY, settings(**changed)))
    replica.tick(2)
    return ledger


@dataclass(frozen=True, slots=True)
class Ledger:
    """Calls answer `Ok` or `Err` as the ledger does; what a call leaves out, the caller leaves out."""

    replica: Replica
    canister: CanisterHandle

    def now(self) -> int:
        """When the next message will run."""
        return self.replica.get_time()

    def go_to(self, time_ns: int) -> None:
        """The next message runs at exactly that time; timers that are due before it have run."""
        self.replica.subnet.time_ns = time_ns - SECOND_NS
        self.replica.tick(2)
        assert self.now() <= time_ns
        self.replica.subnet.time_ns = time_ns

    def transfer(self, sender: Principal, to: Party, amount: int, **rest: Any) -> dict[str, Any]:
        return self._call("icrc1_transfer", sender, {"to": account(to), "amount": amount, **rest})

    def approve(self, sender: Principal, spender: Party, amount: int, **rest: Any) -> dict[str, Any]:
        return self._call("icrc2_approve", sender, {"spender": account(spender), "amount": amount, **rest})

    def transfer_from(self, sender: Principal, source: Party, to: Party, amount: int, **rest: Any) -> dict[str, Any]:
        return self._call("icrc2_transfer_from", sender, {"from": account(source), "to": account(to), "amount": amount, **rest})

    def _call(self, method: str, sender: Principal, args: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.canister.call(method, args, sender=sender)
        return answer

    def fund(self, party: Party, amount: int) -> None:
        assert "Ok" in self.transfer(MINTER, party, amount)

    def balance(self, party: Party) -> int:
        units: int = self.canister.query("icrc1_balance_of", account(party))
        return units

    def allowance(self, source: Party, spender: Party) -> tuple[int, int | None]:
        answer = self.canister.query("icrc2_allowance", {"account": account(source), "spender": account(spender)})
        return answer["allowance"], answer["expires_at"]

    def supply(self) -> int:
        units: int = self.canister.query("icrc1_total_supply")
        return units

    def status(self) -> dict[str, int]:
        counts: dict[str, int] = self.canister.query("status")
        return counts

    def set_fee(self, fee: int) -> None:
        self.canister.call("set_fee", fee, sender=GOVERNANCE)

    def blocks(self, *ranges: tuple[int, int]) -> list[dict[str, Any]]:
        """The values of the blocks in ranges of (start, length); of all there are when none is named."""
        asked = [{"start": start, "length": length} for start, length in ranges or [(0, self.length())]]
        answer = self.canister.query("icrc3_get_blocks", asked)
        return [entry["block"] for entry in answer["blocks"]]

    def tip(self) -> tuple[int, bytes] | None:
        """Index and hash of the last block as the subnet signed them, the signature checked with the replica's root key."""
        answer = self.canister.query("icrc3_get_tip_certificate")
        if answer is None:
            return None
        raw, root_key = self.canister.id.raw, self.replica.certifier.root_key
        certified = verify_certificate(answer["certificate"], canister=raw, root_key=root_key)
        tree = parse_hash_tree(answer["hash_tree"])
        assert root_hash(tree) == certified.data
        digest, index = (lookup(tree, [b"last_block_" + label]) for label in (b"hash", b"index"))
        assert isinstance(digest, Found)
        assert isinstance(index, Found)
        return leb128(index.value), digest.value

    def length(self) -> int:
        blocks: int = self.canister.query("log_length")
        return blocks
