"""Canisters for the tests of the state: one with every kind of heap that outlives a message, and one that it calls."""

from __future__ import annotations

ECHO = """
from kybra import nat64, text, update

@update
def echo(word: text) -> text:
    return word + "."
"""

HEAP = """
import random
from kybra import (
    Async, CallResult, Principal, Service, StableBTreeMap, Vec, ic, init, nat8, nat64, post_upgrade, query,
    service_update, text, update, void,
)


class Echo(Service):
    @service_update
    def echo(self, word: text) -> text: ...


log = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=1000)
peers = StableBTreeMap[text, Principal](memory_id=1, max_key_size=30, max_value_size=40)

counter = 0
words: list = []
known: dict = {}


class Box:
    content = "empty"


box = Box()


def note(word: text) -> None:
    log.insert(log.len(), word + " at " + str(ic.time()))


@init
def setup(peer: Principal) -> void:
    peers.insert("echo", peer)
    ic.set_timer(3, later)


@post_upgrade
def again() -> void:
    ic.set_timer_interval(7, later)


def later() -> None:
    note("later")


@query
def report() -> Vec[text]:
    return [str(counter), repr(words), repr(sorted(known.items())), box.content] + log.values()


@update
def bump(by: nat64) -> nat64:
    global counter
    counter += by
    return counter


@update
def push(word: text) -> nat64:
    words.append(word)
    known[word] = len(words)
    box.content = word
    return len(words)


@update
def move(old: text, new: text) -> void:
    known[new] = known.pop(old, 1)


@update
def plain(word: text) -> nat64:
    note(word)
    return log.len()


@update
def draw() -> nat64:
    return random.randrange(10**9)


@update
def fail(word: text) -> nat64:
    global counter
    counter += 1000
    words.append(word)
    log.insert(0, word)
    ic.set_timer(1, later)
    random.random()
    ic.trap("failed with " + word)


def ask_once(word: text):
    result: CallResult[text] = yield Echo(peers.get("echo")).echo(word)
    return result.Ok if result.Ok is not None else "no answer"


def ask_twice(word: text):
    first = yield ask_once(word)
    second = yield ask_once(first)
    return second


@update
def ask(word: text, times: nat8) -> Async[text]:
    global counter
    heard = [word]
    for index in range(times):
        answer = yield ask_twice(heard[-1])
        heard.append(answer + str(ic.time() % 1000))
        if index % 2:
            counter += 1
        note(answer)
    return " ".join(heard) + " " + str(counter)


@update
def ask_at_random(word: text) -> Async[text]:
    before = random.randrange(1000)
    answer = yield ask_once(word)
    return answer + " " + str(before) + " " + str(random.randrange(1000))


@update
def ask_and_share(word: text) -> Async[text]:
    heard = [word]
    words.append(heard)
    first = yield ask_once(word)
    words.remove(heard)
    second = yield ask_once(first)
    return second + " " + "/".join(heard)


@update
def touch_shared(word: text) -> Async[text]:
    lists = [entry for entry in words if isinstance(entry, list)]
    answer = yield ask_once(word)
    for entry in lists:
        entry.append(answer)
    return str(len(lists))


@update
def fail_after(word: text) -> Async[text]:
    words.append(word)
    answer = yield ask_once(word)
    words.append(answer)
    ic.trap("failed after " + answer)


@update
def timer_by_name(seconds: nat64) -> nat64:
    return ic.set_timer(seconds, later)


@update
def timer_by_lambda(seconds: nat64, word: text) -> nat64:
    return ic.set_timer(seconds, lambda: note(word))


@update
def timer_by_closure(seconds: nat64, word: text) -> nat64:
    rung: list = []

    def ring() -> None:
        rung.append(word)
        note(" ".join(rung))

    return ic.set_timer_interval(seconds, ring)


@update
def timer_that_asks(seconds: nat64, word: text) -> nat64:
    def ring():
        answer = yield ask_once(word)
        words.append(answer)
        note(answer)

    return ic.set_timer(seconds, ring)


@update
def timer_while_asking(seconds: nat64, word: text) -> Async[text]:
    heard = [word]
    ic.set_timer(seconds, lambda: heard.append("rung"))
    answer = yield ask_once(word)
    heard.append(answer)
    return " ".join(heard)


@update
def forget(timer: nat64) -> void:
    ic.clear_timer(timer)
"""

COUNTING = """
from kybra import Async, CallResult, Principal, Service, StableBTreeMap, Vec, ic, init, nat64, query, service_update, text, update, void


class Echo(Service):
    @service_update
    def echo(self, word: text) -> text: ...


begun = StableBTreeMap[text, nat64](memory_id=0, max_key_size=50, max_value_size=15)
ended = StableBTreeMap[text, nat64](memory_id=1, max_key_size=50, max_value_size=15)
peers = StableBTreeMap[text, Principal](memory_id=2, max_key_size=30, max_value_size=40)

counter = 0


@init
def setup(peer: Principal) -> void:
    peers.insert("echo", peer)


@update
def count(word: text) -> Async[text]:
    global counter
    begun.insert(word, begun.len())
    counter += 1
    mine = counter
    result: CallResult[text] = yield Echo(peers.get("echo")).echo(word)
    ended.insert(word, mine)
    return word if result.Ok == word + "." else "wrong"


@query
def state() -> Vec[nat64]:
    return [begun.len(), ended.len(), counter]


@query
def ended_words() -> Vec[text]:
    return ended.keys()


@query
def numbers() -> Vec[nat64]:
    return ended.values()
"""

HIDDEN = """
from functools import lru_cache
from kybra import Async, CallResult, Principal, Service, StableBTreeMap, ic, init, nat64, query, service_update, text, update, void


class Echo(Service):
    @service_update
    def echo(self, word: text) -> text: ...


fees = StableBTreeMap[text, nat64](memory_id=0, max_key_size=30, max_value_size=15)
peers = StableBTreeMap[text, Principal](memory_id=1, max_key_size=30, max_value_size=40)

paid = 0


@init
def setup(peer: Principal) -> void:
    peers.insert("echo", peer)
    fees.insert("fee", 5)


@lru_cache(maxsize=1)
def fee() -> nat64:
    # A cache in C, which neither an image of the heap nor a journal sees.
    return fees.get("fee")


@update
def warm() -> nat64:
    return fee()


@update
def pay() -> nat64:
    global paid
    paid += fee()
    return paid


@update
def ask(word: text) -> Async[text]:
    result: CallResult[text] = yield Echo(peers.get("echo")).echo(word)
    return result.Ok


@update
def ask_with_fee(word: text) -> Async[text]:
    price = fee()
    result: CallResult[text] = yield Echo(peers.get("echo")).echo(word)
    return result.Ok + str(price)
"""

OPAQUE = """
from itertools import count
from kybra import nat64, update

numbers = count(1)


@update
def number() -> nat64:
    return next(numbers)
"""
