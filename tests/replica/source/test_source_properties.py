"""Laws that hold for any source.

Most sources here import nothing: names count as text, and without an import the rules need not read Kybra's own files.
"""

from __future__ import annotations

import keyword

from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.candid import is_equal, parse_did
from kybra_replica.candid.types import Service
from kybra_replica.python_engine.declarations import FuncOf, Member, OptOf, RecordOf, Scalar, TupleOf, VecOf
from kybra_replica.python_engine.source.rust_names import inline_name
from kybra_replica.python_engine.source.spelling import PYTHON_KEYWORDS, candid_label

SPELLED = {
    "nat": "nat", "int": "int", "nat8": "nat8", "int64": "int64", "float32": "float32", "float64": "float64", "bool": "bool",
    "text": "str", "null": "null", "principal": "Principal",
}  # fmt: skip
NAMES = ["Alpha", "Beta", "Gamma", "Delta"]


def spell(type_) -> str:
    """The annotation that means `type_`."""
    if isinstance(type_, Scalar):
        return SPELLED[type_.name]
    if isinstance(type_, OptOf):
        return f"Opt[{spell(type_.inner)}]"
    if isinstance(type_, VecOf):
        return "blob" if type_.inner == Scalar("nat8") else f"Vec[{spell(type_.inner)}]"
    if isinstance(type_, TupleOf):
        return f"Tuple[{', '.join(spell(item) for item in type_.items)}]"
    mode = {"query": "Query", "update": "Update"}[type_.mode]
    return f"Func({mode}[[{', '.join(spell(parameter) for parameter in type_.parameters)}], {spell(type_.returns)}])"


types = st.recursive(
    st.sampled_from([Scalar(name) for name in SPELLED]),
    lambda inner: st.one_of(
        inner.map(OptOf),
        inner.map(VecOf),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: TupleOf(tuple(items))),
        st.builds(FuncOf, st.sampled_from(["query", "update"]), st.lists(inner, max_size=2).map(tuple), inner),
    ),
    max_leaves=6,
)  # fmt: skip
identifiers = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,6}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name) and name != "self"
)


@given(parameters=st.lists(types, max_size=5), returns=types)
def test_an_annotation_is_read_as_what_it_was_spelled_from(new_sources, parameters, returns):
    signature = ", ".join(f"p{index}: {spell(type_)}" for index, type_ in enumerate(parameters))
    program = new_sources().read(f"@update\ndef f({signature}) -> {spell(returns)}: ...\n")
    assert program.methods["f"].parameters == tuple((f"p{index}", type_) for index, type_ in enumerate(parameters))
    assert program.methods["f"].returns == returns


@given(keys=st.lists(identifiers.filter(lambda name: name.strip("_")), min_size=1, max_size=5, unique_by=candid_label))
def test_members_keep_spelling_and_order(new_sources, keys):
    body = "".join(f"    {key}: nat\n" for key in keys)
    program = new_sources().read(f"class R(Record):\n{body}@query\ndef f() -> R: ...\n")
    assert program.methods["f"].returns == RecordOf("R", tuple(Member(key, candid_label(key), Scalar("nat")) for key in keys))


@given(word=st.sampled_from(sorted(PYTHON_KEYWORDS)), underscores=st.integers(1, 4))
def test_a_keyword_loses_exactly_one_underscore(word, underscores):
    assert candid_label(word + "_" * underscores) == word + "_" * (underscores - 1)
    assert candid_label("x" + word + "_" * underscores) == "x" + word + "_" * underscores or "x" + word in PYTHON_KEYWORDS


@given(name=identifiers)
def test_a_name_that_is_no_keyword_is_its_own_label(name):
    assert candid_label(name) == name or name.rstrip("_") in PYTHON_KEYWORDS


@given(lines=st.integers(0, 40))
def test_findings_move_with_their_lines(new_sources, lines):
    head = "from kybra import query, update\n"
    bad = "@query\ndef f(a: bytes, *, b: nat) -> list[nat]: ...\nif True:\n    @update\n    def g() -> void: ...\nx = y = 1\n"
    at_first = [(rule, line) for rule, _, _, line in new_sources().rules(head + bad)]
    moved = [(rule, line) for rule, _, _, line in new_sources().rules(head + "# a comment\n" * lines + bad)]
    assert moved == [(rule, line + lines) for rule, line in at_first]
    assert len(at_first) == 5


fields = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(["{}", "Opt[{}]", "Vec[{}]", "Tuple[nat, {}]"]),
        st.sampled_from([*NAMES, "nat"]),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda field: field[0],
)
classes = st.fixed_dictionaries({name: st.tuples(st.sampled_from(["Record", "Variant"]), fields) for name in NAMES})


def statements_of(described) -> list[str]:
    statements = []
    for name, (base, members) in described.items():
        lines = "".join(f"    {label}: " + shape.format(f"'{inner}'") + "\n" for label, shape, inner in members)
        statements.append(f"class {name}({base}):\n{lines}")
    statements.extend(f"@query\ndef get_{name}(x: '{name}') -> Opt['{name}']: ...\n" for name in described)
    return statements


@given(described=classes)
def test_the_interface_as_text_means_the_same_interface(new_sources, described):
    program = new_sources().read("".join(statements_of(described)))
    read_back = parse_did(program.did)
    assert [name for name, _ in read_back.methods] == [name for name, _ in program.interface.methods]
    assert [named.name for named in read_back.definitions] == [named.name for named in program.interface.definitions]
    assert is_equal(Service(read_back.methods), Service(program.interface.methods))


@given(described=classes, order=st.randoms(use_true_random=False))
def test_the_order_of_the_source_does_not_change_the_interface(new_sources, described, order):
    statements = statements_of(described)
    straight = new_sources().read("".join(statements))
    order.shuffle(statements)
    shuffled = new_sources().read("".join(statements))
    assert shuffled.did == straight.did
    assert set(shuffled.methods) == set(straight.methods)


@given(base=identifiers)
def test_a_made_up_name_has_no_underscore_but_the_first(base):
    assert inline_name("x_" + base).startswith("_InlineX")
    assert "_" not in inline_name("x_" + base)[1:]
