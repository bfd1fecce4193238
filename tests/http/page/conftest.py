"""A browser, and the Candid page in it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from candid_form import CandidPage
from chromium import Chromium
from remote_canister import create, install, module_of

from kybra_replica.principal import Principal

NOTHING_TO_INSTALL_WITH = 3


@pytest.fixture(scope="session")
def chromium(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """One browser for all tests; skips them where there is none and no package manager to install it."""
    looked = subprocess.run(["bash", str(project_root / "scripts" / "browser.sh")], stdout=subprocess.PIPE, text=True, check=False)
    if looked.returncode == NOTHING_TO_INSTALL_WITH:
        pytest.skip("the page is not tried in a browser: there is no Chromium, and no package manager to install it")
    looked.check_returncode()
    browser = Chromium(Path(looked.stdout.strip()), tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def candid(chromium: Chromium, target) -> Iterator[CandidPage]:
    """The page of the shared replica, in a browser that remembers nothing. It never made the browser complain."""
    with chromium.page() as page:
        page.allow_clipboard(target.host.url)
        yield CandidPage(page, target.host.url)
        assert page.complaints() == []


@pytest.fixture(scope="session")
def values_canister(target, project_root: Path) -> Principal:
    """A canister that answers with what it is given, for every type there is."""
    entry = project_root / "tests" / "kybra_cases" / "run" / "values_canister.py"
    with closing(target.host.client()) as client:
        canister = create(client, target.owner)
        install(client, target.owner, canister, module_of(entry), b"DIDL\0\0")
    return canister


@pytest.fixture
def total(target) -> Callable[[], int]:
    """What the shared canister has counted, asked anew each time: the browser takes longer than a connection is kept."""

    def ask() -> int:
        with closing(target.host.client()) as client:
            return replace(target.canister, client=client).query("total")

    return ask
