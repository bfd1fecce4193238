"""The stable maps of the licence ledger, and nothing but reading and writing them.

Numbers of offers, orders and licences count from 1, blocks and entitlements from 0; all are dense. A next number is taken from the lengths
of the maps that hold what was numbered before, so it can never disagree with them: nothing is removed from those maps, except that an
order moves from the open ones to the finished ones in one message.

Sizes below: a principal is 63 characters, an account key 63 + 1 + 64 = 128, a nat64 in hex 16, an amount 32 (at most 2^128), a root 64, and
every field takes a bar. Candid adds 9 bytes to a text below 128 characters, 10 to a longer one, and 7 to a nat64's 8.
"""

from dst_ledger_settings import (
    Settings,
    Shard,
    Upkeep,
    decode_settings,
    decode_shard,
    decode_upkeep,
    encode_settings,
    encode_shard,
    encode_upkeep,
)
from kybra import StableBTreeMap, nat64

from ddsx_core.licences import (
    Entitlement,
    Licence,
    Minted,
    Transferred,
    decode_block,
    decode_entitlement,
    decode_licence,
    encode_block,
    encode_entitlement,
    encode_licence,
)
from ddsx_core.orders import Order, decode_order, encode_order
from ddsx_core.refused import Broken
from ddsx_core.sorted_ids import IdSet, decode_ids, encode_ids, ids_after, insert_id, remove_id
from ddsx_core.terms import Offer, decode_offer, encode_offer

ENTITLEMENT_BITS = 48
"""Low bits of an entitlement's key: its number; above them the shard."""

# Settings: version, three principals, shard numbers of 4 hex digits; 2 + 3 * 64 + 256 * 5 = 1,474, for 256 shards.
settings_map = StableBTreeMap[nat64, str](memory_id=0, max_key_size=15, max_value_size=1484)

# Upkeep: version, a fee, six numbers: 1 + 33 + 6 * 17 = 136.
upkeep_map = StableBTreeMap[nat64, str](memory_id=1, max_key_size=15, max_value_size=146)

# A shard: version, principal, two numbers: 1 + 64 + 34 = 99.
shard_map = StableBTreeMap[nat64, str](memory_id=2, max_key_size=15, max_value_size=108)

# An offer: version, four nat64, an amount, 8 digits of periods, a flag, a principal, a title of at most 120 characters of 4 bytes each (or
# 3 characters each where quoted) and its mark: 2 + 4 * 17 + 33 + 9 + 2 + 64 + 1 + 481 = 660.
offer_map = StableBTreeMap[nat64, str](memory_id=3, max_key_size=15, max_value_size=670)

# Fingerprints of requests: 64 hex digits, to the order's or block's number.
request_map = StableBTreeMap[str, nat64](memory_id=4, max_key_size=73, max_value_size=15)

# An order: version, account key, six nat64, 8 digits of periods, two amounts: 2 + 129 + 6 * 17 + 9 + 66 = 308; a receipt, its longest
# state: a root, four nat64, four amounts: 65 + 68 + 132 = 265. Together 573.
open_order_map = StableBTreeMap[nat64, str](memory_id=5, max_key_size=15, max_value_size=583)
order_map = StableBTreeMap[nat64, str](memory_id=6, max_key_size=15, max_value_size=583)

# Positions in the queue of orders to be asked about again, to the order's number.
retry_map = StableBTreeMap[nat64, nat64](memory_id=7, max_key_size=15, max_value_size=15)

# A licence: version, account key, six nat64: 1 + 129 + 102 = 232.
licence_map = StableBTreeMap[nat64, str](memory_id=8, max_key_size=15, max_value_size=242)

# A block: version, three nat64, two principals, three blobs of 32 bytes: 2 + 51 + 128 + 195 = 376.
block_map = StableBTreeMap[nat64, str](memory_id=9, max_key_size=15, max_value_size=386)

# An entitlement: version, a principal, four nat64: 1 + 64 + 68 = 133.
entitlement_map = StableBTreeMap[nat64, str](memory_id=10, max_key_size=15, max_value_size=143)

# Sets of numbers. Key: a letter and an account key. Value: version, count (12), height (2), a root page of 384 characters: 403.
id_set_map = StableBTreeMap[str, str](memory_id=11, max_key_size=139, max_value_size=413)

# Further pages of the sets, 384 characters; under 0 the number of the last page ever added.
id_page_map = StableBTreeMap[nat64, str](memory_id=12, max_key_size=15, max_value_size=394)

_ONLY = 0


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
    _insert_id(_stream_key(offer.stream), offer.offer)


def put_offer(offer: Offer) -> None:
    """Replace an offer."""
    offer_map.insert(offer.offer, encode_offer(offer))


def stream_offer_count(stream: int) -> int:
    """How many offers a stream has."""
    return _id_set(_stream_key(stream)).size


def offers_of(stream: int, start: int, take: int) -> list[int]:
    """Numbers of a stream's offers, ascending from `start` on."""
    return ids_after(_id_set(_stream_key(stream)), start, take, _Pages())


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


def add_order(order: Order, fingerprint: str) -> None:
    """Keep a new order, remember its request, and list it under its buyer."""
    open_order_map.insert(order.order, encode_order(order))
    request_map.insert(fingerprint, order.order)
    _insert_id(_buyer_key(order.request.buyer), order.order)


def put_open_order(order: Order) -> None:
    """Replace an order that is not finished."""
    open_order_map.insert(order.order, encode_order(order))


def finish_order(order: Order) -> None:
    """Move an order to the finished ones."""
    order_map.insert(order.order, encode_order(order))
    open_order_map.remove(order.order)


def orders_of(buyer: str, start: int, take: int) -> list[int]:
    """Numbers of a buyer's orders, ascending from `start` on."""
    return ids_after(_id_set(_buyer_key(buyer)), start, take, _Pages())


def remembered(fingerprint: str) -> int | None:
    """The number of the order or block that a request made, while it is remembered."""
    return request_map.get(fingerprint)


def remembered_count() -> int:
    """How many requests are remembered."""
    return request_map.len()


def remember(fingerprint: str, number: int) -> None:
    """Remember a request by the number of what it made."""
    request_map.insert(fingerprint, number)


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
    """Keep a new licence, and list it under its holder."""
    licence_map.insert(licence.licence, encode_licence(licence))
    _insert_id(_holder_key(licence.holder), licence.licence)


def move_licence(before: Licence, after: Licence) -> None:
    """Replace a licence by the same one in another account, and list it there."""
    licence_map.insert(after.licence, encode_licence(after))
    _remove_id(_holder_key(before.holder), before.licence)
    _insert_id(_holder_key(after.holder), after.licence)


def balance_of(account: str) -> int:
    """How many licences an account holds."""
    return _id_set(_holder_key(account)).size


def licences_of(account: str, start: int, take: int) -> list[int]:
    """Numbers of an account's licences, ascending from `start` on."""
    return ids_after(_id_set(_holder_key(account)), start, take, _Pages())


def block_count() -> int:
    """The length of the log, which is also the next block's number."""
    return block_map.len()


def block(number: int) -> Minted | Transferred | None:
    """A block by its number."""
    text = block_map.get(number)
    return None if text is None else decode_block(text)


def append_block(block: Minted | Transferred) -> int:
    """Append to the log; the block's number."""
    number = block_map.len()
    block_map.insert(number, encode_block(block))
    return number


def queue_entitlement(shard_number: int, entitlement: Entitlement) -> None:
    """Number an entitlement for its registry. It is never changed after and never removed: a registry that was set back gets it again."""
    shard = known_shard(shard_number)
    entitlement_map.insert(shard_number << ENTITLEMENT_BITS | shard.entitlements, encode_entitlement(entitlement))
    put_shard(shard_number, Shard(shard.registry, shard.entitlements + 1, shard.delivered))


def entitlements(shard_number: int, first: int, end: int) -> list[Entitlement]:
    """The entitlements of a registry from number `first` up to before `end`."""
    base = shard_number << ENTITLEMENT_BITS
    return [decode_entitlement(_present(entitlement_map.get(base | number))) for number in range(first, end)]


# -- Sets of numbers ----------------------------------------------------------------------------------------------------------


class _Pages:
    """The pages of all sets. Their numbers are counted, since pages are given up."""

    def read(self, page: int) -> str:
        return _present(id_page_map.get(page))

    def write(self, page: int, text: str) -> None:
        id_page_map.insert(page, text)

    def add(self, text: str) -> int:
        last = id_page_map.get(_ONLY)
        page = 1 if last is None else int(last, 16) + 1
        id_page_map.insert(_ONLY, f"{page:x}")
        id_page_map.insert(page, text)
        return page

    def remove(self, page: int) -> None:
        id_page_map.remove(page)


def _id_set(key: str) -> IdSet:
    text = id_set_map.get(key)
    return IdSet() if text is None else decode_ids(text)


def _insert_id(key: str, number: int) -> None:
    id_set_map.insert(key, encode_ids(insert_id(_id_set(key), number, _Pages())))


def _remove_id(key: str, number: int) -> None:
    ids = remove_id(_id_set(key), number, _Pages())
    if ids.size:
        id_set_map.insert(key, encode_ids(ids))
    else:
        id_set_map.remove(key)


def _holder_key(account: str) -> str:
    return "h" + account


def _buyer_key(buyer: str) -> str:
    return "b" + buyer


def _stream_key(stream: int) -> str:
    return f"s{stream:x}"


def _present(text: str | None) -> str:
    if text is None:
        raise Broken("an entry of a stable map is missing")
    return text
