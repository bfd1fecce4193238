"""What the Rust compiler makes of the names in a source: Kybra writes them at the root of one crate, as they are.

Also the names that Kybra makes up itself for tuples and funcs written in place, from the method or member that holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kybra_replica.python_engine.declarations import (
    FuncOf,
    KybraType,
    Method,
    OptOf,
    RecordOf,
    ServiceOf,
    SystemMethod,
    TupleOf,
    VariantOf,
    VecOf,
)
from kybra_replica.python_engine.source.definitions import ALIAS, FUNC, TUPLE, Definition
from kybra_replica.python_engine.source.report import Report
from kybra_replica.python_engine.source.types import TypeReader
from kybra_replica.python_engine.source.uses import SCALARS

_KEYWORDS = frozenset(
    [
        "abstract",
        "as",
        "async",
        "await",
        "become",
        "box",
        "break",
        "const",
        "continue",
        "crate",
        "do",
        "dyn",
        "else",
        "enum",
        "extern",
        "false",
        "final",
        "fn",
        "for",
        "if",
        "impl",
        "in",
        "let",
        "loop",
        "macro",
        "match",
        "mod",
        "move",
        "mut",
        "override",
        "priv",
        "pub",
        "ref",
        "return",
        "self",
        "Self",
        "static",
        "struct",
        "super",
        "trait",
        "true",
        "try",
        "type",
        "typeof",
        "unsafe",
        "unsized",
        "use",
        "virtual",
        "where",
        "while",
        "yield",
        "_",
    ]
)
_PRELUDE = frozenset(["Box", "Default", "Option", "Result", "Send", "String", "Vec"])
_CONSTRUCTORS = frozenset({"Err", "Ok", "Some"})
_GENERATED = frozenset(
    [
        "CandidError",
        "CdkActTryFromVmValue",
        "CdkActTryIntoVmValue",
        "CdkActTryIntoVmValueError",
        "Ic",
        "KybraError",
        "KybraTryFromVec",
        "KybraTryIntoVec",
        "ToCdkActTryIntoVmValueError",
        "ToRustErrString",
        "UnwrapOrTrap",
        "UnwrapOrTrapWithMessage",
        "UnwrapOrTrapWithVm",
        "_CdkFloat32",
        "_CdkFloat64",
    ]
)
_CRATES = frozenset(
    [
        "async_recursion",
        "candid",
        "candid_parser",
        "core",
        "getrandom",
        "ic_cdk",
        "ic_cdk_macros",
        "ic_cdk_timers",
        "ic_stable_structures",
        "ic_wasi_polyfill",
        "kybra_vm_value_derive",
        "rand",
        "rustpython",
        "rustpython_compiler_core",
        "rustpython_derive",
        "rustpython_stdlib",
        "rustpython_vm",
        "serde",
        "slotmap",
        "std",
    ]
)
_RUST_SCALARS = frozenset(
    ["bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16", "u32", "u64", "u128", "usize"]
)
_MAP_WRAPPER = re.compile(r"StableBTreeMap\d+(Key|Value)Type")


def check_type_names(definitions: Mapping[str, Definition], report: Report) -> None:
    """Types of ours whose name is a word of Rust, of its prelude, of Kybra's own code, of a crate that it uses, or of its dialect."""
    for name, definition in definitions.items():
        if not definition.file.ours:
            continue
        owner = _owner(name, definition.kind)
        mend = f"choose another name, such as {name.strip('_').capitalize() or 'Value'}Type"
        if owner is not None:
            message = f"{name} is {owner}, and Kybra writes the name into its Rust code as it is"
            report.breaks("type-name", definition.file.path, definition.node, message, mend)
        elif name in SCALARS:
            message = f"{name} is one of Kybra's own types, which every use of the name means: this type is never used"
            report.ignores("type-name-hidden", definition.file.path, definition.node, message, mend)


def _owner(name: str, kind: str) -> str | None:
    if name in _KEYWORDS:
        return "a keyword of Rust"
    if name in _PRELUDE or name in _RUST_SCALARS or (kind == TUPLE and name in _CONSTRUCTORS):
        return "a name that Rust itself brings"
    if name in _GENERATED or name.startswith("_KybraTrait") or _MAP_WRAPPER.fullmatch(name):
        return "a name of Kybra's generated code"
    if name in _CRATES:
        return "a crate that Kybra's code uses"
    return None


def inline_name(base: str) -> str:
    """The name that Kybra gives a tuple or func written in place, from where it stands: `get_x` and `getX` give one."""
    parts = base.split("_")
    camel = parts[0] + "".join(part[:1].upper() + part[1:] for part in parts[1:])
    return ("_" if base.startswith("_Inline") else "_Inline") + camel[:1].upper() + camel[1:]


Named = Iterator[tuple[str, str]]
"""A made-up name, and the place that it is made from."""


class InlineNames:
    """Every name that Kybra makes up for one program."""

    def __init__(self, reader: TypeReader) -> None:
        self._reader = reader

    def of_method(self, name: str, parameters: tuple[tuple[str, KybraType], ...], returns: KybraType | None) -> Named:
        """The names made up for the signature of a method."""
        for parameter, type_ in parameters:
            yield from self._within(type_, f"{name}_{parameter}")
        if returns is not None:
            yield from self._within(returns, f"{name}ReturnType")

    def of_definition(self, definition: Definition, type_: KybraType) -> Named:
        """The names made up inside a named type."""
        if isinstance(type_, (RecordOf, VariantOf)):
            for member in type_.members:
                yield from self._within(member.type, f"{definition.name}_{member.key}")
        elif isinstance(type_, ServiceOf):
            for method in type_.methods:
                yield from self.of_method(f"{definition.name}_{method.name}", method.parameters, method.returns)
        elif definition.kind == ALIAS:
            yield from self._within(type_, definition.name)
        else:
            yield from self.of_parts(type_, definition.name)

    def of_parts(self, type_: KybraType, name: str) -> Named:
        """The names made up inside a tuple or func that is called `name`."""
        if isinstance(type_, TupleOf):
            for index, item in enumerate(type_.items):
                yield from self._within(item, f"{name}_{index}")
        elif isinstance(type_, FuncOf):
            for index, parameter in enumerate(type_.parameters):
                yield from self._within(parameter, f"{name}_Param{index}")
            yield from self._within(type_.returns, f"{name}ReturnType")

    def _within(self, type_: KybraType, base: str) -> Named:
        while isinstance(type_, (OptOf, VecOf)):
            type_ = type_.inner
        if isinstance(type_, (TupleOf, FuncOf)) and self._reader.name_of(type_) is None:
            name = inline_name(base)
            yield name, base
            yield from self.of_parts(type_, name)


def check_inline_names(
    definitions: Mapping[str, Definition],
    types: Mapping[str, KybraType],
    methods: Mapping[str, Method],
    system: Mapping[str, SystemMethod],
    reader: TypeReader,
) -> None:
    """Two made-up names that are one, and named funcs with types written in place, which Kybra declares and uses under two names."""
    inline, report = InlineNames(reader), reader.report
    taken: dict[str, str] = dict.fromkeys(definitions, "a type of that name")
    found: list[tuple[str, str, Definition | Method | SystemMethod]] = []
    for name, definition in definitions.items():
        names = list(inline.of_definition(definition, types[name]))
        found.extend((made, base, definition) for made, base in names)
        if names and definition.kind == FUNC and definition.file.ours:
            report.breaks(
                "func-inline-type",
                definition.file.path,
                definition.node,
                f"{name} is a func with a tuple or func written in place, which Kybra declares under one name and uses under another",
                "give the inner type a name first: Pair = Tuple[...]",
            )
    for method in methods.values():
        found.extend((made, base, method) for made, base in inline.of_method(method.name, method.parameters, method.returns))
    for kind in ("init", "post_upgrade"):
        if kind in system:
            found.extend((made, base, system[kind]) for made, base in inline.of_method(kind, system[kind].parameters, None))
    for made, base, owner in found:
        other = taken.setdefault(made, base)
        if other != base:
            _report_clash(made, base, other, owner, report)


def _report_clash(made: str, base: str, other: str, owner: Definition | Method | SystemMethod, report: Report) -> None:
    path, where = (owner.file.path, owner.node) if isinstance(owner, Definition) else (owner.position.path, owner.position)
    report.breaks(
        "inline-name",
        path,
        where,
        f"Kybra calls the type written in place at {base} {made}, and so the one at {other}",
        "give one a name of its own",
    )


def check_service_names(services: Mapping[str, ServiceOf], definitions: Mapping[str, Definition], report: Report) -> None:
    """Service methods whose Rust functions would have one name: `A_b.c` and `A.b_c`."""
    taken: dict[str, str] = {}
    for service in services.values():
        for method in service.methods:
            joined = f"{service.name}_{method.name}"
            other = taken.setdefault(joined, method.qualname)
            if other != method.qualname:
                definition = definitions[service.name]
                report.breaks(
                    "service-method-name",
                    definition.file.path,
                    definition.node,
                    f"Kybra cannot tell {method.qualname} from {other}",
                    "rename one",
                )
