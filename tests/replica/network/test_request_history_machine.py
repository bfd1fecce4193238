"""The history of requests and its certificates beside a model of plain dicts, whatever happens in whatever order."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from naive_hash_tree import ABSENT, is_well_formed, labels_of, lookup, opened, root_of, subtree

from kybra_replica.candid.leb128 import encode_unsigned
from kybra_replica.network.certified_state import MAX_AGE_NS, CertifiedState, SubnetIdentity
from kybra_replica.network.messages import Reject, Reply
from kybra_replica.network.request_entries import ANSWER_LIFETIME_NS
from kybra_replica.network.request_history import RequestHistory, WouldGoBack
from kybra_replica.network.subnet import Subnet
from kybra_replica.principal import MANAGEMENT, Principal
from kybra_replica.system_api import RejectCode, StableStore

START_NS = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
MAX_ANSWERS, MAX_ANSWER_BYTES = 5, 40
IDENTITY = SubnetIdentity(Principal(b"subnet"), b"root key", Principal(b"node"), b"node key")
LEAVES = ("status", "reply", "reject_code", "reject_message", "error_code")

# Neighbours in one bucket, in buckets beside each other, and at the ends of the range.
request_ids = st.builds(
    lambda first, last: first + bytes(29) + bytes([last]),
    st.sampled_from([b"\x00\x00", b"\x00\x01", b"\x00\xff", b"\x7f\xff", b"\x80\x00", b"\xff\xff"]),
    st.integers(0, 3),
)
principals = st.sampled_from([Principal.canister(1), Principal.canister(2), MANAGEMENT, Principal.self_authenticating(b"user")])
responses = st.builds(Reply, st.binary(max_size=25)) | st.builds(
    Reject, st.sampled_from(RejectCode), st.text(st.characters(codec="ascii"), max_size=10), st.sampled_from(["IC0503", ""])
)
seconds = st.integers(0, 400) | st.sampled_from([299, 300, 301])


@dataclass
class Known:
    """What the model knows of a request."""

    sender: Principal
    receiver: Principal
    expiry_ns: int
    number: int
    stage: str = "received"
    response: Reply | Reject | None = None
    finished_ns: int = 0

    def shown(self):
        leaves = {"status": self.stage.encode()}
        if isinstance(self.response, Reply):
            leaves["reply"] = self.response.data
        elif isinstance(self.response, Reject):
            leaves["reject_code"] = encode_unsigned(int(self.response.code))
            leaves["reject_message"] = self.response.message.encode()
            if self.response.error_code:
                leaves["error_code"] = self.response.error_code.encode()
        return leaves

    def size(self) -> int:
        return len(self.response.data if isinstance(self.response, Reply) else self.response.message)


class HistoryMachine(RuleBasedStateMachine):
    """`sign` gives the root hash itself for a signature, so that every certificate can be held against what was signed."""

    def __init__(self):
        super().__init__()
        self.store = StableStore()
        self.subnet = Subnet(StableStore(), START_NS)
        self.now = START_NS
        self.numbers = 0
        self.expired_until = 0
        self.known: dict[bytes, Known] = {}
        self.answered: list[bytes] = []
        self.restart()

    def teardown(self):
        self.store.close()
        self.subnet.store.close()

    @rule()
    def restart(self):
        """Everything is saved, and loaded by a new process."""
        if hasattr(self, "history"):
            self.history.save(self.store)
        self.history = RequestHistory(max_answers=MAX_ANSWERS, max_answer_bytes=MAX_ANSWER_BYTES)
        self.history.load(self.store)
        self.signatures: list[bytes] = []
        self.state = CertifiedState(self.subnet, IDENTITY, self.sign, self.history)
        self.frozen, self.frozen_ns, self.uncommitted = None, 0, False

    def sign(self, root):
        self.signatures.append(root)
        return root

    @rule()
    def save(self):
        self.history.save(self.store)

    @rule(request_id=request_ids, sender=principals, receiver=principals, valid_seconds=st.integers(-20, 330))
    def receive(self, request_id, sender, receiver, valid_seconds):
        self.numbers += 1
        expiry_ns = self.now + valid_seconds * SECOND
        new = self.history.receive(request_id, sender=sender, receiver=receiver, expiry_ns=expiry_ns, number=self.numbers)
        assert new == (request_id not in self.known and expiry_ns >= self.expired_until)
        if new:
            self.known[request_id] = Known(sender, receiver, expiry_ns, self.numbers)
            self.uncommitted = True

    @rule(request_id=request_ids)
    def start(self, request_id):
        self.advance(request_id, {"received"}, lambda: self.history.start(request_id), "processing")

    @rule(request_id=request_ids, response=responses)
    def finish(self, request_id, response):
        self.now += 1
        stage = "replied" if isinstance(response, Reply) else "rejected"
        if self.advance(request_id, {"received", "processing"}, lambda: self.history.finish(request_id, response, self.now), stage):
            self.known[request_id].response, self.known[request_id].finished_ns = response, self.now
            self.answered.append(request_id)
            while len(self.answered) > MAX_ANSWERS or sum(self.known[answered].size() for answered in self.answered) > MAX_ANSWER_BYTES:
                event("an answer made room")
                self.forget_oldest()

    def advance(self, request_id, stages, step, stage) -> bool:
        known = self.known.get(request_id)
        try:
            step()
        except LookupError:
            assert known is None
        except WouldGoBack:
            assert known is not None
            assert known.stage not in stages
        else:
            assert known.stage in stages
            known.stage = stage
            self.uncommitted = True
            return True
        return False

    def forget_oldest(self):
        known = self.known[self.answered.pop(0)]
        known.stage, known.response = "done", None

    @rule(later=seconds)
    def expire(self, later):
        self.now += later * SECOND
        before = deepcopy(self.known)
        self.history.expire(self.now)
        self.expired_until = self.now
        if self.uncommitted:
            self.frozen = None
        while self.answered and self.known[self.answered[0]].finished_ns + ANSWER_LIFETIME_NS < self.now:
            self.forget_oldest()
        for request_id, known in list(self.known.items()):
            if known.stage == "done" and known.expiry_ns < self.now:
                event("forgotten")
                del self.known[request_id]
        self.uncommitted = before != self.known

    @rule()
    def next_height(self):
        self.state.next_height()
        self.frozen = None

    @rule(asked=st.sets(request_ids, max_size=3), later=st.sampled_from([0, 1, MAX_AGE_NS - 1, MAX_AGE_NS, MAX_AGE_NS + 1]))
    def certificate(self, asked, later):
        self.now += later
        signed = len(self.signatures)
        certificate = self.state.certificate([(b"request_status", request_id) for request_id in asked], self.now)
        if self.frozen is None or self.now - self.frozen_ns > MAX_AGE_NS:
            self.frozen, self.frozen_ns, self.uncommitted = deepcopy(self.known), self.now, False
        else:
            assert len(self.signatures) == signed, "one signature a height"
        tree, signature = opened(certificate)
        assert root_of(tree) == signature == self.signatures[-1]
        assert is_well_formed(tree)
        assert lookup(tree, [b"time"]) == ("found", encode_unsigned(self.frozen_ns))
        for request_id in asked:
            self.check_answer(tree, request_id)
        self.check_secrets(tree, asked)

    def check_answer(self, tree, request_id):
        expected = self.frozen[request_id].shown() if request_id in self.frozen else {}
        for leaf in LEAVES:
            answer = lookup(tree, [b"request_status", request_id, leaf.encode()])
            assert answer == (("found", expected[leaf]) if leaf in expected else ABSENT)

    def check_secrets(self, tree, asked):
        """No label is shown but those asked for and, for each that is absent, those on either side."""
        if not asked:
            return
        requests = subtree(tree, [b"request_status"])
        allowed = set()
        for request_id in asked:
            if request_id in self.frozen:
                allowed.add(request_id)
            else:
                allowed.update(sorted(other for other in self.frozen if other < request_id)[-1:])
                allowed.update(sorted(other for other in self.frozen if other > request_id)[:1])
        assert set(labels_of(requests)) == allowed
        for neighbour in allowed - asked:
            assert subtree(requests, [neighbour])[0] == 4

    @invariant()
    def history_says_what_the_model_knows(self):
        for request_id, known in self.known.items():
            status = self.history.status(request_id)
            assert (status.stage.label, status.response) == (known.stage, known.response)
            assert self.history.sender_of(request_id) == known.sender
            assert self.history.receiver_of(request_id) == known.receiver
        waiting = [(known.number, request_id) for request_id, known in self.known.items() if known.stage in {"received", "processing"}]
        assert self.history.pending() == sorted(waiting)


TestHistoryMachine = HistoryMachine.TestCase
