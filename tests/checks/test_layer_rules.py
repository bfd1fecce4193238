"""Who may import whom."""

from __future__ import annotations

import pytest
from small_projects import WriteProject

from checks import layers

CANISTERS = {"canisters/ledger/ledger_canister.py": "", "canisters/ledger/ledger_store.py": "", "canisters/shop/shop_canister.py": ""}


def broken(write_project: WriteProject, path: str, source: str) -> list[str]:
    report = layers.run(write_project({**CANISTERS, path: source}))
    return [f"{finding.path.name}:{finding.line} {finding.rule}" for finding in report.findings]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("src/ddsx_core/split.py", "import hashlib\nfrom ddsx_core.units import Units\nfrom . import limits\n"),
        ("src/ddsx_wire/types.py", "from kybra import Record\nfrom ddsx_core import split\n"),
        ("canisters/ledger/ledger_canister.py", "import ledger_store\nfrom kybra import ic\nfrom ddsx_wire.types import Account\n"),
        ("src/ddsx/agent.py", "from ddsx_core import merkle\nimport pydantic\n"),
        ("src/kybra_replica/heap.py", "import kybra\nimport cbor2\n"),
        ("tests/test_ledger.py", "import ledger_canister\n"),
    ],
)
def test_what_may_be_imported(write_project: WriteProject, path: str, source: str) -> None:
    assert broken(write_project, path, source) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("src/ddsx_core/split.py", "from kybra import nat\n"),
        ("src/ddsx_core/split.py", "import ddsx_wire.types\n"),
        ("src/ddsx_core/split.py", "def later():\n    import cbor2\n"),
        ("src/ddsx_core/split.py", "if TYPE_CHECKING:\n    from ddsx import agent\n"),
        ("src/ddsx_wire/types.py", "import ledger_store\n"),
        ("src/ddsx_wire/types.py", "import pydantic\n"),
        ("canisters/ledger/ledger_canister.py", "import shop_canister\n"),
        ("canisters/ledger/ledger_canister.py", "from ddsx import agent\n"),
        ("src/ddsx/agent.py", "from ddsx_wire.types import Account\n"),
        ("src/ddsx/agent.py", "import kybra_replica\n"),
        ("src/ddsx/agent.py", "import ledger_canister\n"),
        ("src/kybra_replica/heap.py", "import ledger_canister\n"),
    ],
)
def test_what_may_not_be_imported(write_project: WriteProject, path: str, source: str) -> None:
    line = len(source.splitlines())
    assert broken(write_project, path, source) == [f"{path.rpartition('/')[2]}:{line} layers"]


@pytest.mark.parametrize("source", ["# made for DDSX\n", 'NAME = "Ddsx"\n', "from ddsx_core import split\n"])
def test_the_replica_does_not_know_who_uses_it(write_project: WriteProject, source: str) -> None:
    assert "heap.py:1 replica-knows-us" in broken(write_project, "src/kybra_replica/heap.py", source)


def test_the_name_of_a_file_counts(write_project: WriteProject) -> None:
    assert broken(write_project, "src/kybra_replica/ddsx_types.py", "") == ["ddsx_types.py:1 replica-knows-us"]


def test_modules_of_kybra_bring_their_types(write_project: WriteProject) -> None:
    source = "from kybra.canisters.management import management_canister\n"
    assert broken(write_project, "src/ddsx_wire/types.py", source) == ["types.py:1 kybra-module"]
