"""Raw cycles that a canister pays in, to buy with: they come with the call and are taken in whole."""

from __future__ import annotations

from kybra import ic
from payout_splitter_log import append_block
from payout_splitter_store import read_payee, read_state, write_payee, write_state

from ddsx_core.cycles_rules import check_top_up
from ddsx_core.payout_rules import balance_of, with_credit
from ddsx_core.payout_totals import book_top_up, decode_totals, encode_totals
from ddsx_core.refused import Broken, Refused
from ddsx_core.splitter_settings import cycles_number, settings_of
from ddsx_core.units import Nanoseconds, PrincipalText, Units


def take_cycles(payer: PrincipalText, now: Nanoseconds) -> Units:
    """Credit the cycles that are attached to this call to the payer; its balance after that.

    Refuses (in order): NoCyclesLedger, TooFewCycles. Nothing is accepted then.
    """
    state = read_state()
    ledger = cycles_number(settings_of(state.settings, now))
    if ledger is None:
        raise Refused("NoCyclesLedger")
    wanted = check_top_up(ic.msg_cycles_available128())
    units = Units(ic.msg_cycles_accept128(wanted))
    if units != wanted:
        raise Broken("the system gave other cycles than it offered")
    payee = with_credit(read_payee(ledger, payer), units)
    write_payee(ledger, payer, payee)
    state.totals += [""] * (ledger + 1 - len(state.totals))
    totals = decode_totals(state.totals[ledger])
    book_top_up(totals, units)
    state.totals[ledger] = encode_totals(totals)
    append_block(state, now, "ddsx:topup", [payer, ledger, units])
    write_state(state)
    return balance_of(payee)
