"""Hash trees and certificates, against the specification's vector and by verifying with other code."""

from __future__ import annotations

from hashlib import sha256

import cbor2
from hypothesis import given
from hypothesis import strategies as st
from py_arkworks_bls12381 import GT, G1Point, G2Point

from kybra_replica.network import hash_tree
from kybra_replica.network.bls import DER_PREFIX, DOMAIN, SigningKey, hash_to_curve

SPECIFICATION_TREE = {b"a": {b"x": b"hello", b"y": b"world"}, b"b": b"good", b"c": {}, b"d": b"morning"}


def recomputed(tree) -> bytes:
    """The root hash of a pruned tree, written from the specification alone."""
    kind, *rest = tree
    if kind == 0:
        return sha256(b"\x11ic-hashtree-empty").digest()
    if kind == 1:
        return sha256(b"\x10ic-hashtree-fork" + recomputed(rest[0]) + recomputed(rest[1])).digest()
    if kind == 2:
        return sha256(b"\x13ic-hashtree-labeled" + rest[0] + recomputed(rest[1])).digest()
    if kind == 3:
        return sha256(b"\x10ic-hashtree-leaf" + rest[0]).digest()
    return rest[0]


def paths_of(content, prefix=()):
    for label, value in content.items():
        if isinstance(value, bytes):
            yield (*prefix, label), value
        else:
            yield from paths_of(value, (*prefix, label))


def found(tree, path):
    kind, *rest = tree
    if not path:
        return rest[0] if kind == 3 else None
    if kind == 1:
        return found(rest[0], path) or found(rest[1], path)
    if kind == 2 and rest[0] == path[0]:
        return found(rest[1], path[1:])
    return None


def test_the_specifications_tree_has_its_root_hash():
    # The vector of the IC specification nests its forks in this way; the hash depends on the shape.
    inner = hash_tree.fork(hash_tree.labeled(b"x", hash_tree.leaf(b"hello")), hash_tree.empty())
    a = hash_tree.labeled(b"a", hash_tree.fork(inner, hash_tree.labeled(b"y", hash_tree.leaf(b"world"))))
    left = hash_tree.fork(a, hash_tree.labeled(b"b", hash_tree.leaf(b"good")))
    right = hash_tree.fork(hash_tree.labeled(b"c", hash_tree.empty()), hash_tree.labeled(b"d", hash_tree.leaf(b"morning")))
    tree = hash_tree.fork(left, right)
    assert tree.hash.hex() == "eb5c5b2195e62d996b84c9bcc8259d19a83786a2f59e0878cec84c811f669aa0"
    assert cbor2.dumps(hash_tree.prune(tree, [()])).hex() == (
        "8301830183024161830183018302417882034568656c6c6f810083024179820345776f726c6483024162820344676f6f64"
        "8301830241638100830241648203476d6f726e696e67"
    )


labels = st.binary(min_size=1, max_size=4)
contents = st.recursive(st.binary(max_size=4), lambda below: st.dictionaries(labels, below, max_size=5), max_leaves=20).filter(
    lambda content: isinstance(content, dict)
)


@given(contents, st.data())
def test_pruning_keeps_the_root_hash_and_what_was_asked_for(content, data):
    tree = hash_tree.build(content)
    leaves = list(paths_of(content))
    wanted = data.draw(st.lists(st.sampled_from(leaves), unique_by=lambda leaf: leaf[0])) if leaves else []
    missing = data.draw(st.lists(st.lists(labels, min_size=1, max_size=3).map(tuple), max_size=2))
    pruned = hash_tree.prune(tree, [path for path, _ in wanted] + missing)
    assert recomputed(pruned) == tree.hash
    for path, value in wanted:
        assert found(pruned, path) == (value or None) or value == b""


def test_a_signature_holds_for_its_message_and_no_other():
    key = SigningKey(b"test")
    public = G2Point.from_compressed_bytes(key.der_public_key[len(DER_PREFIX) :])
    signature = G1Point.from_compressed_bytes(key.sign(b"message"))
    hashed = hash_to_curve(DOMAIN)
    assert GT.pairing(signature, G2Point()) == GT.pairing(hashed(b"message"), public)
    assert GT.pairing(signature, G2Point()) != GT.pairing(hashed(b"other"), public)


def test_the_key_follows_from_the_seed():
    assert SigningKey(b"a").der_public_key == SigningKey(b"a").der_public_key != SigningKey(b"b").der_public_key
    assert DOMAIN.endswith(b"_NUL_")


SOURCE = """
from kybra import Opt, blob, ic, query, update, void


@update
def certify(data: blob) -> void:
    ic.set_certified_data(data)


@query
def certificate() -> Opt[blob]:
    return ic.data_certificate()
"""


def test_a_query_reads_a_certificate_of_the_canisters_data_and_an_update_does_not(install):
    canister = install(SOURCE)
    canister.call("certify", b"thirty-two bytes at most")
    assert canister.call("certificate") is None
    content = cbor2.loads(canister.query("certificate"))
    content = content.value if isinstance(content, cbor2.CBORTag) else content
    tree = content["tree"]
    assert found(tree, (b"canister", canister.id.raw, b"certified_data")) == b"thirty-two bytes at most"
    certifier = canister.replica.certifier
    public = G2Point.from_compressed_bytes(certifier.root_key[len(DER_PREFIX) :])
    signature = G1Point.from_compressed_bytes(content["signature"])
    assert GT.pairing(signature, G2Point()) == GT.pairing(hash_to_curve(DOMAIN)(b"\x0dic-state-root" + recomputed(tree)), public)
