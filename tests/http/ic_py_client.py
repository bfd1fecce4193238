"""What a person does with ic-py, as it is: its own identities, agent, canisters, management canister and state helpers.

Runs in a process of its own, so that another cbor2 can stand in front of the installed one. Prints what it saw as one JSON object.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ic import system_state
from ic.agent import Agent
from ic.candid import encode
from ic.canister import Canister
from ic.client import Client
from ic.common.management import Management
from ic.constants import IC_DELEGATION_DOMIAN_SEPARATOR
from ic.identity import DelegateIdentity, Identity
from ic.utils import to_request_id

from ddsx.agent import Agent as SdkAgent

ANSWERS_WITHIN_S = 30
DAY_NS = 24 * 3600 * 1_000_000_000
ABSENT = "ie6gs-pyaaa-aqaaa-aaaaa-cai"


def identities() -> dict[str, Any]:
    """Everybody who may call."""
    keys = {"Ed25519": Identity(), "secp256k1": Identity(type="secp256k1"), "anonymous": Identity(anonymous=True)}
    return {
        **keys,
        "Ed25519 from PEM": Identity.from_pem(keys["Ed25519"].to_pem()),
        "secp256k1 from PEM": Identity.from_pem(keys["secp256k1"].to_pem()),
        "delegated": delegated(keys["secp256k1"], keys["Ed25519"]),
    }


def delegated(owner: Identity, deputy: Identity) -> DelegateIdentity:
    """Signs as `deputy` in the name of `owner`."""
    delegation = {"pubkey": deputy.der_pubkey, "expiration": time.time_ns() + DAY_NS}
    _, signature = owner.sign(IC_DELEGATION_DOMIAN_SEPARATOR + to_request_id(delegation))
    told = {"pubkey": delegation["pubkey"].hex(), "expiration": hex(delegation["expiration"])}
    chain = {"publicKey": owner.der_pubkey.hex(), "delegations": [{"delegation": told, "signature": signature.hex()}]}
    return DelegateIdentity(deputy, chain)


def callers(url: str, canister: str) -> dict[str, list[str]]:
    """As whom each identity calls, asks, and calls without blocking."""
    seen = {}
    for name, identity in identities().items():
        agent = Agent(identity, Client(url))
        found = Canister(agent, canister)
        answers = [found.who()[0], found.who_asks()[0], asyncio.run(found.who_async())[0], asyncio.run(found.who_asks_async())[0]]
        seen[name] = [agent.get_principal().to_str(), *(answer.to_str() for answer in answers)]
    return seen


def words_of(step: Callable[[], Any]) -> str:
    """What ic-py raises, or gives in place of a result, within a time: it polls without an end for a call that leaves no trace."""
    with ThreadPoolExecutor(1) as apart:
        running = apart.submit(step)
        problem = running.exception(ANSWERS_WITHIN_S)
        return f"returned {running.result()}" if problem is None else f"{type(problem).__name__}: {problem}"


def rejects(agent: Agent, canister: str) -> dict[str, str]:
    """How refusals arrive."""
    found = Canister(agent, canister)
    absent = Canister(agent, ABSENT, "service : { add : (nat64) -> (nat64); total : () -> (nat64) query; }")
    missing = Canister(agent, canister, "service : { subtract : (nat64) -> (nat64); difference : () -> (nat64) query; }")
    return {
        "trap": words_of(lambda: found.fail("no luck")),
        "reject": words_of(lambda: found.refuse("not today")),
        "inspected": words_of(found.uninvited),
        "trap in query": words_of(lambda: found.fail_query("no luck")),
        "no such method": words_of(lambda: missing.subtract(1)),
        "no such query": words_of(missing.difference),
        "no such canister": words_of(lambda: absent.add(1)),
        "query of no canister": words_of(absent.total),
        "path": words_of(lambda: agent.read_state_raw(canister, [[b"nonsense"]])),
    }


def state(agent: Agent, canister: str, subnet: str) -> dict[str, Any]:
    """The helpers of `ic.system_state`."""
    return {
        "time": system_state.time(agent, canister),
        "subnet key": system_state.subnet_public_key(agent, canister, subnet),
        "ranges": [[end.to_str() for end in pair] for pair in system_state.subnet_canister_ranges(agent, canister, subnet)],
        "module hash": system_state.canister_module_hash(agent, canister),
        "controllers": [controller.to_str() for controller in system_state.canister_controllers(agent, canister)],
    }


def life(url: str, module: bytes) -> Iterator[tuple[str, Any]]:
    """A canister from its creation to its end, through the management canister."""
    agent = Agent(Identity(), Client(url))
    management = Management(agent)
    created = management.provisional_create_canister_with_cycles({"amount": [10**13], "settings": []})[0]["canister_id"].to_str()
    target = {"canister_id": created}
    management.install_code({**target, "mode": {"install": None}, "wasm_module": list(module), "arg": list(encode([]))})
    yield "added", Canister(agent, created).add(2)[0]
    management.install_code({**target, "mode": {"upgrade": None}, "wasm_module": list(module), "arg": list(encode([]))})
    yield "kept over an upgrade", Canister(agent, created).total()[0]
    yield "running", sorted(management.canister_status(target)[0]["status"])
    settings = {"controllers": [], "compute_allocation": [], "memory_allocation": [], "freezing_threshold": [1_000]}
    management.update_settings({**target, "settings": settings})
    # Without a nonce, what is asked for the second time would be the same request within the second, and have the first answer.
    agent.ingress_expiry -= 150
    yield "threshold", management.canister_status(target)[0]["settings"]["freezing_threshold"]
    management.stop_canister(target)
    yield "stopped", words_of(lambda: Canister(agent, created, "service : { add : (nat64) -> (nat64); }").add(1))
    management.start_canister(target)
    yield "started", Canister(agent, created).add(3)[0]
    agent.ingress_expiry += 75
    management.stop_canister(target)
    management.delete_canister(target)
    yield "deleted", words_of(lambda: management.start_canister(target))


def main() -> None:
    url, canister, subnet, module = sys.argv[1:]
    agent = Agent(Identity(), Client(url))
    counting = Canister(agent, canister)
    data = bytes(range(256))
    with closing(SdkAgent.connect(url)) as sdk:
        proved = [sdk.canister(canister).call("add", 0), sdk.canister(canister).call("total")]
    seen = {
        "cbor2": version("cbor2"),
        "callers": callers(url, canister),
        "rejects": rejects(agent, canister),
        "state": state(agent, canister, subnet),
        "life": dict(life(url, Path(module).read_bytes())),
        "echo": bytes(counting.echo(list(data))[0]) == data,
        "twice": [asyncio.run(twice(counting)), counting.total()[0]],
        "sdk": proved,
    }
    sys.stdout.write(json.dumps(seen) + "\n")


async def twice(canister: Canister) -> list[int]:
    """Two equal calls at once: ic-py sends no nonce, so they may be one request."""
    answers = await asyncio.gather(canister.add_async(1), canister.add_async(1))
    return [answer[0] for answer in answers]


if __name__ == "__main__":
    main()
