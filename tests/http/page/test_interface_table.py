"""A canister's Candid as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.candid import CandidError, parse_did, render_did
from kybra_replica.candid.types import PRIMITIVES, Field, Func, Interface, Named, Opt, Record, Service, Type, Variant, Vec, tuple_of
from kybra_replica.http.interface_table import interface_table

DOCUMENTED = """
// A ledger.
// Amounts are in e8s.

// Who holds what.
type Account = record { owner : principal; subaccount : opt blob };
type Tree = variant { leaf : nat; node : record { Tree; Tree } };
// Not above a definition, for the service.
service : {
  // Moves tokens.
  // Errors come in order.
  transfer : (Account, nat64) -> (variant { Ok; Err : text });
  balance : (Account) -> (nat) query;
  // With a quoted name.
  "a b" : () -> () oneway;
  visit : (func (Tree) -> (Tree) composite_query) -> (service { f : () -> () });
}
"""


def test_definitions_methods_and_their_comments():
    account, tree = {"kind": "name", "name": "Account"}, {"kind": "name", "name": "Tree"}
    outcome = {"kind": "variant", "fields": [{"label": "Ok", "type": {"kind": "null"}}, {"label": "Err", "type": {"kind": "text"}}]}
    table = interface_table(DOCUMENTED)
    methods = {method["name"]: method for method in table["methods"]}
    assert [method["name"] for method in table["methods"]] == ["transfer", "balance", "a b", "visit"]
    assert methods["transfer"]["arguments"] == [account, {"kind": "nat64"}]
    assert sorted(methods["transfer"]["results"][0]["fields"], key=str) == sorted(outcome["fields"], key=str)
    assert {name: method.get("doc") for name, method in methods.items()} == {
        "transfer": "Moves tokens. Errors come in order.",
        "balance": None,
        "a b": "With a quoted name.",
        "visit": None,
    }
    assert (methods["balance"]["modes"], methods["a b"]["modes"]) == (["query"], ["oneway"])
    assert methods["visit"]["arguments"] == [{"kind": "func", "modes": ["composite_query"], "arguments": [tree], "results": [tree]}]
    assert methods["visit"]["results"][0]["kind"] == "service"
    assert table["docs"] == {"Account": "Who holds what."}
    assert table["init"] is None


# every interface can be told -----------------------------------------------------------------------------------------

NAMES = ("Account", "Tree")
LABELS = st.one_of(st.sampled_from(["owner", "amount", "a b", "text"]), st.integers(0, 2**32 - 1))


def composed(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    fields = st.lists(st.builds(Field, LABELS, inner), max_size=3, unique_by=lambda field: field.id).map(tuple)
    types = st.lists(inner, max_size=2).map(tuple)
    funcs = st.builds(Func, types, types, st.sampled_from([(), ("query",), ("composite_query",)]))
    services = st.dictionaries(st.sampled_from(["f", "g"]), funcs, max_size=2).map(lambda methods: Service(tuple(methods.items())))
    tuples = types.map(lambda each: tuple_of(*each))
    records = st.builds(Record, fields)
    return st.one_of(st.builds(Opt, inner), st.builds(Vec, inner), records, st.builds(Variant, fields), tuples, funcs, services)


# Printing a type does not look behind a name, so names that stand for nothing will do here.
TYPES = st.recursive(st.sampled_from([*PRIMITIVES, *(Named(name) for name in NAMES)]), composed, max_leaves=6)
SEVERAL = st.lists(TYPES, max_size=2).map(tuple)
METHODS = st.dictionaries(st.sampled_from(["read", "write", "a b"]), st.builds(Func, SEVERAL, SEVERAL), max_size=3)
INTERFACES = st.builds(
    Interface,
    st.tuples(*(composed(TYPES).map(lambda definition, name=name: Named(name, definition)) for name in NAMES)),
    st.none() | SEVERAL,
    METHODS.map(lambda each: tuple(each.items())),
)


def told(type_: dict, named: dict[str, Named]) -> Type:
    """The type that a table's JSON tells of: written again, against `interface_table`."""
    kind = type_["kind"]
    if kind == "name":
        return named[type_["name"]]
    if kind in {"opt", "vec"}:
        return {"opt": Opt, "vec": Vec}[kind](told(type_["of"], named))
    if kind in {"record", "variant"}:
        fields = tuple(Field(field["label"], told(field["type"], named)) for field in type_["fields"])
        return {"record": Record, "variant": Variant}[kind](fields)
    if kind == "func":
        return told_function(type_, named)
    if kind == "service":
        return Service(tuple((method["name"], told(method["type"], named)) for method in type_["methods"]))
    return {primitive.name: primitive for primitive in PRIMITIVES}[kind]


def told_function(signature: dict, named: dict[str, Named]) -> Func:
    arguments, results = (tuple(told(each, named) for each in signature[part]) for part in ("arguments", "results"))
    return Func(arguments, results, tuple(signature["modes"]))


@given(INTERFACES)
def test_table_tells_the_whole_interface(interface: Interface):
    did = render_did(interface)
    table = json.loads(json.dumps(interface_table(did)))
    named = {name: Named(name) for name in table["definitions"]}
    for name, definition in table["definitions"].items():
        named[name].bind(told(definition, named))
    init = None if table["init"] is None else tuple(told(each, named) for each in table["init"])
    methods = tuple((method["name"], told_function(method, named)) for method in table["methods"])
    assert render_did(Interface(tuple(named.values()), init, methods)) == render_did(parse_did(did))


@pytest.mark.parametrize("text", ["", "service : {}", "type A = nat;"])
def test_interface_without_methods(text):
    assert interface_table(text)["methods"] == []


@pytest.mark.parametrize("text", ["service : {", "service : { f : (Unknown) -> () }", "type A = A; service : {}"])
def test_text_that_is_no_interface_is_refused(text):
    with pytest.raises(CandidError):
        interface_table(text)
