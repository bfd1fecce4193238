from contextlib import suppress

from kybra import StableBTreeMap, nat64, query, update

counts = StableBTreeMap[nat64, nat64](memory_id=0, max_key_size=16, max_value_size=16)


@update
def add(amount: nat64) -> nat64:
    counts.insert(0, (counts.get(0) or 0) + amount)
    return counts.get(0) or 0


@update
def add_and_spin(amount: nat64) -> nat64:
    counts.insert(0, (counts.get(0) or 0) + amount)
    while True:
        amount += 1


@update
def refuse_to_end() -> nat64:
    number = 0
    while True:
        with suppress(BaseException):
            number += 1


@query
def spin() -> nat64:
    while True:
        pass


@query
def total() -> nat64:
    return counts.get(0) or 0
