"""What the client commands share: who calls which canisters where, what is printed, and errors without a stack trace."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ddsx.agent import Agent, Canister, raw_principal
from ddsx.canister_ids import default_files, find_ids
from ddsx.endpoint import MAINNET_URL
from ddsx.errors import BadSetting, CanisterRefused, DdsxError, InterfaceUnreadable, Unanswered
from ddsx.identity import ANONYMOUS, read_identity
from ddsx.payment_ledger import INTERFACE as PAYMENT_LEDGER

LOCAL = "local"
LOCAL_URL = "http://127.0.0.1:4943"
URLS = {LOCAL: LOCAL_URL, "ic": MAINNET_URL, "mainnet": MAINNET_URL}
"""Addresses of the networks that dfx and icp.yaml know by name."""
CANISTERS = ("stream_registry", "dst_ledger", "payout_splitter")
FAILED = 1


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that every command has."""
    group = parser.add_argument_group("where and as whom")
    group.add_argument("--network", default=LOCAL, metavar="NAME", help="network whose canister ids are used (default: local)")
    group.add_argument("--url", help=f"address of the network (default: {LOCAL_URL}; {MAINNET_URL} for ic)")
    group.add_argument("--local", action="store_true", help="ask the network for its root key, though it is not on this machine")
    group.add_argument("--identity", type=Path, metavar="FILE", help="private key (PEM) that signs; without it the caller is anonymous")
    group.add_argument("--canister-ids", type=Path, metavar="FILE", help="canister ids of dfx or icp-cli (default: where they keep them)")
    parser.add_argument("--json", action="store_true", help="print the outcome as one JSON object on the last line")


@dataclass
class Client:
    """A caller, and the exchange's canisters. `say` prints for a person."""

    agent: Agent
    registry: Canister
    ledger: Canister
    splitter: Canister
    say: Callable[[str], None]
    _payment: dict[str, Canister] = field(default_factory=dict)

    @property
    def me(self) -> str:
        """The caller's principal."""
        return self.agent.identity.principal

    @staticmethod
    def raw_id(canister: Canister) -> bytes:
        """The canister's principal as bytes, which is what certificates speak of."""
        return raw_principal(canister.id)

    def payment_ledger(self, canister: str) -> Canister:
        """A ledger in which prices are paid."""
        return self._payment.setdefault(canister, self.agent.canister(canister, PAYMENT_LEDGER))

    def listed_ledger(self, number: int) -> dict[str, Any]:
        """What the splitter says of its ledger with this number. Raises BadSetting when there is none."""
        ledgers = self.splitter.call("parameters")["ledgers"]
        if number >= len(ledgers):
            raise BadSetting(f"ledger {number}", f"the splitter lists {len(ledgers)}, from 0", "Name one of them with --ledger.")
        found: dict[str, Any] = ledgers[number]
        return found

    def until(self, cases: Sequence[str], step: Callable[[], Any], *, seconds: float = 60.0) -> Any:
        """`step`, again and again while it has no answer, or is refused with one of `cases`, which pass by themselves.

        Only for what may be sent twice: queries, and calls that name themselves by a time or a number. Raises what the last step raised.
        """
        deadline, delay = time.monotonic() + seconds, 0.1
        while True:
            try:
                return step()
            except CanisterRefused as refused:
                if refused.case not in cases or time.monotonic() > deadline:
                    raise
            except Unanswered:
                if time.monotonic() > deadline:
                    raise
            self.agent.endpoint.pause(delay)
            delay = min(2 * delay, 2.0)


def connect(options: argparse.Namespace) -> Client:
    """The client that the options describe. Raises DdsxError."""
    url = options.url or URLS.get(options.network)
    if url is None:
        raise BadSetting(f"network {options.network}", "its address is not known here", "Name it with --url.")
    identity = read_identity(options.identity) if options.identity else ANONYMOUS
    files = [options.canister_ids] if options.canister_ids else default_files(options.network, Path.cwd())
    ids = find_ids(files, options.network, CANISTERS)
    agent = Agent.connect(url, identity, local=options.local)
    registry, ledger, splitter = (agent.canister(ids[name]) for name in CANISTERS)
    say = _to_stderr if options.json else _to_stdout
    return Client(agent, registry, ledger, splitter, say)


def run(parser: argparse.ArgumentParser, command: Callable[[argparse.Namespace, Client], Mapping[str, Any]]) -> int:
    """Parse, connect, carry out, print the outcome; the exit code: 0, 1 after an error that was told, 130 when interrupted."""
    options = parser.parse_args()
    try:
        client = connect(options)
        with closing(client.agent):
            outcome = _carried_out(command, options, client)
    except (DdsxError, OSError) as problem:
        _to_stderr(f"{parser.prog}: {problem}")
        if options.json:
            _to_stdout(json.dumps({"ok": False, "error": type(problem).__name__, "message": str(problem)}))
        return FAILED
    except KeyboardInterrupt:
        _to_stderr(f"{parser.prog}: interrupted")
        return 130
    if options.json:
        _to_stdout(json.dumps({"ok": True, **outcome}))
    return 0


def _carried_out(
    command: Callable[[argparse.Namespace, Client], Mapping[str, Any]], options: argparse.Namespace, client: Client
) -> Mapping[str, Any]:
    """The outcome, answers in an unknown shape told as such. Raises DdsxError, OSError."""
    try:
        return command(options, client)
    except (LookupError, TypeError, ValueError) as odd:
        told = f"a canister answers in another shape than this client knows ({type(odd).__name__}: {odd})"
        raise InterfaceUnreadable(f"{told}. Are the canister ids right?") from odd


def chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """`items` in runs of at most `size`."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _to_stdout(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
