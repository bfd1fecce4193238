"""Collects the price of each sale and pays it out: to the protocol, to the payees of the stream's plan, to everyone whose work is recorded.

Holds the account book of every stream, the balance of every payee, every collection and payout, and a log of all money events for good;
the money itself lies in the splitter's default accounts of the ledgers, raw cycles in its own balance. Amounts are in the smallest unit of
their ledger, shares in ppm, times in ns since 1970.

Who may call what:
- a registry of the settings: `record_work`; the licence ledger: `collect`, `end_order`
- a stream's provider: `set_plan`, `refund`; anyone: `return_deposit`; any payee: `claim`, `set_push`; everyone: the queries
- a canister with cycles: `top_up`; governance: what `payout_splitter_governance` has

To pause: governance calls `set_paused`. Nothing new is sold, no plan is announced and no provider gives anything back. What is owed is
claimed and paid, work is recorded, orders are ended and open payments driven to their end as ever.

Promises (docs/invariants.md):
- Money taken is credited in the message that learns of it, at a cost that does not depend on the number of contributors.
- No unit is lost or paid twice: whatever call fails, whatever reply is lost, wherever a message traps, whenever the canister is upgraded.
- `audit` proves it in one call, and anyone can replay the log to the same figures: received = credited + pending + remainder + escrowed +
  refunded; credited + refunded + topped up = claimable + in flight + paid + ledger fees + spent.

Stable memory: ids 0 to 13, listed in `payout_splitter_store`.
"""

from kybra import ic, init, inspect_message, post_upgrade, void
from payout_splitter_governance import (  # noqa: F401 - Kybra looks every method up in the entry
    add_ledger,
    resolve,
    set_change_delay,
    set_governance,
    set_paused,
    set_plan_notice,
    set_protocol_fee,
    set_registries,
    set_treasury,
    set_validators,
    switch_ledger,
    validate_add_ledger,
    validate_resolve,
    validate_set_change_delay,
    validate_set_governance,
    validate_set_paused,
    validate_set_plan_notice,
    validate_set_protocol_fee,
    validate_set_registries,
    validate_set_treasury,
    validate_set_validators,
    validate_switch_ledger,
)
from payout_splitter_payees import (  # noqa: F401 - as above
    balance_of,
    claim,
    open_payments,
    parameters,
    pay_treasury,
    pay_validators,
    payout_state,
    pending_changes,
    set_push,
    top_up,
)
from payout_splitter_records import (  # noqa: F401 - as above
    audit,
    audit_of,
    icrc3_get_archives,
    icrc3_get_blocks,
    icrc3_get_tip_certificate,
    icrc3_supported_block_types,
    icrc10_supported_standards,
)
from payout_splitter_sales import (  # noqa: F401 - as above
    collect,
    deposit_account,
    end_order,
    plan_history,
    plan_of,
    record_work,
    refund,
    return_deposit,
    set_plan,
)
from payout_splitter_settings import write_first
from payout_splitter_store import read_state
from payout_splitter_timers import start_timers

from ddsx_core.splitter_settings import is_registry, settings_of
from ddsx_core.units import Nanoseconds
from ddsx_wire.governance_types import SplitterInit
from ddsx_wire.inspection import is_internal
from ddsx_wire.principals import ANONYMOUS_TEXT, caller_text

MAX_BATCH_ARGUMENT_BYTES = 20_000
"""Bytes of a batch of work on the wire: 128 contributors of some 75 bytes each, and room."""

PAYEES_METHODS = ("claim", "set_push", "set_plan", "refund", "return_deposit")
LICENCE_LEDGER_METHODS = ("collect", "end_order")
GOVERNANCE_METHODS = (
    "add_ledger",
    "resolve",
    "set_change_delay",
    "set_governance",
    "set_paused",
    "set_plan_notice",
    "set_protocol_fee",
    "set_registries",
    "set_treasury",
    "set_validators",
    "switch_ledger",
)

MAX_ARGUMENT_BYTES = 4_096
"""Bytes of any other argument: ten streams, an account and a few numbers take less than 300."""


# -- Life cycle -------------------------------------------------------------------------------------------------------------


@init
def install(args: SplitterInit) -> void:
    """Write the settings and empty books. Traps on settings beyond their bounds, as `write_first`."""
    write_first(args)
    start_timers()


@post_upgrade
def after_upgrade() -> void:
    """Certify totals and log again, and start the timers: an upgrade forgets both."""
    read_state().certify()
    start_timers()


@inspect_message
def inspect() -> void:
    """Turn away calls from outside that the method would refuse, before they cost anything. Each method checks again by itself."""
    method, size = ic.method_name(), ic.arg_data_raw_size()
    caller, settings = caller_text(), settings_of(read_state().settings, Nanoseconds(ic.time()))
    most = MAX_BATCH_ARGUMENT_BYTES if method == "record_work" else MAX_ARGUMENT_BYTES
    allowed = not is_internal(method)
    if method in PAYEES_METHODS:
        allowed = caller != ANONYMOUS_TEXT
    elif method in GOVERNANCE_METHODS:
        allowed = caller == settings.governance
    elif method in LICENCE_LEDGER_METHODS:
        allowed = caller == settings.dst_ledger
    elif method == "record_work":
        allowed = is_registry(settings, caller)
    elif method == "top_up":
        # Cycles come with calls of canisters only, which nobody inspects.
        allowed = False
    if allowed and size <= most:
        ic.accept_message()
