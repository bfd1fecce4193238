"""`.did` files: reading, printing, and where mistakes are reported."""

from __future__ import annotations

import pytest

from kybra_replica.candid import CandidError, is_equal, parse_did, parse_type, render_did, render_type
from kybra_replica.candid.types import NAT, NAT8, TEXT, Field, Func, Interface, Named, Opt, Record, Variant, Vec

WIDE = "record { first : text; third : text; second : text }"


def test_all_that_a_file_can_say() -> None:
    interface = parse_did(
        """
        /* a comment /* in a comment */ */
        // and one to the end of the line
        type List = opt record { head : nat; tail : List };
        type Callback = func (reply : text) -> () oneway;
        /// a comment on a definition
        type Server = service { "next item" : () -> (Server) composite_query; callback : Callback };
        type Odd = record { 0x10 : nat; text; "vec" : blob; text : text; };
        service Example : (owner : principal, opt nat,) -> {
            // a comment on a method
            zebra : (List) -> () query;
            apple : Callback;
            "type" : (variant { Ok : null; Err; 7 }) -> (Server, vec nat8) composite_query;
        };
        """,
    )
    assert [named.name for named in interface.definitions] == ["List", "Callback", "Server", "Odd"]
    assert interface.init == (parse_type("principal"), Opt(NAT))
    assert [name for name, _ in interface.methods] == ["zebra", "apple", "type"]
    zebra, apple, type_ = (method for _, method in interface.methods)
    assert zebra == Func((interface.definitions[0],), (), ("query",))
    assert apple == Func((TEXT,), (), ("oneway",))
    assert is_equal(type_.arguments[0], parse_type("variant { Ok; Err; 7 : null }"))
    odd = interface.definitions[3].definition
    assert odd == Record((Field(16, NAT), Field(17, TEXT), Field("vec", Vec(NAT8)), Field("text", TEXT)))


@pytest.mark.parametrize(
    ("text", "init"),
    [("service : {}", None), ("service : () -> {}", ()), ("service : (text) -> {}", (TEXT,)), ("", None), ("type A = nat", None)],
)
def test_a_service_may_be_a_class_or_not(text: str, init: tuple[object, ...] | None) -> None:
    interface = parse_did(text)
    assert interface.init == init
    assert interface.methods == ()


def test_a_service_may_be_a_name() -> None:
    interface = parse_did("type S = service { g : F; f : F }; type F = func () -> () query; service : (nat) -> S;")
    assert interface.methods == (("f", Func((), (), ("query",))), ("g", Func((), (), ("query",))))
    assert interface.init == (NAT,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('import "other.did";', "line 1:1: imports are not supported: copy what is needed of that file into this one"),
        ("type A = B;", "line 1:10: the type B is not defined"),
        ("type A = nat; type A = text;", "line 1:20: the type A is defined twice"),
        ("type A = B; type B = A;", "is defined as itself"),
        ("type nat = text;", "line 1:6: nat is a type of Candid and cannot be defined"),
        ("type A = record { a : nat; 97 : text };", "line 1:17: record: fields 'a' and 97 have the same id 97"),
        ("type A = variant { a; a };", "line 1:18: variant: fields 'a' and 'a' have the same id 97"),
        ("type A = service { f : B }; type B = nat;", "line 1:20: method f is of type B, which is nat and not func"),
        ("service : { f : () -> (); f : () -> () }", "line 1:27: the method f is there twice"),
        ("service : { f : (nat) -> (nat) oneway }", "line 1:17: a oneway function has no results"),
        ("service : { f : () -> () query oneway }", "line 1:17: a function cannot be query and oneway at once"),
        ("type A = nat; service : A", "line 1:15: the service is of type A, which is nat and not service"),
        ("service : {\n  f : (nat -> ();\n}", "line 2:12: , or ) is expected, not ->"),
        ("service : {} garbage", "line 1:14: a definition, the service or the end is expected, not garbage"),
        ("type A = vec;", "line 1:13: a type is expected, not ;"),
        ("type A = opt 5;", "line 1:14: a type is expected, not 5"),
        ("type A = record { vec : nat };", 'line 1:19: vec is a word of Candid; the name of a field is written "vec" then'),
        ("type A = record { 4294967295 : nat; text };", "line 1:37: there is no number left for a field without label"),
        ("service : { f : () }", "line 1:20: -> is expected, not }"),
        ("type A = " + "opt " * 200 + "nat;", "types are nested too deeply"),
    ],
)
def test_mistakes_are_reported_where_they_are(text: str, message: str) -> None:
    with pytest.raises(CandidError) as refusal:
        parse_did(text)
    assert str(refusal.value).startswith("line 1:" if "\n" not in text else "line 2:")
    assert str(refusal.value).endswith(message)


def test_definitions_and_methods_are_printed_by_name_and_fields_by_number() -> None:
    zebra, apple = Named("Zebra", Record((Field("z", NAT), Field("a", TEXT)))), Named("apple", Variant((Field("b", TEXT), Field("a", NAT))))
    interface = Interface((apple, zebra), (), (("put", Func((zebra,), ())), ("get", Func((), (apple,), ("query",)))))
    assert render_did(interface).splitlines() == [
        "type Zebra = record { a : text; z : nat };",
        "type apple = variant { a : nat; b : text };",
        "service : () -> { get : () -> (apple) query; put : (Zebra) -> () }",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "service : {}",
        "service : () -> {}",
        "service : { f : () -> () }",
        "service : (text, opt nat) -> { f : () -> () }",
        'service : { "a b" : () -> (); "query" : () -> () }',
        "type A = func (nat, text) -> (nat) composite_query;\nservice : { f : (A) -> () oneway }",
        'type A = record { 5 : nat; "é" : blob; "type" : text };\nservice : {}',
        "type A = record { nat; record {}; vec blob };\nservice : {}",
        "type A = variant { 1_000; Ok : nat };\nservice : {}",
    ],
)
def test_what_is_printed_like_this_is_read_and_printed_alike(text: str) -> None:
    assert render_did(parse_did(text)) == text


def test_long_lines_are_broken_from_the_outside() -> None:
    text = "\n".join(
        [
            "service : () -> {",
            f"  f : ({WIDE}) -> ();",
            "  g : (",
            f"      {WIDE},",
            "      text,",
            "      text,",
            "      text,",
            "    ) -> (text) query;",
            "  h : (text, text) -> (",
            f"      {WIDE},",
            "    ) query;",
            "  i : (",
            "      record {",
            f"        first : {WIDE};",
            "        second : text;",
            "      },",
            "    ) -> ();",
            "}",
        ],
    )
    assert render_did(parse_did(text)) == text


def test_a_type_is_printed_with_the_names_of_definitions() -> None:
    name = Named("Name", NAT)
    assert render_type(Vec(Opt(name))) == "vec opt Name"
    assert render_type(parse_type("record { 0 : nat; 1 : text }")) == "record { nat; text }"
    assert render_type(parse_type("func (blob) -> (service {}) query")) == "func (blob) -> (service {}) query"
