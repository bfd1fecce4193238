"""An interface in another form than its `.did` file, for readers that understand less."""

from __future__ import annotations

from kybra_replica.candid.did_printer import render_did, render_type
from kybra_replica.candid.names import quote_name
from kybra_replica.candid.types import Func, Interface

_EMPTY_SERVICE = "service : {}"


def render_plain_did(interface: Interface) -> str:
    """The interface with one line for each method, ended by a semicolon.

    Arguments carry no names, as everywhere in this package, and the last one no comma. Some parsers outside lose a method
    that has no semicolon behind it, and all arguments after a named one. Raises CandidError for types nested too deeply to print.
    """
    definitions = render_did(Interface(interface.definitions, None, ())).removesuffix(_EMPTY_SERVICE)
    init = "" if interface.init is None else _line(Func(interface.init, ())).removesuffix("()")
    methods = sorted(interface.methods, key=lambda method: method[0].encode())
    lines = "".join(f"  {quote_name(name)} : {_line(function)};\n" for name, function in methods)
    return f"{definitions}service : {init}{{\n{lines}}}\n"


def _line(function: Func) -> str:
    return render_type(function, flat=True).removeprefix("func ")
