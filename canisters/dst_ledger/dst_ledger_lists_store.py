"""Lists of numbers in stable maps: the offers of a stream, and the licences and orders of an account.

An account's two lists lie in one value: a purchase that ends well adds to both, and pays for one map operation of each kind.
"""

from kybra import StableBTreeMap, nat64

from ddsx_core.refused import Broken
from ddsx_core.sorted_ids import IdSet, decode_ids, encode_ids, ids_after, include_id, insert_id, remove_id

# Lists. Key: a letter and an account key: 129. Value: version, count (12), height (2), a root page of 384 characters: 403, for accounts
# twice, with a line break between.
id_set_map = StableBTreeMap[str, str](memory_id=11, max_key_size=139, max_value_size=817)

# Further pages of the lists, 384 characters; under 0 the number of the last page ever added.
id_page_map = StableBTreeMap[nat64, str](memory_id=12, max_key_size=15, max_value_size=394)

_LAST_PAGE = 0


def add_stream_offer(stream: int, offer: int) -> None:
    """List a new offer under its stream."""
    key = _stream_key(stream)
    offers, _ = _lists(key)
    id_set_map.insert(key, encode_ids(insert_id(offers, offer, _Pages())))


def stream_offer_count(stream: int) -> int:
    """How many offers a stream has."""
    return _lists(_stream_key(stream))[0].size


def offers_of(stream: int, start: int, take: int) -> list[int]:
    """Numbers of a stream's offers, ascending from `start` on."""
    return ids_after(_lists(_stream_key(stream))[0], start, take, _Pages())


def list_purchase(account: str, licence: int, order: int) -> None:
    """List a new licence, and the order that brought it, under the account that got it."""
    key = _account_key(account)
    licences, orders = _lists(key)
    pages = _Pages()
    _put_lists(key, insert_id(licences, licence, pages), include_id(orders, order, pages))


def list_order(account: str, order: int) -> None:
    """List an order under its buyer's default account, if it is not listed there."""
    key = _account_key(account)
    licences, orders = _lists(key)
    _put_lists(key, licences, include_id(orders, order, _Pages()))


def move_licence(licence: int, before: str, after: str) -> None:
    """List a licence under another account than before."""
    pages = _Pages()
    for account, change in ((before, remove_id), (after, insert_id)):
        key = _account_key(account)
        licences, orders = _lists(key)
        _put_lists(key, change(licences, licence, pages), orders)


def balance_of(account: str) -> int:
    """How many licences an account holds."""
    return _lists(_account_key(account))[0].size


def licences_of(account: str, start: int, take: int) -> list[int]:
    """Numbers of an account's licences, ascending from `start` on."""
    return ids_after(_lists(_account_key(account))[0], start, take, _Pages())


def listed_orders(account: str, start: int, take: int) -> list[int]:
    """Numbers of the orders listed under their buyer's default account, ascending from `start` on."""
    return ids_after(_lists(_account_key(account))[1], start, take, _Pages())


class _Pages:
    """The pages of all lists. Their numbers are counted, since pages are given up."""

    def read(self, page: int) -> str:
        text = id_page_map.get(page)
        if text is None:
            raise Broken(f"page {page} of a list is missing")
        return text

    def write(self, page: int, text: str) -> None:
        id_page_map.insert(page, text)

    def add(self, text: str) -> int:
        last = id_page_map.get(_LAST_PAGE)
        page = 1 if last is None else int(last, 16) + 1
        id_page_map.insert(_LAST_PAGE, f"{page:x}")
        id_page_map.insert(page, text)
        return page

    def remove(self, page: int) -> None:
        id_page_map.remove(page)


def _lists(key: str) -> tuple[IdSet, IdSet]:
    text = id_set_map.get(key)
    if text is None:
        return IdSet(), IdSet()
    first, _, second = text.partition("\n")
    return decode_ids(first), decode_ids(second) if second else IdSet()


def _put_lists(key: str, first: IdSet, second: IdSet) -> None:
    if second.size:
        id_set_map.insert(key, f"{encode_ids(first)}\n{encode_ids(second)}")
    elif first.size:
        id_set_map.insert(key, encode_ids(first))
    else:
        id_set_map.remove(key)


def _account_key(account: str) -> str:
    return "h" + account


def _stream_key(stream: int) -> str:
    return f"s{stream:x}"
