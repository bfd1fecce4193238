"""Who may do what with the splitter: registries record work, the licence ledger collects, payees claim, the provider sets its share."""

from __future__ import annotations

from typing import Any

from access_table import Arguments, read_table
from access_world import PRICE, World, claim_request

from exchange import account

UPDATE_TABLE = """
method               anonymous   stranger   provider   contributor  holder     former     payee      governance   controller  foreign
record_work          !registry   !registry  !registry  !registry    !registry  !registry  !registry  !registry    !registry   registry
collect              !licences   !licences  !licences  !licences    !licences  !licences  !licences  !licences    !licences   licences
set_plan             !provides   provides   ok         provides     provides   provides   provides   provides     provides    provides
claim                !anonymous  nothing    ok         ok           nothing    nothing    ok         nothing      nothing     nothing
claim:largest        !anonymous  nothing    ok         ok           nothing    nothing    ok         nothing      nothing     nothing
claim:oversized      !anonymous  !streams   !streams   !streams     !streams   !streams   !streams   !streams     !streams    streams
set_push             !anonymous  earns      ok         ok           earns      earns      ok         earns        earns       earns
set_push:largest     !anonymous  earns      ok         ok           earns      earns      ok         earns        earns       earns
set_push:oversized   !anonymous  !streams   !streams   !streams     !streams   !streams   !streams   !streams     !streams    streams
configure            !governs    !governs   !governs   !governs     !governs   !governs   !governs   ok           !governs    governs
configure:largest    !governs    !governs   !governs   !governs     !governs   !governs   !governs   ok           !governs    governs
configure:oversized  !governs    !governs   !governs   !governs     !governs   !governs   !governs   !registries  !governs    governs
resolve              !governs    !governs   !governs   !governs     !governs   !governs   !governs   ok           !governs    governs
resolve:settled      !governs    !governs   !governs   !governs     !governs   !governs   !governs   settled      !governs    governs
"""

QUERY_TABLE = """
method                anonymous  stranger  provider  contributor  holder  former  payee  governance  controller  foreign
balance_of            ok
balance_of:unknown    unknown
payout_state          value
payout_state:unknown  null
audit                 value
audit_of              value
audit_of:unknown      null
open_payments         value
parameters            value
"""

CASES = {
    "anonymous": "AnonymousCaller",
    "registry": "NotARegistry",
    "licences": "NotTheLicenceLedger",
    "provides": "NotTheProvider",
    "nothing": "NothingToClaim",
    "earns": "NotAPayee",
    "governs": "NotGovernance",
    "settled": "NotUnresolved",
    "unknown": "UnknownStream",
    "streams": "TooManyStreams",
    "registries": "TooManyRegistries",
}

UNKNOWN = 1_000
MANY_STREAMS = range(600)
MANY_REGISTRIES = 400


def work(world: World) -> dict[str, Any]:
    """The batch that the splitter expects next, for the stranger."""
    book = world.exchange.payout_splitter.query("audit_of", world.stream)
    return {
        "stream": world.stream,
        "batch": book["next_batch"],
        "provider": book["provider"],
        "provider_share_ppm": book["provider_share_ppm"],
        "work": [{"contributor": str(world.roles["stranger"]), "weight": 1}],
    }


def order(world: World) -> dict[str, Any]:
    """An order that the licence ledger has not asked for, at the holder's cost."""
    return {"order": UNKNOWN, "stream": world.stream, "payer": account(world.roles["holder"]), "price": PRICE}


def push(*streams: int, to: dict[str, Any] | None = None) -> dict[str, Any]:
    """A wish to be paid without asking."""
    return {"enabled": True, "threshold": 1, "to": to, "streams": list(streams)}


def full_account(world: World) -> dict[str, Any]:
    """An account with all that an account can have."""
    return account(world.roles["stranger"]) | {"subaccount": b"\xff" * 32}


def settings(**changes: Any) -> dict[str, Any]:
    """Changes of what governance sets."""
    return dict.fromkeys(("governance", "registries", "treasury", "protocol_fee_ppm", "paused")) | changes


ARGUMENTS: dict[str, Arguments] = {
    "record_work": lambda world: (work(world),),
    "collect": lambda world: (order(world),),
    "set_plan": lambda world: (world.stream, 1),
    "claim": lambda world: (claim_request(world.stream),),
    "claim:largest": lambda world: (claim_request(*[world.stream] * 10, to=full_account(world)),),
    "claim:oversized": lambda _: (claim_request(*MANY_STREAMS),),
    "set_push": lambda world: (push(world.stream),),
    "set_push:largest": lambda world: (push(*[world.stream] * 10, to=full_account(world)),),
    "set_push:oversized": lambda _: (push(*MANY_STREAMS),),
    "configure": lambda _: (settings(paused=True),),
    "configure:largest": lambda world: (settings(registries=[world.roles["stranger"]] * 16),),
    "configure:oversized": lambda world: (settings(registries=[world.roles["stranger"]] * MANY_REGISTRIES),),
    "resolve": lambda world: ({"payment": {"Payout": world.unresolved_payout}, "block_index": None},),
    "resolve:settled": lambda _: ({"payment": {"Collection": 1}, "block_index": None},),
    "balance_of": lambda world: ({"payee": world.roles["payee"], "streams": [world.stream]},),
    "balance_of:unknown": lambda world: ({"payee": world.roles["payee"], "streams": [UNKNOWN]},),
    "payout_state": lambda world: (world.unresolved_payout,),
    "payout_state:unknown": lambda _: (UNKNOWN,),
    "audit_of": lambda world: (world.stream,),
    "audit_of:unknown": lambda _: (UNKNOWN,),
}

UPDATES = read_table("payout_splitter", UPDATE_TABLE, CASES, ARGUMENTS)
QUERIES = read_table("payout_splitter", QUERY_TABLE, CASES, ARGUMENTS)
