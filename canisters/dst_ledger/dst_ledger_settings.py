"""Three small values of the licence ledger: what it was set up with, where its timers stand, and how far each registry is served."""

from typing import NamedTuple

from ddsx_core.codec import decode_fields, decode_optional_int, encode_fields, encode_optional_int

MAX_SHARDS = 256
"""Registries of one licence ledger; their numbers stand in one value."""


class Settings(NamedTuple):
    """Principals as text. `shards` are the numbers of the registries, in the order in which they were added."""

    governance: str
    payout_splitter: str
    payment_ledger: str
    shards: tuple[int, ...]


class Upkeep(NamedTuple):
    """Where the timers stand.

    ledger_fee: the payment ledger's, None until it was asked; asked_at: when it was last answered.
    swept: orders up to this number are finished or in the queue of orders to ask about again.
    retry_head, retry_tail: the queue's first position, and the one after its last.
    forgotten_orders, forgotten_blocks: the requests of orders up to this number, and of blocks before this number, are forgotten.
    """

    ledger_fee: int | None = None
    asked_at: int = 0
    swept: int = 0
    retry_head: int = 0
    retry_tail: int = 0
    forgotten_orders: int = 0
    forgotten_blocks: int = 0


class Shard(NamedTuple):
    """A registry, how many entitlements are numbered for it, and how many of those it has confirmed."""

    registry: str
    entitlements: int
    delivered: int


def encode_settings(settings: Settings) -> str:
    """One text of the settings."""
    shards = ",".join([f"{shard:x}" for shard in settings.shards])
    return encode_fields("1", [settings.governance, settings.payout_splitter, settings.payment_ledger, shards])


def decode_settings(text: str) -> Settings:
    """The settings that `encode_settings` was given."""
    governance, splitter, ledger, shards = decode_fields("1", 4, text)
    return Settings(governance, splitter, ledger, tuple([int(shard, 16) for shard in shards.split(",") if shard]))


def encode_upkeep(upkeep: Upkeep) -> str:
    """One text of the upkeep."""
    return encode_fields("1", [encode_optional_int(upkeep.ledger_fee), *[f"{number:x}" for number in upkeep[1:]]])


def decode_upkeep(text: str) -> Upkeep:
    """The upkeep that `encode_upkeep` was given."""
    fields = decode_fields("1", 7, text)
    return Upkeep(decode_optional_int(fields[0]), *[int(field, 16) for field in fields[1:]])


def encode_shard(shard: Shard) -> str:
    """One text of a shard."""
    return encode_fields("1", [shard.registry, f"{shard.entitlements:x}", f"{shard.delivered:x}"])


def decode_shard(text: str) -> Shard:
    """The shard that `encode_shard` was given."""
    registry, entitlements, delivered = decode_fields("1", 3, text)
    return Shard(registry, int(entitlements, 16), int(delivered, 16))
