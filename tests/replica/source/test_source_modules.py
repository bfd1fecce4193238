"""Which files a canister reaches, and what becomes of them in Kybra's bundle."""

from __future__ import annotations

import pytest

from kybra_replica.python_engine.source import SourceRefused, read_program

FOUND = "import-not-found"


def names(program):
    return {name for name, _ in program.modules}


@pytest.mark.parametrize(
    "statement",
    [
        "import pkg.inner.leaf",
        "from pkg.inner import leaf",
        "from pkg.inner.leaf import x",
        "def f():\n    import pkg.inner.leaf",
        "try:\n    import pkg.inner.leaf\nexcept ImportError:\n    pass",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pkg.inner import leaf",
        "class A:\n    import pkg.inner.leaf",
        "with open('x'):\n    import pkg.inner.leaf",
    ],
)
def test_an_import_is_followed_wherever_it_stands(sources, statement):
    files = {"entry.py": statement + "\n", "pkg/__init__.py": "", "pkg/inner/__init__.py": "", "pkg/inner/leaf.py": "x = 1\n"}
    assert names(sources.read(files)) == {"entry", "pkg", "pkg.inner", "pkg.inner.leaf"}


def test_relative_imports_are_followed_inside_packages(sources):
    files = {
        "entry.py": "import pkg.a\n",
        "pkg/__init__.py": "",
        "pkg/a.py": "from . import b\nfrom .sub.c import x\n",
        "pkg/b.py": "",
        "pkg/sub/__init__.py": "",
        "pkg/sub/c.py": "from ..d import y\nx = 1\n",
        "pkg/d.py": "y = 1\n",
        "pkg/unread.py": "",
    }
    assert names(sources.read(files)) == {"entry", "pkg", "pkg.a", "pkg.b", "pkg.sub", "pkg.sub.c", "pkg.d"}


def test_a_star_import_brings_no_submodules_and_a_bound_name_is_none(sources):
    files = {"entry.py": "from pkg import *\nfrom pkg import a\n", "pkg/__init__.py": "a = 1\n", "pkg/a.py": "", "pkg/b.py": ""}
    assert names(sources.read(files)) == {"entry", "pkg"}


def test_the_folder_of_the_entry_comes_before_the_search_path(sources):
    files = {"entry.py": "import one, two\n", "one.py": "", "library/one.py": "a = b = 1\n", "library/two.py": ""}
    assert [path.relative_to(sources.folder).as_posix() for _, path in sources.read(files).modules] == [
        "entry.py",
        "one.py",
        "library/two.py",
    ]


def test_entry_and_modules_of_a_program(sources):
    program = sources.read({"entry.py": "from kybra import *\nimport helper\n", "helper.py": ""})
    assert program.entry == sources.folder / "entry.py"
    assert program.entry_module == "entry"
    assert program.modules == (("entry", sources.folder / "entry.py"), ("helper", sources.folder / "helper.py"))


def test_an_import_that_leads_nowhere_is_found_with_its_line(sources):
    files = {"entry.py": "import os.path, json\nimport nowhere\nfrom pkg import missing\nimport pkg.gone.far\n", "pkg/__init__.py": ""}
    assert sources.rules(files) == [
        (FOUND, "breaks-later", "entry.py", 2),
        (FOUND, "breaks-later", "entry.py", 3),
        (FOUND, "breaks-later", "entry.py", 4),
    ]
    assert sources.rules({"entry.py": "import os.path, json\n"}) == []


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import nowhere\nexcept ImportError:\n    nowhere = None\n",
        "try:\n    import nowhere\nexcept (ValueError, ModuleNotFoundError):\n    pass\n",
        "try:\n    import nowhere\nexcept:\n    pass\n",
        "import typing\nif typing.TYPE_CHECKING:\n    import nowhere\n",
    ],
)
def test_an_import_that_the_code_provides_for_is_no_finding(sources, source):
    assert sources.rules(source) == []


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("try:\n    import nowhere\nexcept ValueError:\n    pass\n", 2),
        ("try:\n    pass\nexcept ImportError:\n    import nowhere\n", 4),
        ("if True:\n    import nowhere\n", 2),
    ],
)
def test_one_that_it_does_not_provide_for_is(sources, source, line):
    assert sources.rules(source) == [(FOUND, "breaks-later", "entry.py", line)]


def test_relative_imports_of_the_entry_lead_nowhere(sources):
    assert sources.rules({"entry.py": "from .helper import x\n", "helper.py": "x = 1\n"}) == [(FOUND, "breaks-later", "entry.py", 1)]
    assert sources.rules({"entry.py": "from helper import x\n", "helper.py": "x = 1\n"}) == []


def test_the_bundler_tries_the_top_level_for_a_relative_import_and_python_does_not(sources):
    files = {"entry.py": "import pkg.a\n", "pkg/__init__.py": "", "pkg/a.py": "from .helper import x\n", "helper.py": "a = b = 1\n"}
    assert sources.rules(files) == [("chained-assignment", "refused", "helper.py", 1), (FOUND, "breaks-later", "pkg/a.py", 1)]


def test_packages_on_the_way_to_nothing_are_not_read(sources):
    files = {"entry.py": "import pkg.gone\n", "pkg/__init__.py": "a = b = 1\n"}
    assert sources.rules(files) == [(FOUND, "breaks-later", "entry.py", 1)]
    assert sources.rules(files | {"entry.py": "import pkg\n"}) == [("chained-assignment", "refused", "pkg/__init__.py", 1)]


def test_an_entry_that_is_imported_is_read_twice(sources):
    entry = "from kybra import *\nimport helper\n@query\ndef f() -> nat: ...\nclass R(Record):\n    x: nat\n"
    assert sources.rules({"entry.py": entry, "helper.py": "import entry\n"}) == [
        ("method-twice", "refused", "entry.py", 4),
        ("type-defined-twice", "refused", "entry.py", 5),
    ]
    assert sources.rules({"entry.py": entry, "helper.py": ""}) == []


def test_kybras_own_files_are_read_and_not_listed(sources):
    program = sources.read(
        "from kybra import *\nfrom kybra.canisters.management import management_canister\n@query\ndef f(x: HttpResponse) -> TimerId: ...\n"
    )
    assert names(program) == {"entry"}
    assert [method.name for method in program.services["ManagementCanister"].methods][:2] == [
        "bitcoin_get_balance",
        "bitcoin_get_current_fee_percentiles",
    ]
    assert sources.rules("from kybra import *\n@query\ndef f(x: HttpResponse) -> TimerId: ...\n") == [
        ("undefined-type", "refused", "entry.py", 3)
    ]


@pytest.mark.parametrize(
    "name", ["GuardResult", "RejectionCode", "NotifyResult", "StableMemoryError", "StableGrowResult", "Stable64GrowResult"]
)
def test_types_of_kybra_may_be_used_and_not_taken(sources, name):
    assert sources.rules(f"from kybra import *\n@query\ndef f(x: {name}) -> nat: ...\n") == []
    assert sources.rules(f"from kybra import *\n{name} = Alias[nat]\n") == [("type-defined-twice", "refused", "entry.py", 2)]


def test_folders_without_init_are_frozen_by_nobody(sources):
    files = {"entry.py": "import pkg.inner.leaf\n", "pkg/__init__.py": "", "pkg/inner/leaf.py": ""}
    assert sources.rules(files) == [("missing-init", "breaks-later", "pkg/inner", 1)]
    assert sources.rules(files | {"pkg/inner/__init__.py": ""}) == []


def test_a_module_with_the_stem_of_the_entry_takes_its_place(sources):
    files = {"entry.py": "import pkg.entry\n", "pkg/__init__.py": "", "pkg/entry.py": ""}
    assert sources.rules(files) == [("entry-overwritten", "breaks-later", "entry.py", 1)]
    assert sources.rules({"entry.py": "import pkg.other\n", "pkg/other.py": ""}) == []


def test_a_helper_beside_the_entry_loses_to_a_module_of_a_package(sources):
    files = {"entry.py": "import utils, pkg.utils\n", "utils.py": "", "pkg/__init__.py": "", "pkg/utils.py": ""}
    assert sources.rules(files) == [("module-overwritten", "breaks-later", "utils.py", 1)]
    files = {"entry.py": "import one.utils, two.utils\n"} | {
        f"{name}/{file}.py": "" for name in ("one", "two") for file in ("__init__", "utils")
    }
    assert sources.rules(files) == []


def test_a_module_called_like_a_package_stands_beside_it(sources):
    files = {"entry.py": "import pkg.other, other\n", "pkg/__init__.py": "", "pkg/other.py": "", "other/__init__.py": ""}
    assert sources.rules(files) == [("module-overwritten", "breaks-later", "pkg/other.py", 1)]


def test_a_module_called_like_one_of_the_standard_library_is_read_and_shadowed(sources):
    files = {"entry.py": "import queue\n", "queue.py": "a = b = 1\n"}
    assert sources.rules(files) == [("chained-assignment", "refused", "queue.py", 1), ("shadowed-module", "breaks-later", "queue.py", 1)]
    assert sources.rules({"entry.py": "import line\n", "line.py": ""}) == []


@pytest.mark.parametrize("name", ["my-canister.py", "2fast.py", "class.py"])
def test_an_entry_that_cannot_be_imported(sources, name):
    sources.write({name: "", "entry.py": ""})
    findings = sources.findings({"entry.py": ""})
    assert findings == []
    with pytest.raises(SourceRefused) as refused:
        read_program(sources.folder / name)
    assert [(finding.rule, finding.severity, finding.position.line) for finding in refused.value.findings] == [
        ("entry-name", "breaks-later", 1)
    ]


def test_a_comma_in_a_path_cuts_the_list_of_files(sources):
    assert sources.rules({"entry.py": "import a\n", "library/a.py": ""}) == []
    sources.folder = sources.folder / "one,two"
    assert sources.rules({"entry.py": ""}) == [("comma-in-path", "refused", "entry.py", 1)]


def test_every_file_of_a_package_must_compile_imported_or_not(sources):
    bad = "def f(x):\n    match x:\n        case 1: pass\n"
    files = {"entry.py": "import pkg\n", "pkg/__init__.py": "", "pkg/unread.py": bad}
    assert sources.rules(files) == [("match-statement", "breaks-later", "pkg/unread.py", 2)]
    assert sources.rules(files | {"entry.py": "import pkg.unread\n"}) == [("match-statement", "refused", "pkg/unread.py", 2)]
    files.pop("pkg/unread.py")
    (sources.folder / "pkg" / "unread.py").unlink()
    for place in ("pkg/badsyntax_unread.py", "pkg/data/unread.py", "other/unread.py"):
        assert sources.rules(files | {place: bad}) == []


def test_a_missing_entry_is_an_os_error(sources):
    with pytest.raises(FileNotFoundError):
        read_program(sources.folder / "absent.py")
