"""The page that is shipped is the one that its sources make, and says nothing of where its parts were fetched."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

BUILT = Path("src/kybra_replica/http/candid_page")
SOURCES = Path("src/candid_page")


@pytest.mark.slow
def test_committed_page_is_a_fresh_build(project_root: Path):
    if shutil.which("npm") is None:
        pytest.skip("the page is not built anew: there is no Node with npm on this machine")
    command = ["bash", str(project_root / "scripts" / "build_page"), "--check"]
    checked = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert checked.stdout.splitlines()[-1] == "build_page: the committed page is what its sources make"
    assert checked.returncode == 0


def test_lock_pins_every_package_without_an_address(project_root: Path):
    packages = json.loads((project_root / SOURCES / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    fetched = {name: package for name, package in packages.items() if name}
    assert "node_modules/@icp-sdk/core" in fetched
    assert [name for name, package in fetched.items() if "resolved" in package or not package["integrity"].startswith("sha512-")] == []


def test_page_names_no_host_to_load_from(project_root: Path):
    page = (project_root / BUILT / "index.html").read_text(encoding="utf-8")
    styles = "".join(path.read_text(encoding="utf-8") for path in (project_root / BUILT / "assets").glob("*.css"))
    assert re.findall(r'(?:src|href)="(?!/_/candid/|data:)[^"]*"', page) == []
    assert re.findall(r"url\((?!/_/candid/assets/)[^)]*\)", styles) == []


def test_licences_of_everything_bundled_are_shipped(project_root: Path):
    licences = (project_root / BUILT / "licences.txt").read_text(encoding="utf-8")
    bundled = re.findall(r"^(@?[\w./-]+) \d+\.\d+\.\d+ \(", licences, re.MULTILINE)
    assert {"@icp-sdk/core", "@noble/curves", "@fontsource-variable/inter", "@fontsource-variable/jetbrains-mono"} <= set(bundled)
