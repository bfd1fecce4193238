"""Beyond the recorded cases: what crosses between Candid and Python, and Python's own way to drive it."""

from __future__ import annotations

import pytest

from kybra_replica.driver import CallRejected

SOURCE = """
from kybra import (
    Alias, Func, Manual, Opt, Principal, Query, Record, Service, Tuple, Variant, Vec, blob, float64, ic, nat,
    nat8, nat64, null, query, service_query, text, update, void,
)


class Keywords(Record):
    from_: nat
    type: text
    class_: Opt["Keywords"]


class Tree(Variant, total=False):
    Leaf: nat
    Two: Tuple["Tree", "Tree"]


List = Tuple[text, Opt["List"]]


class Shelf(Record):
    books: Opt[List]


@query
def keywords(x: Keywords) -> text:
    return repr(x)


@query
def keywords_back(x: Keywords) -> Keywords:
    return {"type": x["type"], "class_": None, "from_": x["from_"] + 1, "extra": 1}


@query
def depth(x: Tree) -> nat:
    if "Leaf" in x:
        return 0
    return 1 + max(depth(x["Two"][0]), depth(x["Two"][1]))


@query
def shelf(x: Shelf) -> Shelf:
    return x


@query
def iterables(kind: text) -> Vec[nat64]:
    return {"set": {3}, "dict": {4: "x"}, "range": range(2), "bytes": b"ab", "text": "ab"}[kind]


@query
def texts(kind: text) -> Vec[text]:
    return {"tuple": ("a", "b"), "text": "abc", "dict": {"k": 1}}[kind]


@query
def nested(kind: text) -> Vec[Vec[nat64]]:
    return {"tuples": [(1, 2)], "inner": [["x"]], "outer": ([1],)}[kind]


@query
def pairs(kind: text) -> Vec[Tuple[text, nat]]:
    return {"list": [("a", 1)], "items": {"a": 1}.items(), "lists": [["a", 1]]}[kind]


@query
def floats(kind: text) -> float64:
    return {"float": 1.5, "bool": True}[kind]


@update
def manual_void() -> Manual[void]:
    ic.reply(None)


@update
def manual_other() -> Manual[nat]:
    helper()


def helper() -> None:
    ic.reply(5)


@query
def several(a: nat, b: text, c: Opt[nat], d: blob, e: Principal) -> text:
    return repr((a, b, c, d)) + e.to_str()
"""


@pytest.fixture(scope="module")
def canister(module_replica, tmp_path_factory):
    entry = tmp_path_factory.mktemp("converting") / "converting_canister.py"
    entry.write_text(SOURCE)
    return module_replica.install(entry)


def test_a_trailing_underscore_stands_for_a_python_keyword(canister):
    value = {"from": 1, "type": "t", "class": {"from": 2, "type": "u", "class": None}}
    assert canister.query("keywords", value) == "{'from_': 1, 'type': 't', 'class_': {'from_': 2, 'type': 'u', 'class_': None}}"
    assert canister.query("keywords_back", value) == {"from": 2, "type": "t", "class": None}


def test_recursive_variants_and_tuples(canister):
    leaf = {"Leaf": 1}
    assert canister.query("depth", {"Two": (leaf, {"Two": (leaf, leaf)})}) == 2
    shelf = {"books": ("a", ("b", ("c", None)))}
    assert canister.query("shelf", shelf) == shelf


@pytest.mark.parametrize(("kind", "items"), [("set", [3]), ("dict", [4]), ("range", [0, 1]), ("bytes", [97, 98])])
def test_sized_numbers_are_taken_from_anything_iterable(canister, kind, items):
    assert canister.query("iterables", kind) == items


@pytest.mark.parametrize(("kind", "items"), [("tuple", ["a", "b"]), ("text", ["a", "b", "c"]), ("dict", ["k"])])
def test_texts_too(canister, kind, items):
    assert canister.query("texts", kind) == items


@pytest.mark.parametrize(
    ("method", "kind", "text"),
    [
        ("iterables", "text", "TypeError: Expected type 'int' but 'str' found"),
        ("nested", "inner", "TypeError: Could not convert value to Vec"),
        ("nested", "outer", "TypeError: Expected type 'list' but 'tuple' found"),
        ("pairs", "items", "TypeError: Expected type 'list' but 'dict_items' found"),
        ("pairs", "lists", "TypeError: Could not convert value to Vec"),
        ("floats", "bool", "TypeError: Expected type 'float' but 'bool' found"),
    ],
)
def test_what_does_not_convert_traps_in_kybras_words(canister, method, kind, text):
    with pytest.raises(CallRejected) as rejected:
        canister.query(method, kind)
    assert f"'{text}'" in rejected.value.message


def test_what_converts_beside_it(canister):
    assert canister.query("nested", "tuples") == [[1, 2]]
    assert canister.query("pairs", "list") == [("a", 1)]
    assert canister.query("floats", "float") == 1.5


def test_a_manual_reply_of_void_is_one_null(canister):
    reply = canister.replica.update_call(canister.id, "manual_void", b"DIDL\0\0")
    assert reply.hex() == "4449444c00017f"


def test_a_reply_from_a_helper_counts_as_the_methods(canister):
    assert canister.call("manual_other") == 5


def test_five_arguments(canister):
    assert canister.query("several", 1, "b", None, b"\x01", "2vxsx-fae") == "(1, 'b', None, b'\\x01')2vxsx-fae"


def test_wrong_arguments_never_reach_the_canister(canister):
    with pytest.raises(TypeError, match="5 arguments are expected, 1 were given"):
        canister.query("several", 1)
    with pytest.raises(TypeError, match="has no fields"):
        canister.query("shelf", {"shelves": None})
    with pytest.raises(LookupError, match="has no method absent"):
        canister.query("absent")
