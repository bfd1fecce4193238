"""The stable maps of the licence ledger, and nothing but reading and writing them.

Numbers of offers, orders and licences count from 1, blocks and entitlements from 0; all are dense. A next number is taken from the lengths
of the maps that hold what was numbered before, so it can never disagree with them: nothing is removed from those maps, except that an
order moves between the open ones and the finished ones in one message. Of the log all but mints is stored (`ddsx_core.licences`).

Lists of numbers by stream and by account lie in maps of their own: `dst_ledger_lists_store`.

Sizes below: a principal is 63 characters, an account key 63 + 1 + 64 = 128, a nat64 in hex 16, an amount 32 (at most 2^128), a root 64, and
every field takes a bar. Candid adds 9 bytes to a text below 128 characters, 10 to a longer one, and 7 to a nat64's 8.
"""

import dst_ledger_lists_store as lists
from dst_ledger_settings import (
    ENTITLEMENTS_A_PAGE,
    Settings,
    Shard,
    Upkeep,
    decode_settings,
    decode_shard,
    decode_upkeep,
    encode_settings,
    encode_shard,
    encode_upkeep,
    with_entitlement,
)
from kybra import StableBTreeMap, nat64

from ddsx_core.licences import (
    Entitlement,
    Licence,
    LicenceEnded,
    Transferred,
    decode_block,
    decode_entitlement,
    decode_licence,
    encode_block,
    encode_entitlement,
    encode_licence,
)
from ddsx_core.orders import Order
from ddsx_core.refused import Broken
from ddsx_core.stored_orders import decode_order, encode_order
from ddsx_core.terms import Offer, decode_offer, encode_offer

ENTITLEMENT_BITS = 48
"""Low bits of the key of a page of entitlements: its number; above them the shard."""

# Settings: version, three principals, shard numbers of 4 hex digits, 6 digits of a delay, announced changes of 137; 1 + 3 * 64 + 256 * 5 +
# 7 + 138 = 1,618, for 256 shards.
settings_map = StableBTreeMap[nat64, str](memory_id=0, max_key_size=15, max_value_size=1628)

# 0: upkeep: version, a fee, six numbers: 1 + 33 + 6 * 17 = 136. 1: when the timer is due.
upkeep_map = StableBTreeMap[nat64, str](memory_id=1, max_key_size=15, max_value_size=146)

# A shard: version, principal, two numbers: 1 + 64 + 34 = 99; up to 31 entitlements of 133 and a line break each: 4,154.
shard_map = StableBTreeMap[nat64, str](memory_id=2, max_key_size=15, max_value_size=4263)

# An offer: version, four nat64, an amount, 8 digits of periods, a flag, a principal, a title of at most 120 characters of 4 bytes each (or
# 3 characters each where quoted) and its mark: 2 + 4 * 17 + 33 + 9 + 2 + 64 + 1 + 481 = 660; a ledger, a
# clock, 8 digits of records and a flag take 15 more.
offer_map = StableBTreeMap[nat64, str](memory_id=3, max_key_size=15, max_value_size=685)

# Fingerprints of requests: 64 hex digits, to the order's or block's number.
request_map = StableBTreeMap[str, nat64](memory_id=4, max_key_size=73, max_value_size=15)

# An order: version, account key, six nat64, 8 digits of periods, two amounts: 2 + 129 + 6 * 17 + 9 + 66 = 308; source, ledger, clock, 8
# digits of ticks: 15; a receipt and its end, the longest state: a root, five nat64, seven amounts: 65 + 85 + 231 = 381. Together 704.
open_order_map = StableBTreeMap[nat64, str](memory_id=5, max_key_size=15, max_value_size=714)
order_map = StableBTreeMap[nat64, str](memory_id=6, max_key_size=15, max_value_size=714)

# Positions in the queue of orders to be asked about again, to the order's number.
retry_map = StableBTreeMap[nat64, nat64](memory_id=7, max_key_size=15, max_value_size=15)

# A licence: version, account key, six nat64: 1 + 129 + 102 = 232.
licence_map = StableBTreeMap[nat64, str](memory_id=8, max_key_size=15, max_value_size=242)

# A transfer or end, densely from 0; a transfer: version, four nat64, two principals, three blobs of 32 bytes: 2 + 68 + 128 + 195 = 393.
block_map = StableBTreeMap[nat64, str](memory_id=9, max_key_size=15, max_value_size=402)

# Full pages of 32 entitlements. Each: version, a principal, four nat64: 1 + 64 + 68 = 133; together 4,256 and 31 line breaks.
entitlement_map = StableBTreeMap[nat64, str](memory_id=10, max_key_size=15, max_value_size=4297)

_ONLY = 0
_ALARM = 1


# -- Settings, upkeep and shards ----------------------------------------------------------------------------------------------


def settings() -> Settings:
    """What the ledger was set up with."""
    return decode_settings(_present(settings_map.get(_ONLY)))


def put_settings(settings: Settings) -> None:
    """Replace the settings."""
    settings_map.insert(_ONLY, encode_settings(settings))


def upkeep() -> Upkeep:
    """Where the timers stand."""
    return decode_upkeep(_present(upkeep_map.get(_ONLY)))


def put_upkeep(upkeep: Upkeep) -> None:
    """Replace where the timers stand."""
    upkeep_map.insert(_ONLY, encode_upkeep(upkeep))


def alarm() -> int | None:
    """When the timer that looks after unfinished work is due, in ns; None when none is set."""
    text = upkeep_map.get(_ALARM)
    return int(text, 16) if text else None


def put_alarm(due: int | None) -> None:
    """Note when the timer is due."""
    upkeep_map.insert(_ALARM, "" if due is None else f"{due:x}")


def shard(number: int) -> Shard | None:
    """A registry and how far its entitlements are delivered."""
    text = shard_map.get(number)
    return None if text is None else decode_shard(text)


def known_shard(number: int) -> Shard:
    """A shard that an offer or an order named; shards are never removed."""
    return decode_shard(_present(shard_map.get(number)))


def put_shard(number: int, shard: Shard) -> None:
    """Replace a shard's entry."""
    shard_map.insert(number, encode_shard(shard))


# -- Offers -------------------------------------------------------------------------------------------------------------------


def offer_count() -> int:
    """How many offers there are, which is also the last one's number."""
    return offer_map.len()


def offer(number: int) -> Offer | None:
    """An offer by its number."""
    text = offer_map.get(number)
    return None if text is None else decode_offer(text)


def add_offer(offer: Offer) -> None:
    """Keep a new offer, and list it under its stream."""
    offer_map.insert(offer.offer, encode_offer(offer))
    lists.add_stream_offer(offer.stream, offer.offer)


def put_offer(offer: Offer) -> None:
    """Replace an offer."""
    offer_map.insert(offer.offer, encode_offer(offer))


# -- Orders -------------------------------------------------------------------------------------------------------------------


def order_count() -> int:
    """How many orders there are, which is also the last one's number."""
    return order_map.len() + open_order_map.len()


def open_order_count() -> int:
    """How many orders are not finished."""
    return open_order_map.len()


def order(number: int) -> Order | None:
    """An order by its number, in whatever state."""
    text = open_order_map.get(number)
    if text is None:
        text = order_map.get(number)
    return None if text is None else decode_order(text)


def known_order(number: int) -> Order:
    """An order whose number was written somewhere, in whatever state."""
    text = open_order_map.get(number)
    return decode_order(_present(order_map.get(number) if text is None else text))


def current_order(order: Order) -> Order:
    """An order as it now stands, after an await. Comparing costs a third of taking the text apart, and mostly nothing has changed."""
    if open_order_map.get(order.order) == encode_order(order):
        return order
    return known_order(order.order)


def open_order(number: int) -> Order | None:
    """An order by its number, None when it is finished."""
    text = open_order_map.get(number)
    return None if text is None else decode_order(text)


def put_open_order(order: Order) -> None:
    """Keep a new order that is not finished, or replace it."""
    open_order_map.insert(order.order, encode_order(order))


def finish_order(order: Order) -> None:
    """Move an order to the finished ones."""
    order_map.insert(order.order, encode_order(order))
    open_order_map.remove(order.order)


def reopen_order(order: Order) -> None:
    """Move a finished order back to those that are not."""
    open_order_map.insert(order.order, encode_order(order))
    order_map.remove(order.order)


def remembered(fingerprint: str) -> int | None:
    """The number of the order or block that a request made, while it is remembered."""
    return request_map.get(fingerprint)


def remembered_count() -> int:
    """How many requests are remembered."""
    return request_map.len()


def remember(fingerprint: str, number: int) -> int | None:
    """Remember a request by the number of what it made; the number by which it was remembered before, and still is then."""
    known = request_map.insert(fingerprint, number)
    if known is not None:
        request_map.insert(fingerprint, known)
    return known


def forget(fingerprint: str) -> None:
    """Remember a request no longer."""
    request_map.remove(fingerprint)


def retry_at(position: int) -> int | None:
    """The order at a position of the queue."""
    return retry_map.get(position)


def put_retry(position: int, order: int) -> None:
    """Put an order at a position of the queue."""
    retry_map.insert(position, order)


def remove_retry(position: int) -> None:
    """Take a position out of the queue."""
    retry_map.remove(position)


# -- Licences, blocks and entitlements ----------------------------------------------------------------------------------------


def licence_count() -> int:
    """How many licences there are, which is also the last one's number."""
    return licence_map.len()


def licence(number: int) -> Licence | None:
    """A licence by its number."""
    text = licence_map.get(number)
    return None if text is None else decode_licence(text)


def add_licence(licence: Licence) -> None:
    """Keep a new licence, and list it and its order under its holder, who is the order's buyer."""
    licence_map.insert(licence.licence, encode_licence(licence))
    lists.list_purchase(licence.holder, licence.licence, licence.order)


def put_licence(licence: Licence) -> None:
    """Replace a licence by the same one, in the same account."""
    licence_map.insert(licence.licence, encode_licence(licence))


def move_licence(before: Licence, after: Licence) -> None:
    """Replace a licence by the same one in another account, and list it there."""
    licence_map.insert(after.licence, encode_licence(after))
    lists.move_licence(after.licence, before.holder, after.holder)


def block_count() -> int:
    """The length of the log, which is also the next block's number."""
    return licence_map.len() + block_map.len()


def later_block(number: int) -> Transferred | LicenceEnded | None:
    """A transfer or end by its number among them, from 0."""
    text = block_map.get(number)
    return None if text is None else decode_block(text)


def append_block(block: Transferred | LicenceEnded) -> None:
    """Append a transfer or end to the log; its block is the one after the last."""
    block_map.insert(block_map.len(), encode_block(block))


def queue_entitlement(shard_number: int, entitlement: Entitlement) -> Shard:
    """Number an entitlement for its registry; the registry's entry then.

    An entitlement is never changed after and never removed: a registry that was set back gets it again.
    """
    shard, page = with_entitlement(known_shard(shard_number), encode_entitlement(entitlement))
    if page:
        entitlement_map.insert(shard_number << ENTITLEMENT_BITS | shard.entitlements // ENTITLEMENTS_A_PAGE - 1, page)
    put_shard(shard_number, shard)
    return shard


def entitlements(shard_number: int, shard: Shard, first: int, end: int) -> list[Entitlement]:
    """The entitlements of a registry from number `first` up to before `end`, which were all numbered."""
    _, numbered, _, latest = shard
    last = numbered // ENTITLEMENTS_A_PAGE
    begin = first // ENTITLEMENTS_A_PAGE
    base = shard_number << ENTITLEMENT_BITS
    pages = [_present(entitlement_map.get(base | page)) for page in range(begin, min(last, (end - 1) // ENTITLEMENTS_A_PAGE + 1))]
    lines = "\n".join([*pages, latest]).split("\n")
    skipped = begin * ENTITLEMENTS_A_PAGE
    return [decode_entitlement(line) for line in lines[first - skipped : end - skipped]]


def _present(text: str | None) -> str:
    if text is None:
        raise Broken("an entry of a stable map is missing")
    return text
