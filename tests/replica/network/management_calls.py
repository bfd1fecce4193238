"""How the tests call the management canister: with plain Python values, and with what a refusal must be."""

from __future__ import annotations

import pytest

from kybra_replica.candid import decode, encode
from kybra_replica.driver import CallRejected
from kybra_replica.network.management import methods
from kybra_replica.plain import from_plain, to_plain
from kybra_replica.principal import MANAGEMENT


def payload(method, argument=None):
    types = methods()[method].arguments
    return encode(types, [from_plain(types[0], argument)] if types else [])


def result(method, reply):
    types = methods()[method].results
    values = decode(reply, types)
    return to_plain(types[0], values[0]) if types else None


def manage(replica, method, argument=None, *, sender):
    return result(method, replica.update_call(MANAGEMENT, method, payload(method, argument), sender=sender))


def ask(replica, method, argument=None, *, sender):
    return result(method, replica.query_call(MANAGEMENT, method, payload(method, argument), sender=sender))


def refused(act, *arguments, match, code, error, **options):
    """Calls `act`, which must be rejected with this reject code, error code and a text that `match` is found in."""
    with pytest.raises(CallRejected, match=match) as rejected:
        act(*arguments, **options)
    assert (int(rejected.value.code), rejected.value.error_code) == (code, error)


RELAY = """
from kybra import Async, CallResult, Opt, Principal, Record, blob, ic, nat, nat64, query, text, update, void


class Relayed(Record):
    reply: Opt[blob]
    error: Opt[text]
    refunded: nat


@update
def relay(method: text, argument: blob, cycles: nat) -> Async[Relayed]:
    result: CallResult[blob] = yield ic.call_raw128(Principal.from_str("aaaaa-aa"), method, argument, cycles)
    return {"reply": result.Ok, "error": result.Err, "refunded": ic.msg_cycles_refunded128()}


@update
def say(words: text) -> void:
    ic.print(words)


@update
def fall(words: text) -> void:
    ic.print("before " + words)
    ic.trap(words)


@query
def ask(words: text) -> text:
    ic.print(words)
    return words
"""
"""A canister that passes calls on to the management canister as its own, and prints and traps when told to."""


def relay(canister, method, argument=None, cycles=0):
    """What the management canister answers to the relay: the result, the refusal's text, and the cycles that came back."""
    relayed = canister.call("relay", method, payload(method, argument), cycles)
    value = None if relayed["reply"] is None else result(method, relayed["reply"])
    return value, relayed["error"], relayed["refunded"]
