"""Who may do what with the splitter: registries record work, the licence ledger collects, payees claim, the provider sets its share."""

from __future__ import annotations

from typing import Any

from access_table import Arguments, read_table
from access_world import PRICE, World, claim_request

from exchange import account
from kybra_replica.principal import Principal

UPDATE_TABLE = """
method                  anonymous   stranger    provider    contributor holder      former      payee       governance  controller  foreign
record_work             !registry   !registry   !registry   !registry   !registry   !registry   !registry   !registry   !registry   registry
collect                 !licences   !licences   !licences   !licences   !licences   !licences   !licences   !licences   !licences   licences
end_order               !licences   !licences   !licences   !licences   !licences   !licences   !licences   !licences   !licences   licences
set_plan                !provides   provides    ok          provides    provides    provides    provides    provides    provides    provides
refund                  !provides   provides    much        provides    provides    provides    provides    provides    provides    provides
return_deposit          !returned   returned    returned    returned    returned    returned    returned    returned    returned    returned
top_up                  !cycles     !cycles     !cycles     !cycles     !cycles     !cycles     !cycles     !cycles     !cycles     cycles
claim                   !anonymous  nothing     ok          ok          nothing     nothing     ok          nothing     nothing     nothing
claim:largest           !anonymous  nothing     ok          ok          nothing     nothing     ok          nothing     nothing     nothing
claim:oversized         !anonymous  !streams    !streams    !streams    !streams    !streams    !streams    !streams    !streams    streams
pay_treasury            ok          ok          ok          ok          ok          ok          ok          ok          ok          ok
pay_validators          nothing     nothing     nothing     nothing     nothing     nothing     nothing     nothing     nothing     nothing
set_push                !anonymous  earns       ok          ok          earns       earns       ok          earns       earns       earns
set_push:largest        !anonymous  earns       ok          ok          earns       earns       ok          earns       earns       earns
set_push:oversized      !anonymous  !streams    !streams    !streams    !streams    !streams    !streams    !streams    !streams    streams
set_protocol_fee        !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
set_plan_notice         !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
set_change_delay        !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
set_treasury            !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
set_validators          !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
set_registries          !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
set_registries:oversized !traps      !traps      !traps      !traps      !traps      !traps      !traps      !traps      !traps      traps
add_ledger              !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
switch_ledger           !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
set_governance          !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
set_paused              !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
resolve                 !traps      !traps      !traps      !traps      !traps      !traps      !traps      done        !traps      traps
resolve:settled         !traps      !traps      !traps      !traps      !traps      !traps      !traps      traps       !traps      traps
"""

QUERY_TABLE = """
method                  anonymous   stranger    provider    contributor holder      former      payee       governance  controller  foreign
balance_of                    ok
balance_of:unknown            unknown
payout_state                  value
payout_state:unknown          null
audit                         value
audit_of                      value
audit_of:unknown              null
open_payments                 value
parameters                    value
pending_changes               value
deposit_account               value
plan_of                       value
plan_of:unknown               null
plan_history                  value
icrc3_get_blocks              value
icrc3_get_archives            value
icrc3_get_tip_certificate     value      value     value     value        value   value   value  value       value       null
icrc3_supported_block_types   value
icrc10_supported_standards    value
validate_set_protocol_fee     ok
validate_set_plan_notice      ok
validate_set_change_delay     ok
validate_set_treasury         ok
validate_set_validators       ok
validate_set_registries       ok
validate_add_ledger           ok
validate_switch_ledger        ok
validate_set_governance       ok
validate_set_paused           ok
validate_resolve              ok
"""

CASES = {
    "anonymous": "AnonymousCaller",
    "registry": "NotARegistry",
    "licences": "NotTheLicenceLedger",
    "provides": "NotTheProvider",
    "nothing": "NothingToClaim",
    "earns": "NotAPayee",
    "much": "TooMuch",
    "returned": "NothingToReturn",
    "cycles": "NoCyclesLedger",
    "unknown": "UnknownStream",
    "streams": "TooManyStreams",
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
        "provider_share_ppm": 0,
        "size": book["size"],
        "work": [{"contributor": str(world.roles["stranger"]), "weight": 1}],
    }


def order(world: World) -> dict[str, Any]:
    """An order that the licence ledger has not asked for, at the holder's cost."""
    terms = {"ledger": 0, "source": {"Allowance": None}, "earning": {"AtOnce": None}}
    return {"order": UNKNOWN, "stream": world.stream, "payer": str(world.roles["holder"]), "price": PRICE, **terms}


def push(*streams: int, to: dict[str, Any] | None = None) -> dict[str, Any]:
    """A wish to be paid without asking."""
    return {"enabled": True, "ledger": 0, "threshold": 1, "to": None if to is None else {"Account": to}, "streams": list(streams)}


def full_account(world: World) -> dict[str, Any]:
    """An account with all that an account can have."""
    return account(world.roles["stranger"]) | {"subaccount": b"\xff" * 32}


def resolution(payment: dict[str, int]) -> dict[str, Any]:
    """That a payment did not happen."""
    return {"payment": payment, "outcome": {"NotCarriedOut": None}}


ARGUMENTS: dict[str, Arguments] = {
    "record_work": lambda world: (work(world),),
    "collect": lambda world: (order(world),),
    "set_plan": lambda world: ({"stream": world.stream, "steps": []},),
    "claim": lambda world: (claim_request(world.stream),),
    "claim:largest": lambda world: (claim_request(*[world.stream] * 10, to=full_account(world)),),
    "claim:oversized": lambda _: (claim_request(*MANY_STREAMS),),
    "set_push": lambda world: (push(world.stream),),
    "set_push:largest": lambda world: (push(*[world.stream] * 10, to=full_account(world)),),
    "set_push:oversized": lambda _: (push(*MANY_STREAMS),),
    "resolve": lambda world: (resolution({"Payout": world.unresolved_payout}),),
    "resolve:settled": lambda _: (resolution({"Collection": 1}),),
    "end_order": lambda _: ({"order": 1},),
    "refund": lambda _: ({"order": 1, "amount": 10**30, "refunded_before": 0},),
    "return_deposit": lambda _: ({"order": 1, "ledger": 0},),
    "pay_treasury": lambda _: (0,),
    "pay_validators": lambda _: (0,),
    "deposit_account": lambda _: (1,),
    "plan_of": lambda world: (world.stream,),
    "plan_of:unknown": lambda _: (UNKNOWN,),
    "plan_history": lambda world: (world.stream, 1, 10),
    "icrc3_get_blocks": lambda _: ([{"start": 0, "length": 5}],),
    "icrc3_get_archives": lambda _: ({"from": None},),
    "balance_of": lambda world: ({"payee": world.roles["payee"], "ledger": 0, "streams": [world.stream]},),
    "balance_of:unknown": lambda world: ({"payee": world.roles["payee"], "ledger": 0, "streams": [UNKNOWN]},),
    "payout_state": lambda world: (world.unresolved_payout,),
    "payout_state:unknown": lambda _: (UNKNOWN,),
    "audit_of": lambda world: (world.stream,),
    "audit_of:unknown": lambda _: (UNKNOWN,),
}

GOVERNED: dict[str, Arguments] = {
    "set_protocol_fee": lambda _: (1,),
    "set_plan_notice": lambda _: (60,),
    "set_change_delay": lambda _: (60,),
    "set_treasury": lambda world: (full_account(world),),
    "set_validators": lambda world: (world.roles["stranger"],),
    "set_registries": lambda world: ([world.roles["stranger"]] * 16,),
    "add_ledger": lambda world: ({"kind": {"Icrc": None}, "ledger": world.roles["stranger"]},),
    "switch_ledger": lambda _: ({"ledger": 0, "sells": False},),
    "set_governance": lambda world: (world.roles["stranger"],),
    "set_paused": lambda _: (True,),
    "resolve": ARGUMENTS["resolve"],
}
ARGUMENTS.update(GOVERNED)
ARGUMENTS.update({f"validate_{method}": arguments for method, arguments in GOVERNED.items()})
ARGUMENTS["set_registries:oversized"] = lambda _: ([Principal.canister(number) for number in range(MANY_REGISTRIES)],)

UPDATES = read_table("payout_splitter", UPDATE_TABLE, CASES, ARGUMENTS)
QUERIES = read_table("payout_splitter", QUERY_TABLE, CASES, ARGUMENTS)
