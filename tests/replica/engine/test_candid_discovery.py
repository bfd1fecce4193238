"""How clients learn a canister's interface: from metadata, and from the query that every canister built with Kybra has."""

from __future__ import annotations

import pytest
from antlr4 import CommonTokenStream, ParseTreeWalker
from antlr4.InputStream import InputStream
from hypothesis import given, settings
from hypothesis import strategies as st
from ic.parser.DIDEmitter import DIDEmitter
from ic.parser.DIDLexer import DIDLexer
from ic.parser.DIDParser import DIDParser

from kybra_replica.candid import Decoder, encode, is_equal, parse_did, parse_type, render_plain_did
from kybra_replica.candid.types import NAT, TEXT, Func, Interface, Named, Record
from kybra_replica.driver import CallRejected
from kybra_replica.python_engine.source import read_program

INTERFACE_QUERY = "__get_candid_interface_tmp_hack"
NAMES = ("dst_ledger", "payout_splitter", "stream_registry", "token_ledger")

SOURCE = """
from kybra import Opt, Record, Tuple, Vec, init, nat, query, text, update, void


class Page(Record):
    start: nat
    words: Vec[text]


class Unused(Record):
    nothing: nat


@init
def setup(page: Page, more: Opt[nat]) -> void:
    pass


@query
def pages(start: Opt[nat], take: Opt[nat], word: text) -> Tuple[nat, Page]:
    return (1, {"start": 2, "words": [word]})


@update
def unused(page: Unused) -> void:
    pass
"""
PAGE = {"start": 0, "words": []}


def read_by_ic_py(text):
    """Methods as ic-py's parser finds them: name -> (number of arguments, number of results, annotations)."""
    parser = DIDParser(CommonTokenStream(DIDLexer(InputStream(text))))
    emitter = DIDEmitter()
    ParseTreeWalker().walk(emitter, parser.program())
    methods = emitter.getActor()["methods"]
    return {name: (len(method.argTypes), len(method.retTypes), method.annotations) for name, method in methods.items()}


def expected_of(interface):
    return {name: (len(function.arguments), len(function.results), list(function.modes)) for name, function in interface.methods}


@pytest.fixture
def canister(install):
    return install(SOURCE, PAGE, None)


def ask(canister, payload):
    return Decoder((TEXT,))(canister.replica.query_call(canister.id, INTERFACE_QUERY, payload))[0]


def test_the_query_answers_the_interface_without_itself(canister):
    text = ask(canister, encode((), ()))
    program = canister.replica.program(canister.id)
    assert is_equal(Func(parse_did(text).init, ()), Func(program.interface.init, ()))
    assert [name for name, _ in parse_did(text).methods] == ["pages", "unused"]
    assert INTERFACE_QUERY not in program.did
    assert INTERFACE_QUERY not in canister.replica.subnet.canisters[canister.id].engine.metadata("candid:service").decode()


def test_the_query_is_no_method_of_the_interface_and_still_answers_calls(canister):
    reply = canister.replica.update_call(canister.id, INTERFACE_QUERY, encode((), ()))
    assert Decoder((TEXT,))(reply)[0] == ask(canister, encode((), ()))
    with pytest.raises(CallRejected, match="failed to decode call arguments") as rejected:
        ask(canister, b"garbage")
    assert rejected.value.error_code == "IC0503"


def test_a_canister_may_have_a_query_of_that_name_itself(install):
    source = f"""
        from kybra import query, text

        __all__ = ["{INTERFACE_QUERY}"]


        @query
        def {INTERFACE_QUERY}() -> text:
            return "mine"
    """
    assert install(source).query(INTERFACE_QUERY) == "mine"


def test_metadata_keeps_the_text_that_kybra_exports(canister):
    engine, program = canister.replica.subnet.canisters[canister.id].engine, canister.replica.program(canister.id)
    assert engine.metadata("candid:service").decode() == program.did
    definitions, _, arguments = engine.metadata("candid:args").decode().rpartition("\n")
    described = parse_did(f"{definitions}\nservice : {arguments} -> {{}}")
    assert is_equal(Func(described.init, ()), Func(program.interface.init, ()))
    assert engine.metadata("absent") is None


def test_ic_py_keeps_every_argument(canister):
    text = ask(canister, encode((), ()))
    assert read_by_ic_py(text) == {"pages": (3, 1, ["query"]), "unused": (1, 0, [])}
    labelled = text.replace("(opt nat, opt nat, text)", "(start : opt nat, take : opt nat, word : text)")
    assert read_by_ic_py(labelled)["pages"][0] == 1


def test_a_service_that_fits_on_one_line_is_broken_for_ic_py():
    interface = Interface((), None, (("f", Func((NAT,), (TEXT,), ("query",))),))
    assert render_plain_did(interface) == "service : {\n  f : (nat) -> (text) query;\n}\n"
    assert read_by_ic_py(render_plain_did(interface)) == {"f": (1, 1, ["query"])}


@pytest.mark.parametrize("name", NAMES)
def test_ic_py_reads_each_canister_of_the_exchange(project_root, canisters_folder, name):
    program = read_program(canisters_folder / name / f"{name}_canister.py", search_path=[project_root / "src"])
    assert read_by_ic_py(render_plain_did(program.interface)) == expected_of(program.interface)


COMPOUND = ["opt nat", "vec text", "record { a : nat; b : opt text }", "variant { Ok; Err : text }"]
TYPES = st.sampled_from(["nat", "text", "blob", "principal", *COMPOUND])
TUPLES = st.lists(TYPES.map(parse_type), max_size=4).map(tuple)
FUNCTIONS = st.builds(Func, TUPLES, TUPLES, st.sampled_from([(), ("query",)]))


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(["a", "get_b", "c3", "Long_name_of_a_method"]), FUNCTIONS, min_size=1), st.none() | TUPLES)
def test_the_plain_text_says_what_the_interface_says(methods, init):
    interface = Interface((Named("Own", Record(())),), init, tuple(sorted(methods.items())))
    read = parse_did(render_plain_did(interface))
    assert (dict(read.methods), read.init) == (methods, init)
    service = render_plain_did(interface).partition("service : ")[2].splitlines()
    assert [line[-1] for line in service[1:-1]] == [";"] * len(methods)
    assert read_by_ic_py(render_plain_did(interface)) == expected_of(interface)
