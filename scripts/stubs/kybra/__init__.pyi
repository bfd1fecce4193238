"""What `kybra` 0.7.1 means to a type checker.

Its own annotations bind the type names to variables, which no checker accepts as types. Here they are what they are at run time. Only the
names that canisters may use are listed, so a use of any other is an error.
"""

from collections.abc import Callable, Generator
from typing import Annotated, Any, Concatenate, Generic, NoReturn, Optional, ParamSpec, TypeAlias, TypeVar, overload
from typing import Tuple as Tuple
from typing import TypedDict as Record
from typing import TypedDict as Variant

__all__ = [
    "Alias",
    "Async",
    "AsyncInfo",
    "CallResult",
    "CandidError",
    "Duration",
    "Error",
    "Func",
    "FuncTuple",
    "GuardResult",
    "Manual",
    "NotifyResult",
    "Oneway",
    "Opt",
    "Principal",
    "Query",
    "Record",
    "RejectionCode",
    "Service",
    "Stable64GrowResult",
    "StableBTreeMap",
    "StableGrowResult",
    "StableMemoryError",
    "TimerId",
    "Tuple",
    "Update",
    "Variant",
    "Vec",
    "blob",
    "empty",
    "float32",
    "float64",
    "heartbeat",
    "ic",
    "init",
    "inspect_message",
    "int8",
    "int16",
    "int32",
    "int64",
    "match",
    "nat",
    "nat8",
    "nat16",
    "nat32",
    "nat64",
    "null",
    "post_upgrade",
    "pre_upgrade",
    "query",
    "reserved",
    "service_query",
    "service_update",
    "text",
    "update",
    "void",
]

_T = TypeVar("_T")
_K = TypeVar("_K")
_V = TypeVar("_V")
_P = ParamSpec("_P")
_S = TypeVar("_S")
_F = TypeVar("_F", bound=Callable[..., Any])

int8 = int
int16 = int
int32 = int
int64 = int
nat = int
nat8 = int
nat16 = int
nat32 = int
nat64 = int
float32 = float
float64 = float
text = str
blob = bytes
null: TypeAlias = None
void: TypeAlias = None
reserved: TypeAlias = Any
empty = NoReturn
Opt: TypeAlias = Optional[_T]
Manual: TypeAlias = Optional[_T]
Vec: TypeAlias = list[_T]
Alias: TypeAlias = Annotated[_T, None]
Async: TypeAlias = Generator[Any, Any, _T]
TimerId = int
Duration = int
Query: TypeAlias = Callable[_P, _T]
Update: TypeAlias = Callable[_P, _T]
Oneway: TypeAlias = Callable[_P, _T]
FuncTuple: TypeAlias = tuple[Principal, str]

class GuardResult(Variant, total=False):
    Ok: null
    Err: str

class RejectionCode(Variant, total=False):
    NoError: null
    SysFatal: null
    SysTransient: null
    DestinationInvalid: null
    CanisterReject: null
    CanisterError: null
    Unknown: null

class NotifyResult(Variant, total=False):
    Ok: null
    Err: RejectionCode

class StableMemoryError(Variant, total=False):
    OutOfMemory: null
    OutOfBounds: null

class StableGrowResult(Variant, total=False):
    Ok: nat32
    Err: StableMemoryError

class Stable64GrowResult(Variant, total=False):
    Ok: nat64
    Err: StableMemoryError

class Error(Exception): ...
class CandidError(Error): ...

class Principal:
    """Has no equality of its own: `==` on it is refused by `scripts/checks/identities.py`."""

    # What `ddsx_wire.principals` puts in the place of the parts.
    _text: str
    _raw: blob
    def __init__(self, bytes: bytes = ...) -> None: ...
    @staticmethod
    def management_canister() -> Principal: ...
    @staticmethod
    def self_authenticating(pubkey: str | bytes) -> Principal: ...
    @staticmethod
    def anonymous() -> Principal: ...
    @staticmethod
    def from_str(s: str) -> Principal: ...
    @staticmethod
    def from_hex(s: str) -> Principal: ...
    @property
    def len(self) -> int: ...
    @property
    def bytes(self) -> bytes: ...
    @property
    def hex(self) -> str: ...
    def to_str(self) -> str: ...

class Service:
    canister_id: Principal
    def __init__(self, canister_id: Principal) -> None: ...

class CallResult(Generic[_T]):
    """What a `yield` of a call gives: one of the two is None, unless the reply was empty."""

    Ok: _T
    Err: str | None

class AsyncInfo:
    """A call that has not been made yet: yield it, or send it without waiting."""

    name: str
    args: list[Any]
    def with_cycles(self, cycles: nat64) -> AsyncInfo: ...
    def with_cycles128(self, cycles: nat) -> AsyncInfo: ...
    def notify(self) -> NotifyResult: ...

def service_query(func: Callable[Concatenate[_S, _P], _T]) -> Callable[Concatenate[_S, _P], AsyncInfo]: ...
def service_update(func: Callable[Concatenate[_S, _P], _T]) -> Callable[Concatenate[_S, _P], AsyncInfo]: ...

@overload
def query(func: _F) -> _F: ...
@overload
def query(*, guard: Callable[[], GuardResult] | None = ...) -> Callable[[_F], _F]: ...
@overload
def update(func: _F) -> _F: ...
@overload
def update(*, guard: Callable[[], GuardResult] | None = ...) -> Callable[[_F], _F]: ...
def init(func: _F) -> _F: ...
def post_upgrade(func: _F) -> _F: ...
def pre_upgrade(func: _F) -> _F: ...
def heartbeat(func: _F) -> _F: ...
def inspect_message(func: _F) -> _F: ...
def Func(callable: Any) -> type[FuncTuple]: ...
def match(variant: object, matcher: dict[str, Callable[[Any], _T]]) -> _T: ...

class StableBTreeMap(Generic[_K, _V]):
    def __init__(self, memory_id: nat8, max_key_size: int, max_value_size: int) -> None: ...
    def contains_key(self, key: _K) -> bool: ...
    def get(self, key: _K) -> _V | None: ...
    def insert(self, key: _K, value: _V) -> _V | None: ...
    def is_empty(self) -> bool: ...
    def items(self) -> list[tuple[_K, _V]]: ...
    def keys(self) -> list[_K]: ...
    def len(self) -> nat64: ...
    def remove(self, key: _K) -> _V | None: ...
    def values(self) -> list[_V]: ...

class ic:
    @staticmethod
    def accept_message() -> None: ...
    @staticmethod
    def arg_data_raw() -> blob: ...
    @staticmethod
    def arg_data_raw_size() -> nat32: ...
    @staticmethod
    def call_raw(canister_id: Principal, method: str, args_raw: blob, payment: nat64) -> AsyncInfo: ...
    @staticmethod
    def call_raw128(canister_id: Principal, method: str, args_raw: blob, payment: nat) -> AsyncInfo: ...
    @staticmethod
    def caller() -> Principal: ...
    @staticmethod
    def candid_encode(candid_string: str) -> blob: ...
    @staticmethod
    def candid_decode(candid_encoded: blob) -> str: ...
    @staticmethod
    def canister_balance() -> nat64: ...
    @staticmethod
    def canister_balance128() -> nat: ...
    @staticmethod
    def clear_timer(id: TimerId) -> None: ...
    @staticmethod
    def data_certificate() -> blob | None: ...
    @staticmethod
    def id() -> Principal: ...
    @staticmethod
    def method_name() -> str: ...
    @staticmethod
    def msg_cycles_accept(max_amount: nat64) -> nat64: ...
    @staticmethod
    def msg_cycles_accept128(max_amount: nat) -> nat: ...
    @staticmethod
    def msg_cycles_available() -> nat64: ...
    @staticmethod
    def msg_cycles_available128() -> nat: ...
    @staticmethod
    def msg_cycles_refunded() -> nat64: ...
    @staticmethod
    def msg_cycles_refunded128() -> nat: ...
    @staticmethod
    def notify_raw(canister_id: Principal, method: str, args_raw: blob, payment: nat) -> NotifyResult: ...
    @staticmethod
    def performance_counter(counter_type: nat32) -> nat64: ...
    @staticmethod
    def print(*args: object) -> None: ...
    @staticmethod
    def reject(x: str) -> None: ...
    @staticmethod
    def reject_code() -> RejectionCode: ...
    @staticmethod
    def reject_message() -> str: ...
    @staticmethod
    def reply(value: object) -> None: ...
    @staticmethod
    def reply_raw(x: blob) -> None: ...
    @staticmethod
    def set_certified_data(data: blob) -> None: ...
    @staticmethod
    def set_timer(delay: Duration, func: Callable[[], Any]) -> TimerId: ...
    @staticmethod
    def set_timer_interval(interval: Duration, func: Callable[[], Any]) -> TimerId: ...
    @staticmethod
    def time() -> nat64: ...
    @staticmethod
    def trap(message: str) -> NoReturn: ...
