"""The committed `.did` files against the sources."""

from __future__ import annotations

from textwrap import dedent

import pytest
from small_projects import WriteProject

from checks import did, interfaces

ENTRY = """
    from kybra import Opt, Record, nat, nat64, query, text, update

    class Account(Record):
        owner: text
        subaccount: Opt[text]

    @query
    def balance_of(account: Account) -> nat:
        return 0

    @update
    def deposit(account: Account, amount: nat64) -> nat:
        return 0
    """
DID = """
    // Accounts are named by text.

    // An account of this ledger.
    type Ledger = record { owner : text; subaccount : opt text };
    service : {
      // In the smallest unit.
      balance_of : (Ledger) -> (nat) query;
      deposit : (record { owner : text; subaccount : opt text }, nat64) -> (nat);
    }
    """
ENTRY_PATH, DID_PATH = "canisters/ledger/ledger_canister.py", "canisters/ledger/ledger.did"


def broken(write_project: WriteProject, entry: str, did_text: str) -> list[str]:
    report = interfaces.run(write_project({ENTRY_PATH: entry, DID_PATH: did_text}))
    return [f"{finding.line} {finding.what}" for finding in report.findings]


def test_types_are_compared_by_structure_and_comments_do_not_count(write_project: WriteProject) -> None:
    assert broken(write_project, ENTRY, DID) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("nat64) -> (nat)", "nat32) -> (nat)", "9 deposit has another type in the source"),
        ("(nat) query", "(nat)", "8 balance_of has another type in the source"),
        ("balance_of :", "balance :", "1 balance_of is not in the committed file"),
        ("service : {", "service : (text) -> {", "1 the arguments of init are others in the source"),
    ],
)
def test_a_difference_is_found(write_project: WriteProject, old: str, new: str, finding: str) -> None:
    assert finding in broken(write_project, ENTRY, DID.replace(old, new))


def test_a_method_of_the_file_alone_is_found(write_project: WriteProject) -> None:
    extra = DID.replace("service : {", "service : {\n  gone : () -> ();")
    assert broken(write_project, ENTRY, extra) == ["7 gone is in the committed file alone"]


def test_the_order_of_methods_counts(write_project: WriteProject) -> None:
    lines = dedent(DID).strip().splitlines()
    lines[5:8] = [lines[7], *lines[5:7]]
    assert broken(write_project, ENTRY, "\n".join(lines)) == ["1 the methods stand in another order"]


def test_what_is_not_candid_is_found(write_project: WriteProject) -> None:
    (finding,) = broken(write_project, ENTRY, "service : {\n  a : (nat;\n}")
    assert finding.startswith("2 the file is not Candid")


def test_a_missing_file_is_found(write_project: WriteProject) -> None:
    report = interfaces.run(write_project({ENTRY_PATH: ENTRY}))
    assert [finding.what for finding in report.findings] == ["the interface is not committed"]


def test_a_source_that_kybra_refuses_is_found_with_its_place(write_project: WriteProject) -> None:
    report = interfaces.run(
        write_project({ENTRY_PATH: "from kybra import query\n\n@query\ndef a() -> list[int]:\n    return []\n", DID_PATH: DID})
    )
    assert [(finding.path.name, finding.line) for finding in report.findings] == [("ledger_canister.py", 4)]


def test_writing_keeps_comments_and_settles_the_difference(write_project: WriteProject) -> None:
    project = write_project({ENTRY_PATH: ENTRY, DID_PATH: DID.replace("nat64", "nat32").replace("Ledger", "Account")})
    assert did.main(["--write", "--root", str(project.root)]) == 0
    assert (project.root / DID_PATH).read_text(encoding="utf-8") == dedent("""\
        // Accounts are named by text.
        // An account of this ledger.
        type Account = record { owner : text; subaccount : opt text };
        service : () -> {
          // In the smallest unit.
          balance_of : (Account) -> (nat) query;
          deposit : (Account, nat64) -> (nat);
        }
        """)
    assert did.main(["--root", str(project.root)]) == 0


def test_writing_leaves_a_file_that_is_right_as_it_is(write_project: WriteProject, capsys: pytest.CaptureFixture[str]) -> None:
    project = write_project({ENTRY_PATH: ENTRY, DID_PATH: DID})
    assert did.main(["--write", "--root", str(project.root)]) == 0
    assert (project.root / DID_PATH).read_text(encoding="utf-8") == dedent(DID)
    assert capsys.readouterr().out == "canisters/ledger/ledger.did: as it is\n"


def test_a_refused_source_is_not_written(write_project: WriteProject, capsys: pytest.CaptureFixture[str]) -> None:
    project = write_project({ENTRY_PATH: "from kybra import query\n@query\ndef a(x) -> int: ...\n"})
    assert did.main(["--write", "--root", str(project.root)]) == 1
    assert "canisters/ledger/ledger_canister.py:3:" in capsys.readouterr().err
    assert not (project.root / DID_PATH).exists()


def test_a_comment_whose_line_is_gone_moves_to_its_definition() -> None:
    committed = "service : {\n  // Counted in units.\n  gone : () -> ();\n}\n"
    assert interfaces.with_comments("service : { a : () -> () }", committed) == "// Counted in units.\nservice : { a : () -> () }\n"
