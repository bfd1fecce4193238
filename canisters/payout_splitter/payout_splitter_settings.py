"""Carrying out what governance decides: the settings, and the outcome of payments that no ledger can be asked about any more.

A decision is made once, by `ddsx_core.splitter_changes`, from what holds and the arguments; it is either shown or carried out here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kybra import Principal, ic
from payout_splitter_answers import start_soon
from payout_splitter_collections import check_unresolved_collection, resolve_collection
from payout_splitter_log import append_block
from payout_splitter_outcomes import check_unresolved_payout, resolve_payout
from payout_splitter_payouts import ask_ledger_fee
from payout_splitter_store import State, create_state, read_state, write_state

from ddsx_core.accounts import account_key
from ddsx_core.cycles_rules import is_cycles
from ddsx_core.governed import check_bounds, check_delay
from ddsx_core.payout_rules import NO_BLOCK
from ddsx_core.refused import Refused
from ddsx_core.splitter_changes import FEE_NAME, Decision, enacted, ledger_addition
from ddsx_core.splitter_desk import Desk, encode_desk
from ddsx_core.splitter_settings import (
    CYCLES,
    ICRC,
    LEDGER_NAME,
    MAX_PROTOCOL_FEE_PPM,
    Settings,
    check_registries,
    check_treasury,
    encode_settings,
    first_settings,
    ledger_count,
    settings_of,
)
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText
from ddsx_wire.governance_types import LedgerKind, Resolution, SplitterInit, Validation
from ddsx_wire.icrc_types import Account
from ddsx_wire.principals import caller_text

RESOLVED = "resolved by governance: it did not happen"

Deciding = Callable[..., Decision]
"""A function of `splitter_changes`: from the settings, the time and the arguments to a decision. Refuses what is out of bounds."""


def write_first(args: SplitterInit) -> None:
    """Write the settings of a new splitter, and empty books; nothing waits for a delay.

    Refuses (in order): InvalidAccount for a subaccount that is not 32 bytes, OutOfBounds for the protocol's fee, InvalidAccount for an
        anonymous treasury or anonymous validators, TooManyRegistries, OutOfBounds for a delay, then as `ledger_addition`.
    """
    now, treasury = Nanoseconds(ic.time()), key_of(args["treasury"])
    fee = check_bounds(args["protocol_fee_ppm"], 0, MAX_PROTOCOL_FEE_PPM)
    settings = first_settings(text_of(args["governance"]), text_of(args["dst_ledger"]), text_of(ic.id()), check_treasury(treasury), fee)
    if args["validators"] is not None:
        validators = text_of(args["validators"])
        check_treasury(AccountKey(validators))
        settings = settings._replace(validators=validators)
    settings = settings._replace(registries=check_registries([registry.to_str() for registry in args["registries"]]))
    for ledger in args["ledgers"]:
        decision = ledger_addition(settings, now, kind_of(ledger["kind"]), text_of(ledger["ledger"]))
        settings, _ = enacted(settings, decision, now)
    settings = settings._replace(
        plan_notice_seconds=check_delay(args["plan_notice_seconds"]), change_delay_seconds=check_delay(args["change_delay_seconds"])
    )
    state = create_state(encode_settings(settings), encode_desk(Desk()))
    for name, value in _first_blocks(settings, fee):
        _log_setting(state, now, name, value, now)
    write_state(state)


def validated(decide: Deciding, *arguments: Any, **named: Any) -> Validation:
    """What a decision would do, in words for those who vote, or why it cannot be made. Changes nothing."""
    now = Nanoseconds(ic.time())
    try:
        return {"Ok": decide(settings_of(read_state().settings, now), now, *arguments, **named).words}
    except Refused as refused:
        return {"Err": str(refused)}


def execute(decide: Deciding, *arguments: Any, **named: Any) -> None:
    """Carry a decision out. Traps unless governance calls, and when the decision cannot be made: an SNS takes any answer for success."""
    now, state = Nanoseconds(ic.time()), read_state()
    settings = settings_of(state.settings, now)
    check_governance(settings)
    ledgers = ledger_count(settings)
    try:
        decision = decide(settings, now, *arguments, **named)
    except Refused as refused:
        ic.trap(str(refused))
    settings, moment = enacted(settings, decision, now)
    state.settings = encode_settings(settings)
    _log_setting(state, now, decision.name, decision.value, moment)
    write_state(state)
    if ledger_count(settings) > ledgers and decision.value[0] == ICRC:
        start_soon(ask_ledger_fee, ledgers)


def validated_resolution(resolution: Resolution) -> Validation:
    """What entering an outcome would do, or why it cannot be entered."""
    try:
        return {"Ok": _resolution_words(resolution)}
    except Refused as refused:
        return {"Err": str(refused)}


def execute_resolution(resolution: Resolution) -> None:
    """Enter the outcome of an unresolved payment as the ledger's log shows it. Traps unless governance calls, and when it cannot be."""
    now, state = Nanoseconds(ic.time()), read_state()
    check_governance(settings_of(state.settings, now))
    payment, outcome = resolution["payment"], resolution["outcome"]
    block_index = _block_in(resolution) if "CarriedOut" in outcome else None
    try:
        if "Payout" in payment:
            resolve_payout(state, payment["Payout"], block_index, RESOLVED)
        else:
            resolve_collection(state, payment["Collection"], block_index, RESOLVED)
    except Refused as refused:
        ic.trap(str(refused))


def check_governance(settings: Settings) -> None:
    """Trap unless governance calls."""
    if caller_text() != settings.governance:
        ic.trap("only governance may do this")


def kind_of(kind: LedgerKind) -> str:
    """The kind of a ledger, as the settings have it."""
    return CYCLES if "Cycles" in kind else ICRC


def text_of(principal: Principal) -> PrincipalText:
    """A principal of the wire as text."""
    return PrincipalText(principal.to_str())


def key_of(account: Account) -> AccountKey:
    """The key of an account of the wire. Refuses: InvalidAccount for a subaccount that is not 32 bytes."""
    return account_key(text_of(account["owner"]), account["subaccount"])


def _first_blocks(settings: Settings, fee: int) -> list[tuple[str, str]]:
    """Names and values with which the log of money begins."""
    ledgers = [(f"{LEDGER_NAME}{number}", entry) for number, entry in enumerate(settings.ledgers.split(",")) if entry]
    return [(FEE_NAME, str(fee)), ("treasury", settings.treasury), ("validators", settings.validators), *ledgers]


def _log_setting(state: State, now: Nanoseconds, name: str, value: str, moment: Nanoseconds) -> None:
    if name == FEE_NAME:
        append_block(state, now, "ddsx:fee", [int(value), moment])
    else:
        append_block(state, now, "ddsx:set", [name, value, moment])


def _resolution_words(resolution: Resolution) -> str:
    """Refuses (in order): NotUnresolved, BlockNeeded."""
    payment, outcome, state = resolution["payment"], resolution["outcome"], read_state()
    if "Payout" in payment:
        number = payment["Payout"]
        payout = check_unresolved_payout(state, number)
        what, needs_block = f"payout {number} of {payout.amount} units to {payout.to} for {payout.payee}", not is_cycles(payout.to)
    else:
        number = payment["Collection"]
        collection = check_unresolved_collection(state, number)
        what, needs_block = f"collection of order {number} of {collection.price} units from {collection.payer}", True
    if "NotCarriedOut" in outcome:
        return f"{what}: unresolved -> not carried out"
    block_index = _block_in(resolution)
    if block_index == NO_BLOCK and needs_block:
        raise Refused("BlockNeeded")
    return f"{what}: unresolved -> carried out" + ("" if block_index == NO_BLOCK else f" as block {block_index}")


def _block_in(resolution: Resolution) -> int:
    block_index = resolution["outcome"]["CarriedOut"]
    return NO_BLOCK if block_index is None else block_index
