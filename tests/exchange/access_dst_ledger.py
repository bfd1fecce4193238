"""Who may do what with the licence ledger: a stream's provider offers, everybody but the anonymous principal buys, holders transfer."""

from __future__ import annotations

from typing import Any

from access_table import Arguments, read_table
from access_world import World, licence_transfer, offer_request

from exchange import account

UPDATE_TABLE = """
method                    anonymous   stranger  provider  contributor  holder    former    payee     governance  controller  foreign
add_registry              !traps      !traps    !traps    !traps       !traps    !traps    !traps    done        !traps      traps
set_governance            !traps      !traps    !traps    !traps       !traps    !traps    !traps    done        !traps      traps
set_change_delay          !traps      !traps    !traps    !traps       !traps    !traps    !traps    done        !traps      traps
end_licence               !ends       ends      final     ends         final     ends      ends      ends        ends        ends
create_offer              !anonymous  provides  ok        provides     provides  provides  provides  provides    provides    provides
create_offer:largest      !anonymous  provides  ok        provides     provides  provides  provides  provides    provides    provides
create_offer:oversized    !anonymous  !long     !long     !long        !long     !long     !long     !long       !long       long
close_offer               !provides   provides  ok        provides     provides  provides  provides  provides    provides    provides
purchase                  !anonymous  ok        ok        ok           ok        ok        ok        ok          ok          ok
purchase:oversized        !account    !account  !account  !account     !account  !account  !account  !account    !account    account
icrc7_transfer            !owns       owns      owns      owns         ok        owns      owns      owns        owns        owns
icrc7_transfer:oversized  !error      !error    !error    !error       !error    !error    !error    !error      !error      error
"""

QUERY_TABLE = """
method                        anonymous  stranger  provider  contributor  holder  former  payee  governance  controller  foreign
ledger_status                 value
pending_changes               value
validate_add_registry         ok
validate_set_governance       ok
validate_set_change_delay     ok
offer                         value
offer:unknown                 null
offers                        value
offers_of                     value
quote                         ok
quote:unknown                 unknown
order                         value
order:unknown                 null
orders_of                     value
licence                       value
licence:unknown               null
icrc7_collection_metadata     value
icrc7_name                    value
icrc7_symbol                  value
icrc7_description             value
icrc7_logo                    null
icrc7_total_supply            value
icrc7_supply_cap              null
icrc7_max_query_batch_size    value
icrc7_max_update_batch_size   value
icrc7_default_take_value      value
icrc7_max_take_value          value
icrc7_max_memo_size           value
icrc7_atomic_batch_transfers  value
icrc7_tx_window               value
icrc7_permitted_drift         value
icrc7_token_metadata          value
icrc7_owner_of                value
icrc7_balance_of              value
icrc7_tokens                  value
icrc7_tokens_of               value
icrc10_supported_standards    value
"""

CASES = {
    "anonymous": "AnonymousCaller",
    "ends": "NotPermitted",
    "final": "NotCancellable",
    "provides": "NotTheProvider",
    "owns": "Unauthorized",
    "unknown": "UnknownOffer",
    "account": "InvalidAccount",
    "long": "TitleTooLong",
    "error": "GenericError",
}

UNKNOWN = 1_000
WIDE = "\N{MATHEMATICAL DOUBLE-STRUCK CAPITAL A}"
"""A character of four bytes."""

LONG_TEXT = "x" * 5_000
LONG_SUBACCOUNT = bytes(5_000)
LONG_MEMO = bytes(70_000)


def purchase(world: World, **changes: Any) -> dict[str, Any]:
    """A purchase of one period."""
    return world.purchase_request() | changes


ARGUMENTS: dict[str, Arguments] = {
    "add_registry": lambda world: ({"shard": 1, "registry": world.roles["stranger"]},),
    "set_governance": lambda world: (world.roles["stranger"],),
    "set_change_delay": lambda _: (60,),
    "validate_add_registry": lambda world: ({"shard": 1, "registry": world.roles["stranger"]},),
    "validate_set_governance": lambda world: (world.roles["stranger"],),
    "validate_set_change_delay": lambda _: (60,),
    "end_licence": lambda world: (world.licence,),
    "create_offer": lambda world: (offer_request(world.stream),),
    "create_offer:largest": lambda world: (offer_request(world.stream, title=WIDE * 120),),
    "create_offer:oversized": lambda world: (offer_request(world.stream, title=LONG_TEXT),),
    "close_offer": lambda world: (world.offer,),
    "purchase": lambda world: (purchase(world),),
    "purchase:oversized": lambda world: (purchase(world, payer_subaccount=LONG_SUBACCOUNT),),
    "icrc7_transfer": lambda world: ([licence_transfer(world.licence, world.exchange.treasury)],),
    "icrc7_transfer:oversized": lambda world: ([licence_transfer(world.licence, world.exchange.treasury, memo=LONG_MEMO)],),
    "offer": lambda world: (world.offer,),
    "offer:unknown": lambda _: (UNKNOWN,),
    "offers": lambda _: (1, 10),
    "offers_of": lambda world: (world.stream, 1, 10),
    "quote": lambda world: ({"offer": world.offer, "periods": 1},),
    "quote:unknown": lambda _: ({"offer": UNKNOWN, "periods": 1},),
    "order": lambda _: (1,),
    "order:unknown": lambda _: (UNKNOWN,),
    "orders_of": lambda world: (world.roles["holder"], 1, 10),
    "licence": lambda world: (world.licence,),
    "licence:unknown": lambda _: (UNKNOWN,),
    "icrc7_token_metadata": lambda world: ([world.licence],),
    "icrc7_owner_of": lambda world: ([world.licence],),
    "icrc7_balance_of": lambda world: ([account(world.roles["holder"])],),
    "icrc7_tokens": lambda _: (None, None),
    "icrc7_tokens_of": lambda world: (account(world.roles["holder"]), None, None),
}

UPDATES = read_table("dst_ledger", UPDATE_TABLE, CASES, ARGUMENTS)
QUERIES = read_table("dst_ledger", QUERY_TABLE, CASES, ARGUMENTS)
