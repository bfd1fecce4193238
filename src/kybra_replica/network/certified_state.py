"""The certified state: one tree of what the subnet says, signed once a height, pruned for each reader.

Source: IC interface specification, section "The system state tree".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cbor2

from kybra_replica.candid.leb128 import encode_unsigned
from kybra_replica.network import hash_tree
from kybra_replica.network.canister_tree import CanisterTrees
from kybra_replica.network.hash_tree import Node, Path, leaf
from kybra_replica.network.request_history import RequestHistory
from kybra_replica.principal import Principal

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet

MAX_AGE_NS = 1_000_000_000
"""A reader is shown no time that is older: clients refuse certificates by their age."""

FIRST_CANISTER, LAST_CANISTER = Principal.canister(0), Principal.canister(2**64 - 1)
SUBNET_TYPE = b"application"

_SELF_DESCRIBING = 55_799
_TREE = bytes.fromhex("d9d9f7a2") + cbor2.dumps("tree")
_SIGNATURE = cbor2.dumps("signature")


@dataclass(frozen=True, slots=True)
class SubnetIdentity:
    """What the state says of the subnet itself: ids, and public keys in DER."""

    subnet_id: Principal
    root_key: bytes
    node_id: Principal
    node_key: bytes


class CertifiedState:
    """The state as readers see it: it stands still until the next height, or until its time is too old to be shown.

    `sign` signs a root hash. It is called when the first reader of a height comes, not when nobody does.
    """

    def __init__(
        self, subnet: Subnet, identity: SubnetIdentity, sign: Callable[[bytes], bytes], history: RequestHistory | None = None
    ) -> None:
        self.subnet = subnet
        self.history = history
        self.identity = identity
        self._sign = sign
        self._canisters = CanisterTrees()
        self._constant = self._constant_labels()
        self._time_ns = 0
        self._shown_requests = b""
        """Hash of the requests as they were frozen."""
        self._root: Node | None = None
        self._signed: tuple[bytes, bytes] | None = None
        self._around_request: tuple[bytes, bytes] | None = None
        """What stands in a certificate of this height before and behind the part that differs from one request to the next."""

    def next_height(self) -> None:
        """A block was made: the next reader sees what it did."""
        self._root = None

    def certificate(self, paths: Sequence[Path], now_ns: int) -> bytes:
        """A certificate that reveals `paths` and the time, which is within a second of `now_ns`.

        Shows the state as it was when the first reader of this height came, or the first since its time went stale. The
        time never goes back, and is never before that of the subnet. Not to be called while a block is being made.
        """
        self._freeze_unless_fresh(now_ns)
        return self.frozen_certificate(paths)

    def request_certificate(self, request_id: bytes, now_ns: int) -> bytes:
        """What `certificate` makes for the path of a request, made from what it shares with those of the same height."""
        self._freeze_unless_fresh(now_ns)
        path = (b"request_status", request_id)
        if self.history is None or not self.history.shows(request_id):
            return self.frozen_certificate([path])
        part = self.history.encode_shown(request_id)
        if self._around_request is None:
            # An id is a hash, so what shows it stands nowhere else.
            before, _, behind = self.frozen_certificate([path]).partition(part)
            self._around_request = before, behind
        return part.join(self._around_request)

    def _freeze_unless_fresh(self, now_ns: int) -> None:
        time_ns = max(now_ns, self.subnet.time_ns)
        stale = self._root is None or time_ns - self._time_ns > MAX_AGE_NS
        if stale or self._request_tree().hash != self._shown_requests:
            self.freeze(max(time_ns, self._time_ns))

    def data_certificate(self, canister: Principal, now_ns: int) -> bytes:
        """What `ic0.data_certificate` gives a query of `canister`: proof of its certified data."""
        return self.certificate([(b"canister", canister.raw, b"certified_data")], now_ns)

    def freeze(self, time_ns: int) -> None:
        """Take the state as it is now, and this time, for what `frozen_certificate` shows."""
        if self.history is not None:
            self.history.commit()
        requests = self._request_tree()
        self._shown_requests = requests.hash
        self._time_ns = time_ns
        labels = {
            **self._constant,
            b"canister": self._canisters.tree(self.subnet.canisters.values()),
            b"request_status": requests,
            b"time": leaf(encode_unsigned(time_ns)),
        }
        self._root = hash_tree.build(labels)
        self._around_request = None

    def frozen_certificate(self, paths: Sequence[Path]) -> bytes:
        """A certificate of the state that was frozen. Raises LookupError when none was."""
        root = self._root
        if root is None:
            raise LookupError("no state was frozen")
        if self._signed is None or self._signed[0] != root.hash:
            self._signed = (root.hash, self._sign(root.hash))
        tree = hash_tree.encode_pruned(root, [(b"time",), *paths])
        return b"".join((_TREE, tree, _SIGNATURE, hash_tree.byte_string(self._signed[1])))

    def _request_tree(self) -> Node:
        return hash_tree.empty() if self.history is None else self.history.tree

    def _constant_labels(self) -> dict[bytes, Node]:
        identity = self.identity
        subnet, ranges = identity.subnet_id.raw, _tagged([[FIRST_CANISTER.raw, LAST_CANISTER.raw]])
        about: hash_tree.Labels = {
            b"canister_ranges": ranges,
            b"node": {identity.node_id.raw: {b"public_key": identity.node_key}},
            b"public_key": identity.root_key,
            b"type": SUBNET_TYPE,
        }
        return {
            b"canister_ranges": hash_tree.build({subnet: {FIRST_CANISTER.raw: ranges}}),
            b"subnet": hash_tree.build({subnet: about}),
        }


def _tagged(value: object) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(_SELF_DESCRIBING, value))
