"""Reading types from text, as they stand in `.did` files and behind the values of the textual format."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kybra_replica.candid.header import MODES
from kybra_replica.candid.lexer import RESERVED_WORDS, Token, TokenStream
from kybra_replica.candid.numerals import MAX_FIELD_ID
from kybra_replica.candid.types import (
    NAT8,
    NULL,
    PRIMITIVES,
    Field,
    Func,
    Label,
    Named,
    Opt,
    Record,
    Service,
    Type,
    Variant,
    Vec,
    describe,
    resolve,
)

_Item = TypeVar("_Item")

_PRIMITIVES = {primitive.name: primitive for primitive in PRIMITIVES}
MAX_DEPTH = 100
"""Types and values may be nested so deeply in text."""


class Scope:
    """The names that types may use. A name may be used before its definition; `close` finds those that got none."""

    def __init__(self, stream: TokenStream) -> None:
        self._stream = stream
        self._names: dict[str, Named] = {}
        self._uses: dict[str, Token] = {}
        self._defined: set[str] = set()
        self.methods: list[tuple[Token, str, Named]] = []

    def mention(self, name: Token) -> Named:
        """The reference that `name` stands for."""
        self._uses.setdefault(name.text, name)
        return self._names.setdefault(name.text, Named(name.text))

    def define(self, name: Token, type_: Type) -> Named:
        """Give `name` its meaning. Raises CandidError for a second one."""
        if name.text in self._defined:
            self._stream.fail(f"the type {name.text} is defined twice", name)
        self._defined.add(name.text)
        named = self._names.setdefault(name.text, Named(name.text))
        named.bind(type_)
        return named

    def close(self) -> None:
        """Raises CandidError for names that are used and not defined, that stand for themselves, or as methods for no function."""
        for name, use in self._uses.items():
            if name not in self._defined:
                self._stream.fail(f"the type {name} is not defined", use)
        for name in self._defined:
            try:
                resolve(self._names[name])
            except ValueError as problem:
                self._stream.fail(str(problem), self._uses[name])
        for token, method, named in self.methods:
            if not isinstance(resolve(named), Func):
                self._stream.fail(f"method {method} is of type {named.name}, which is {describe(named)} and not func", token)


class TypeParser:
    """Parses types off a stream. All methods raise CandidError with line and column for what is not Candid."""

    def __init__(self, stream: TokenStream, scope: Scope) -> None:
        self._stream = stream
        self._scope = scope
        self._forms: dict[str, Callable[[int], Type]] = {
            "opt": lambda depth: Opt(self.parse_type(depth)),
            "vec": lambda depth: Vec(self.parse_type(depth)),
            "blob": lambda _: Vec(NAT8),
            "record": self._record,
            "variant": self._variant,
            "func": self.parse_function,
            "service": lambda depth: Service(self.parse_methods(depth)),
        }

    def parse_type(self, depth: int = 0) -> Type:
        """Any type; it lies within `depth` others."""
        token = self._stream.peek
        if depth > MAX_DEPTH:
            self._stream.fail("types are nested too deeply", token)
        if token.text in _PRIMITIVES:
            self._stream.take()
            return _PRIMITIVES[token.text]
        if token.text in self._forms:
            self._stream.take()
            return self._forms[token.text](depth + 1)
        if token.kind != "word" or token.text in RESERVED_WORDS:
            self._stream.fail("a type is expected")
        return self._scope.mention(self._stream.take())

    def parse_types(self, depth: int = 0) -> tuple[Type, ...]:
        """Types in parentheses; names before them say what they mean and are dropped."""
        self._stream.expect("(")
        return tuple(items(self._stream, ",", ")", lambda: self._argument(depth)))

    def parse_function(self, depth: int = 0) -> Func:
        """What follows the word `func`, or the name of a method."""
        start = self._stream.peek
        arguments = self.parse_types(depth)
        self._stream.expect("->")
        results = self.parse_types(depth)
        modes = []
        while self._stream.peek.text in MODES:
            modes.append(self._stream.take().text)
        if len(modes) > 1:
            self._stream.fail(f"a function cannot be {' and '.join(modes)} at once", start)
        if modes == ["oneway"] and results:
            self._stream.fail("a oneway function has no results", start)
        return Func(arguments, results, tuple(modes))

    def parse_methods(self, depth: int = 0) -> tuple[tuple[str, Type], ...]:
        """Methods in braces, in their order. A method whose type is a name is checked when the scope is closed."""
        self._stream.expect("{")
        methods: dict[str, Type] = {}

        def method() -> None:
            token = self._stream.peek
            name = self.parse_name("the name of a method")
            if name in methods:
                self._stream.fail(f"the method {name} is there twice", token)
            self._stream.expect(":")
            methods[name] = self._method_type(token, name, depth)

        items(self._stream, ";", "}", method)
        return tuple(methods.items())

    def parse_name(self, what: str) -> str:
        """An identifier or a quoted text."""
        if self._stream.peek.kind == "string":
            return self._stream.text(self._stream.take())
        return self.parse_identifier(what).text

    def parse_identifier(self, what: str) -> Token:
        """A word that Candid does not keep for itself."""
        token = self._stream.peek
        if token.kind != "word":
            self._stream.fail(f"{what} is expected")
        if token.text in RESERVED_WORDS:
            self._stream.fail(f'{token.text} is a word of Candid; {what} is written "{token.text}" then', token)
        return self._stream.take()

    def parse_label(self) -> Label:
        """A field's name or number."""
        token = self._stream.peek
        if token.kind not in ("decimal", "hex"):
            return self.parse_name("the name of a field")
        number = self._stream.integer(self._stream.take())
        if number > MAX_FIELD_ID:
            self._stream.fail(f"{number} is too large for the number of a field", token)
        return number

    def _method_type(self, token: Token, method: str, depth: int) -> Type:
        if self._stream.peek.kind != "word":
            return self.parse_function(depth)
        named = self._scope.mention(self.parse_identifier("a function type"))
        self._scope.methods.append((token, method, named))
        return named

    def _argument(self, depth: int) -> Type:
        if self._stream.second.text == ":":
            self.parse_name("the name of an argument")
            self._stream.expect(":")
        return self.parse_type(depth)

    def _record(self, depth: int) -> Type:
        start = self._stream.expect("{")
        fields: list[Field] = []

        def field() -> None:
            if self._stream.second.text == ":":
                fields.append(self._labelled(depth))
            else:
                number = next_id(self._stream, fields[-1].id if fields else -1)
                fields.append(Field(number, self.parse_type(depth)))

        items(self._stream, ";", "}", field)
        try:
            return Record(tuple(fields))
        except ValueError as problem:
            self._stream.fail(str(problem), start)

    def _variant(self, depth: int) -> Type:
        start = self._stream.expect("{")
        tags = items(self._stream, ";", "}", lambda: self._tag(depth))
        try:
            return Variant(tuple(tags))
        except ValueError as problem:
            self._stream.fail(str(problem), start)

    def _tag(self, depth: int) -> Field:
        return self._labelled(depth) if self._stream.second.text == ":" else Field(self.parse_label(), NULL)

    def _labelled(self, depth: int) -> Field:
        label = self.parse_label()
        self._stream.expect(":")
        return Field(label, self.parse_type(depth))


def next_id(stream: TokenStream, last: int) -> int:
    """The number of a field without label: one more than that of the field before."""
    if last == MAX_FIELD_ID:
        stream.fail("there is no number left for a field without label", stream.peek)
    return last + 1


def items(stream: TokenStream, separator: str, closing: str, item: Callable[[], _Item]) -> list[_Item]:
    """Items up to `closing`, which is taken; the last may have a separator too."""
    found = []
    while not stream.accept(closing):
        found.append(item())
        if not stream.accept(separator):
            if stream.peek.text != closing:
                stream.fail(f"{separator} or {closing} is expected")
            stream.take()
            break
    return found
