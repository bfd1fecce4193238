"""What governance has set for the payout splitter: who is who, the ledgers that it takes and pays, the fee, the delays.

All of it is one line of the splitter's state. What holds at a moment is `settings_of` the line and that moment: changes that have come
into force meanwhile are applied on reading (`governed`), and written when governance changes something next. The protocol's fee keeps a
schedule of its own (`fee_schedule`), because money earned along a clock is credited by the fee of the time at which it was earned.

Ledgers are numbered densely from 0 and never removed: one that is switched off takes no new sales, and pays out what it holds for ever.

    i1:ryjl3-tyaaa-aaaaa-aaaba-cai,c1:um5iw-rqaaa-aaaaq-qaaba-cai     an ICRC ledger and raw cycles, both on sale

Raw cycles name the cycles ledger, into which they can be paid out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.accounts import is_anonymous
from ddsx_core.codec import decode_fields
from ddsx_core.fee_schedule import first_fee
from ddsx_core.governed import due_changes
from ddsx_core.refused import Refused, invalid_account
from ddsx_core.stored_rows import check_row
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText

_VERSION = "2"
_TEXTS = 9
_FORM = _VERSION + "|%s" * 9 + "|%x" * 3

MAX_REGISTRIES = 16
"""Registries that may record work; each is a shard with millions of streams."""

MAX_LEDGERS = 8
"""Ledgers, each with books of its own in every stream that sells for it."""

MAX_PROTOCOL_FEE_PPM = 100_000
"""The most that governance may take of a sale: 10 %. Providers and contributors list under this promise."""

ICRC = "i"
CYCLES = "c"

LEDGER_NAME = "ledger "
"""Begins the name under which a ledger's entry is pending; its number follows."""


class Settings(NamedTuple):
    """Who is who, and what governance set; the stored line has the fields in this order, texts before numbers.

    registries: principals between commas. ledgers: as above. fees: a `fee_schedule`. pending: changes that are not in force yet.
    """

    governance: PrincipalText
    dst_ledger: PrincipalText
    own: PrincipalText
    treasury: AccountKey
    validators: PrincipalText
    registries: str
    ledgers: str
    fees: str
    pending: str
    plan_notice_seconds: int
    change_delay_seconds: int
    paused: int


def first_settings(
    governance: PrincipalText, dst_ledger: PrincipalText, own: PrincipalText, treasury: AccountKey, protocol_fee_ppm: int
) -> Settings:
    """The settings of a new splitter, not checked: no registries, no ledgers, no delays, the validators' share for the treasury's owner."""
    owner = PrincipalText(treasury.split(".", 1)[0])
    return Settings(governance, dst_ledger, own, treasury, owner, "", "", first_fee(protocol_fee_ppm), "", 0, 0, 0)


# -- Who is who -------------------------------------------------------------------------------------------------------------


def registry_list(registries: Sequence[str]) -> str:
    """The text of a list of registries, each once."""
    return ",".join(dict.fromkeys(registries))


def is_registry(settings: Settings, principal: str) -> bool:
    """Whether a principal is among the registries."""
    return f",{principal}," in f",{settings.registries},"


def check_treasury(treasury: AccountKey) -> AccountKey:
    """`treasury`, if it may be paid. Refuses: InvalidAccount for one of the anonymous principal."""
    if is_anonymous(treasury):
        raise invalid_account("an account of the anonymous principal")
    return treasury


def check_registries(registries: Sequence[str]) -> str:
    """The text of the list, if it may stand. Refuses: TooManyRegistries with the most allowed."""
    listed = registry_list(registries)
    if listed.count(",") >= MAX_REGISTRIES:
        raise Refused("TooManyRegistries", {"most": MAX_REGISTRIES})
    return listed


# -- Ledgers ----------------------------------------------------------------------------------------------------------------


def ledger_entry(kind: str, principal: str, *, sells: bool) -> str:
    """The text of one ledger."""
    return f"{kind}{int(sells)}:{principal}"


def ledger_count(settings: Settings) -> int:
    """How many ledgers there are; they are numbered from 0."""
    return settings.ledgers.count(",") + 1 if settings.ledgers else 0


def ledger_kind(settings: Settings, number: int) -> str:
    """ICRC or CYCLES. Refuses: UnknownLedger."""
    return entry_of(settings, number)[0]


def ledger_principal(settings: Settings, number: int) -> PrincipalText:
    """The ledger's canister; for raw cycles the cycles ledger. Refuses: UnknownLedger."""
    return PrincipalText(entry_of(settings, number)[3:])


def sells_in(settings: Settings, number: int) -> bool:
    """Whether new sales may be paid in a ledger. Refuses: UnknownLedger."""
    return is_on_sale(entry_of(settings, number))


def is_on_sale(entry: str) -> bool:
    """Whether new sales may be paid in the ledger with this text."""
    return entry[1] == "1"


def cycles_number(settings: Settings) -> int | None:
    """The number of raw cycles among the ledgers, while new sales may be paid in them."""
    for number, entry in enumerate(settings.ledgers.split(",")):
        if entry.startswith(f"{CYCLES}1"):
            return number
    return None


def entry_of(settings: Settings, number: int) -> str:
    """The text of a ledger: kind, switch, colon, principal. Refuses: UnknownLedger."""
    entries = settings.ledgers.split(",")
    if not settings.ledgers or not 0 <= number < len(entries):
        raise unknown_ledger(number)
    return entries[number]


def unknown_ledger(number: int) -> Refused:
    """A ledger that governance has not admitted."""
    return Refused("UnknownLedger", {"ledger": number})


def with_ledger(settings: Settings, number: int, entry: str) -> Settings:
    """The settings with another entry for a ledger, or with a new last one."""
    entries = settings.ledgers.split(",") if settings.ledgers else []
    return settings._replace(ledgers=",".join([*entries[:number], entry, *entries[number + 1 :]]))


# -- What holds when --------------------------------------------------------------------------------------------------------


def settings_of(line: str, now: Nanoseconds) -> Settings:
    """What holds at a moment, of a stored line."""
    settings = decode_settings(line)
    return in_force(settings, now) if settings.pending else settings


def in_force(settings: Settings, now: Nanoseconds) -> Settings:
    """The settings with what has come into force by now."""
    due, rest = due_changes(settings.pending, now)
    if not due:
        return settings
    settings = settings._replace(pending=rest)
    for name, value in due:
        settings = with_setting(settings, name, value)
    return settings


def with_setting(settings: Settings, name: str, value: str) -> Settings:
    """The settings with one of them changed; its value as text, numbers in decimal."""
    if name.startswith(LEDGER_NAME):
        return with_ledger(settings, int(name[len(LEDGER_NAME) :]), value)
    place = Settings._fields.index(name)
    fields: list[object] = list(settings)
    fields[place] = value if place < _TEXTS else int(value)
    return Settings(*fields)  # type: ignore[arg-type]


def encode_settings(settings: Settings) -> str:
    """The stored line of the settings: at most 4,600 characters."""
    return _FORM % settings


def decode_settings(line: str) -> Settings:
    """What `encode_settings` wrote; anything else is Broken. Changes that are due are still pending in it: see `settings_of`."""
    fields = line.split("|")
    check_row(fields, _VERSION, 12)
    return Settings(*fields[1:10], *[int(field, 16) for field in fields[10:]])  # type: ignore[arg-type]


def fees_of(line: str) -> str:
    """The schedule of the protocol's fee in a stored line, read without the rest of it."""
    return decode_fields(_VERSION, len(Settings._fields), line)[Settings._fields.index("fees")]
