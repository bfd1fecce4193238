"""`kybra-replica start`: a replica on a port, for dfx, icp-cli, agents and browsers."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from kybra_replica.http.server import PortTaken, open_socket, serve
from kybra_replica.node.directory import CannotOpen, opened
from kybra_replica.node.node import Node
from kybra_replica.node.project_file import BadProject, deploy

DEFAULT_PORT = 4943
"""Where dfx's own replica listens."""


def add_start(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of `kybra-replica`."""
    start = commands.add_parser("start", help="run a replica that dfx, icp-cli, agents and browsers can talk to")
    start.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine only)")
    start.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port to listen on, 0 for any free one (default: {DEFAULT_PORT})")
    start.add_argument("--state", type=Path, metavar="DIR", help="keep everything there; without it all is gone at the end")
    start.add_argument("--canisters", type=Path, metavar="FILE", help="a dfx.json whose canisters are put on the replica")
    start.set_defaults(run=start_replica)


def start_replica(options: argparse.Namespace) -> int:
    """Run until a signal; the exit code."""
    try:
        listener = open_socket(options.host, options.port)
        with opened(options.state, time.time_ns, _warn) as node:
            if options.canisters is not None:
                for line in deploy(node, options.canisters):
                    print(line, flush=True)
            port = listener.getsockname()[1]
            return 0 if serve(node, listener, lambda: _announce(node, options, port)) else 1
    except (PortTaken, CannotOpen, BadProject) as problem:
        print(f"kybra-replica: {problem}", file=sys.stderr)
        return 1


def _warn(text: str) -> None:
    print(f"kybra-replica: {text}", file=sys.stderr)


def _announce(node: Node, options: argparse.Namespace, port: int) -> None:
    host = f"[{options.host}]" if ":" in options.host else options.host
    kept = f"kept in {options.state}" if options.state is not None else "in memory only: --state DIR keeps it"
    print(f"kybra-replica listens on http://{host}:{port}")
    print(f"  Candid page  http://{host}:{port}/_/candid")
    print(f"  state        {kept}")
    print(f"  root key     {node.certifier.root_key.hex()}", flush=True)
