"""A stream registry that answers as a test says. It keeps what it was told, as a real one does: entitlements in order, each once."""

from kybra import Opt, StableBTreeMap, Vec, ic, nat64, query, text, update, void

from ddsx_wire.entitlement_types import (
    ApplyEntitlementsResult,
    Entitlement,
    EntitlementBatch,
    SettleWorkResult,
    StreamPartyResult,
)
from ddsx_wire.principals import caller_text

parties = StableBTreeMap[nat64, str](memory_id=0, max_key_size=15, max_value_size=100)
counters = StableBTreeMap[str, nat64](memory_id=1, max_key_size=40, max_value_size=15)
settle_answers = StableBTreeMap[nat64, SettleWorkResult](memory_id=2, max_key_size=15, max_value_size=500)
apply_answers = StableBTreeMap[nat64, ApplyEntitlementsResult](memory_id=3, max_key_size=15, max_value_size=200)
applied = StableBTreeMap[nat64, Entitlement](memory_id=4, max_key_size=15, max_value_size=300)
callers = StableBTreeMap[str, str](memory_id=5, max_key_size=40, max_value_size=100)

ROOT = "5a" * 32
SIZE = 7


@update
def set_provider(stream: nat64, provider: text) -> void:
    parties.insert(stream, provider)


@update
def script_settle(answers: Vec[SettleWorkResult]) -> void:
    """The answers of the next calls; after them every call is settled."""
    for answer in answers:
        settle_answers.insert(_count("settle_scripted"), answer)


@update
def script_apply(answers: Vec[ApplyEntitlementsResult]) -> void:
    """The answers of the next calls, instead of taking what they bring."""
    for answer in answers:
        apply_answers.insert(_count("apply_scripted"), answer)


@update
def set_back(expected: nat64) -> void:
    """Forget entitlements from this number on."""
    for number in range(expected, counters.get("expected") or 0):
        applied.remove(number)
    counters.insert("expected", expected)


@update
def set_ahead(expected: nat64) -> void:
    """Expect a number that this ledger never gave."""
    counters.insert("expected", expected)


@query
def stream_party(stream: nat64) -> StreamPartyResult:
    if stream == 0xDEAD:
        ic.trap("stream_party was told to trap")
    provider = parties.get(stream)
    if provider is None:
        return {"Err": None}
    return {"Ok": {"provider": provider, "title": "a stream"}}


@update
def settle_work(stream: nat64) -> SettleWorkResult:
    callers.insert("settle_work", caller_text())
    number = _count("settled")
    answer = settle_answers.get(number)
    if answer is not None:
        return answer
    return {"Ok": {"size": SIZE, "root": ROOT, "remaining_batches": 0}}


@update
def apply_entitlements(batch: EntitlementBatch) -> ApplyEntitlementsResult:
    answer = apply_answers.get(_count("applied"))
    if answer is not None:
        return answer
    expected = counters.get("expected") or 0
    if batch["first"] > expected:
        return {"Err": {"Gap": {"expected": expected}}}
    for entitlement in batch["entitlements"][expected - batch["first"] :]:
        applied.insert(expected, entitlement)
        expected += 1
    counters.insert("expected", expected)
    return {"Ok": expected}


@query
def entitlements() -> Vec[Entitlement]:
    return applied.values()


@query
def calls(method: text) -> nat64:
    return counters.get(method) or 0


@query
def caller_of(method: text) -> Opt[text]:
    return callers.get(method)


def _count(name: str) -> int:
    number = counters.get(name) or 0
    counters.insert(name, number + 1)
    return number
