"""A call of the management canister as its methods see it, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from kybra_replica.network.canister import Canister
from kybra_replica.network.canister_history import ChangeOrigin
from kybra_replica.network.lifecycle import origin_of
from kybra_replica.network.messages import CallOrigin, Reject, RequestMessage, canister_not_found
from kybra_replica.principal import Principal
from kybra_replica.system_api import RejectCode

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet


class Refused(Exception):
    """The call changed nothing; `reject` is the answer, all cycles go back."""

    def __init__(self, code: RejectCode, message: str, error_code: str) -> None:
        super().__init__(message)
        self.reject = Reject(code, message, error_code)

    @classmethod
    def answering(cls, reject: Reject) -> Refused:
        """With an answer that somebody else worded."""
        return cls(reject.code, reject.message, reject.error_code)


def rejected(message: str, error_code: str = "IC0406") -> Refused:
    """A refusal with reject code 4."""
    return Refused(RejectCode.CANISTER_REJECT, message, error_code)


def violated(message: str) -> Refused:
    """A refusal with reject code 5 of something that the IC calls a contract violation."""
    return Refused(RejectCode.CANISTER_ERROR, message, "IC0504")


@dataclass(frozen=True, slots=True)
class Done:
    """A method has done its work: its one result, if it has any, and the cycles it keeps of those attached."""

    result: Any = None
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose argument has been read and whose caller may make it."""

    subnet: Subnet
    request: RequestMessage
    argument: Any
    """The record that was sent; None for a method without arguments."""

    @property
    def sender(self) -> Principal:
        return self.request.sender

    @property
    def is_from_canister(self) -> bool:
        """Whether a canister made the call, as against somebody outside."""
        return isinstance(self.request.origin, CallOrigin)

    @property
    def origin(self) -> ChangeOrigin:
        """How the canister's history names the sender."""
        version = self.argument.get("sender_canister_version")
        return origin_of(self.subnet, self.sender, None if version is None else version.value)

    def canister(self, identity: Principal) -> Canister:
        """The canister of that id. Raises Refused."""
        found = self.subnet.canisters.get(identity)
        if found is None:
            raise Refused.answering(canister_not_found(identity))
        return found


class Callers(Enum):
    """Who may call a method on a canister."""

    ANYONE = "anyone"
    CONTROLLERS = "controllers"
    CONTROLLERS_AND_ITSELF = "controllers and itself"
    STATUS_VIEWERS = "whoever its setting status_visibility admits, and itself"
    LOG_VIEWERS = "whoever its setting log_visibility admits"


@dataclass(frozen=True, slots=True)
class Method:
    """One method: what it does and who may call it how."""

    run: Callable[[Call, Canister], Done | None] | None = None
    """On the canister that the argument names; None as an answer: the call is answered later."""
    run_at_large: Callable[[Call], Done] | None = None
    """What a method does whose argument names no canister that is there already."""
    callers: Callers = Callers.ANYONE
    target: str = "canister_id"
    """The field of the argument that names the canister."""
    by_ingress: bool = True
    by_canisters: bool = True
    by_query: bool = False
