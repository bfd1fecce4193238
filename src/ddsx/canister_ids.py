"""Ids of canisters by name, as dfx and icp-cli keep them beside a project.

dfx: {"stream_registry": {"local": "rrkah-...", "ic": "..."}} in `.dfx/NETWORK/canister_ids.json`, and in `canister_ids.json` for
networks that last. icp-cli: {"stream_registry": "rrkah-..."} in `.icp/data/mappings/ENVIRONMENT.ids.json`, and in `.icp/cache/...`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ddsx.errors import BadSetting
from ddsx_core.accounts import parse_principal
from ddsx_core.refused import Refused

_DEPLOY = "Deploy the canisters (`scripts/deploy_local`, `dfx deploy`, `icp deploy`), or name a file with --canister-ids."


def default_files(network: str, folder: Path) -> list[Path]:
    """Where the tools keep the ids of `network`, the nearest first."""
    return [
        folder / ".dfx" / network / "canister_ids.json",
        folder / "canister_ids.json",
        folder / ".icp" / "data" / "mappings" / f"{network}.ids.json",
        folder / ".icp" / "cache" / "mappings" / f"{network}.ids.json",
    ]


def find_ids(files: Sequence[Path], network: str, names: Sequence[str]) -> dict[str, str]:
    """The ids of the canisters `names`, each from the first file that has it. Raises BadSetting."""
    known = [read_ids(path, network) for path in files if path.exists()]
    found = {name: next((ids[name] for ids in known if name in ids), None) for name in names}
    missing = [name for name, canister in found.items() if canister is None]
    if missing:
        looked = ", ".join(str(path) for path in files)
        why = f"network {network} has none in {looked}" if known else f"there is no file {looked}"
        raise BadSetting(f"canister ids of {', '.join(missing)}", why, _DEPLOY)
    return {name: canister for name, canister in found.items() if canister is not None}


def read_ids(path: Path, network: str) -> dict[str, str]:
    """The ids that a file has for `network`. Raises BadSetting."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise BadSetting(f"canister ids {path}", f"the file cannot be read ({problem})", _DEPLOY) from None
    if not isinstance(content, dict):
        raise BadSetting(f"canister ids {path}", "the file holds no JSON object", _DEPLOY)
    by_name = {name: value.get(network) if isinstance(value, dict) else value for name, value in content.items()}
    return {name: _checked(path, name, value) for name, value in by_name.items() if value is not None}


def _checked(path: Path, name: str, value: object) -> str:
    try:
        return str(parse_principal(str(value)))
    except Refused:
        raise BadSetting(f"canister ids {path}", f"{name} has {value!r}, which is no principal", "Correct the file.") from None
