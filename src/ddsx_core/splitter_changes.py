"""What governance can change in the payout splitter, each with its bounds and in words for those who vote.

A decision is made from the settings that hold and the arguments alone, so that `validate_<x>` and `<x>` cannot differ: the one shows it,
the other carries it out (`enacted`).

Bounds: the protocol's fee is at most 10 %; delays and notices are at most 30 days; 16 registries, 8 ledgers. The licence ledger is not a
setting: orders in flight would have no one to answer to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.accounts import account_text
from ddsx_core.fee_schedule import changes_of, fee_at, with_fee
from ddsx_core.governed import (
    Change,
    change_words,
    check_bounds,
    check_delay,
    duration_words,
    effective_after,
    pending_changes,
    ppm_words,
    with_change,
)
from ddsx_core.refused import Refused
from ddsx_core.splitter_settings import (
    CYCLES,
    LEDGER_NAME,
    MAX_LEDGERS,
    MAX_PROTOCOL_FEE_PPM,
    Settings,
    check_registries,
    check_treasury,
    entry_of,
    ledger_count,
    ledger_entry,
    with_setting,
)
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText

FEE_NAME = "protocol_fee_ppm"
"""Under this name the protocol's fee is announced; it is kept in the schedule of fees and not with the other changes."""

PAUSE_NAME = "paused"
"""Holds at once: what stops a fault must not wait."""

_CYCLES_WORDS = "raw cycles, with the cycles ledger"


class Decision(NamedTuple):
    """A setting, its new value as text, and what that means."""

    name: str
    value: str
    words: str


# -- Decisions --------------------------------------------------------------------------------------------------------------


def protocol_fee_change(settings: Settings, now: Nanoseconds, ppm: int) -> Decision:
    """Another protocol's fee, for what is earned from its moment on. Refuses: OutOfBounds above 100_000 ppm."""
    check_bounds(ppm, 0, MAX_PROTOCOL_FEE_PPM)
    before = fee_at(settings.fees, now)
    return _decided(settings, now, FEE_NAME, str(ppm), "protocol fee", (ppm_words(before), ppm_words(ppm)))


def plan_notice_change(settings: Settings, now: Nanoseconds, seconds: int) -> Decision:
    """Another notice for plans that are announced from its moment on. Refuses: OutOfBounds above 30 days."""
    before, after = duration_words(settings.plan_notice_seconds), duration_words(check_delay(seconds))
    return _decided(settings, now, "plan_notice_seconds", str(seconds), "notice of new plans", (before, after))


def change_delay_change(settings: Settings, now: Nanoseconds, seconds: int) -> Decision:
    """Another delay for what governance decides from its moment on. Refuses: OutOfBounds above 30 days."""
    before, after = duration_words(settings.change_delay_seconds), duration_words(check_delay(seconds))
    return _decided(settings, now, "change_delay_seconds", str(seconds), "delay of changes", (before, after))


def treasury_change(settings: Settings, now: Nanoseconds, treasury: AccountKey) -> Decision:
    """Another treasury, which also has the fees that nobody has claimed. Refuses: InvalidAccount for an anonymous one."""
    words = (account_text(settings.treasury), account_text(check_treasury(treasury)))
    return _decided(settings, now, "treasury", treasury, "treasury, with the fees not claimed yet", words)


def validators_change(settings: Settings, now: Nanoseconds, validators: PrincipalText) -> Decision:
    """Who claims the validators' shares of all plans, those not claimed yet too. Refuses: InvalidAccount for the anonymous principal."""
    check_treasury(AccountKey(validators))
    words = (settings.validators, validators)
    return _decided(settings, now, "validators", validators, "validators, with the shares not claimed yet", words)


def registries_change(settings: Settings, now: Nanoseconds, registries: Sequence[str]) -> Decision:
    """Who may record work. Refuses: TooManyRegistries above 16."""
    listed = check_registries(registries)
    words = (f"[{settings.registries}]", f"[{listed}]")
    return _decided(settings, now, "registries", listed, "registries", words)


def governance_change(settings: Settings, now: Nanoseconds, governance: PrincipalText) -> Decision:
    """Who governs. Refuses: InvalidAccount for the anonymous principal, which anyone could act as."""
    check_treasury(AccountKey(governance))
    return _decided(settings, now, "governance", governance, "governance", (settings.governance, governance))


def ledger_addition(settings: Settings, now: Nanoseconds, kind: str, principal: PrincipalText) -> Decision:
    """One more ledger, under the next number. It is listed at once, so that its number is sure, and on sale when the change is in force.

    Refuses (in order): TooManyLedgers with the most allowed, KnownLedger with the number of one that is listed; raw cycles are listed once.
    """
    number = ledger_count(settings)
    if number >= MAX_LEDGERS:
        raise Refused("TooManyLedgers", {"most": MAX_LEDGERS})
    for listed in range(number):
        before = entry_of(settings, listed)
        # Cycles are cycles whatever ledger they can be deposited in: one book for all of them.
        if before[0] == kind and (kind == CYCLES or before[3:] == principal):
            raise Refused("KnownLedger", {"ledger": listed})
    entry = ledger_entry(kind, principal, sells=True)
    return _decided(settings, now, f"{LEDGER_NAME}{number}", entry, f"ledger {number}", ("none", _ledger_words(entry)))


def ledger_switch(settings: Settings, now: Nanoseconds, number: int, *, sells: bool) -> Decision:
    """Whether new sales may be paid in a ledger; claims go on in any case. Refuses: UnknownLedger."""
    before = entry_of(settings, number)
    after = ledger_entry(before[0], PrincipalText(before[3:]), sells=sells)
    words = (_ledger_words(before), _ledger_words(after))
    return _decided(settings, now, f"{LEDGER_NAME}{number}", after, f"ledger {number}", words)


def pause_change(settings: Settings, now: Nanoseconds, *, paused: bool) -> Decision:
    """Stop new sales, plans and providers' refunds, or let them go on; at once. What is owed is paid in any case."""
    before, after = ["paused" if value else "open" for value in (settings.paused, paused)]
    return Decision(PAUSE_NAME, str(int(paused)), change_words("sales, new plans and refunds", before, after, 0))


# -- Carrying out -----------------------------------------------------------------------------------------------------------


def enacted(settings: Settings, decision: Decision, now: Nanoseconds) -> tuple[Settings, Nanoseconds]:
    """The settings after a decision, and the moment at which it comes into force. settings: what holds now."""
    name, value, _ = decision
    if name == PAUSE_NAME:
        return with_setting(settings, name, value), now
    moment = effective_after(now, settings.change_delay_seconds)
    if name == FEE_NAME:
        return settings._replace(fees=with_fee(settings.fees, int(value), moment, now)), moment
    if name.startswith(LEDGER_NAME) and int(name[len(LEDGER_NAME) :]) == ledger_count(settings):
        settings = with_setting(settings, name, ledger_entry(value[0], PrincipalText(value[3:]), sells=False))
    if moment == now:
        return with_setting(settings, name, value)._replace(pending=_without(settings.pending, name)), now
    return settings._replace(pending=with_change(settings.pending, Change(moment, name, value))), moment


def announced(settings: Settings, now: Nanoseconds) -> list[Change]:
    """All changes that are not in force yet, the earliest first."""
    fees = [Change(Nanoseconds(moment), FEE_NAME, str(ppm)) for moment, ppm in changes_of(settings.fees) if moment > now]
    return sorted([*fees, *pending_changes(settings.pending)])


def _decided(settings: Settings, now: Nanoseconds, name: str, value: str, subject: str, words: tuple[str, str]) -> Decision:
    before, after = words
    text = change_words(subject, before, after, settings.change_delay_seconds)
    replaced = [change for change in announced(settings, now) if change.name == name]
    if replaced:
        text += f"; takes the place of the pending change to {replaced[0].value}"
    return Decision(name, value, text)


def _without(pending: str, name: str) -> str:
    """Without a change of that name: it would undo, later, what is set now."""
    return ";".join([entry for entry in pending.split(";") if entry and entry.split("=", 2)[1] != name])


def _ledger_words(entry: str) -> str:
    return f"{_CYCLES_WORDS if entry[0] == CYCLES else 'ICRC ledger'} {entry[3:]}, {'on sale' if entry[1] == '1' else 'no new sales'}"
