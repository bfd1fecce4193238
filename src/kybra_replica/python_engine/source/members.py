"""The members of `class R(Record)` and `class V(Variant)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kybra_replica.candid.types import label_id
from kybra_replica.python_engine.declarations import KybraType, Member, RecordOf, VariantOf
from kybra_replica.python_engine.source.definitions import RECORD, Definition
from kybra_replica.python_engine.source.report import Report
from kybra_replica.python_engine.source.spelling import candid_label, text_of
from kybra_replica.python_engine.source.uses import Use

if TYPE_CHECKING:
    from kybra_replica.python_engine.source.types import TypeReader


def read_members(definition: Definition, reader: TypeReader) -> KybraType:
    """The record or variant that a class declares; members in the order of the source."""
    assert isinstance(definition.node, ast.ClassDef)
    members = [_member(statement, definition, reader) for statement in definition.node.body]
    kept = tuple(member for member in members if member is not None)
    _check_labels(definition, kept, reader.report)
    if definition.kind == RECORD:
        return RecordOf(definition.name, kept)
    return VariantOf(definition.name, kept)


def _member(statement: ast.stmt, definition: Definition, reader: TypeReader) -> Member | None:
    is_record = definition.kind == RECORD
    if is_record and _is_ellipsis(statement):
        return None
    path, report = definition.file.path, reader.report
    if not isinstance(statement, ast.AnnAssign):
        report.refuse(
            "class-member",
            path,
            statement,
            f"the body of {definition.kind} {definition.name} may hold nothing but lines `name: type`",
            "move docstrings, methods and values out of the class"
            if not isinstance(statement, ast.Pass)
            else "write ... in an empty record",
        )
        return None
    key = text_of(statement.target)
    inside = f"a {'field' if is_record else 'tag'}"
    type_ = reader.read(statement.annotation, Use(definition.file, inside=inside, ordered=True))
    if key is None:
        report.refuse("class-member", path, statement, f"a member of {definition.name} must be one plain name", "write name: type")
        return None
    if statement.value is not None:
        report.ignores(
            "member-default",
            path,
            statement,
            f"Kybra ignores the default of {definition.name}.{key}: every key must be given",
            "leave the default out",
        )
    return Member(key, candid_label(key), type_)


def _is_ellipsis(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and statement.value.value is Ellipsis


def _check_labels(definition: Definition, members: tuple[Member, ...], report: Report) -> None:
    """Two members with one name, or with names that Candid hashes alike, stop the Rust compiler."""
    assert isinstance(definition.node, ast.ClassDef)
    lines = {
        text_of(statement.target): statement.lineno for statement in definition.node.body if isinstance(statement, ast.AnnAssign)
    }  # the last line of each name
    seen: dict[int, str] = {}
    for member in members:
        other = seen.setdefault(label_id(member.label), member.key)
        if other == member.key and [entry.key for entry in members].count(member.key) == 1 and member.key != "_":
            continue
        line = lines.get(member.key, definition.node.lineno)
        if member.key == "_":
            report.breaks("member-name", definition.file.path, line, f"{definition.name}._ is no name that Rust knows", "give it a name")
        else:
            report.breaks(
                "member-twice",
                definition.file.path,
                line,
                f"{definition.name} has the members {other} and {member.key}, which Candid cannot tell apart",
                "rename one of them",
            )
