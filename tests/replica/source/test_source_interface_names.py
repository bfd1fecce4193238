"""Which types have a name in the interface, and which name: what `candid`'s `export_service!` does with Kybra's Rust types.

Every interface in `cases/interface_names.txt` is what that macro printed for the Rust code that Kybra 0.7.1 generates from the
source above it.
"""

from __future__ import annotations

import pytest
from source_cases import FOLDER


def read_cases():
    cases = {}
    for block in (FOLDER / "interface_names.txt").read_text(encoding="utf-8").split("=== ")[1:]:
        name, _, body = block.partition("\n")
        source, _, interface = body.partition("--- interface\n")
        cases[name] = (source, interface)
    return cases


CASES = read_cases()


def flat(text: str) -> str:
    """The text without the freedom that a printer has: line breaks, and separators before a closing bracket."""
    spaced = " ".join(text.replace(";", " ; ").replace(",", " , ").split())
    return spaced.replace(" ; }", " }").replace(" , )", ")").replace("( ", "(").replace(" )", ")").strip(" ;")


@pytest.mark.parametrize("case", CASES)
def test_interface_text(sources, case):
    source, expected = CASES[case]
    assert flat(sources.read(source, lenient=True).did) == flat(expected)
