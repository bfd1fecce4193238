"""What the real generator answered to the recorded sources, and the interfaces that its Wasm carries."""

from __future__ import annotations

import json

import pytest

from kybra_replica.candid import is_equal, parse_did
from kybra_replica.candid.types import Service
from kybra_replica.python_engine.source import SourceRefused, build_case_methods, read_program

CANISTERS = ("back", "front", "library", "maps", "system", "values")
BREAKS_LATER = {
    "map_duplicate_id": ("map-id-twice", 3),
    "map_id_255": ("map-id-reserved", 2),
    "type_name_result": ("type-name", 2),
}


def answer(entry):
    try:
        return {"accepted": True, "methods": build_case_methods(read_program(entry, lenient=True))}
    except SourceRefused as refused:
        return {"accepted": any(finding.severity != "refused" for finding in refused.findings)}


def test_verdict_and_methods_of_every_build_case_are_those_of_the_generator(kybra_cases):
    recorded = json.loads((kybra_cases / "build.json").read_text())
    answers = {name: answer(kybra_cases / "build" / name / "entry.py") for name in recorded}
    expected = {name: {key: case[key] for key in ("accepted", "methods") if key in case} for name, case in recorded.items()}
    assert len(recorded) >= 119
    assert answers == expected


@pytest.mark.parametrize(("case", "finding"), BREAKS_LATER.items())
def test_what_the_generator_takes_and_breaks_later_is_refused_strictly(kybra_cases, case, finding):
    entry = kybra_cases / "build" / case / "entry.py"
    with pytest.raises(SourceRefused) as refused:
        read_program(entry)
    assert [(found.rule, found.severity, found.position.path, found.position.line) for found in refused.value.findings] == [
        (finding[0], "breaks-later", entry, finding[1])
    ]
    assert [found.rule for found in read_program(entry, lenient=True).ignored] == [finding[0]]


@pytest.mark.parametrize("canister", CANISTERS)
def test_interface_is_the_one_that_the_wasm_carries(kybra_cases, canister):
    recorded = (kybra_cases / "run" / f"{canister}.did").read_text()
    program = read_program(kybra_cases / "run" / f"{canister}_canister.py", lenient=True)
    interface, wanted = program.interface, parse_did(recorded)
    assert [name for name, _ in interface.methods] == [name for name, _ in wanted.methods]
    assert [named.name for named in interface.definitions] == [named.name for named in wanted.definitions]
    assert len(interface.init or ()) == len(wanted.init or ())
    assert is_equal(Service(interface.methods), Service(wanted.methods))
    assert program.did.strip() == recorded.strip()


def test_the_recorded_canisters_have_the_findings_that_their_cases_are_about(kybra_cases):
    found = {
        name: [finding.rule for finding in read_program(kybra_cases / "run" / f"{name}_canister.py", lenient=True).ignored]
        for name in CANISTERS
    }
    assert found == {"back": [], "front": ["not-exported"], "library": [], "maps": ["map-unseen"], "system": [], "values": []}
