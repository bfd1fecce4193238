"""A canister's Candid as JSON, made for pages that draw a form for every type.

An interface is

    {"methods": [{"name", "modes", "arguments", "results", "doc"?}], "init": [type] or null, "definitions": {name: type},
     "docs": {name: text}}

and a type one of

    {"kind": "nat64"}                                    any primitive, by its Candid spelling
    {"kind": "opt", "of": type}                          and vec likewise
    {"kind": "record", "fields": [{"label", "type"}]}    and variant likewise; a label is text, or a number where there is no name
    {"kind": "func", "modes", "arguments", "results"}
    {"kind": "service", "methods": [{"name", "type"}]}
    {"kind": "name", "name": text}                       a definition: only these can be recursive

Comments that stand right above a definition or a method are its documentation.
"""

from __future__ import annotations

import re
from typing import Any

from kybra_replica.candid import CandidError, parse_did
from kybra_replica.candid.types import Field, Func, Interface, Named, Opt, Primitive, Record, Service, Type, Variant, Vec

Json = dict[str, Any]

_COMMENT = re.compile(r"\s*//+ ?(?P<text>.*)")
_HEADS = {
    "definition": re.compile(r"\s*type\s+(?P<name>\w+)\s*="),
    "method": re.compile(r'\s*(?:"(?P<quoted>[^"\\]+)"|(?P<name>\w+))\s*:'),
}
_SERVICE = re.compile(r"\s*service\b")


def interface_table(did: str) -> Json:
    """The table of a `.did` file. Raises CandidError for text that is not Candid, and for types nested too deeply."""
    interface = parse_did(did)
    documented = _documentation(did)
    try:
        return _interface(interface, documented["definition"], documented["method"])
    except RecursionError:
        raise CandidError("the types are nested too deeply") from None


def _interface(interface: Interface, definition_docs: dict[str, str], method_docs: dict[str, str]) -> Json:
    names = {named.name for named in interface.definitions}
    return {
        "methods": [
            {"name": name, **_signature(func), **({"doc": method_docs[name]} if name in method_docs else {})}
            for name, func in interface.methods
        ],
        "init": None if interface.init is None else [_type(type_) for type_ in interface.init],
        "definitions": {named.name: _type(named.definition) for named in interface.definitions},
        "docs": {name: text for name, text in definition_docs.items() if name in names},
    }


def _type(type_: Type) -> Json:
    if isinstance(type_, Named):
        return {"kind": "name", "name": type_.name}
    if isinstance(type_, Primitive):
        return {"kind": type_.name}
    if isinstance(type_, (Opt, Vec)):
        return {"kind": type(type_).__name__.lower(), "of": _type(type_.inner)}
    if isinstance(type_, (Record, Variant)):
        return {"kind": type(type_).__name__.lower(), "fields": [_field(field) for field in type_.fields]}
    if isinstance(type_, Func):
        return {"kind": "func", **_signature(type_)}
    assert isinstance(type_, Service)
    return {"kind": "service", "methods": [{"name": name, "type": _type(method)} for name, method in type_.methods]}


def _field(field: Field) -> Json:
    return {"label": field.label, "type": _type(field.type)}


def _signature(func: Func) -> Json:
    return {
        "modes": list(func.modes),
        "arguments": [_type(type_) for type_ in func.arguments],
        "results": [_type(type_) for type_ in func.results],
    }


def _documentation(did: str) -> dict[str, dict[str, str]]:
    """Comment lines directly above definitions, and above methods of the service, joined to running text."""
    found: dict[str, dict[str, str]] = {"definition": {}, "method": {}}
    pending: list[str] = []
    in_service = False
    for line in did.splitlines():
        comment = _COMMENT.fullmatch(line)
        if comment:
            pending.append(comment["text"].strip())
            continue
        in_service = in_service or bool(_SERVICE.match(line))
        kind = "method" if in_service else "definition"
        head = _HEADS[kind].match(line)
        if head and pending:
            name = head.groupdict().get("quoted") or head["name"]
            found[kind][name] = " ".join(pending).strip()
        pending = []
    return found
