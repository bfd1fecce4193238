"""What was done to a canister, by whom and when. Source: IC interface specification, IC method `canister_info`."""

from __future__ import annotations

from dataclasses import dataclass

from kybra_replica.principal import Principal

KEPT_CHANGES = 20
"""The IC promises the last 20."""


@dataclass(frozen=True, slots=True)
class FromUser:
    """Somebody outside did it."""

    user: Principal


@dataclass(frozen=True, slots=True)
class FromCanister:
    """A canister did it; `version` is what it said its own version was, if it said so."""

    canister: Principal
    version: int | None = None


ChangeOrigin = FromUser | FromCanister


@dataclass(frozen=True, slots=True)
class Creation:
    """The canister was created."""

    controllers: tuple[Principal, ...]
    environment_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class CodeDeployment:
    """Code was installed; `mode` is `install`, `reinstall` or `upgrade`."""

    mode: str
    module_hash: bytes


@dataclass(frozen=True, slots=True)
class CodeUninstall:
    """The code was removed."""


@dataclass(frozen=True, slots=True)
class ControllersChange:
    """The canister got these controllers."""

    controllers: tuple[Principal, ...]


ChangeDetails = Creation | CodeDeployment | CodeUninstall | ControllersChange


@dataclass(frozen=True, slots=True)
class Change:
    """One change; `version` is the canister's after it."""

    time_ns: int
    version: int
    origin: ChangeOrigin
    details: ChangeDetails


@dataclass(frozen=True, slots=True)
class History:
    """A value: adding answers another history."""

    recent: tuple[Change, ...] = ()
    """Oldest first, at most `KEPT_CHANGES`."""
    total: int = 0
    """How many changes there ever were."""

    def add(self, change: Change) -> History:
        """With one more change, and without the oldest when there are too many."""
        return History((*self.recent, change)[-KEPT_CHANGES:], self.total + 1)
