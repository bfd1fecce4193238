"""The textual format: what may be written, what is inferred, how values are printed, and where mistakes are reported."""

from __future__ import annotations

from typing import Any

import pytest

from kybra_replica.candid import CandidError, parse_args, parse_args_typed, parse_type, render_args, render_value
from kybra_replica.candid.types import BOOL, FLOAT32, FLOAT64, INT, NAT, NAT8, NAT64, NULL, TEXT, Opt, Record, Type, Vec
from kybra_replica.candid.values import FuncReference, Some
from kybra_replica.principal import Principal

MANAGEMENT = Principal(b"")


@pytest.mark.parametrize(
    ("written", "type_text", "value"),
    [
        ("1", "nat8", 1),
        ("1_000_000", "nat", 1_000_000),
        ("-0x1f", "int", -31),
        ("+ 7", "int64", 7),
        ("1.5", "float64", 1.5),
        ("1e3", "float32", 1000.0),
        ("-1.", "float64", -1.0),
        ("0.1", "float32", 0.10000000149011612),
        ("true", "bool", True),
        ("null", "null", None),
        ("null", "opt nat", None),
        ("opt opt 3", "opt opt nat", Some(Some(3))),
        ('"tab\\t quote\\" \\u{1F600} \\c3\\a9"', "text", 'tab\t quote" \U0001f600 é'),
        ('"a\nb"', "text", "a\nb"),
        ('blob "\\00a\\ff"', "blob", b"\x00a\xff"),
        ("vec { 1; 2; }", "blob", b"\x01\x02"),
        ('blob "ab"', "vec nat8", b"ab"),
        ("vec {}", "vec nat", []),
        ('record { 1; "a" }', "record { nat; text }", {0: 1, 1: "a"}),
        ('record { 5 = 1; "a" }', "record { 5 : nat; text }", {5: 1, 6: "a"}),
        ("record { a = 1; zzz = 2 }", "record { a : nat; b : opt nat }", {"a": 1, "b": None}),
        ('record { "a" = 1 }', "record { 97 : nat }", {97: 1}),
        ("variant { Ok }", "variant { Ok; Err : text }", {"Ok": None}),
        ('variant { Err = "x" }', "variant { Ok; Err : text }", {"Err": "x"}),
        ("variant { 1 = 2 }", "variant { 1 : nat }", {1: 2}),
        ('principal "aaaaa-aa"', "principal", MANAGEMENT),
        ('service "aaaaa-aa"', "service {}", MANAGEMENT),
        ('func "aaaaa-aa".raw_rand', "func () -> (blob)", FuncReference(MANAGEMENT, "raw_rand")),
        ('func "aaaaa-aa"."two words"', "func () -> ()", FuncReference(MANAGEMENT, "two words")),
        ("(1 : nat)", "int", 1),
        ("((2) : nat8)", "nat8", 2),
        ("vec { 1 : nat8 } : blob", "blob", b"\x01"),
        ('"anything"', "reserved", None),
        ("1 /* a /* nested */ comment */ // and one more\n", "nat", 1),
    ],
)
def test_reading_at_a_type(written: str, type_text: str, value: Any) -> None:
    assert parse_args(f"({written})", [parse_type(type_text)]) == [value]


@pytest.mark.parametrize(
    ("text", "type_text", "message"),
    [
        ("(300)", "nat8", "line 1:2: this number is out of the range of nat8"),
        ("(-1)", "nat", "line 1:2: this number is out of the range of nat"),
        ("(1e39)", "float32", "line 1:2: this number is out of the range of float32"),
        ("(1)", "float64", "line 1:2: float64 is expected, not a number"),
        ("(1.0)", "nat", "line 1:2: nat is expected, not float64"),
        ("(5)", "opt nat", "line 1:2: opt (write `opt` before the value) is expected, not a number"),
        ("((1 : nat))", "nat8", "line 1:3: nat8 is expected, not nat"),
        ("(\n  1,\n  2\n)", "nat", "line 3:3: 2 values for 1 types"),
        ("()", "nat", "argument 0 is missing; there are 0 values for 1 types"),
        ("(record { a = 1 })", "record { b : nat }", "line 1:2: this record lacks the field b"),
        ("(record { a = 1; 97 = 2 })", "record { a : nat }", "line 1:18: the field 97 is there twice"),
        ("(variant { c })", "variant { a; b }", "line 1:2: c is not a tag of this variant, which has a, b"),
        ('(vec { 1; "a" })', "vec nat", "line 1:11: nat is expected, not text"),
        ('("a)', "text", "line 1:2: this text is not closed"),
        ('("\\q")', "text", "line 1:3: unknown escape \\q"),
        ('("\\u{d800}")', "text", "line 1:3: \\u{d800} is not a Unicode character"),
        ('("\\ff")', "text", "line 1:2: this text is not UTF-8: invalid start byte"),
        ('(principal "aaaaa-ab")', "principal", "line 1:12: 'aaaaa-ab' is not the canonical text of a principal"),
        ("(1", "nat", "line 1:3: , or ) is expected, not the end"),
        ("(1) 2", "nat", "line 1:5: the end is expected, not 2"),
        ("1", "nat", "line 1:1: ( is expected, not 1"),
        ("(1 : Amount)", "nat", "line 1:6: the type Amount is not defined"),
        ("(opt)", "opt nat", "line 1:5: a value is expected, not )"),
        (
            "(record { text = 1; query = 2 })",
            "record {}",
            'line 1:21: query is a word of Candid; the name of a field is written "query" then',
        ),
        ("(1 # 2)", "nat", "line 1:4: unexpected character '#'"),
        ("(/* 1)", "nat", "line 1:2: this comment is not closed"),
        ("(record { 4294967295 = 1; 2 })", "record {}", "line 1:27: there is no number left for a field without label"),
        ("(record { 4294967296 = 1 })", "record {}", "line 1:11: 4294967296 is too large for the number of a field"),
    ],
)
def test_mistakes_are_reported_where_they_are(text: str, type_text: str, message: str) -> None:
    with pytest.raises(CandidError) as refusal:
        parse_args(text, [parse_type(type_text)])
    assert str(refusal.value) == message


def test_arguments_that_may_be_absent_need_not_be_written() -> None:
    assert parse_args("(1)", [NAT, Opt(NAT), NULL]) == [1, None, None]


@pytest.mark.parametrize(
    ("written", "type_text", "value"),
    [
        ("1", "int", 1),
        ("1.0", "float64", 1.0),
        ("null", "null", None),
        ("opt 1", "opt int", Some(1)),
        ("vec {}", "vec empty", []),
        ("vec { 1; 2 : nat }", "vec int", [1, 2]),
        ("vec { 1 : nat8; 2 }", "blob", b"\x01\x02"),
        ('blob "a"', "blob", b"a"),
        ("null : opt nat", "opt empty", None),
        ('record { b = 1 : nat8; a = "x" }', "record { a : text; b : nat8 }", {"a": "x", "b": 1}),
        ("variant { A = 1 }", "variant { A : int }", {"A": 1}),
        ('func "aaaaa-aa".go', "func () -> ()", FuncReference(MANAGEMENT, "go")),
        ("3 : reserved", "reserved", None),
    ],
)
def test_inferred_types(written: str, type_text: str, value: Any) -> None:
    assert parse_args_typed(f"({written})") == ([parse_type(type_text)], [value])
    assert parse_args(f"({written})") == [value]


def test_the_elements_of_a_vector_have_one_type() -> None:
    with pytest.raises(CandidError, match=r"^line 1:11: int is expected, not text$"):
        parse_args_typed('(vec { 1; "a" })')


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        (NAT, 12_345_678, "12_345_678 : nat"),
        (INT, -500_000, "-500_000 : int"),
        (NAT64, 999, "999 : nat64"),
        (FLOAT64, 0.1, "0.1 : float64"),
        (FLOAT64, 1.0, "1.0 : float64"),
        (FLOAT64, -0.0, "-0.0 : float64"),
        (FLOAT64, 1e23, "100000000000000000000000.0 : float64"),
        (FLOAT64, 1.5e-7, "0.00000015 : float64"),
        (FLOAT64, float("inf"), "inf : float64"),
        (FLOAT64, float("-inf"), "-inf : float64"),
        (FLOAT64, float("nan"), "NaN : float64"),
        (FLOAT32, 0.10000000149011612, "0.1 : float32"),
        (FLOAT32, 16777216.0, "16777216.0 : float32"),
        (FLOAT32, 1.2379400392853803e27, "1237940100000000000000000000.0 : float32"),
        (BOOL, False, "false"),
        (NULL, None, "null : null"),
        (Opt(NAT), None, "null"),
        (Opt(NAT), Some(3), "opt (3 : nat)"),
        (Opt(TEXT), Some("a"), 'opt "a"'),
        (Opt(Opt(NULL)), Some(Some(None)), "opt opt (null : null)"),
        (TEXT, "it's \"\\\n\u200b", '"it\\\'s \\"\\\\\\n\\u{200b}"'),
        (TEXT, "e\u0301", '"e\u0301"'),
        (TEXT, "\u0301e", '"\\u{301}e"'),
        (TEXT, "\0001", '"\\u{0}1"'),
        (Vec(NAT8), b"plain text", 'blob "plain text"'),
        (Vec(NAT8), b"it's a\ttab", 'blob "it\\27s a\\09tab"'),
        (Vec(NAT8), b"not\x00plain", 'blob "\\6e\\6f\\74\\00\\70\\6c\\61\\69\\6e"'),
        (Vec(NAT8), b"", 'blob ""'),
        (Vec(TEXT), [], "vec {}"),
        (Record(()), {}, "record {}"),
        (Vec(INT), list(range(10)), None),
        (Vec(INT), list(range(11)), "vec {" + "".join(f" {n} : int;" for n in range(11)) + "}"),
        (Vec(TEXT), ["it's", "e\u0301"] * 6, "vec {" + ' "it\'s"; "e\\u{301}";' * 6 + "}"),
    ],
)
def test_printing(type_: Type, value: Any, text: str | None) -> None:
    if text is None:
        text = "vec {\n" + "".join(f"  {n} : int;\n" for n in range(10)) + "}"
    assert render_value(type_, value) == text


@pytest.mark.parametrize(
    ("type_text", "value", "text"),
    [
        ("record { nat; text }", {0: 1, 1: "a"}, 'record { 1 : nat; "a" }'),
        ("record { 1 : nat }", {1: 5}, "record { 1 = 5 : nat }"),
        ("record { 1000 : nat }", {1000: 5}, "record { 1_000 = 5 : nat }"),
        (
            'record { "two words" : nat; "record" : nat }',
            {"two words": 1, "record": 2},
            'record { "two words" = 1 : nat; "record" = 2 : nat }',
        ),
        ("variant { A : opt nat }", {"A": None}, "variant { A = null }"),
        ("variant { A }", {"A": None}, "variant { A }"),
        ("variant { A : reserved }", {"A": None}, "variant { A = null : reserved }"),
        ("principal", MANAGEMENT, 'principal "aaaaa-aa"'),
        ("service {}", MANAGEMENT, 'service "aaaaa-aa"'),
        ("func () -> ()", FuncReference(MANAGEMENT, "query"), 'func "aaaaa-aa"."query"'),
    ],
)
def test_printing_composites(type_text: str, value: Any, text: str) -> None:
    assert render_value(parse_type(type_text), value) == text


def test_a_line_has_at_most_eighty_columns() -> None:
    assert render_args([TEXT], ["x" * 76]) == f'("{"x" * 76}")'
    assert render_args([TEXT], ["x" * 77]) == f'(\n  "{"x" * 77}",\n)'
    assert render_args([TEXT], ["水" * 38]) == f'("{"水" * 38}")'
    assert render_args([TEXT], ["水" * 39]) == f'(\n  "{"水" * 39}",\n)'


def test_only_what_does_not_fit_is_broken() -> None:
    type_ = parse_type("record { a : vec text; b : record { text; text } }")
    value = {"a": ["x" * 28, "y" * 29], "b": {0: "p" * 40, 1: "q" * 40}}
    assert render_args([NAT, type_], [1, value]) == "\n".join(
        [
            "(",
            "  1 : nat,",
            "  record {",
            f'    a = vec {{ "{"x" * 28}"; "{"y" * 29}" }};',
            "    b = record {",
            f'      "{"p" * 40}";',
            f'      "{"q" * 40}";',
            "    };",
            "  },",
            ")",
        ],
    )


def test_the_eleventh_level_is_printed_on_one_line() -> None:
    type_: Type = Vec(TEXT)
    value: Any = ["a", "b"]
    for _ in range(10):
        type_, value = Opt(type_), Some(value)
    assert render_value(type_, value) == "opt " * 10 + 'vec { "a"; "b";}'
    assert render_value(Opt(Vec(TEXT)), Some(["a", "b"])) == 'opt vec { "a"; "b" }'


def test_as_many_values_as_types_are_printed() -> None:
    with pytest.raises(CandidError, match=r"^1 values for 2 types$"):
        render_args([NAT, NAT], [1])
    assert render_args([], []) == "()"


def test_numbers_of_any_reasonable_length_are_printed() -> None:
    assert render_args([NAT], [10**5_000]) == f"(\n  100{'_000' * 1_666} : nat,\n)"


def test_numbers_too_long_for_text_are_refused() -> None:
    assert parse_args(f"({'9' * 100_000})", [NAT]) == [10**100_000 - 1]
    with pytest.raises(CandidError, match=r"^line 1:2: a number of 100001 digits is too long$"):
        parse_args(f"({'9' * 100_001})", [NAT])
    with pytest.raises(CandidError, match=r"^a number of 300001 bits is too long to print$"):
        render_args([NAT], [1 << 300_000])


@pytest.mark.parametrize("text", ["(" * 200, "(" + "opt " * 200 + "1)", "(" + "vec { " * 200, "(1 : " + "opt " * 200 + "nat)"])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises(CandidError, match="nested too deeply"):
        parse_args(text, [NAT])
