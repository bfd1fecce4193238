"""Candid text of other tools, in the subset that ic-py reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx.did_text import simplify
from ddsx.errors import DdsxError, InterfaceUnreadable
from ddsx.interface import Interface


@pytest.mark.parametrize(
    ("did", "simple"),
    [
        ("service : { f : (a : nat, b : opt text) -> (r : nat) query }", "service : { f : ( nat , opt text ) -> ( nat ) query ; }"),
        ("service : (init : nat) -> {}", "service : ( nat ) -> { }"),
        ("service : { f : (record { a : nat; b : blob }) -> () }", "service : { f : ( record { a : nat ; b : blob ; } ) -> ( ) ; }"),
        ("service : { f : (nat,\n) -> (text, ) composite_query; };", "service : { f : ( nat ) -> ( text ) query ; }"),
        ("type T = record { 0 : nat; 1_000 : text }; service : {}", "type T = record { _0 : nat ; _1000 : text ; } ; service : { }"),
        ("// f : x\nservice /* { } */ : { g : () -> (); }", "service : { g : ( ) -> ( ) ; }"),
        ("type F = func (key : text) -> (); service : {}", "type F = func ( text ) -> ( ) ; service : { }"),
    ],
)
def test_what_ic_py_stumbles_over_is_put_in_other_words(did, simple):
    assert simplify(did) == simple


@pytest.mark.parametrize(
    ("did", "words"),
    [
        ('service : { "icrc-1" : () -> () }', 'quoted name "icrc-1"'),
        ('import "other.did"; service : {}', "imports another"),
        ("type A = nat;\nservice : { § }", "not Candid in line 2"),
    ],
)
def test_what_cannot_be_said_is_refused_and_not_skipped(did, words):
    with pytest.raises(InterfaceUnreadable, match=words):
        simplify(did)


def test_the_second_of_two_named_arguments_is_not_lost():
    method = Interface("service : { tokens_of : (owner : principal, take : opt nat) -> (vec nat) query }").methods["tokens_of"]
    assert [type_.name for type_ in method.arguments] == ["principal", "opt (nat)"]
    assert method.is_query


def test_a_composite_query_is_a_query():
    assert Interface("service : { f : () -> () composite_query; }").methods["f"].is_query


@pytest.mark.parametrize("did", ["service : { f : (nat -> (); }", "type T = record { x : }; service : {}", "type A = B; service : {}", ""])
def test_broken_candid_is_told(did):
    with pytest.raises(InterfaceUnreadable):
        _ = Interface(did).methods


@given(st.text(alphabet=' \nabz_09"(){}:;,.=->/*', max_size=60) | st.text(max_size=20))
def test_any_text_is_read_or_refused(text):
    try:
        methods = Interface(text).methods
    except DdsxError:
        return
    assert isinstance(methods, dict)
