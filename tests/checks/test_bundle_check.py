"""What would be bundled for a canister, and what would go wrong with it."""

from __future__ import annotations

import pytest
from small_projects import WriteProject

from checks import bundle, modulegraph_view
from checks.project import Canister, Project

TREE = {
    "src/ddsx_core/__init__.py": "",
    "src/ddsx_core/split.py": "from ddsx_core import limits\nimport hashlib\n",
    "src/ddsx_core/limits.py": "MOST = 1\n",
    "src/ddsx_core/unused.py": "",
    "canisters/ledger/ledger_canister.py": "import ledger_store\nfrom kybra import ic\ndef later():\n    import ddsx_core.split\n",
    "canisters/ledger/ledger_store.py": "",
}


def broken(project: Project) -> list[str]:
    report = bundle.run(project)
    return [
        f"{finding.path.relative_to(project.root)}:{finding.line} {finding.rule}"
        for finding in report.findings
        if finding.rule != "modulegraph"
    ]


def only(project: Project) -> Canister:
    (canister,) = project.canisters
    return canister


def test_imports_are_followed_wherever_they_stand(write_project: WriteProject) -> None:
    project = write_project(TREE)
    collected = bundle.collect(project, only(project))
    assert set(collected.modules) == {"ledger_canister", "ledger_store", "ddsx_core", "ddsx_core.split", "ddsx_core.limits"}
    assert collected.findings == []


def test_a_package_is_bundled_whole(write_project: WriteProject) -> None:
    project = write_project(TREE)
    names = [path.name for path in bundle.collect(project, only(project)).files()]
    assert sorted(names) == ["__init__.py", "ledger_canister.py", "ledger_store.py", "limits.py", "split.py", "unused.py"]


def test_modulegraph_sees_the_same(write_project: WriteProject, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write_project(TREE)
    monkeypatch.syspath_prepend(str(project.source))
    assert list(modulegraph_view.differences(project, only(project), frozenset(bundle.collect(project, only(project)).modules))) == []


@pytest.mark.skipif(modulegraph_view.availability() != "modulegraph agrees", reason=modulegraph_view.availability())
def test_modulegraph_finds_nothing_that_is_not_installed_under_the_root(write_project: WriteProject) -> None:
    project = write_project(TREE)
    expected = frozenset(bundle.collect(project, only(project)).modules)
    findings = modulegraph_view.differences(project, only(project), expected | {"ddsx_core.missing"})
    assert "modulegraph does not find ddsx_core.missing" in [finding.what for finding in findings]


def test_a_clean_tree_has_no_findings(write_project: WriteProject) -> None:
    assert broken(write_project(TREE)) == []


@pytest.mark.parametrize(
    ("path", "source", "finding"),
    [
        ("src/ddsx_core/split.py", "from ddsx_core import lmits\n", "src/ddsx_core/split.py:1 import-not-found"),
        ("src/ddsx_core/split.py", "\nimport ddsx_core.gone\n", "src/ddsx_core/split.py:2 import-not-found"),
        ("src/ddsx_core/split.py", "from ddsx_core.limits import LEAST\n", "src/ddsx_core/split.py:1 import-not-found"),
        ("canisters/ledger/ledger_store.py", "import boltons\n", "canisters/ledger/ledger_store.py:1 import-not-found"),
        ("src/ddsx_core/ledger_canister.py", "", "src/ddsx_core/ledger_canister.py:1 basename"),
        ("src/ddsx_core/ledger_store.py", "", "src/ddsx_core/ledger_store.py:1 basename"),
        ("src/ddsx_core/principal.py", "", "src/ddsx_core/principal.py:1 basename"),
        ("src/ddsx_core/badsyntax_old.py", "", "src/ddsx_core/badsyntax_old.py:1 basename"),
        ("src/ddsx_core/money/shares.py", "", "src/ddsx_core/money:1 package"),
        ("src/ddsx_core/notes.txt", "", "src/ddsx_core/notes.txt:1 package"),
        ("canisters/ledger/__init__.py", "", "canisters/ledger:1 package"),
        ("canisters/shop/shop_store.py", "", "canisters/shop:1 entry"),
        ("canisters/candid/candid_canister.py", "", "canisters/candid/candid_canister.py:1 entry"),
        ("canisters/my-shop/my-shop_canister.py", "", "canisters/my-shop/my-shop_canister.py:1 entry"),
    ],
)
def test_what_would_go_wrong(write_project: WriteProject, path: str, source: str, finding: str) -> None:
    assert broken(write_project({**TREE, path: source})) == [finding]


def test_tests_do_not_belong_into_a_package(write_project: WriteProject) -> None:
    files = {**TREE, "src/ddsx_core/tests/__init__.py": "", "src/ddsx_core/tests/test_split.py": ""}
    assert broken(write_project(files)) == ["src/ddsx_core/tests:1 package"]


def test_a_file_beside_the_entry_is_not_called_like_a_standard_module(write_project: WriteProject) -> None:
    entry = "import token\nfrom ddsx_core import split\n"
    files = {**TREE, "canisters/ledger/ledger_canister.py": entry, "canisters/ledger/token.py": ""}
    assert broken(write_project(files)) == ["canisters/ledger/token.py:1 basename"]


def test_the_summary_tells_sizes(write_project: WriteProject) -> None:
    assert bundle.run(write_project(TREE)).summary.startswith("ledger 5 modules, 6 files, 0 kB; ")
