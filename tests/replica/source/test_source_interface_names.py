"""Which types have a name in the interface, and which name: what `candid`'s `export_service!` does with Kybra's Rust types.

Every expected text was printed by that macro for the Rust code that Kybra 0.7.1 generates from the source beside it.
"""

from __future__ import annotations

import pytest

HEAD = "from kybra import *\n"

CASES = {
    "composite queries are plain ones": (
        "@query\ndef f() -> Async[nat]: ...\n",
        "service : () -> { f : () -> (nat) query }",
    ),
    "parameters of init and nothing of post_upgrade": (
        "class Zed(Record):\n    z: nat\n@init\ndef i(a: text, b: Opt[nat]) -> void: ...\n@post_upgrade\ndef p(z: Zed) -> void: ...\n",
        "service : (text, opt nat) -> {}",
    ),
    "methods by the bytes of their names": (
        "@query\ndef b() -> void: ...\n@query\ndef a_() -> void: ...\n@update\ndef Z() -> null: ...\n@query\ndef a() -> void: ...\n",
        "service : () -> { Z : () -> (null); a : () -> () query; a_ : () -> () query; b : () -> () query }",
    ),
    "tuples, funcs and services in place, an alias of void a null": (
        "P = Tuple[nat, 'Q']\nQ = Alias[Vec[nat]]\nV = Alias[void]\nclass S(Service):\n    @service_query\n    def g(self, a: P) -> Tuple[nat]: ...\n"
        "@query\ndef f(a: Func(Update[[P], nat]), b: S) -> V: ...\n",
        "service : () -> { f : (func (record { nat; vec nat }) -> (nat), service { g : (record { nat; vec nat }) -> (record { nat }) query }) -> (null) query }",
    ),
    "an empty record in place": (
        "class E(Record): ...\n@query\ndef f(e: E) -> nat: ...\n",
        "service : () -> { f : (record {}) -> (nat) query }",
    ),
    "two records of one shape share the name met first": (
        "class A(Record):\n    x: nat\nclass B(Record):\n    x: nat\n@query\ndef f(b: B) -> A: ...\n",
        "type B = record { x : nat }; service : () -> { f : (B) -> (B) query }",
    ),
    "or the shorter one": (
        "class Longer(Record):\n    x: nat\nclass B(Record):\n    x: nat\n@query\ndef f(b: Longer) -> nat: ...\n@query\ndef g(b: B) -> Longer: ...\n",
        "type B = record { x : nat }; type Longer = record { x : nat }; service : () -> { f : (Longer) -> (nat) query; g : (B) -> (B) query }",
    ),
    "Opt of a recursive record met first": (
        "class Node(Record):\n    next: Opt['Node']\n@query\ndef f(n: Opt[Node]) -> Node: ...\n",
        "type Node = record { next : Option }; type Option = opt record { next : Option }; service : () -> { f : (opt Node) -> (Node) query }",
    ),
    "Manual alone": (
        "class R(Record):\n    x: nat\n@query\ndef f() -> Manual[R]: ...\n",
        "type ManualReply = record { x : nat }; service : () -> { f : () -> (ManualReply) query }",
    ),
    "Manual of nothing": ("@query\ndef f() -> Manual[void]: ...\n", "service : () -> { f : () -> (null) query }"),
    "a recursive func": (
        "class R(Record):\n    f: 'F'\nF = Func(Query[[R], nat])\n@query\ndef f(a: F) -> void: ...\n",
        "type F = func (record { f : F }) -> (nat) query; type R = record { f : F }; service : () -> { f : (func (R) -> (nat) query) -> () query }",
    ),
    "a recursive tuple": (
        "T = Tuple[nat, Opt['T']]\n@query\ndef f(t: T) -> void: ...\n",
        "type T = record { nat; opt T }; service : () -> { f : (record { nat; opt T }) -> () query }",
    ),
    "names that are one without their trailing underscore": (
        "class A_(Record):\n    a: nat\nclass A(Record):\n    b: nat\n@query\ndef f(x: A, y: A_) -> void: ...\n",
        "type A = record { b : nat }; type A_1 = record { a : nat }; service : () -> { f : (A, A_1) -> () query }",
    ),
}


def flat(text: str) -> str:
    return (
        " ".join(text.replace(";", " ; ").replace(",", " , ").split())
        .replace(" ; }", " }")
        .replace(" , )", ")")
        .replace("( ", "(")
        .replace(" )", ")")
        .strip(" ;")
    )


@pytest.mark.parametrize("case", CASES)
def test_interface_text(sources, case):
    source, expected = CASES[case]
    assert flat(sources.read(HEAD + source, lenient=True).did) == flat(expected)
