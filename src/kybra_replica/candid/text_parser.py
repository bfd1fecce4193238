"""Reading values in Candid's textual format, as people write them in shells and tests.

Source: the Candid specification, "Textual format"; dfinity/candid, `candid_parser/src/grammar.lalrpop`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NoReturn

from kybra_replica.candid.errors import CandidError, too_deep
from kybra_replica.candid.lexer import Token, TokenStream, refuse
from kybra_replica.candid.terms import Term, annotate, infer
from kybra_replica.candid.type_parser import MAX_DEPTH, Scope, TypeParser, items, next_id
from kybra_replica.candid.types import Label, Type, label_id, may_be_absent
from kybra_replica.candid.values import FuncReference, Value
from kybra_replica.principal import Principal


def parse_args(text: str, types: Sequence[Type] | None = None) -> list[Value]:
    """The values of `text`, which are in parentheses, at `types`, or at the types that `parse_args_typed` finds.

    A bare number takes the type expected of it, a vector of numbers may stand for a blob, and arguments and fields of type
    opt, null or reserved may be left out. Raises CandidError with line and column.
    """
    if types is None:
        return parse_args_typed(text)[1]
    parser, terms = _read(text)
    if len(terms) > len(types):
        parser.refuse(terms[len(types)].at, f"{len(terms)} values for {len(types)} types")
    for index, type_ in enumerate(types[len(terms) :], len(terms)):
        if not may_be_absent(type_):
            raise CandidError(f"argument {index} is missing; there are {len(terms)} values for {len(types)} types")
        terms.append(Term("null", None, len(text)))
    try:
        return [annotate(term, type_, parser.refuse).value() for term, type_ in zip(terms, types, strict=True)]
    except RecursionError:
        raise too_deep() from None


def parse_args_typed(text: str) -> tuple[list[Type], list[Value]]:
    """The values of `text` with the types they have by themselves: bare numbers are `int`, those with a point `float64`.

    Raises CandidError with line and column.
    """
    parser, terms = _read(text)
    try:
        inferred = [infer(term, parser.refuse) for term in terms]
        return [type_ for type_, _ in inferred], [term.value() for _, term in inferred]
    except RecursionError:
        raise too_deep() from None


def _read(text: str) -> tuple[_Parser, list[Term]]:
    parser = _Parser(text)
    try:
        return parser, parser.arguments()
    except RecursionError:
        raise too_deep() from None


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._stream = TokenStream(text)
        self._scope = Scope(self._stream)
        self._types = TypeParser(self._stream, self._scope)
        self._forms: dict[str, Callable[[Token, int], Term]] = {
            "null": lambda token, _: Term("null", None, token.at),
            "true": lambda token, _: Term("bool", content=True, at=token.at),
            "false": lambda token, _: Term("bool", content=False, at=token.at),
            "opt": lambda token, depth: Term("opt", self._value(depth), token.at),
            "vec": self._vec,
            "blob": lambda token, _: Term("blob", self._string("the bytes of the blob").raw, token.at),
            "record": self._record,
            "variant": self._variant,
            "principal": lambda token, _: Term("principal", self._principal(), token.at),
            "service": lambda token, _: Term("service", self._principal(), token.at),
            "func": self._func,
        }

    def refuse(self, at: int, why: str) -> NoReturn:
        """Raise CandidError for the offset `at` of the text."""
        refuse(self._text, at, why)

    def arguments(self) -> list[Term]:
        """All of the text as values in parentheses."""
        self._stream.expect("(")
        terms = items(self._stream, ",", ")", lambda: self._annotated(0))
        if self._stream.peek.kind != "end":
            self._stream.fail("the end is expected")
        return terms

    def _annotated(self, depth: int) -> Term:
        term = self._value(depth)
        if not self._stream.accept(":"):
            return term
        type_ = self._types.parse_type()
        self._scope.close()
        return annotate(term, type_, self.refuse)

    def _value(self, depth: int) -> Term:
        token = self._stream.take()
        if depth > MAX_DEPTH:
            self._stream.fail("values are nested too deeply", token)
        if token.kind == "string":
            return Term("text", self._stream.text(token), token.at)
        if token.text in self._forms:
            return self._forms[token.text](token, depth + 1)
        if token.text == "(":
            term = self._annotated(depth + 1)
            self._stream.expect(")")
            return term
        if token.text in ("+", "-"):
            return self._number(self._stream.take(), token)
        return self._number(token, token)

    def _number(self, token: Token, first: Token) -> Term:
        is_negative = first.text == "-"
        if token.kind in ("decimal", "hex"):
            number = self._stream.integer(token)
            return Term("number", -number if is_negative else number, first.at)
        if token.kind == "float":
            return Term("float64", float(("-" if is_negative else "") + token.text), first.at)
        found = "the end" if token.kind == "end" else token.text
        return self._stream.fail(f"a value is expected, not {found}", token)

    def _vec(self, token: Token, depth: int) -> Term:
        self._stream.expect("{")
        return Term("vec", items(self._stream, ";", "}", lambda: self._annotated(depth)), token.at)

    def _record(self, token: Token, depth: int) -> Term:
        self._stream.expect("{")
        fields: dict[int, tuple[Label, Term]] = {}

        def field() -> None:
            start = self._stream.peek
            label = self._field_label(next(reversed(fields), -1))
            number = label if isinstance(label, int) else label_id(label)
            if number in fields:
                self._stream.fail(f"the field {label} is there twice", start)
            fields[number] = (label, self._annotated(depth))

        items(self._stream, ";", "}", field)
        return Term("record", dict(fields.values()), token.at)

    def _field_label(self, last: int) -> Label:
        if self._stream.second.text != "=":
            return next_id(self._stream, last)
        label = self._types.parse_label()
        self._stream.expect("=")
        return label

    def _variant(self, token: Token, depth: int) -> Term:
        start = self._stream.expect("{")
        label = self._types.parse_label()
        payload = self._annotated(depth) if self._stream.accept("=") else Term("null", None, start.at)
        self._stream.expect("}")
        return Term("variant", (label, payload), token.at)

    def _func(self, token: Token, _: int) -> Term:
        principal = self._principal()
        self._stream.expect(".")
        return Term("func", FuncReference(principal, self._types.parse_name("the name of a method")), token.at)

    def _principal(self) -> Principal:
        token = self._string("the text of a principal")
        text = self._stream.text(token)
        try:
            return Principal.from_text(text)
        except ValueError as problem:
            self._stream.fail(str(problem), token)

    def _string(self, what: str) -> Token:
        if self._stream.peek.kind != "string":
            self._stream.fail(f"{what} is expected in quotes")
        return self._stream.take()
