"""Who may read what through which address, and in which words others are refused."""

from __future__ import annotations

import pytest
from naive_hash_tree import ABSENT, lookup, opened

from kybra_replica.ingress.problems import BadRequest
from kybra_replica.network.certification import Certifier
from kybra_replica.network.messages import Reply
from kybra_replica.network.request_history import RequestHistory
from kybra_replica.network.subnet import Subnet
from kybra_replica.node.state_reader import MAX_LABELS, MAX_PATHS, Reader, read_canister_state, read_subnet_state
from kybra_replica.principal import ANONYMOUS, MANAGEMENT, Principal
from kybra_replica.system_api import StableStore

NOW_NS = 1_700_000_000_000_000_000
OWNER, STRANGER = Principal.self_authenticating(b"owner"), Principal.self_authenticating(b"stranger")
CERTIFIER = Certifier(b"test")
SUBNET = CERTIFIER.subnet_id
CALL, CREATION, UNKNOWN_CALL = bytes(32), b"\x01" * 32, b"\x02" * 32
FOREIGN = "The user tries to access Request ID not signed by the caller."


class Module:
    """A module with a public and a private section."""

    def metadata(self, name):
        return {"public": b"1"}.get(name)

    def metadata_names(self):
        return frozenset({"public"})

    def private_metadata(self):
        return {"private": b"2"}


class World:
    def __init__(self):
        self.subnet, self.history = Subnet(StableStore(), NOW_NS), RequestHistory()
        self.state = CERTIFIER.state(self.subnet, self.history)
        self.canister = self.subnet.create_canister(frozenset({OWNER}))
        self.canister.engine = Module()
        for request_id, receiver in ((CALL, self.canister.id), (CREATION, MANAGEMENT)):
            self.history.receive(request_id, sender=OWNER, receiver=receiver, expiry_ns=NOW_NS)
            self.history.finish(request_id, Reply(b"answer"), NOW_NS)

    def read(self, *paths, sender=OWNER, effective=None, check_target=None):
        reader = Reader(sender, check_target)
        certificate = read_canister_state(self.state, paths, reader, self.canister.id if effective is None else effective, NOW_NS)
        return opened(certificate)[0]

    def read_subnet(self, *paths, sender=OWNER, subnet_id=SUBNET):
        return opened(read_subnet_state(self.state, paths, Reader(sender), subnet_id, NOW_NS))[0]


@pytest.fixture
def world():
    world = World()
    yield world
    world.subnet.store.close()


def refused(status, text, read, *paths, **more):
    with pytest.raises(BadRequest) as problem:
        read(*paths, **more)
    assert (problem.value.status, problem.value.text) == (status, text)


PUBLIC = [
    (b"time",),
    (b"subnet",),
    (b"subnet", SUBNET.raw),
    *((b"subnet", SUBNET.raw, label) for label in (b"public_key", b"canister_ranges", b"type", b"node")),
    (b"subnet", SUBNET.raw, b"node", CERTIFIER.node_id.raw),
    (b"subnet", SUBNET.raw, b"node", CERTIFIER.node_id.raw, b"public_key"),
    (b"api_boundary_nodes",),
    (b"api_boundary_nodes", b"node"),
    (b"api_boundary_nodes", b"node", b"domain"),
]


@pytest.mark.parametrize("path", PUBLIC, ids=repr)
def test_what_everybody_may_read_is_served_at_every_address(world, path):
    for effective in (None, MANAGEMENT, Principal.canister(99)):
        assert lookup(world.read(path, sender=ANONYMOUS, effective=effective), [b"time"])[0] == "found"
    assert lookup(world.read_subnet(path, sender=ANONYMOUS), [b"time"])[0] == "found"


@pytest.mark.parametrize(
    "path",
    [
        (),
        (b"",),
        (b"time", b"x"),
        (b"canister",),
        (b"canister", Principal.canister(1).raw),
        (b"canister", Principal.canister(1).raw, b"certified_data"),
        (b"canister", Principal.canister(1).raw, b"metadata"),
        (b"canister", Principal.canister(1).raw, b"metadata", b"public", b"x"),
        (b"canister", Principal.canister(1).raw, b"controllers", b"x"),
        (b"subnet", SUBNET.raw, b"other"),
        (b"subnet", SUBNET.raw, b"metrics"),
        (b"canister_ranges",),
        (b"request_status",),
        (b"request_status", CALL, b"other"),
        (b"request_status", CALL, b"reply", b"x"),
        (b"api_boundary_nodes", b"node", b"other"),
    ],
    ids=repr,
)
def test_other_shapes_are_no_paths(world, path):
    refused(404, "Invalid path requested.", world.read, path)
    refused(404, "Invalid path requested.", world.read, (b"time",), path)


def test_a_canister_is_read_at_its_own_address_only(world):
    own, other = world.canister.id, Principal.canister(99)
    for tail in ((b"module_hash",), (b"controllers",), (b"metadata", b"public")):
        path = (b"canister", own.raw, *tail)
        assert (lookup(world.read(path, sender=STRANGER), path) == ABSENT) is (tail == (b"module_hash",))
        for wrong in (other, MANAGEMENT):
            text = f"Effective principal id in URL {wrong} does not match requested principal id: {own}."
            refused(400, text, world.read, path, effective=wrong)
    assert lookup(world.read((b"canister", other.raw, b"controllers"), effective=other), [b"canister", other.raw]) == ABSENT


def test_an_id_that_is_none_is_refused(world):
    text = "Could not parse principal ID: it has 30 bytes, more than 29."
    refused(400, text, world.read, (b"canister", bytes(30), b"controllers"))


def test_public_sections_are_for_all_and_private_ones_for_controllers(world):
    public, private = ((b"canister", world.canister.id.raw, b"metadata", name) for name in (b"public", b"private"))
    assert lookup(world.read(public, sender=STRANGER), public) == ("found", b"1")
    assert lookup(world.read(private, sender=OWNER), private) == ("found", b"2")
    text = "Custom section private can only be requested by the controllers of the canister."
    refused(403, text, world.read, private, sender=STRANGER)
    with pytest.raises(BadRequest, match="Could not parse the custom section name") as problem:
        world.read((*public[:3], b"\xff"))
    assert problem.value.status == 400


def test_a_request_is_read_by_its_sender(world):
    for tail in ((), (b"status",), (b"reply",)):
        tree = world.read((b"request_status", CALL, *tail))
        expected = ("found", b"answer") if tail != (b"status",) else ("found", b"replied")
        assert lookup(tree, [b"request_status", CALL, tail[0] if tail else b"reply"]) == expected
        refused(403, FOREIGN, world.read, (b"request_status", CALL, *tail), sender=STRANGER)
        refused(403, FOREIGN, world.read, (b"request_status", CALL, *tail), sender=ANONYMOUS)


def test_an_answer_that_is_forgotten_stays_its_senders(world):
    history = RequestHistory(max_answers=0)
    history.receive(CALL, sender=OWNER, receiver=world.canister.id, expiry_ns=NOW_NS)
    history.finish(CALL, Reply(b"answer"), NOW_NS)
    world.state = CERTIFIER.state(world.subnet, history)
    assert lookup(world.read((b"request_status", CALL)), [b"request_status", CALL, b"status"]) == ("found", b"done")
    refused(403, FOREIGN, world.read, (b"request_status", CALL), sender=STRANGER)


def test_an_unknown_request_is_absent_for_everybody(world):
    for effective in (None, MANAGEMENT, Principal.canister(99)):
        tree = world.read((b"request_status", UNKNOWN_CALL), sender=STRANGER, effective=effective)
        assert lookup(tree, [b"request_status", UNKNOWN_CALL, b"status"]) == ABSENT


def test_a_request_is_read_at_its_receivers_address_and_one_to_the_management_canister_anywhere(world):
    wrong = Principal.canister(99)
    text = f"Effective principal id in URL {wrong} does not match requested principal id: {world.canister.id}."
    refused(400, text, world.read, (b"request_status", CALL), effective=wrong)
    for effective in (None, MANAGEMENT, wrong):
        tree = world.read((b"request_status", CREATION), effective=effective)
        assert lookup(tree, [b"request_status", CREATION, b"status"]) == ("found", b"replied")


def test_a_delegation_must_cover_the_receiver(world):
    asked = []

    def only_management(canister):
        asked.append(canister)
        if canister != MANAGEMENT:
            raise BadRequest(status=403, text="not a target")

    world.read((b"request_status", CREATION), (b"time",), check_target=only_management)
    refused(403, "not a target", world.read, (b"request_status", CALL), check_target=only_management)
    refused(403, FOREIGN, world.read, (b"request_status", CALL), check_target=only_management, sender=STRANGER)
    assert asked == [MANAGEMENT, world.canister.id]


def test_one_request_at_a_time(world):
    world.read((b"request_status", CALL, b"status"), (b"request_status", CALL, b"reply"))
    text = f"More than one non-unique request ID exists in request_status paths: 0x{CALL.hex()} and 0x{CREATION.hex()}."
    refused(400, text, world.read, (b"request_status", CREATION), (b"request_status", CALL))
    text = "Invalid request id in paths. Maybe the request ID is not of 32 bytes in length?!"
    refused(400, text, world.read, (b"request_status", b"short"))


def test_the_number_of_paths_and_labels_is_limited(world):
    world.read(*[(b"time",)] * MAX_PATHS)
    text = "Too many paths in read_state request: got 1001 paths, but at most 1000 are allowed"
    refused(400, text, world.read, *[(b"time",)] * (MAX_PATHS + 1))
    refused(404, "Invalid path requested.", world.read, (b"x",) * MAX_LABELS)
    text = "At least one path in read_state request is too deep: got 128 labels, but at most 127 are allowed"
    refused(400, text, world.read, (b"x",) * (MAX_LABELS + 1))


def test_the_subnets_address_serves_what_the_subnet_is(world):
    for path in ((b"canister_ranges",), (b"canister_ranges", SUBNET.raw), (b"subnet", SUBNET.raw, b"metrics")):
        world.read_subnet(path, sender=ANONYMOUS)
    start = Principal.canister(0).raw
    assert lookup(world.read_subnet((b"canister_ranges", SUBNET.raw)), [b"canister_ranges", SUBNET.raw, start])[0] == "found"
    refused(404, "Invalid path requested.", world.read_subnet, (b"canister", world.canister.id.raw, b"controllers"))
    refused(400, f"The subnet {STRANGER} is not hosted here.", world.read_subnet, (b"time",), subnet_id=STRANGER)
    text = f"Effective principal id in URL {SUBNET} does not match requested principal id: {STRANGER}."
    refused(400, text, world.read_subnet, (b"subnet", STRANGER.raw, b"metrics"))


def test_the_subnets_address_serves_requests_to_the_management_canister(world):
    tree = world.read_subnet((b"request_status", CREATION))
    assert lookup(tree, [b"request_status", CREATION, b"status"]) == ("found", b"replied")
    refused(403, FOREIGN, world.read_subnet, (b"request_status", CREATION), sender=STRANGER)
    text = f"Effective principal id in URL {SUBNET} does not match requested principal id: {world.canister.id}."
    refused(400, text, world.read_subnet, (b"request_status", CALL))
