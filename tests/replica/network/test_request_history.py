"""A request is executed once at most, gets further and never back, and readers see just that, certified."""

from __future__ import annotations

import tracemalloc
from hashlib import sha256
from random import Random

import cbor2
import pytest
from naive_hash_tree import ABSENT, is_well_formed, lookup, root_of

from kybra_replica.network.hash_tree import encode_pruned
from kybra_replica.network.messages import Reject, Reply
from kybra_replica.network.request_entries import ANSWER_LIFETIME_NS, Stage
from kybra_replica.network.request_history import RequestHistory, Status, WouldGoBack
from kybra_replica.network.request_rows import SPACE
from kybra_replica.principal import ANONYMOUS, MANAGEMENT, Principal
from kybra_replica.system_api import RejectCode, StableStore

START_NS = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
SENDER = Principal.self_authenticating(b"sender")
RECEIVER = Principal.canister(1)
REPLY = Reply(b"DIDL\x00\x00")
REJECT = Reject(RejectCode.CANISTER_ERROR, "Canister trapped: \u00e4", "IC0502")


def request(number: int) -> bytes:
    return sha256(b"request %d" % number).digest()


def received(history: RequestHistory, request_id: bytes, *, expiry_ns: int = START_NS + 300 * SECOND, number: int = 0) -> bool:
    return history.receive(request_id, sender=SENDER, receiver=RECEIVER, expiry_ns=expiry_ns, number=number)


def shown(history: RequestHistory, request_id: bytes):
    """What a reader of this one request finds."""
    history.commit()
    tree = cbor2.loads(encode_pruned(history.tree, [(request_id,)]))
    assert root_of(tree) == history.tree.hash
    assert is_well_formed(tree)
    leaves = (b"status", b"reply", b"reject_code", b"reject_message", b"error_code")
    answers = {leaf.decode(): lookup(tree, [request_id, leaf]) for leaf in leaves}
    return {name: answer[1] for name, answer in answers.items() if answer != ABSENT}


# one request ---------------------------------------------------------------------------------------------------------


def test_a_request_goes_through_its_stages():
    history = RequestHistory()
    request_id = request(1)
    assert history.status(request_id) is None
    assert shown(history, request_id) == {}
    assert received(history, request_id)
    assert shown(history, request_id) == {"status": b"received"}
    history.start(request_id)
    assert history.status(request_id) == Status(Stage.PROCESSING)
    assert shown(history, request_id) == {"status": b"processing"}
    history.finish(request_id, REPLY, START_NS)
    assert history.status(request_id) == Status(Stage.REPLIED, REPLY)
    assert shown(history, request_id) == {"status": b"replied", "reply": REPLY.data}


def test_a_reject_shows_its_code_message_and_error_code():
    history = RequestHistory()
    received(history, request(1))
    history.finish(request(1), REJECT, START_NS)
    message = "Canister trapped: \u00e4".encode()
    assert shown(history, request(1)) == {"status": b"rejected", "reject_code": b"\x05", "reject_message": message, "error_code": b"IC0502"}


def test_a_reject_without_an_error_code_proves_that_it_has_none():
    history = RequestHistory()
    received(history, request(1))
    history.finish(request(1), Reject(RejectCode.SYS_FATAL, "no", ""), START_NS)
    assert shown(history, request(1)) == {"status": b"rejected", "reject_code": b"\x01", "reject_message": b"no"}


def test_text_that_utf8_cannot_hold_is_shown_with_marks_in_its_place(tmp_path):
    history, store = RequestHistory(), StableStore(tmp_path)
    received(history, request(1))
    history.finish(request(1), Reject(RejectCode.CANISTER_ERROR, "\ud800!", "IC0503"), START_NS)
    assert shown(history, request(1))["reject_message"] == b"?!"
    history.save(store)
    restarted = RequestHistory()
    restarted.load(store)
    assert shown(restarted, request(1)) == shown(history, request(1))
    store.close()


def test_the_same_id_is_taken_in_once():
    history = RequestHistory()
    assert received(history, request(1))
    assert not received(history, request(1))
    history.finish(request(1), REPLY, START_NS)
    assert not received(history, request(1))
    assert received(history, request(2))


def test_a_request_that_may_be_forgotten_is_not_taken_in():
    history = RequestHistory()
    history.expire(START_NS)
    assert not received(history, request(1), expiry_ns=START_NS - 1)
    assert history.status(request(1)) is None
    assert received(history, request(1), expiry_ns=START_NS)


def test_nothing_goes_back():
    history = RequestHistory()
    received(history, request(1))
    history.start(request(1))
    with pytest.raises(WouldGoBack, match="processing"):
        history.start(request(1))
    history.finish(request(1), REPLY, START_NS)
    for again in (lambda: history.start(request(1)), lambda: history.finish(request(1), REJECT, START_NS)):
        with pytest.raises(WouldGoBack, match="replied"):
            again()
    for unknown in (lambda: history.start(request(2)), lambda: history.finish(request(2), REJECT, START_NS)):
        with pytest.raises(LookupError):
            unknown()


def test_an_id_has_32_bytes():
    with pytest.raises(ValueError, match="32 bytes"):
        received(RequestHistory(), b"short")


def test_sender_and_receiver_are_known_as_long_as_the_request():
    history = RequestHistory(max_answers=0)
    assert history.receive(request(1), sender=ANONYMOUS, receiver=MANAGEMENT, expiry_ns=START_NS)
    for _ in range(2):
        assert (history.sender_of(request(1)), history.receiver_of(request(1))) == (ANONYMOUS, MANAGEMENT)
        if history.status(request(1)).stage is Stage.RECEIVED:
            history.finish(request(1), REPLY, START_NS)
            history.commit()
    assert history.status(request(1)) == Status(Stage.DONE)
    history.expire(START_NS + 1)
    assert history.sender_of(request(1)) is history.receiver_of(request(1)) is None


# time and room -------------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_for_five_minutes_and_the_id_until_it_has_expired():
    history = RequestHistory()
    received(history, request(1), expiry_ns=START_NS + 330 * SECOND)
    history.finish(request(1), REPLY, START_NS)
    history.expire(START_NS + ANSWER_LIFETIME_NS)
    assert history.status(request(1)) == Status(Stage.REPLIED, REPLY)
    history.expire(START_NS + ANSWER_LIFETIME_NS + 1)
    assert history.status(request(1)) == Status(Stage.DONE)
    assert shown(history, request(1)) == {"status": b"done"}
    history.expire(START_NS + 330 * SECOND)
    assert history.status(request(1)) == Status(Stage.DONE)
    history.expire(START_NS + 330 * SECOND + 1)
    assert history.status(request(1)) is None
    assert shown(history, request(1)) == {}


def test_a_call_that_ends_after_its_expiry_keeps_its_answer_for_five_minutes():
    history = RequestHistory()
    received(history, request(1), expiry_ns=START_NS)
    history.expire(START_NS + 3_600 * SECOND)
    assert history.status(request(1)) == Status(Stage.RECEIVED)
    history.finish(request(1), REPLY, START_NS + 3_600 * SECOND)
    history.expire(START_NS + 3_900 * SECOND)
    assert shown(history, request(1)) == {"status": b"replied", "reply": REPLY.data}
    history.expire(START_NS + 3_900 * SECOND + 1)
    assert history.status(request(1)) is None


@pytest.mark.parametrize("bounds", [{"max_answers": 2}, {"max_answer_bytes": 2 * len(REPLY.data)}])
def test_the_oldest_answers_make_room(bounds):
    history = RequestHistory(**bounds)
    for number in range(3):
        received(history, request(number))
    for number in range(2):
        history.finish(request(number), REPLY, START_NS)
    assert [history.status(request(number)).stage for number in range(3)] == [Stage.REPLIED, Stage.REPLIED, Stage.RECEIVED]
    history.finish(request(2), REPLY, START_NS)
    assert [history.status(request(number)).stage for number in range(3)] == [Stage.DONE, Stage.REPLIED, Stage.REPLIED]


def test_expiring_many_takes_several_turns():
    history = RequestHistory()
    for number in range(10):
        received(history, request(number), expiry_ns=START_NS)
        history.finish(request(number), REPLY, START_NS)
    late = START_NS + ANSWER_LIFETIME_NS + 1
    assert [history.expire(late, limit=8) for _ in range(4)] == [8, 8, 4, 0]
    assert len(history) == 0


def test_of_two_neighbours_only_the_one_whose_expiry_has_passed_goes():
    history = RequestHistory(max_answers=0)
    earlier, later = bytes(32), bytes(31) + b"\x01"
    for request_id, expiry_ns in ((earlier, START_NS - 1), (later, START_NS)):
        received(history, request_id, expiry_ns=expiry_ns)
        history.finish(request_id, REPLY, START_NS - 2)
    history.expire(START_NS)
    assert history.status(earlier) is None
    assert history.status(later) == Status(Stage.DONE)


# restarts ------------------------------------------------------------------------------------------------------------


def test_pending_requests_survive_with_their_numbers(tmp_path):
    store, history = StableStore(tmp_path), RequestHistory()
    history.load(store)
    for number in (7, 3, 5):
        received(history, request(number), number=number)
    history.start(request(3))
    history.finish(request(5), REPLY, START_NS)
    history.save(store)
    store.close()
    store, restarted = StableStore(tmp_path), RequestHistory()
    restarted.load(store)
    assert restarted.pending() == [(3, request(3)), (7, request(7))]
    assert [restarted.status(request(number)).stage for number in (7, 3, 5)] == [Stage.RECEIVED, Stage.PROCESSING, Stage.REPLIED]
    assert not received(restarted, request(5))
    store.close()


@pytest.mark.parametrize("bounds", [{"max_answers": 2}, {"max_answer_bytes": 2 * len(REPLY.data)}])
def test_after_a_restart_the_oldest_answers_make_room_as_before(tmp_path, bounds):
    store, history = StableStore(tmp_path), RequestHistory(**bounds)
    first, second, third = b"\x02" * 32, b"\x01" * 32, b"\x03" * 32
    for turn, request_id in enumerate((first, second)):
        received(history, request_id)
        history.finish(request_id, REPLY, START_NS + turn)
    history.save(store)
    restarted = RequestHistory(**bounds)
    restarted.load(store)
    received(restarted, third)
    restarted.finish(third, REPLY, START_NS + 2)
    assert [restarted.status(request_id).stage for request_id in (first, second, third)] == [Stage.DONE, Stage.REPLIED, Stage.REPLIED]
    store.close()


def test_only_what_changed_is_written(tmp_path):
    store, history = StableStore(tmp_path), RequestHistory()
    history.load(store)
    for number in range(3):
        received(history, request(number), number=number)
    history.save(store)
    store.begin()
    store.put(SPACE, request(0), b"untouched")
    store.commit()
    history.start(request(1))
    history.save(store)
    rows = dict(store.items(SPACE))
    assert rows[request(0)] == b"untouched"
    assert cbor2.loads(rows[request(1)]) == [1, Stage.PROCESSING, START_NS + 300 * SECOND, SENDER.raw, RECEIVER.raw, 1]
    store.close()


def test_a_first_save_writes_everything_over_what_was_there(tmp_path):
    store, old, history = StableStore(tmp_path), RequestHistory(), RequestHistory()
    received(old, request(1))
    old.save(store)
    received(history, request(2))
    history.save(store)
    assert list(dict(store.items(SPACE))) == [request(2)]
    store.close()


def test_rows_of_another_format_are_refused(tmp_path):
    store = StableStore(tmp_path)
    store.begin()
    store.put(SPACE, request(1), cbor2.dumps([2, 0, 0, b"", b"", 0]))
    store.commit()
    with pytest.raises(ValueError, match="format 2"):
        RequestHistory().load(store)
    store.close()


def test_a_clock_that_is_set_back_lets_nothing_in_twice(tmp_path):
    store, history = StableStore(tmp_path), RequestHistory()
    history.load(store)
    received(history, request(1), expiry_ns=START_NS)
    history.finish(request(1), REPLY, START_NS)
    history.expire(START_NS + ANSWER_LIFETIME_NS + 1)
    assert history.status(request(1)) is None
    history.save(store)
    restarted = RequestHistory()
    restarted.load(store)
    assert not received(restarted, request(1), expiry_ns=START_NS)
    store.close()


# memory --------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_forgotten_answer_takes_few_bytes():
    random, calls = Random(1), 100_000
    history = RequestHistory(max_answers=100)
    ids = [random.randbytes(32) for _ in range(calls)]
    tracemalloc.start()
    try:
        for number, request_id in enumerate(ids):
            received(history, bytes(bytearray(request_id)), number=number)
            history.finish(request_id, REPLY, START_NS)
            if number % 25_000 == 24_999:
                history.commit()
        history.commit()
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(history) == calls
    assert taken / calls < 320
