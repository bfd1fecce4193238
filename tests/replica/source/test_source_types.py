"""What a source declares, as the engine needs it: types, methods, maps, services."""

from __future__ import annotations

from kybra_replica.python_engine.declarations import (
    FuncOf,
    Member,
    OptOf,
    RecordOf,
    Reference,
    Scalar,
    ServiceMethod,
    ServiceOf,
    TupleOf,
    VariantOf,
    VecOf,
)

HEAD = "from kybra import *\n"
NAT, TEXT = Scalar("nat"), Scalar("text")
BLOB = VecOf(Scalar("nat8"))


def parameter_types(program, method="f"):
    return [type_ for _, type_ in program.methods[method].parameters]


def test_scalars_by_every_spelling(sources):
    program = sources.read(HEAD + "@query\ndef f(a: str, b: 'text', c: blob, d: Principal, e: Vec[nat8]) -> void: ...\n")
    assert parameter_types(program) == [TEXT, TEXT, BLOB, Scalar("principal"), BLOB]
    assert program.methods["f"].returns == Scalar("void")


def test_members_keep_their_order_and_their_python_spelling(sources):
    program = sources.read(
        HEAD + "class R(Record):\n    zebra: nat\n    from_: text\n    type: nat\n    from__: nat\n@query\ndef f(r: R) -> nat: ...\n"
    )
    assert parameter_types(program) == [
        RecordOf(
            "R", (Member("zebra", "zebra", NAT), Member("from_", "from", TEXT), Member("type", "type", NAT), Member("from__", "from_", NAT))
        )
    ]


def test_aliases_vanish_and_tuples_and_funcs_keep_no_name(sources):
    program = sources.read(
        HEAD
        + "Id = Alias[nat64]\nPair = Tuple[Id, 'Names']\nNames = Alias[Vec[text]]\nF = Func(Update[[Pair], void])\nNothing = Alias[void]\n"
        "@query\ndef f(p: Pair, g: F, n: Nothing) -> Opt[Id]: ...\n"
    )
    pair = TupleOf((Scalar("nat64"), VecOf(TEXT)))
    assert parameter_types(program) == [pair, FuncOf("update", (pair,), Scalar("void")), Scalar("null")]
    assert program.methods["f"].returns == OptOf(Scalar("nat64"))


def test_recursion_goes_through_one_bound_reference(sources):
    program = sources.read(HEAD + "class Node(Record):\n    next: Opt['Node']\n    all: Vec['Node']\n@query\ndef f(n: Node) -> nat: ...\n")
    (node,) = parameter_types(program)
    assert isinstance(node, RecordOf)
    first, second = (member.type.inner for member in node.members)
    assert isinstance(first, Reference)
    assert first is second
    assert first.definition is node


def test_mutual_recursion_and_recursion_through_a_func(sources):
    program = sources.read(
        HEAD
        + "class A(Variant):\n    b: 'B'\n    end: null\nclass B(Record):\n    a: A\n    f: 'F'\nF = Func(Query[[B], nat])\n@query\ndef f(a: A) -> B: ...\n"
    )
    (a,) = parameter_types(program)
    b = program.methods["f"].returns
    assert isinstance(a, VariantOf)
    assert isinstance(b, RecordOf)
    assert a.members[0].type == b
    assert isinstance(b.members[0].type, Reference)
    assert b.members[0].type.definition is a
    func = b.members[1].type
    assert isinstance(func, FuncOf)
    assert isinstance(func.parameters[0], Reference)
    assert func.parameters[0].definition is b


def test_services_keep_the_class_and_the_modes_of_their_methods(sources):
    program = sources.read(
        HEAD
        + "class S(Service):\n    @service_update\n    def put(self, x: text) -> void: ...\n    @service_query\n    def get(self) -> 'S': ...\n"
        "@query\ndef f(s: S) -> nat: ...\n"
    )
    service = program.services["S"]
    assert isinstance(service, ServiceOf)
    assert service.methods[0] == ServiceMethod("S", "put", "update", (("x", TEXT),), Scalar("void"))
    assert service.methods[0].qualname == "S.put"
    assert service.methods[1].mode == "query"
    assert service.methods[1].returns.definition is service
    assert parameter_types(program) == [service]


def test_maps_by_memory_id(sources):
    program = sources.read(
        HEAD
        + "a = StableBTreeMap[nat64, blob](7, 0x10, 1_000)\nb: object = StableBTreeMap['text', Opt[nat]](max_value_size=3, memory_id=0, max_key_size=2)\n"
    )
    assert {
        number: (entry.name, entry.key, entry.value, entry.max_key_size, entry.max_value_size) for number, entry in program.maps.items()
    } == {
        7: ("a", Scalar("nat64"), BLOB, 16, 1000),
        0: ("b", TEXT, OptOf(NAT), 2, 3),
    }
    assert program.maps[7].position.line == 2


def test_async_and_manual_are_read_off_the_return_type(sources):
    program = sources.read(
        HEAD
        + "@query\ndef a() -> Async[Manual[nat]]: ...\n@query\ndef b() -> Manual[Async[nat]]: ...\n@update\ndef c() -> Async[nat]: ...\n@query\ndef d() -> nat: ...\n",
        lenient=True,
    )
    seen = {name: (method.is_async, method.manual, method.composite, method.returns) for name, method in program.methods.items()}
    assert seen == {
        "a": (True, True, True, NAT),
        "b": (False, True, False, NAT),
        "c": (True, False, False, NAT),
        "d": (False, False, False, NAT),
    }


def test_manual_inside_of_another_type_counts_as_the_generator_counts_it(sources):
    program = sources.read(
        HEAD + "@query\ndef a() -> Opt[Manual[nat]]: ...\n@query\ndef b() -> Tuple[Manual[nat], nat]: ...\n", lenient=True
    )
    assert {name: (method.manual, method.returns) for name, method in program.methods.items()} == {
        "a": (True, OptOf(NAT)),
        "b": (False, TupleOf((NAT, NAT))),
    }


def test_system_methods_by_kind_and_the_first_guard_of_a_method(sources):
    program = sources.read(
        HEAD + "def g() -> GuardResult: ...\n@init\n@post_upgrade\ndef start(a: nat) -> void: ...\n@heartbeat\ndef beat() -> void: ...\n"
        "@update(guard='g')\ndef f() -> nat: ...\n"
    )
    assert {kind: (found.function, found.parameters, found.position.line) for kind, found in program.system_methods.items()} == {
        "init": ("start", (("a", NAT),), 5),
        "post_upgrade": ("start", (("a", NAT),), 5),
        "heartbeat": ("beat", (), 7),
    }
    assert program.methods["f"].guard == "g"
    assert program.methods["f"].position.line == 9
