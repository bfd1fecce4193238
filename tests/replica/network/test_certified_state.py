"""What the certified state holds, when it is signed again, and that a verifier accepts it."""

from __future__ import annotations

import cbor2
import pytest
from naive_hash_tree import ABSENT, UNKNOWN, agent_find, is_well_formed, labels_of, lookup, opened, root_of, subtree
from py_arkworks_bls12381 import GT, G1Point, G2Point

from kybra_replica.candid.leb128 import encode_unsigned
from kybra_replica.network.bls import DER_PREFIX, DOMAIN, hash_to_curve
from kybra_replica.network.certification import Certifier
from kybra_replica.network.certified_state import MAX_AGE_NS
from kybra_replica.network.messages import Reply
from kybra_replica.network.request_history import RequestHistory
from kybra_replica.network.subnet import Subnet
from kybra_replica.principal import ANONYMOUS, Principal
from kybra_replica.system_api import StableStore

START_NS = 1_700_000_000_000_000_000
CONTROLLER = Principal.self_authenticating(b"controller")
REQUEST = bytes(range(32))
CERTIFIER = Certifier(b"test")
SUBNET_ID = CERTIFIER.subnet_id.raw
RANGES = bytes.fromhex("d9d9f78182" + "4a00000000000000000101" + "4affffffffffffffff0101")


class Module:
    """A module that is never run: what the state tells of it is all that counts."""

    def __init__(self, public=None, private=None):
        self.public, self.private = public or {}, private or {}
        self.read = 0

    def metadata(self, name):
        self.read += 1
        return self.public.get(name)

    def metadata_names(self):
        return frozenset(self.public)

    def private_metadata(self):
        return self.private


@pytest.fixture
def subnet():
    subnet = Subnet(StableStore(), START_NS)
    yield subnet
    subnet.store.close()


@pytest.fixture
def canister(subnet):
    return subnet.create_canister(frozenset({CONTROLLER, ANONYMOUS}))


@pytest.fixture
def history():
    return RequestHistory()


@pytest.fixture
def state(subnet, history):
    return CERTIFIER.state(subnet, history)


def verified(certificate):
    """The tree of a certificate whose signature holds."""
    tree, signature = opened(certificate)
    assert is_well_formed(tree)
    public = G2Point.from_compressed_bytes(CERTIFIER.root_key[len(DER_PREFIX) :])
    message = hash_to_curve(DOMAIN)(b"\x0dic-state-root" + root_of(tree))
    assert GT.pairing(G1Point.from_compressed_bytes(signature), G2Point()) == GT.pairing(message, public)
    return tree


def received(history, request_id=REQUEST):
    history.receive(request_id, sender=CONTROLLER, receiver=Principal.canister(1), expiry_ns=START_NS + 1)


def test_the_subnet_speaks_of_itself(state):
    tree = verified(state.certificate([(b"subnet",), (b"canister_ranges",)], START_NS))
    about = (b"subnet", SUBNET_ID)
    assert Principal(SUBNET_ID) == Principal.self_authenticating(CERTIFIER.root_key)
    assert lookup(tree, [*about, b"public_key"]) == ("found", CERTIFIER.root_key)
    assert lookup(tree, [*about, b"canister_ranges"]) == ("found", RANGES)
    assert lookup(tree, [*about, b"type"]) == ("found", b"application")
    assert labels_of(subtree(tree, [*about, b"node"])) == [CERTIFIER.node_id.raw]
    node_key = lookup(tree, [*about, b"node", CERTIFIER.node_id.raw, b"public_key"])[1]
    assert len(node_key) == 44
    assert Principal.self_authenticating(node_key) == CERTIFIER.node_id
    assert labels_of(subtree(tree, [b"canister_ranges", SUBNET_ID])) == [Principal.canister(0).raw]
    assert lookup(tree, [b"canister_ranges", SUBNET_ID, Principal.canister(0).raw]) == ("found", RANGES)
    assert agent_find(b"canister_ranges", tree)[0] == "found"
    assert lookup(tree, [b"time"]) == ("found", encode_unsigned(START_NS))


def test_there_are_no_boundary_nodes(state):
    tree = verified(state.certificate([(b"api_boundary_nodes",)], START_NS))
    assert lookup(tree, [b"api_boundary_nodes"]) == lookup(tree, [b"api_boundary_nodes", b"node", b"domain"]) == ABSENT
    assert lookup(tree, [b"canister"]) == UNKNOWN


def test_a_canister_shows_its_settings_and_sections(state, canister):
    canister.module_hash = bytes(32)
    canister.engine = Module({"candid:service": b"service : {}", "candid:args": b"()"}, {"build": b"1"})
    canister.certified_data = b"data"
    tree = verified(state.certificate([(b"canister", canister.id.raw)], START_NS))
    about = (b"canister", canister.id.raw)
    assert lookup(tree, [*about, b"module_hash"]) == ("found", bytes(32))
    assert cbor2.loads(lookup(tree, [*about, b"controllers"])[1][3:]) == [ANONYMOUS.raw, CONTROLLER.raw]
    assert lookup(tree, [*about, b"metadata", b"candid:service"]) == ("found", b"service : {}")
    assert labels_of(subtree(tree, [*about, b"metadata"])) == [b"build", b"candid:args", b"candid:service"]
    assert lookup(tree, [*about, b"certified_data"]) == ("found", b"data")


def test_what_an_empty_canister_lacks_is_provably_absent(state, canister):
    about = (b"canister", canister.id.raw)
    asked = [(*about, b"module_hash"), (*about, b"metadata", b"candid:service"), (b"canister", b"nobody", b"controllers")]
    tree = verified(state.certificate(asked, START_NS))
    assert [lookup(tree, path) for path in asked] == [ABSENT] * 3


def test_a_changed_canister_is_read_again_and_the_others_are_not(state, subnet, canister):
    other = subnet.create_canister(frozenset())
    canister.engine, other.engine = Module({"a": b"1"}), Module({"a": b"1"})
    state.certificate([], START_NS)
    canister.engine, other.controllers = Module({"a": b"2"}), frozenset({CONTROLLER})
    state.next_height()
    asked = [(b"canister", canister.id.raw), (b"canister", other.id.raw)]
    tree = verified(state.certificate(asked, START_NS))
    assert lookup(tree, [*asked[0], b"metadata", b"a"]) == ("found", b"2")
    assert cbor2.loads(lookup(tree, [*asked[1], b"controllers"])[1][3:]) == [CONTROLLER.raw]
    assert (canister.engine.read, other.engine.read) == (1, 1)
    del subnet.canisters[canister.id]
    state.next_height()
    tree = verified(state.certificate(asked, START_NS))
    assert lookup(tree, asked[0]) == ABSENT
    assert labels_of(subtree(tree, [b"canister"])) == [other.id.raw]


def test_the_state_stands_still_until_the_next_height(state, history, canister):
    asked = [(b"request_status", REQUEST), (b"canister", canister.id.raw)]
    before = state.certificate(asked, START_NS)
    received(history)
    canister.certified_data = b"new"
    assert state.certificate(asked, START_NS + MAX_AGE_NS) == before
    state.next_height()
    tree = verified(state.certificate(asked, START_NS))
    assert lookup(tree, [*asked[0], b"status"]) == ("found", b"received")
    assert lookup(tree, [*asked[1], b"certified_data"]) == ("found", b"new")


def test_one_signature_serves_all_readers_of_a_height(state, history):
    received(history)
    certificates = [state.certificate(paths, START_NS) for paths in ([], [(b"subnet",)], [(b"request_status", REQUEST)])]
    assert len({opened(certificate)[1] for certificate in certificates}) == 1
    assert len({root_of(opened(certificate)[0]) for certificate in certificates}) == 1


def test_the_time_is_refreshed_for_a_reader_when_it_is_older_than_a_second(state):
    def shown(now_ns):
        return lookup(opened(state.certificate([], now_ns))[0], [b"time"])[1]

    assert shown(START_NS) == shown(START_NS + MAX_AGE_NS) == encode_unsigned(START_NS)
    assert shown(START_NS + MAX_AGE_NS + 1) == encode_unsigned(START_NS + MAX_AGE_NS + 1)


def test_the_time_never_goes_back_and_is_not_before_the_subnets(state, subnet):
    state.certificate([], START_NS + 5)
    state.next_height()
    assert lookup(opened(state.certificate([], START_NS))[0], [b"time"]) == ("found", encode_unsigned(START_NS + 5))
    subnet.time_ns = START_NS + 7
    state.next_height()
    assert lookup(opened(state.certificate([], START_NS))[0], [b"time"]) == ("found", encode_unsigned(START_NS + 7))


def test_a_history_that_is_committed_by_itself_is_shown_with_its_own_signature(state, history):
    verified(state.certificate([], START_NS))
    received(history)
    history.commit()
    tree = verified(state.certificate([(b"request_status", REQUEST)], START_NS))
    assert lookup(tree, [b"request_status", REQUEST, b"status"]) == ("found", b"received")


def test_without_requests_every_request_is_provably_absent(subnet):
    tree = verified(CERTIFIER.certificate(subnet, [(b"request_status", REQUEST, b"status")]))
    assert lookup(tree, [b"request_status", REQUEST, b"status"]) == ABSENT


def test_a_data_certificate_shows_a_canisters_data_and_nobody_elses(state, subnet, canister):
    other = subnet.create_canister(frozenset())
    canister.certified_data, other.certified_data = b"mine", b"other"
    for certificate in (state.data_certificate(canister.id, START_NS), CERTIFIER.data_certificate(subnet, canister.id)):
        tree = verified(certificate)
        assert lookup(tree, [b"canister", canister.id.raw, b"certified_data"]) == ("found", b"mine")
        assert lookup(tree, [b"canister", other.id.raw, b"certified_data"]) == UNKNOWN
        assert lookup(tree, [b"canister", canister.id.raw, b"controllers"]) == UNKNOWN


def test_a_large_reply_comes_through(state, history):
    received(history)
    history.finish(REQUEST, Reply(bytes(70_000)), START_NS)
    tree = verified(state.certificate([(b"request_status", REQUEST)], START_NS))
    assert lookup(tree, [b"request_status", REQUEST, b"reply"]) == ("found", bytes(70_000))


def test_a_requests_certificate_is_the_one_for_its_path(state, history):
    known = [REQUEST, REQUEST[:2] + bytes(30), bytes([0xFF]) * 32]
    for request_id in known:
        received(history, request_id)
    for height, answered in enumerate(known):
        for request_id in [*known, bytes([7]) * 32]:
            certificate = state.request_certificate(request_id, START_NS + height)
            assert certificate == state.certificate([(b"request_status", request_id)], START_NS + height)
            verified(certificate)
        history.finish(answered, Reply(b"another"), START_NS)
        history.commit()
        state.next_height()


def test_keys_follow_from_the_seed():
    assert Certifier(b"test").node_key.der_public_key == CERTIFIER.node_key.der_public_key != Certifier(b"other").node_key.der_public_key


def test_the_python_engine_has_the_interface_and_the_init_arguments_as_sections(install):
    source = """
        from kybra import Opt, Record, init, nat64, query, text, void

        class Start(Record):
            name: text
            limit: Opt[nat64]

        @init
        def init_(start: Start) -> void:
            pass

        @query
        def name() -> text:
            return "x"
    """
    canister = install(source, {"name": "a", "limit": None})
    engine = canister.replica.subnet.canisters[canister.id].engine
    assert engine.metadata_names() == {"candid:service", "candid:args"}
    assert engine.metadata("candid:service") == canister.replica.program(canister.id).did.encode()
    assert engine.metadata("candid:args") == b"type Start = record { name : text; limit : opt nat64 };\n(Start)"
    assert engine.metadata("other") is None
    assert engine.private_metadata() == {}
