"""What the controllers of a canister decide about it, beside who they are.

Limits and allocations are kept and reported; this replica reserves nothing and charges no rent, so only the log's size, the
three visibilities and the least cycles of an incoming call have an effect. Source: IC interface specification, IC method
`create_canister`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from kybra_replica.principal import Principal

LOG_BYTES = 4_096
"""What a canister's log holds unless its settings say otherwise."""


class Audience(Enum):
    """Who besides the controllers may look."""

    CONTROLLERS = "controllers"
    """Nobody."""
    PUBLIC = "public"
    ALLOWED_VIEWERS = "allowed_viewers"


@dataclass(frozen=True, slots=True)
class Visibility:
    """Who may see a canister's log, snapshots or status."""

    audience: Audience = Audience.CONTROLLERS
    viewers: tuple[Principal, ...] = ()
    """Counts for `ALLOWED_VIEWERS`."""

    def admits(self, caller: Principal, controllers: frozenset[Principal]) -> bool:
        """Whether `caller` may look at a canister with these controllers."""
        if self.audience is Audience.PUBLIC or caller in controllers:
            return True
        return self.audience is Audience.ALLOWED_VIEWERS and caller in self.viewers


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings with the IC's defaults; controllers are a field of the canister."""

    compute_allocation: int = 0
    """Percent."""
    memory_allocation: int = 0
    """Bytes."""
    freezing_threshold: int = 2_592_000
    """Seconds: 30 days."""
    reserved_cycles_limit: int = 5_000_000_000_000
    minimum_incoming_canister_call_cycles: int = 0
    log_visibility: Visibility = Visibility()
    log_memory_limit: int = LOG_BYTES
    snapshot_visibility: Visibility = Visibility()
    status_visibility: Visibility = Visibility()
    wasm_memory_limit: int = 3_221_225_472
    """Bytes: 3 GiB, what the IC gives new canisters."""
    wasm_memory_threshold: int = 0
    """Bytes."""
    environment_variables: tuple[tuple[str, str], ...] = ()
    """Names and values, by name."""

    def environment_hash(self) -> bytes | None:
        """The representation-independent hash of the environment variables; None without any."""
        if not self.environment_variables:
            return None
        pairs = sorted(_digest(name) + _digest(value) for name, value in self.environment_variables)
        return sha256(b"".join(pairs)).digest()


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
