"""Reading `.did` files.

Source: the Candid specification, "Core Grammar"; dfinity/candid, `candid_parser/src/grammar.lalrpop` and `typing.rs`.
"""

from __future__ import annotations

from kybra_replica.candid.errors import too_deep
from kybra_replica.candid.lexer import Token, TokenStream
from kybra_replica.candid.type_parser import Scope, TypeParser
from kybra_replica.candid.types import PRIMITIVES, Func, Interface, Named, Service, Type, describe, resolve

_PRIMITIVE_NAMES = frozenset(primitive.name for primitive in PRIMITIVES)


def parse_did(text: str) -> Interface:
    """What a `.did` file says. A file without a service has no methods; names of arguments and comments are dropped.

    Raises CandidError with line and column for text that is not Candid, for imports, and for names that are not defined,
    defined twice or defined as themselves.
    """
    try:
        return _Parser(text).interface()
    except RecursionError:
        raise too_deep() from None


def parse_type(text: str) -> Type:
    """One type without definitions, such as `vec record { nat; text }`. Raises CandidError with line and column."""
    try:
        return _Parser(text).lone_type()
    except RecursionError:
        raise too_deep() from None


class _Parser:
    def __init__(self, text: str) -> None:
        self._stream = TokenStream(text)
        self._scope = Scope(self._stream)
        self._types = TypeParser(self._stream, self._scope)

    def lone_type(self) -> Type:
        """All of the text as a type."""
        type_ = self._types.parse_type()
        self._expect_end()
        self._scope.close()
        return type_

    def interface(self) -> Interface:
        """All of the text as a file."""
        definitions = self._definitions()
        init: tuple[Type, ...] | None = None
        actor: tuple[tuple[str, Type], ...] | Named = ()
        start = self._stream.peek
        if self._stream.accept("service"):
            if self._stream.peek.text != ":":
                self._types.parse_identifier("the name of the service")
            self._stream.expect(":")
            if self._stream.peek.text == "(":
                init = self._types.parse_types()
                self._stream.expect("->")
            actor = self._actor()
            self._stream.accept(";")
        self._expect_end()
        self._scope.close()
        return Interface(tuple(definitions), init, self._functions(actor, start))

    def _actor(self) -> tuple[tuple[str, Type], ...] | Named:
        if self._stream.peek.text == "{":
            return self._types.parse_methods()
        return self._scope.mention(self._types.parse_identifier("a service type"))

    def _functions(self, actor: tuple[tuple[str, Type], ...] | Named, start: Token) -> tuple[tuple[str, Func], ...]:
        if isinstance(actor, Named):
            service = resolve(actor)
            if not isinstance(service, Service):
                self._stream.fail(f"the service is of type {actor.name}, which is {describe(service)} and not service", start)
            actor = service.methods
        functions = []
        for name, type_ in actor:
            function = resolve(type_)
            assert isinstance(function, Func), "closing the scope has checked methods"
            functions.append((name, function))
        return tuple(functions)

    def _definitions(self) -> list[Named]:
        definitions = []
        while self._stream.peek.text in ("type", "import"):
            start = self._stream.take()
            if start.text == "import":
                self._stream.fail("imports are not supported: copy what is needed of that file into this one", start)
            name = self._types.parse_identifier("the name of the type")
            if name.text in _PRIMITIVE_NAMES:
                self._stream.fail(f"{name.text} is a type of Candid and cannot be defined", name)
            self._stream.expect("=")
            definitions.append(self._scope.define(name, self._types.parse_type()))
            if not self._stream.accept(";"):
                break
        return definitions

    def _expect_end(self) -> None:
        if self._stream.peek.kind != "end":
            self._stream.fail("a definition, the service or the end is expected")
