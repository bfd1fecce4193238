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

NAT, TEXT = Scalar("nat"), Scalar("text")
BLOB = VecOf(Scalar("nat8"))


def parameter_types(program, method="f"):
    return [type_ for _, type_ in program.methods[method].parameters]


def test_scalars_by_every_spelling(sources):
    program = sources.read("""
        from kybra import *
        @query
        def f(a: str, b: 'text', c: blob, d: Principal, e: Vec[nat8]) -> void: ...
        """)
    assert parameter_types(program) == [TEXT, TEXT, BLOB, Scalar("principal"), BLOB]
    assert program.methods["f"].returns == Scalar("void")


def test_members_keep_their_order_and_their_python_spelling(sources):
    program = sources.read(
        """
        from kybra import *
        class R(Record):
            zebra: nat
            from_: text
            type: nat
            from__: nat
        @query
        def f(r: R) -> nat: ...
        """
    )
    assert parameter_types(program) == [
        RecordOf(
            "R", (Member("zebra", "zebra", NAT), Member("from_", "from", TEXT), Member("type", "type", NAT), Member("from__", "from_", NAT))
        )
    ]


def test_aliases_vanish_and_tuples_and_funcs_keep_no_name(sources):
    program = sources.read(
        """
        from kybra import *
        Id = Alias[nat64]
        Pair = Tuple[Id, 'Names']
        Names = Alias[Vec[text]]
        F = Func(Update[[Pair], void])
        Nothing = Alias[void]
        @query
        def f(p: Pair, g: F, n: Nothing) -> Opt[Id]: ...
        """
    )
    pair = TupleOf((Scalar("nat64"), VecOf(TEXT)))
    assert parameter_types(program) == [pair, FuncOf("update", (pair,), Scalar("void")), Scalar("null")]
    assert program.methods["f"].returns == OptOf(Scalar("nat64"))


def test_recursion_goes_through_one_bound_reference(sources):
    program = sources.read("""
        from kybra import *
        class Node(Record):
            next: Opt['Node']
            all: Vec['Node']
        @query
        def f(n: Node) -> nat: ...
        """)
    (node,) = parameter_types(program)
    assert isinstance(node, RecordOf)
    first, second = (member.type.inner for member in node.members)
    assert isinstance(first, Reference)
    assert first is second
    assert first.definition is node


def test_mutual_recursion_and_recursion_through_a_func(sources):
    program = sources.read(
        """
        from kybra import *
        class A(Variant):
            b: 'B'
            end: null
        class B(Record):
            a: A
            f: 'F'
        F = Func(Query[[B], nat])
        @query
        def f(a: A) -> B: ...
        """
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
        """
        from kybra import *
        class S(Service):
            @service_update
            def put(self, x: text) -> void: ...
            @service_query
            def get(self) -> 'S': ...
        @query
        def f(s: S) -> nat: ...
        """
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
        """
        from kybra import *
        a = StableBTreeMap[nat64, blob](7, 0x10, 1_000)
        b: object = StableBTreeMap['text', Opt[nat]](max_value_size=3, memory_id=0, max_key_size=2)
        """
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
        """
        from kybra import *
        @query
        def a() -> Async[Manual[nat]]: ...
        @query
        def b() -> Manual[Async[nat]]: ...
        @update
        def c() -> Async[nat]: ...
        @query
        def d() -> nat: ...
        """,
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
        """
        from kybra import *
        @query
        def a() -> Opt[Manual[nat]]: ...
        @query
        def b() -> Tuple[Manual[nat], nat]: ...
        """,
        lenient=True,
    )
    assert {name: (method.manual, method.returns) for name, method in program.methods.items()} == {
        "a": (True, OptOf(NAT)),
        "b": (False, TupleOf((NAT, NAT))),
    }


def test_system_methods_by_kind_and_the_first_guard_of_a_method(sources):
    program = sources.read(
        """
        from kybra import *
        def g() -> GuardResult: ...
        @init
        @post_upgrade
        def start(a: nat) -> void: ...
        @heartbeat
        def beat() -> void: ...
        @update(guard='g')
        def f() -> nat: ...
        """
    )
    assert {kind: (found.function, found.parameters, found.position.line) for kind, found in program.system_methods.items()} == {
        "init": ("start", (("a", NAT),), 5),
        "post_upgrade": ("start", (("a", NAT),), 5),
        "heartbeat": ("beat", (), 7),
    }
    assert program.methods["f"].guard == "g"
    assert program.methods["f"].position.line == 9
