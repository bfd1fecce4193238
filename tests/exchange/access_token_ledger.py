"""Who may do what with the payment ledger: everybody but the anonymous principal, with what is its own or what it was allowed."""

from __future__ import annotations

from typing import Any

from access_table import Arguments, read_table
from access_world import World, approval

from exchange import LEDGER_FEE, account

UPDATE_TABLE = """
method                         anonymous  stranger   provider   contributor  holder  former     payee      governance  controller  foreign
icrc1_transfer                 !error     ok         ok         ok           ok      ok         ok         ok          ok          ok
icrc1_transfer:oversized       !error     !error     !error     !error       !error  !error     !error     !error      !error      error
icrc2_approve                  !error     ok         ok         ok           ok      ok         ok         ok          ok          ok
icrc2_approve:oversized        !error     !error     !error     !error       !error  !error     !error     !error      !error      error
icrc2_transfer_from            !error     allowance  allowance  allowance    ok      allowance  allowance  allowance   allowance   allowance
icrc2_transfer_from:oversized  !error     !error     !error     !error       !error  !error     !error     !error      !error      error
set_fee                        !traps     !traps     !traps     !traps       !traps  !traps     !traps     done        !traps      traps
set_fee:above                  !traps     !traps     !traps     !traps       !traps  !traps     !traps     traps       !traps      traps
"""

CONSENT_TABLE = """
method                                   anonymous stranger provider contributor holder  former  payee   governance controller foreign
icrc21_canister_call_consent_message     shown
icrc21_canister_call_consent_message:big !cannot   !cannot  !cannot  !cannot     !cannot !cannot !cannot !cannot    !cannot    cannot
"""

QUERY_TABLE = """
method                       anonymous  stranger  provider  contributor  holder  former  payee  governance  controller  foreign
status                       value
icrc1_name                   value
icrc1_symbol                 value
icrc1_decimals               value
icrc1_fee                    value
icrc1_metadata               value
icrc1_total_supply           value
icrc1_minting_account        value
icrc1_balance_of             value
icrc1_supported_standards    value
icrc2_allowance              value
log_length                   value
block                        value
block:unknown                null
icrc3_get_blocks             value
icrc3_get_archives           value
icrc3_get_tip_certificate    value      value     value     value        value   value   value  value       value       null
icrc3_supported_block_types  value
icrc10_supported_standards   value
validate_set_fee             ok
validate_set_fee:above       refused
"""

CASES = {"error": "GenericError", "allowance": "InsufficientAllowance", "cannot": "UnsupportedCanisterCall"}

LONG_MEMO = bytes(5_000)
"""No ledger takes a memo of this length, and no call with it is let in."""


def transfer(world: World, **changes: Any) -> dict[str, Any]:
    """One unit to the treasury."""
    absent = dict.fromkeys(("from_subaccount", "fee", "memo", "created_at_time"))
    return {"to": account(world.exchange.treasury), "amount": 1, **absent, **changes}


def transfer_from(world: World, **changes: Any) -> dict[str, Any]:
    """One unit of the holder's to the treasury: the holder allowed it to nobody but the splitter."""
    absent = dict.fromkeys(("spender_subaccount", "fee", "memo", "created_at_time"))
    return {"from": account(world.roles["holder"]), "to": account(world.exchange.treasury), "amount": 1, **absent, **changes}


def consent(argument: bytes) -> dict[str, Any]:
    """What a wallet asks before somebody signs `icrc1_transfer`."""
    preferences = {"metadata": {"language": "en", "utc_offset_minutes": None}, "device_spec": None}
    return {"method": "icrc1_transfer", "arg": argument, "user_preferences": preferences}


ARGUMENTS: dict[str, Arguments] = {
    "icrc1_transfer": lambda world: (transfer(world),),
    "icrc1_transfer:oversized": lambda world: (transfer(world, memo=LONG_MEMO),),
    "icrc2_approve": lambda world: (approval(world.exchange.treasury, 1),),
    "icrc2_approve:oversized": lambda world: (approval(world.exchange.treasury, 1, memo=LONG_MEMO),),
    "icrc2_transfer_from": lambda world: (transfer_from(world),),
    "icrc2_transfer_from:oversized": lambda world: (transfer_from(world, memo=LONG_MEMO),),
    "icrc1_balance_of": lambda world: (account(world.roles["holder"]),),
    "icrc2_allowance": lambda world: (
        {"account": account(world.roles["holder"]), "spender": account(world.exchange.payout_splitter.id)},
    ),
    "set_fee": lambda _: (LEDGER_FEE + 1,),
    "set_fee:above": lambda _: (10**8 + 1,),
    "validate_set_fee": lambda _: (LEDGER_FEE + 1,),
    "validate_set_fee:above": lambda _: (10**8 + 1,),
    "icrc21_canister_call_consent_message": lambda world: (
        consent(world.encode("token_ledger", "icrc1_transfer", transfer(world))),
    ),
    "icrc21_canister_call_consent_message:big": lambda _: (consent(bytes(9_000)),),
    "icrc3_get_blocks": lambda _: ([{"start": 0, "length": 3}],),
    "icrc3_get_archives": lambda _: ({"from": None},),
    "block": lambda _: (0,),
    "block:unknown": lambda _: (1_000_000,),
}

UPDATES = (
    *read_table("token_ledger", UPDATE_TABLE, CASES, ARGUMENTS),
    *read_table("token_ledger", CONSENT_TABLE, CASES, ARGUMENTS),
)
QUERIES = read_table("token_ledger", QUERY_TABLE, CASES, ARGUMENTS)
