"""A counter that tells whether a request was carried out, and methods of every kind that a request can aim at."""

from kybra import (
    Async,
    CallResult,
    Manual,
    Opt,
    Principal,
    Record,
    Service,
    StableBTreeMap,
    Vec,
    blob,
    ic,
    inspect_message,
    nat64,
    null,
    query,
    service_update,
    text,
    update,
    void,
)


class Chain(Record):
    next: Opt["Chain"]


class Counter(Service):
    @service_update
    def add(self, amount: nat64) -> nat64: ...


totals = StableBTreeMap[nat64, nat64](memory_id=0, max_key_size=16, max_value_size=16)


def count(amount: int) -> int:
    total = (totals.get(0) or 0) + amount
    totals.insert(0, total)
    return total


@inspect_message
def look_at_call() -> void:
    if ic.method_name() != "uninvited":
        ic.accept_message()


@update
def add(amount: nat64) -> nat64:
    return count(amount)


@query
def total() -> nat64:
    return totals.get(0) or 0


@query
def add_in_query(amount: nat64) -> nat64:
    return count(amount)


@update
def add_around_call(amount: nat64) -> Async[nat64]:
    count(amount)
    result: CallResult[nat64] = yield Counter(ic.id()).add(0)
    count(amount)
    raise ValueError("after the call, at " + str(result.Ok))


@query
def composite() -> Async[nat64]:
    result: CallResult[nat64] = yield Counter(ic.id()).add(1)
    return result.Ok


@update
def uninvited() -> void:
    count(1)


@update
def who() -> Principal:
    return ic.caller()


@query
def who_asks() -> Principal:
    return ic.caller()


@update
def fail(message: text) -> void:
    count(1)
    raise ValueError(message)


@query
def fail_query(message: text) -> void:
    raise ValueError(message)


@update
def refuse(message: text) -> Manual[void]:
    ic.reject(message)


@update
def echo(data: blob) -> blob:
    return data


@update
def take_chain(chain: Chain) -> void:
    count(1)


@update
def take_nulls(values: Vec[null]) -> void:
    count(1)


@update
def take_texts(values: Vec[text]) -> void:
    count(1)


@update
def decline(chain: Chain, nulls: Vec[null], texts: Vec[text], number: nat64, caller: Principal) -> void:
    count(1)
    raise ValueError("declined")


@update
def spin() -> void:
    count(1)
    while True:
        try:
            while True:
                pass
        finally:
            continue  # noqa: B012 - what would end the loop is swallowed
