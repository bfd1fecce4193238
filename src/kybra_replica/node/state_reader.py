"""Who may read which paths of the certified state, through which address.

Refusals have the status and the text of the IC's replica. Source: IC interface specification, "Request: Read state", and
dfinity/ic, `rs/http_endpoints/public/src/read_state`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kybra_replica.ingress.problems import BadRequest
from kybra_replica.network.canister import Canister
from kybra_replica.network.certified_state import CertifiedState
from kybra_replica.network.hash_tree import Path
from kybra_replica.network.id_tree import ID_BYTES
from kybra_replica.network.request_history import RequestHistory
from kybra_replica.principal import MANAGEMENT, MAX_BYTES, Principal

MAX_PATHS = 1_000
MAX_LABELS = 127

_ABOUT_SUBNETS = frozenset({b"public_key", b"canister_ranges", b"type", b"node"})
_ABOUT_REQUESTS = frozenset({b"status", b"reply", b"reject_code", b"reject_message", b"error_code"})
_ABOUT_BOUNDARY_NODES = frozenset({b"domain", b"ipv4_address", b"ipv6_address"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks. `check_target` raises BadRequest for a canister that the reader's delegation does not cover; None: it covers all."""

    sender: Principal
    check_target: Callable[[Principal], None] | None = None


def read_canister_state(state: CertifiedState, paths: Sequence[Path], reader: Reader, effective: Principal, now_ns: int) -> bytes:
    """A certificate for paths that were asked for at the address of the canister `effective`, which need not exist.

    Raises BadRequest: 400 for too many paths or labels, for several requests at once or an id that is none; then path by path
    404 for a shape that nobody may read, 403 for a private section or somebody else's request, 400 for a canister other than
    `effective`.
    """
    _check_size(paths)
    _check_one_request(paths)
    for path in paths:
        match tuple(path):
            case (b"canister", canister, b"controllers" | b"module_hash"):
                _check_canister(canister, effective)
            case (b"canister", canister, b"metadata", name):
                _check_section(state.subnet.canisters.get(_check_canister(canister, effective)), name, reader.sender)
            case (b"request_status", request_id, *_) if _is_request_path(path):
                receiver = _check_request(state.history, request_id, reader)
                if receiver is not None and receiver not in {effective, MANAGEMENT}:
                    raise _mismatch(receiver, effective)
            case _:
                _check_public(path)
    return state.certificate(paths, now_ns)


def read_subnet_state(state: CertifiedState, paths: Sequence[Path], reader: Reader, subnet_id: Principal, now_ns: int) -> bytes:
    """A certificate for paths that were asked for at the address of the subnet `subnet_id`.

    Requests can be read here if they call the management canister. Raises BadRequest as `read_canister_state` does, and 400
    for another subnet's id.
    """
    if subnet_id != state.identity.subnet_id:
        raise BadRequest(status=400, text=f"The subnet {subnet_id} is not hosted here.")
    _check_size(paths)
    _check_one_request(paths)
    for path in paths:
        match tuple(path):
            case (b"canister_ranges",) | (b"canister_ranges", _) | (b"canister_ranges", _, _):
                pass
            case (b"subnet", about, b"metrics"):
                _check_canister(about, subnet_id)
            case (b"request_status", request_id, *_) if _is_request_path(path):
                receiver = _check_request(state.history, request_id, reader)
                if receiver is not None and receiver != MANAGEMENT:
                    raise _mismatch(receiver, subnet_id)
            case _:
                _check_public(path)
    return state.certificate(paths, now_ns)


def _check_size(paths: Sequence[Path]) -> None:
    if len(paths) > MAX_PATHS:
        text = f"Too many paths in read_state request: got {len(paths)} paths, but at most {MAX_PATHS} are allowed"
        raise BadRequest(status=400, text=text)
    longest = max(map(len, paths), default=0)
    if longest > MAX_LABELS:
        text = f"At least one path in read_state request is too deep: got {longest} labels, but at most {MAX_LABELS} are allowed"
        raise BadRequest(status=400, text=text)


def _check_public(path: Path) -> None:
    """Paths that everybody may read at any address. Raises BadRequest with 404 for others."""
    match tuple(path):
        case (b"time",) | (b"subnet",) | (b"subnet", _) | (b"subnet", _, b"node", _) | (b"subnet", _, b"node", _, b"public_key"):
            return
        case (b"subnet", _, about) if about in _ABOUT_SUBNETS:
            return
        case (b"api_boundary_nodes",) | (b"api_boundary_nodes", _):
            return
        case (b"api_boundary_nodes", _, about) if about in _ABOUT_BOUNDARY_NODES:
            return
    raise BadRequest(status=404, text="Invalid path requested.")


def _check_canister(label: bytes, effective: Principal) -> Principal:
    if len(label) > MAX_BYTES:
        raise BadRequest(status=400, text=f"Could not parse principal ID: it has {len(label)} bytes, more than {MAX_BYTES}.")
    canister = Principal(label)
    if canister != effective:
        raise _mismatch(canister, effective)
    return canister


def _mismatch(asked: Principal, effective: Principal) -> BadRequest:
    return BadRequest(status=400, text=f"Effective principal id in URL {effective} does not match requested principal id: {asked}.")


def _check_section(canister: Canister | None, label: bytes, sender: Principal) -> None:
    try:
        name = label.decode()
    except UnicodeDecodeError as problem:
        raise BadRequest(status=400, text=f"Could not parse the custom section name: {problem}.") from None
    if canister is None or canister.engine is None or name not in canister.engine.private_metadata():
        return
    if sender not in canister.controllers:
        text = f"Custom section {name:.100} can only be requested by the controllers of the canister."
        raise BadRequest(status=403, text=text)


def _is_request_path(path: Path) -> bool:
    return len(path) == 2 or (len(path) == 3 and path[2] in _ABOUT_REQUESTS)


def _check_one_request(paths: Sequence[Path]) -> None:
    asked = sorted({path[1] for path in paths if path and path[0] == b"request_status" and _is_request_path(path)})
    for request_id in asked:
        if len(request_id) != ID_BYTES:
            text = f"Invalid request id in paths. Maybe the request ID is not of {ID_BYTES} bytes in length?!"
            raise BadRequest(status=400, text=text)
    if len(asked) > 1:
        ids = " and ".join(f"0x{request_id.hex()}" for request_id in asked[:2])
        raise BadRequest(status=400, text=f"More than one non-unique request ID exists in request_status paths: {ids}.")


def _check_request(history: RequestHistory | None, request_id: bytes, reader: Reader) -> Principal | None:
    """The receiver of a known request that the reader may see. Raises BadRequest with 403 for somebody else's."""
    sender = None if history is None else history.sender_of(request_id)
    receiver = None if history is None else history.receiver_of(request_id)
    if sender is not None and sender != reader.sender:
        raise BadRequest(status=403, text="The user tries to access Request ID not signed by the caller.")
    if receiver is not None and reader.check_target is not None:
        reader.check_target(receiver)
    return receiver
