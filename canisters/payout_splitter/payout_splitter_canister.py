"""Collects the price of each sale and pays it out: to the protocol, to the stream's provider, to everyone whose work is recorded.

Holds the account book of every stream, the balance of every payee, and every collection and payout for good; the money itself lies in
the splitter's default account of the payment ledger. Amounts are in that ledger's smallest unit, shares in ppm, times in ns since 1970.

Who may call what:
- a registry of the settings: `record_work`; the licence ledger: `collect`
- a stream's provider: `set_plan`; any payee: `claim`, `set_push`; everyone: the queries
- governance: `configure`, `resolve`

To pause: governance calls `configure` with `paused`. No work is recorded, nothing new is collected, claimed or pushed; what is open is
still driven to its end, and the queries answer. What is owed stays owed.

Promises (docs/invariants.md):
- Money taken is credited in the message that learns of it, at a cost that does not depend on the number of contributors.
- No unit is lost or paid twice: whatever call fails, whatever reply is lost, wherever a message traps, whenever the canister is upgraded.
- `audit` proves it in one call: received = credited + pending + remainder, credited = claimable + in flight + paid + ledger fees.

Stable memory: ids 0 to 7, listed in `payout_splitter_store`.
"""

from kybra import Async, Opt, ic, init, inspect_message, nat32, nat64, post_upgrade, query, update, void
from payout_splitter_answers import case_of, undo_message
from payout_splitter_books import take_batch
from payout_splitter_collections import attempt_collection, collected_view, open_collection
from payout_splitter_governance import change_settings, resolve_payment, write_first
from payout_splitter_payouts import attempt_payout, open_claim, paid_out_view
from payout_splitter_pushes import disable_push, enable_push
from payout_splitter_store import (
    certify_totals,
    read_book,
    read_settings,
    read_state,
    write_book,
)
from payout_splitter_timers import start_timers
from payout_splitter_views import view_audit, view_balance, view_open_payments, view_parameters, view_payout, view_stream

from ddsx_core.payout_rules import unknown_stream
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import is_registry
from ddsx_core.stream_books import with_share
from ddsx_core.units import Nanoseconds, PrincipalText
from ddsx_wire.collect_types import CollectArgs, CollectResult
from ddsx_wire.inspection import is_internal
from ddsx_wire.payout_types import (
    Audit,
    BalanceArgs,
    BalanceResult,
    ClaimArgs,
    ClaimResult,
    ConfigureArgs,
    ConfigureResult,
    OpenPayments,
    Parameters,
    PayoutState,
    PushSettings,
    ResolveArgs,
    ResolveResult,
    SetPlanResult,
    SetPushResult,
    SplitterInit,
    StreamAudit,
)
from ddsx_wire.principals import ANONYMOUS_TEXT, caller_text
from ddsx_wire.work_types import RecordWorkResult, WorkBatch

MAX_BATCH_ARGUMENT_BYTES = 200_000
"""Bytes of a batch of work on the wire: 1,000 contributors of some 75 bytes each, and room."""

MAX_ARGUMENT_BYTES = 4_096
"""Bytes of any other argument: ten streams, an account and a few numbers take less than 300."""


# -- Life cycle -------------------------------------------------------------------------------------------------------------


@init
def install(args: SplitterInit) -> void:
    """Write the settings and empty books. Traps on a protocol fee above 10 %, an anonymous treasury or more than 16 registries."""
    write_first(args)
    start_timers()


@post_upgrade
def after_upgrade() -> void:
    """Certify the totals again, and start the timers, which an upgrade forgets."""
    certify_totals(read_state()[0])
    start_timers()


@inspect_message
def inspect() -> void:
    """Turn away calls from outside that the method would refuse, before they cost anything. Each method checks again by itself."""
    method, size = ic.method_name(), ic.arg_data_raw_size()
    caller, settings = caller_text(), read_settings()
    most = MAX_BATCH_ARGUMENT_BYTES if method == "record_work" else MAX_ARGUMENT_BYTES
    allowed = not is_internal(method)
    if method in ("claim", "set_push", "set_plan"):
        allowed = caller != ANONYMOUS_TEXT
    elif method in ("configure", "resolve"):
        allowed = caller == settings.governance
    elif method == "collect":
        allowed = caller == settings.dst_ledger
    elif method == "record_work":
        allowed = is_registry(settings, caller)
    if allowed and size <= most:
        ic.accept_message()


# -- Work and sales ---------------------------------------------------------------------------------------------------------


@update
def record_work(batch: WorkBatch) -> RecordWorkResult:
    """Record work of a stream's contributors, or open its book with batch 0; the number of the batch expected next.

    A batch that was taken before changes nothing and is answered in the same way.
    Refuses: NotARegistry, Paused, OversizedBatch, Gap, InvalidBatch, as `take_batch`.
    """
    try:
        return {"Ok": take_batch(read_settings(), PrincipalText(caller_text()), batch)}
    except Refused as refused:
        return {"Err": case_of(refused)}


@update
def collect(args: CollectArgs) -> Async[CollectResult]:
    """Collect the price of an order from the payer, who approved price and ledger fee, and credit it; what happened, if asked again.

    Rounding: protocol fee and provider's share up, in this order; the contributors have the rest, exactly.
    Refuses: as `open_collection`; Pending while the ledger has given no answer that proves anything (it is asked
        again by a timer); InsufficientAllowance, InsufficientFunds, PaymentRefused for an order that will never be collected.
    """
    settings = read_settings()
    try:
        collection, is_new = open_collection(settings, caller_text(), args, Nanoseconds(ic.time()))
    except Refused as refused:
        return {"Err": case_of(refused)}
    try:
        if is_new:
            collection = yield from attempt_collection(settings, args["order"], collection)
        return {"Ok": collected_view(collection)}
    except Refused as refused:
        return {"Err": case_of(refused)}
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        undo_message(error)


@update
def set_plan(stream: nat64, provider_share_ppm: nat32) -> SetPlanResult:
    """Set the provider's share of what the protocol's fee leaves, for sales from now on.

    Refuses (in order): UnknownStream, NotTheProvider, InvalidShare above 1_000_000 ppm.
    """
    try:
        book = read_book(stream)
        if book is None:
            raise unknown_stream(stream)
        write_book(stream, with_share(book, PrincipalText(caller_text()), provider_share_ppm))
    except Refused as refused:
        return {"Err": case_of(refused)}
    return {"Ok": None}


# -- Payees -----------------------------------------------------------------------------------------------------------------


@update
def claim(args: ClaimArgs) -> Async[ClaimResult]:
    """Pay the caller its balance and all it has in the streams named (10 at most), less the ledger's fee.

    to: the account to pay, the caller's default one if None. created_at_time: repeated with the same time, a claim answers what the first
    one did, whatever else it says; times of one payee ascend. Whole units are paid; a contributor's fraction stays its own.
    Refuses: as `open_claim`; Pending while the ledger has given no answer that proves anything (it is asked again by a timer);
        PaymentRefused when it refused, the amount is back in the balance then.
    """
    settings = read_settings()
    try:
        number, payout, is_new = open_claim(settings, PrincipalText(caller_text()), args, Nanoseconds(ic.time()))
    except Refused as refused:
        return {"Err": case_of(refused)}
    try:
        if is_new:
            payout = yield from attempt_payout(settings, number, payout)
        return {"Ok": paid_out_view(payout, number)}
    except Refused as refused:
        return {"Err": case_of(refused)}
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        undo_message(error)


@update
def set_push(wish: PushSettings) -> SetPushResult:
    """Pay the caller without being asked, when at least `threshold` units are due in the streams named and in its balance; or stop that.

    A timer goes round all who wish it, some five each half minute. Refuses: as `enable_push`; stopping never.
    """
    caller = PrincipalText(caller_text())
    try:
        if wish["enabled"]:
            enable_push(read_settings(), caller, wish)
        else:
            disable_push(caller)
    except Refused as refused:
        return {"Err": case_of(refused)}
    return {"Ok": None}


@query
def balance_of(args: BalanceArgs) -> BalanceResult:
    """What a payee was credited, can claim now, is being paid and was paid: credited = claimable + in_flight + paid + ledger_fees.

    Counts what lies in the streams named (10 at most), and what was drawn from others before. Refuses: TooManyStreams, UnknownStream.
    """
    try:
        return {"Ok": view_balance(PrincipalText(args["payee"].to_str()), args["streams"])}
    except Refused as refused:
        return {"Err": case_of(refused)}


@query
def payout_state(payout: nat64) -> Opt[PayoutState]:
    """What is known of a payout; null for a number that was not given out."""
    return view_payout(payout)


# -- Solvency ---------------------------------------------------------------------------------------------------------------


@query
def audit() -> Audit:
    """Where every unit received is, with a certificate (null unless called as a plain query) over the sums behind it.

    Costs the same for any number of streams and payees; only payments without outcome, a few hundred at most, are looked at one by one.
    """
    return view_audit()


@query
def audit_of(stream: nat64) -> Opt[StreamAudit]:
    """Where every unit of one stream is; null for a stream without a book."""
    return view_stream(stream)


@query
def open_payments() -> OpenPayments:
    """Orders and payouts whose outcome is not known: those still tried, and those that wait for governance."""
    return view_open_payments()


@query
def parameters() -> Parameters:
    """Who is who, the protocol's fee, the ledger's fee (null until it was asked), and whether the splitter is paused."""
    return view_parameters()


# -- Governance -------------------------------------------------------------------------------------------------------------


@update
def configure(args: ConfigureArgs) -> ConfigureResult:
    """Change settings; null leaves one as it is.

    The protocol's fee holds for sales credited from now on; fees that the old treasury has not claimed are the new one's.
    Refuses (in order): NotGovernance, InvalidAccount for a subaccount that is not 32 bytes, InvalidShare above 100_000 ppm, InvalidAccount
        for an anonymous treasury, TooManyRegistries above 16.
    """
    try:
        change_settings(read_settings(), caller_text(), args)
    except Refused as refused:
        return {"Err": case_of(refused)}
    return {"Ok": None}


@update
def resolve(args: ResolveArgs) -> ResolveResult:
    """Enter the outcome of a payment that stayed open until the ledger would not carry it out any more.

    block_index: the block that the ledger's log has for it (its memo is the number of the order or payout), or null when there is none.
    Refuses (in order): NotGovernance, NotUnresolved.
    """
    try:
        resolve_payment(read_settings(), caller_text(), args)
    except Refused as refused:
        return {"Err": case_of(refused)}
    return {"Ok": None}
