"""What travels between canisters and what answers it."""

from __future__ import annotations

from dataclasses import dataclass

from kybra_replica.principal import Principal
from kybra_replica.system_api import RejectCode, Trap


@dataclass(frozen=True, slots=True)
class Reply:
    """A call was answered."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Reject:
    """A call was refused or failed. `error_code` is the IC's (`IC0503`, ...), for people; programs look at `code`."""

    code: RejectCode
    message: str
    error_code: str

    def __post_init__(self) -> None:
        # Halves of surrogate pairs, which a Python string may hold, have no form on the wire.
        if not self.message.isascii():
            object.__setattr__(self, "message", self.message.encode(errors="replace").decode())


Response = Reply | Reject


@dataclass(frozen=True, slots=True)
class IngressOrigin:
    """A call from outside."""

    message: int


@dataclass(frozen=True, slots=True)
class CallOrigin:
    """A call from a canister: the answer goes to its callback."""

    caller: Principal
    callback: int


@dataclass(frozen=True, slots=True)
class SystemOrigin:
    """A heartbeat or a timer: nobody waits for an answer."""


Origin = IngressOrigin | CallOrigin | SystemOrigin


@dataclass(frozen=True, slots=True)
class RequestMessage:
    """A call on its way to `receiver`."""

    sender: Principal
    receiver: Principal
    method: str
    argument: bytes
    cycles: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class ResponseMessage:
    """The answer to a canister's call, on its way back to `receiver`; `sender` and `method` say which call it was."""

    sender: Principal
    receiver: Principal
    method: str
    callback: int
    response: Response
    refund: int


Message = RequestMessage | ResponseMessage


def trap_reject(canister: Principal, trap: Trap) -> Reject:
    """How the system words a trap for whoever called."""
    if trap.error_code == "IC0503":
        what = f"Canister called `ic0.trap` with message: '{trap.message}'"
    elif trap.error_code == "IC0502":
        what = f"Canister trapped: {trap.message}"
    else:
        what = trap.message
    return Reject(RejectCode.CANISTER_ERROR, f"Error from Canister {canister}: {what}", trap.error_code)


def canister_not_found(canister: Principal) -> Reject:
    """There is no such canister."""
    return Reject(RejectCode.DESTINATION_INVALID, f"Canister {canister} not found", "IC0301")


def canister_error(canister: Principal, what: str, error_code: str) -> Reject:
    """A reject with code 5 that is not a trap."""
    return Reject(RejectCode.CANISTER_ERROR, f"Error from Canister {canister}: {what}", error_code)
