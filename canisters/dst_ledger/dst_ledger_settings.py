"""Three small values of the licence ledger: what it was set up with, where its timers stand, and how far each registry is served."""

from typing import NamedTuple

from ddsx_core.codec import decode_fields, decode_optional_int, encode_fields, encode_optional_int
from ddsx_core.governance_rules import Office, office_at
from ddsx_core.units import Nanoseconds, PrincipalText

MAX_SHARDS = 256
"""Registries of one licence ledger; their numbers stand in one value."""

ENTITLEMENTS_A_PAGE = 32
"""Entitlements in one value. They are numbered from 0: page p begins with number p * 32."""


class Settings(NamedTuple):
    """Principals as text. `shards` are the numbers of the registries, in the order in which they were added.

    governance, change_delay_seconds, pending: as they were written; what holds at a moment is `office_of`.
    payment_ledger: the splitter's ledger number 0.
    """

    governance: str
    payout_splitter: str
    payment_ledger: str
    shards: tuple[int, ...]
    change_delay_seconds: int = 0
    pending: str = ""


class Upkeep(NamedTuple):
    """Where the timers stand.

    ledger_fee: the payment ledger's, None until it was asked; asked_at: when it was last answered.
    swept: orders up to this number are finished or in the queue of orders to ask about again.
    retry_head, retry_tail: the queue's first position, and the one after its last.
    forgotten_orders, forgotten_transfers: the requests of orders up to this number, and of so many transfers, are forgotten.
    """

    ledger_fee: int | None = None
    asked_at: int = 0
    swept: int = 0
    retry_head: int = 0
    retry_tail: int = 0
    forgotten_orders: int = 0
    forgotten_transfers: int = 0


class Shard(NamedTuple):
    """A registry, how many entitlements are numbered for it, and how many of those it has confirmed.

    latest: the texts of those that fill no page of ENTITLEMENTS_A_PAGE yet, a line each: a sale rewrites this value anyway, so it writes to
    the map of pages, which grows with all sales, only once in so many.
    """

    registry: str
    entitlements: int = 0
    delivered: int = 0
    latest: str = ""


def office_of(settings: Settings, now: Nanoseconds) -> Office:
    """Who governs now, the delay of decisions, and those that wait."""
    return office_at(Office(PrincipalText(settings.governance), settings.change_delay_seconds, settings.pending), now)


def with_office(settings: Settings, office: Office) -> Settings:
    """The settings under another office."""
    governance, delay, pending = office
    return settings._replace(governance=governance, change_delay_seconds=delay, pending=pending)


def encode_settings(settings: Settings) -> str:
    """One text of the settings."""
    governance, splitter, ledger, shards, delay, pending = settings
    listed = ",".join([f"{shard:x}" for shard in shards])
    return encode_fields("2", [governance, splitter, ledger, listed, f"{delay:x}", pending])


def decode_settings(text: str) -> Settings:
    """The settings that `encode_settings` was given."""
    governance, splitter, ledger, shards, delay, pending = decode_fields("2", 6, text)
    return Settings(governance, splitter, ledger, tuple([int(shard, 16) for shard in shards.split(",") if shard]), int(delay, 16), pending)


def encode_upkeep(upkeep: Upkeep) -> str:
    """One text of the upkeep."""
    return encode_fields("1", [encode_optional_int(upkeep.ledger_fee), *[f"{number:x}" for number in upkeep[1:]]])


def decode_upkeep(text: str) -> Upkeep:
    """The upkeep that `encode_upkeep` was given."""
    fields = decode_fields("1", 7, text)
    return Upkeep(decode_optional_int(fields[0]), *[int(field, 16) for field in fields[1:]])


def encode_shard(shard: Shard) -> str:
    """One text of a shard."""
    registry, entitlements, delivered, latest = shard
    return f"1|{registry}|{entitlements:x}|{delivered:x}\n{latest}"


def decode_shard(text: str) -> Shard:
    """The shard that `encode_shard` was given."""
    line, _, latest = text.partition("\n")
    registry, entitlements, delivered = decode_fields("1", 3, line)
    return Shard(registry, int(entitlements, 16), int(delivered, 16), latest)


def with_entitlement(shard: Shard, text: str) -> tuple[Shard, str]:
    """The shard with one entitlement more, and the page that it completes, "" when it completes none."""
    registry, entitlements, delivered, latest = shard
    lines = f"{latest}\n{text}" if latest else text
    if (entitlements + 1) % ENTITLEMENTS_A_PAGE:
        return Shard(registry, entitlements + 1, delivered, lines), ""
    return Shard(registry, entitlements + 1, delivered), lines
