"""Canister signatures, and what canisters say of senders: all that has to fit together, each beside what does not."""

from __future__ import annotations

from hashlib import sha256

import cbor2
import pytest
from ingress_requests import USER, accepted, call, refusal_of, refused

import signing
from kybra_replica.ingress.validator import Validator
from kybra_replica.network.bls import SigningKey

SIGNER = (3).to_bytes(8, "big") + b"\x01\x01"
SEED = b"anchor 10000, app.example"


def pruned(node):
    return [4, signing.canister.root_hash(node)]


@pytest.mark.parametrize("seed", [SEED, b"", bytes(3000)], ids=["a seed", "no seed", "a huge seed"])
def test_a_canister_signs(validator, root, seed):
    accepted(validator, signing.CanisterIdentity(root, SIGNER, seed))


def test_the_trees_may_be_pruned_and_nested(validator, root):
    class Shared(signing.CanisterIdentity):
        def signatures(self, message):
            leaf, seed = [2, sha256(message).digest(), [3, b""]], sha256(self.seed).digest()
            before, after = sorted([b"\0" * 32, b"\xff" * 32])
            level = [1, [1, [2, before, pruned([0])], leaf], [2, after, pruned([0])]]
            for _ in range(60):
                level = [1, level, pruned([0])]
            return [1, pruned([2, b"http_assets", [0]]), [2, b"sig", [1, pruned([0]), [2, seed, level]]]]

    accepted(validator, Shared(root, SIGNER, SEED))


def signer_with(root, *, signatures=None, certificate=None):
    class Signer(signing.CanisterIdentity):
        def signatures(self, message):
            return super().signatures(message) if signatures is None else signatures(self, message)

        def certificate(self, certified):
            return super().certificate(certified) if certificate is None else certificate(self, certified)

    return Signer(root, SIGNER, SEED)


def message_tree(identity, message, leaf=b""):
    return {sha256(identity.seed).digest(): {sha256(message).digest(): leaf}}


def twice(identity, message):
    level = [2, sha256(message).digest(), [3, b""]]
    return [2, b"sig", [2, sha256(identity.seed).digest(), [1, level, level]]]


BAD_TREES = {
    "another message": lambda identity, message: signing.canister.tree({b"sig": message_tree(identity, message + b"x")}),
    "another seed": lambda identity, message: signing.canister.tree({b"sig": {sha256(b"").digest(): {sha256(message).digest(): b""}}}),
    "another label": lambda identity, message: signing.canister.tree({b"sgi": message_tree(identity, message)}),
    "a leaf that is not empty": lambda identity, message: signing.canister.tree({b"sig": message_tree(identity, message, b"1")}),
    "a subtree for the leaf": lambda identity, message: signing.canister.tree({b"sig": message_tree(identity, message, {})}),
    "pruned": lambda identity, message: pruned(signing.canister.tree({b"sig": message_tree(identity, message)})),
    "a label twice": twice,
    "a leaf beside labels": lambda identity, message: [1, [3, b""], signing.canister.tree({b"sig": message_tree(identity, message)})],
}


@pytest.mark.parametrize("signatures", BAD_TREES.values(), ids=BAD_TREES)
def test_the_canisters_tree_shows_the_message(validator, root, signatures):
    assert refused(validator, signer_with(root, signatures=signatures)).startswith("Invalid signature: Invalid canister signature: ")


NO_TREES = [None, 1, [], [[0]], [{}], [0, 0], [5], [1, [0]], [2, "sig", [0]], [3, "x"], [4, b"short"], [4, bytes(33)], [True, [0], [0]], {}]


@pytest.mark.parametrize("node", NO_TREES, ids=map(repr, NO_TREES))
def test_what_is_no_tree_is_refused(validator, root, node):
    envelope = signing.envelope(signing.CanisterIdentity(root, SIGNER, SEED), call())
    damaged = signing.canister.tagged({**cbor2.loads(envelope["sender_sig"][3:]), "tree": node})
    text = refusal_of({**envelope, "sender_sig": damaged}, validator)
    assert text.startswith("Invalid signature: Invalid canister signature: ")



def state_of(canister, certified):
    return signing.canister.tree({b"canister": {canister: {b"certified_data": certified}}, b"time": b"\x01"})


BAD_CERTIFICATES = {
    "of another tree": lambda identity, certified: signing.certificate(identity.root_key, state_of(SIGNER, certified[:-1] + b"x")),
    "of another canister": lambda identity, certified: signing.certificate(identity.root_key, state_of(SIGNER[:-1], certified)),
    "that is pruned": lambda identity, certified: signing.certificate(identity.root_key, pruned(state_of(SIGNER, certified))),
    "signed for another state": lambda identity, certified: {
        "tree": state_of(SIGNER, certified),
        "signature": signing.certificate(identity.root_key, state_of(SIGNER, b""))["signature"],
    },
    "without signature": lambda identity, certified: {"tree": state_of(SIGNER, certified)},
    "with an empty signature": lambda identity, certified: {"tree": state_of(SIGNER, certified), "signature": b""},
    "with a point at infinity": lambda identity, certified: {"tree": state_of(SIGNER, certified), "signature": b"\xc0" + bytes(47)},
    "by delegation": lambda identity, certified: {
        **signing.certificate(identity.root_key, state_of(SIGNER, certified)),
        "delegation": {"subnet_id": b"", "certificate": b""},
    },
}


@pytest.mark.parametrize("certificate", BAD_CERTIFICATES.values(), ids=BAD_CERTIFICATES)
def test_the_certificate_is_the_subnets(validator, root, certificate):
    assert refused(validator, signer_with(root, certificate=certificate)).startswith("Invalid signature: Invalid canister signature: ")


def test_another_subnets_canister_does_not_sign_here(root):
    identity = signing.CanisterIdentity(root, SIGNER, SEED)
    accepted(Validator(root.der_public_key), identity)
    assert refused(Validator(SigningKey(b"other").der_public_key), identity).endswith("the certificate is not signed with the root key")


# sender info ----------------------------------------------------------------------------------------------------------

INFO_DOMAIN = b"\x0eic-sender-info"


def informed(identity, **changes):
    info = {"info": b"name", "signer": SIGNER, "sig": identity.sign(INFO_DOMAIN + b"name"), **changes}
    return {**call(), "sender_info": info}


def test_sender_info_is_signed_by_the_canister_that_signs_for_the_sender(validator, root):
    identity = signing.CanisterIdentity(root, SIGNER, SEED)
    info = accepted(validator, identity, informed(identity)).content.sender_info
    assert (info.info, info.signer.raw) == (b"name", SIGNER)
    session = signing.delegate(identity, USER, 2**63)
    accepted(validator, session, informed(identity))
    assert refused(validator, identity, informed(identity, info=b"other")).startswith("Invalid sender info: Invalid canister signature: ")
    not_the_signer = "Invalid sender info: the signer is not the canister of the sender's public key"
    assert refused(validator, identity, informed(identity, signer=SIGNER[:-1])) == not_the_signer
    assert refused(validator, USER, informed(identity)) == not_the_signer
    assert refused(validator, signing.Anonymous(), informed(identity)) == not_the_signer
