"""The lists of known bugs fit the sources, and `scripts/mutate` tells a bug that tests notice from one that they do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mutations.__main__ import main
from mutations.catalogue import ALL
from mutations.mutation import Mutation, Stale

SOURCE = '''\
"""Half of an amount."""

from __future__ import annotations


def half_floor(amount: int) -> int:
    """Half of `amount`, rounded down."""
    return amount // 2
'''
TESTS = """\
from __future__ import annotations

from halves import half_floor


def test_half_of_an_even_amount() -> None:
    assert half_floor(4) == 2


def test_half_of_an_odd_amount() -> None:
    assert half_floor(5) == 2


def test_that_fails_without_any_bug() -> None:
    assert half_floor(4) == 3
"""
EVEN = "tests/test_halves.py::test_half_of_an_even_amount"
ODD = "tests/test_halves.py::test_half_of_an_odd_amount"


@pytest.fixture
def small_project(tmp_path: Path, project_root: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "src/halves.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "tests/test_halves.py").write_text(TESTS, encoding="utf-8")
    # The copy runs the plugins of this checkout, as the project's own copies run theirs.
    (tmp_path / "scripts").mkdir()
    for package in ("scripts/mutations", "src/kybra_replica"):
        (tmp_path / package).symlink_to(project_root / package)
    return tmp_path


def bug(new: str, *tests: str, old: str = "amount // 2", name: str = "rounded-up") -> Mutation:
    return Mutation(name, "Half a unit.", "src/halves.py", old, new, tests)


@pytest.mark.parametrize("mutation", ALL, ids=[mutation.name for mutation in ALL])
def test_every_bug_of_the_lists_fits_the_sources(mutation, project_root):
    mutation.check(project_root)


def test_every_bug_has_a_name_a_loss_and_tests():
    names = [mutation.name for mutation in ALL]
    assert len(set(names)) == len(names)
    for mutation in ALL:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", mutation.name)
        assert mutation.loss.endswith(".")
        assert mutation.tests


def test_only_what_a_test_asserts_is_noticed(small_project, capsys):
    bugs = [
        bug("-(-amount // 2)", EVEN, ODD, name="seen-by-the-second"),
        bug("-(-amount // 2)", EVEN, name="seen-by-none"),
        bug("amout // 2", EVEN, name="no-such-name"),
        bug("third_floor", EVEN, old="half_floor", name="not-importable"),
    ]
    assert main(["--jobs", "2"], bugs, small_project) == 1
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in printed[:-1]] == [
        ["seen-by-the-second", "noticed"],
        ["seen-by-none", "SURVIVED"],
        ["no-such-name", "BROKE"],
        ["not-importable", "BROKE"],
    ]
    assert printed[0].endswith(ODD)
    assert "NameError" in printed[2]
    assert "collect of tests/test_halves.py" in printed[3]
    assert "1 of 4 bugs noticed" in printed[-1]
    assert (small_project / "src/halves.py").read_text(encoding="utf-8") == SOURCE


def test_a_test_that_fails_without_the_bug_notices_nothing(small_project, capsys):
    failing = "tests/test_halves.py::test_that_fails_without_any_bug"
    assert main([], [bug("-(-amount // 2)", failing)], small_project) == 2
    assert f"without any bug: {failing} fails: AssertionError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stale", "words"),
    [
        (bug("amount // 3", EVEN, old="amount / 2"), "occurs 0 times in src/halves.py"),
        (bug("amount", EVEN, old="amount"), "occurs 4 times in src/halves.py"),
        (bug("amount //", EVEN), "no Python"),
        (bug("amount  //  2", EVEN), "none to the program"),
        (bug("amount // 3", "tests/test_halves.py::test_of_yesterday"), "no test tests/test_halves.py::test_of_yesterday"),
        (bug("amount // 3", "tests/test_thirds.py::test_half"), "no file tests/test_thirds.py"),
    ],
)
def test_a_stale_list_is_an_error(stale, words, small_project, capsys):
    with pytest.raises(Stale, match=words):
        stale.check(small_project)
    assert main([], [stale], small_project) == 2
    assert words in capsys.readouterr().err


def test_bugs_are_chosen_by_name(small_project, capsys):
    one, other = bug("-(-amount // 2)", ODD), bug("0", EVEN, name="other")
    assert main(["--list", "other"], [one, other], small_project) == 0
    assert capsys.readouterr().out == "other  Half a unit.\n"
    assert main(["--list"], [one, other], small_project) == 0
    assert capsys.readouterr().out == "rounded-up  Half a unit.\nother       Half a unit.\n"
    assert main(["another"], [one, other], small_project) == 2
    assert "there is no bug another" in capsys.readouterr().err


@pytest.mark.soak
def test_every_bug_of_the_lists_is_noticed(capsys):
    assert main([]) == 0, capsys.readouterr().out
