"""What the System API refuses by context, and how Kybra's functions check their arguments."""

from __future__ import annotations

import pytest

from kybra_replica.driver import CallRejected, user

CALLS = {
    "reply_raw": "ic.reply_raw(b'DIDL\\x00\\x00')",
    "set_certified_data": "ic.set_certified_data(b'x')",
    "set_timer": "ic.set_timer(1, nothing)",
    "cycles_available": "ic.msg_cycles_available()",
    "cycles_refunded": "ic.msg_cycles_refunded()",
    "reject_code": "ic.reject_code()",
    "reject_message": "ic.reject_message()",
    "method_name": "ic.method_name()",
    "accept_message": "ic.accept_message()",
    "notify": "Itself(ic.id()).nothing().notify()",
    "arg_data_raw": "ic.arg_data_raw()",
    "caller": "ic.caller()",
    "balance": "ic.canister_balance128()",
    "time": "ic.time()",
    "stable": "ic.stable64_size()",
    "print": "ic.print('seen')",
    "certificate": "ic.data_certificate()",
}

SOURCE = """
from kybra import Principal, Service, ic, init, inspect_message, post_upgrade, pre_upgrade, query, service_update, text, update, void


class Itself(Service):
    @service_update
    def nothing(self) -> void: ...


def nothing() -> None:
    pass


def run(name: str) -> None:
    {branches}


@init
def setup(name: text) -> void:
    run(name)


@pre_upgrade
def leave() -> void:
    pass


@post_upgrade
def enter(name: text) -> void:
    run(name)


@inspect_message
def look() -> void:
    if ic.method_name() == "inspected":
        run(ic.arg_data_raw()[7:].decode()[1:])
    ic.accept_message()


@update
def inspected(name: text) -> void:
    pass


@update
def in_update(name: text) -> void:
    run(name)


@query
def in_query(name: text) -> void:
    run(name)


def timed() -> None:
    run("time")
"""

EVERYWHERE = {"arg_data_raw", "caller", "balance", "time", "stable", "print", "certificate"}
ALLOWED = {
    "update": EVERYWHERE | {"set_certified_data", "set_timer", "cycles_available", "notify"},
    "query": EVERYWHERE,
    "init": EVERYWHERE | {"set_certified_data", "set_timer"},
    "inspect": EVERYWHERE | {"method_name"},
}
"""By the IC interface specification; `reply_raw` is left out because a second, automatic reply would follow it."""


@pytest.fixture
def source():
    branches = "\n    ".join(f"if name == {name!r}:\n        {call}" for name, call in CALLS.items())
    return SOURCE.format(branches=branches)


def allowed(action) -> bool:
    try:
        action()
    except CallRejected as rejected:
        return rejected.error_code not in {"IC0504", "IC0406"}
    return True


NAMES = sorted(set(CALLS) - {"reply_raw", "accept_message"})


@pytest.mark.parametrize("name", NAMES)
def test_updates_and_queries_and_inspect_may_call_what_the_specification_says(install, source, name):
    canister = install(source, "")
    found = {
        "update": allowed(lambda: canister.call("in_update", name)),
        "query": allowed(lambda: canister.query("in_query", name)),
        "inspect": allowed(lambda: canister.call("inspected", name)),
    }
    assert found == {kind: name in ALLOWED[kind] for kind in found}


@pytest.mark.parametrize("name", NAMES)
def test_init_and_post_upgrade_may_call_what_the_specification_says(install, source, name):
    assert allowed(lambda: install(source, name, name="fresh")) == (name in ALLOWED["init"])
    canister = install(source, "", name="upgraded")
    assert allowed(lambda: canister.upgrade(name)) == (name in ALLOWED["init"])


def test_a_second_reply_traps(install, source):
    canister = install(source, "")
    with pytest.raises(CallRejected, match="already replied"):
        canister.call("in_update", "reply_raw")


ARGUMENTS = """
from kybra import Principal, ic, query, text


def attempt(name: str) -> str:
    try:
        {branches}
    except Exception as problem:
        return type(problem).__name__ + ": " + str(problem)
    return "passed"


@query
def f(name: text) -> text:
    return attempt(name)
"""

WRONG = {
    "ic.print(5) or ic.stable_read('0', 1)": "TypeError: Expected type 'int' but 'str' found",
    "ic.stable_read(-1, 1)": "OverflowError: Python int too large to convert to Rust u32",
    "ic.stable_read(1 << 32, 1)": "OverflowError: Python int too large to convert to Rust u32",
    "ic.stable64_read(1 << 64, 1)": "OverflowError: Python int too large to convert to Rust u64",
    "ic.set_timer(1.5, attempt)": "TypeError: Expected type 'int' but 'float' found",
    "ic.reject(5)": "TypeError: Expected type 'str' but 'int' found",
    "ic.candid_encode(5)": "TypeError: Expected type 'str' but 'int' found",
    "ic.performance_counter(-1)": "OverflowError: Python int too large to convert to Rust u32",
    "ic.msg_cycles_accept128(1 << 128)": "OverflowError: Python int too large to convert to Rust u128",
    "ic.notify_raw(5, 'a', b'', 0)": "AttributeError: 'int' object has no attribute 'to_str'",
    "ic.notify_raw(ic.id(), 5, b'', 0)": "TypeError: Expected type 'str' but 'int' found",
    "ic.set_certified_data([256])": "OverflowError: Python int too large to convert to Rust u8",
    "ic.set_certified_data('ab')": "TypeError: Expected type 'int' but 'str' found",
    "ic.set_certified_data(5)": "TypeError: 'int' object is not iterable",
}


def test_wrong_arguments_are_python_exceptions_that_a_canister_may_catch(install):
    branches = "\n        ".join(f"if name == {call!r}:\n            {call}" for call in WRONG)
    canister = install(ARGUMENTS.format(branches=branches))
    assert {call: canister.query("f", call) for call in WRONG} == WRONG


def test_time_is_the_replicas_and_constant_within_a_message(install):
    canister = install(
        """
        import datetime
        import time

        from kybra import Vec, ic, query, text


        @query
        def times() -> Vec[text]:
            first = ic.time()
            return [str(first == ic.time()), str(time.time_ns() == first), datetime.datetime.now().isoformat(), str(time.time())]
        """
    )
    canister.replica.subnet.time_ns = 1_700_000_000_500_000_000
    assert canister.query("times") == ["True", "True", "2023-11-14T22:13:20.500000", "1700000000.5"]


@pytest.mark.parametrize("call", ["os.urandom(4)", "secrets.token_bytes(4)", "uuid.uuid4()"])
def test_randomness_that_is_the_same_on_every_canister_is_refused(install, call):
    canister = install(
        f"""
        import os
        import secrets
        import uuid

        from kybra import query, text


        @query
        def f() -> text:
            return str({call})
        """
    )
    with pytest.raises(CallRejected, match="await raw_rand"):
        canister.query("f")


def test_random_is_seeded_from_raw_rand_after_the_first_round(install):
    source = """
        import random

        from kybra import query, text


        @query
        def f() -> text:
            return str(random.randrange(10**12))
    """
    first, second = install(source, name="first"), install(source, name="second")
    assert first.query("f") == second.query("f")
    first.replica.tick()
    assert first.query("f") != second.query("f")


def test_what_a_method_draws_is_kept_and_what_a_trap_or_a_query_draws_is_not(install):
    """Here nothing imports `random` but methods that run, after the replica has seeded it."""
    source = """
        from kybra import ic, query, text, update, void


        @query
        def look() -> text:
            import random
            return str(random.randrange(10**12))


        @update
        def draw() -> text:
            import random
            return str(random.randrange(10**12))


        @update
        def fail() -> void:
            import random
            random.random()
            random.marker = "left behind"
            ic.trap("no")


        @query
        def marker() -> text:
            import random
            return getattr(random, "marker", "none")
    """
    canister = install(source)
    canister.replica.tick()
    with pytest.raises(CallRejected, match="no"):
        canister.call("fail")
    assert canister.query("marker") == "none"
    next_number = canister.query("look")
    assert canister.query("look") == next_number
    assert canister.call("draw") == next_number
    assert canister.query("look") != next_number


def test_printing_shows_in_the_replicas_log_and_python_print_does_not(install):
    canister = install(
        """
        from kybra import ic, query, void


        @query
        def f() -> void:
            print("to nobody")
            ic.print("shown", 3)
        """
    )
    canister.query("f", sender=user("reader"))
    assert canister.replica.subnet.prints == [(canister.id, "shown 3")]
