"""`kybra-replica cost`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from kybra_replica.costs.command import add_cost

VALUES = str(Path(__file__).parents[2] / "kybra_cases" / "run" / "values_canister.py")


@pytest.fixture
def cost(capsys):
    parser = argparse.ArgumentParser()
    add_cost(parser.add_subparsers())

    def run(*arguments):
        options = parser.parse_args(["cost", *arguments])
        return options.run(options), capsys.readouterr()

    return run


def test_it_prints_each_call_by_cause(cost):
    code, printed = cost(VALUES, "big_nat()", 'echo_principal(principal "aaaaa-aa")')
    assert code == 0
    assert "big_nat(): " in printed.out
    assert " cycles" in printed.out
    assert "principals" in printed.out


def test_as_json_it_tells_the_work_as_well(cost):
    code, printed = cost(VALUES, "--json", "echo_nat(5)")
    (found,) = json.loads(printed.out)
    assert code == 0
    assert found["cycles"] == 0, "queries are free"
    assert found["instructions"] == sum(found["causes"].values())
    assert found["work"]["big_number_in"] == 1


def test_a_rejected_call_is_shown_as_one(cost):
    code, printed = cost(VALUES, "out_nat_negative()")
    assert code == 0
    assert "rejected: " in printed.out


@pytest.mark.parametrize("call", ["nothing_like_it()", "echo_nat", 'echo_nat("text")'])
def test_what_is_no_call_is_refused(cost, call):
    code, printed = cost(VALUES, call)
    assert code == 1
    assert printed.err.startswith("kybra-replica cost: ")
