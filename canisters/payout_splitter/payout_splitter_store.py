"""The stable maps of the payout splitter: the only place that reads and writes them.

Values are rows of `ddsx_core.stored_rows` and `ddsx_core.codec`. A text of n bytes takes n + 8 bytes of Candid below 128, n + 9 below
16,384, else n + 10; a nat64 takes 15. Widest fields in hex digits: a moment, a stream, an order or a payout 16, a price or what one purse
received 32, a sum over streams 48, an index 64 (a purse's revenue, and the scale), a tally 81 (an index times a weight, and a sign), an
account key 128.

| id | map | key | value |
|---|---|---|---|
| 0 | state | 0 | a line each: settings, totals of all ledgers, desk, log, orders; then a line for each open payment |
| 1 | books | stream | account book of a stream: plan, work, a purse for each ledger |
| 2 | members | "stream in hex/principal" | one contributor's work in a stream, and what it drew on the first two ledgers |
| 3 | more members | the same | what it drew on the other ledgers |
| 4 | payees | "ledger in hex/principal" | balance, latest claim |
| 5 | collections | order | what the log does not tell of an order: refused, waiting, earned along a clock, given back |
| 6 | payouts | payout, densely from 1 | one payout, once it is no longer open, for good |
| 7 | pushes | place, densely from 1 | who is paid without asking, and how |
| 8 | flows | "stream/ledger/slot" in hex | money that is earned along a clock |
| 9 | plans | "stream/version" in hex | every plan that was announced for a stream |
| 10 | log pages | page | 16 blocks |
| 11 | long blocks | block | a block that is longer than a page's may be |
| 12 | order pages | page | which block tells of each of 256 orders |
| 13 | payout pages | page | which blocks tell of each of 256 payouts |

What changes with every payment stands in one value, `State`: each map that a message touches costs 0.3 M instructions, each entry of a
large one 1.6 M. A member's key is the text of stream and principal, one access of 0.5 M to 1 M; a dense member number would save key bytes
but need a second map from principal to number, and so a second access each time.
"""

from __future__ import annotations

from kybra import StableBTreeMap, ic, nat64

from ddsx_core.collection_rules import Collection, decode_collection, encode_collection
from ddsx_core.flows import Flow, decode_flow, encode_flow
from ddsx_core.memberships import Membership, decode_membership, encode_membership, has_more
from ddsx_core.money_log import EMPTY_LOG, certified_root
from ddsx_core.order_index import NO_ORDERS
from ddsx_core.payout_rules import Payee, Payout, Push, decode_payee, decode_payout, decode_push, encode_payee, encode_payout, encode_push
from ddsx_core.refused import Broken
from ddsx_core.stream_books import Book, decode_book, encode_book

# Settings 4,600; totals of 8 ledgers, each version 1, 15 sums 720, owed 80, carried 32, 17 bars: 6,807; desk: version 1, twice 200 numbers
# with commas 6,798, fees 263, 31 recent payouts 1,580, six numbers 96, 10 bars: 8,748; log 17, 64 and 15 blocks of 700 with tabs: 10,596;
# orders 17 and 63 pairs of 34: 2,158. Open: 200 collections of 633 and 200 payouts of 454, each with key 17, a bar and a line break:
# 224,999. Five line breaks: 257,913.
state_map = StableBTreeMap[nat64, str](memory_id=0, max_key_size=15, max_value_size=257_923)

# Head: version 1, two principals 126, six numbers 96, 8 bars: 231. Two plans of 16 steps with a payee of 65, a name of 32, share 5, cap 32,
# vesting 8 and 5 separators: 4,706. Eight purses: ledger 1, index 64, remainder 16, tally 82, moment 16, eleven sums 352, flags 1, bars 18,
# dues of 48 payees of 97: 4,655; 32 vesting payees of 66: 2,111: 7,315. With line breaks 63,467.
books = StableBTreeMap[nat64, str](memory_id=1, max_key_size=15, max_value_size=63_477)

# Key: a stream 16, a slash, a principal 63: 80. Value: version 1, weight 16, two tallies and claims 230, 6 bars: 253.
members = StableBTreeMap[str, str](memory_id=2, max_key_size=88, max_value_size=262)

# Value: version 1, six tallies and claims 678, 12 bars: 691.
more_members = StableBTreeMap[str, str](memory_id=3, max_key_size=88, max_value_size=700)

# Key: a ledger 1, a slash, a principal 63: 65. Value: version 1, eight payouts with commas 135, four sums 192, time, payout and place 48,
# 8 bars: 384.
payees = StableBTreeMap[str, str](memory_id=4, max_key_size=73, max_value_size=393)

# Version 1, account 128, state and source 2, refusal 80, stream 16, ledger and clock 2, ticks 8, two times 32, attempts 4, the ledger's
# block 48, start and block 32, eight amounts 257, 22 bars: 633.
collections = StableBTreeMap[nat64, str](memory_id=5, max_key_size=15, max_value_size=642)

# Version 1, principal 63, destination 130, state 1, refusal 80, ledger 1, amount 48, fee 32, two times 32, attempts 4, block 48, 11 bars:
# 454.
payouts = StableBTreeMap[nat64, str](memory_id=6, max_key_size=15, max_value_size=463)

# Version 1, principal 63, destination 130, ten streams with commas 169, ledger 1, threshold 32, failures 4, time 16, 7 bars: 423.
pushes = StableBTreeMap[nat64, str](memory_id=7, max_key_size=15, max_value_size=432)

# Key: a stream 16, a ledger 1, a slot 3, two slashes: 22. Value: `limits.MAX_FLOW_LENGTH`.
flows = StableBTreeMap[str, str](memory_id=8, max_key_size=30, max_value_size=254_290)

# Key: a stream 16, a slash, a version 16: 33. Value: two times and a block 48, flag 1, plan 2,354, bars 4: 2,407.
plans = StableBTreeMap[str, str](memory_id=9, max_key_size=41, max_value_size=2_420)

# 16 blocks of 700 with tabs: 11,215.
log_pages = StableBTreeMap[nat64, str](memory_id=10, max_key_size=15, max_value_size=11_224)

# 128 contributors of 81 with their separators, 10,367; type 9, three numbers and a time 64, parent 64, 6 bars: 10,510.
long_blocks = StableBTreeMap[nat64, str](memory_id=11, max_key_size=15, max_value_size=10_519)

# 256 pairs of an order 16 and a block 16, colon and comma: 8,704.
order_pages = StableBTreeMap[nat64, str](memory_id=12, max_key_size=15, max_value_size=8_713)

# 256 entries of a payout 16 and two blocks 32, two colons and a comma: 13,056.
payout_pages = StableBTreeMap[nat64, str](memory_id=13, max_key_size=15, max_value_size=13_065)


# -- State ------------------------------------------------------------------------------------------------------------------


class State:
    """What changes with every payment, as stored texts: each is decoded by whom it concerns, as decoding is what costs.

    Read once a message, changed in place, and written once at the end; what was changed and not written never happened.
    settings: a line of `splitter_settings`. totals: of each ledger, `payout_totals`. desk: a line of `splitter_desk`.
    log: a line of `money_log`. orders: a line of `order_index`. rows: the rows of open payments, `open_rows`.
    """

    def __init__(self, text: str) -> None:
        self.settings, totals, self.desk, self.log, self.orders, self.rows = text.split("\n", 5)
        self.totals = totals.split(";")
        self._certified = (totals, self.log)

    def text(self) -> str:
        """The stored value."""
        return "\n".join([self.settings, ";".join(self.totals), self.desk, self.log, self.orders, self.rows])

    def certify(self, *, if_changed: bool = False) -> None:
        """Certify totals and log as they are now; or only if they are not what they were when the state was read."""
        totals = ";".join(self.totals)
        if not if_changed or self._certified != (totals, self.log):
            self._certified = (totals, self.log)
            ic.set_certified_data(certified_root(totals, self.log))


def read_state() -> State:
    """What changes with every payment."""
    return State(_present(state_map.get(0)))


def create_state(settings: str, desk: str) -> State:
    """The state of a new splitter, for whoever installs it to write."""
    state = State(f"{settings}\n\n{desk}\n{EMPTY_LOG}\n{NO_ORDERS}\n")
    state.certify()
    return state


def write_state(state: State) -> None:
    """Set what changes with every payment, and certify totals and log where they changed."""
    state_map.insert(0, state.text())
    state.certify(if_changed=True)


# -- Streams and payees -----------------------------------------------------------------------------------------------------


def find_book(stream: int) -> Book | None:
    """The account book of a stream, None before its batch 0."""
    text = books.get(stream)
    return None if text is None else decode_book(text)


def find_book_text(stream: int) -> str | None:
    """The stored account book of a stream, None before its batch 0."""
    return books.get(stream)


def write_book_text(stream: int, text: str) -> None:
    """Set the account book of a stream, stored as it is."""
    books.insert(stream, text)


def has_book(stream: int) -> bool:
    """Whether the account book of a stream is open."""
    return books.contains_key(stream)


def write_book(stream: int, book: Book) -> None:
    """Set the account book of a stream."""
    books.insert(stream, encode_book(book))


def find_membership(stream: int, principal: str) -> Membership | None:
    """A contributor's state in a stream, None for one that never recorded work there."""
    key = f"{stream:x}/{principal}"
    text = members.get(key)
    if text is None:
        return None
    return decode_membership(text, _present(more_members.get(key)) if has_more(text) else "")


def write_membership(stream: int, principal: str, membership: Membership) -> None:
    """Set a contributor's state in a stream."""
    key = f"{stream:x}/{principal}"
    text, more = encode_membership(membership)
    members.insert(key, text)
    if more:
        more_members.insert(key, more)


def read_payee(ledger: int, principal: str) -> Payee:
    """A payee's account on a ledger; an empty one for who never had any."""
    text = payees.get(f"{ledger:x}/{principal}")
    return Payee() if text is None else decode_payee(text)


def write_payee(ledger: int, principal: str, payee: Payee) -> None:
    """Set a payee's account on a ledger."""
    payees.insert(f"{ledger:x}/{principal}", encode_payee(payee))


# -- Flows and plans --------------------------------------------------------------------------------------------------------


def find_flow(stream: int, ledger: int, slot: str) -> Flow | None:
    """A flow of a stream's purse, None where none is under way."""
    text = flows.get(f"{stream:x}/{ledger:x}/{slot}")
    return None if text is None else decode_flow(text)


def write_flow(stream: int, ledger: int, slot: str, flow: Flow) -> None:
    """Set a flow; one that holds nothing is removed."""
    key = f"{stream:x}/{ledger:x}/{slot}"
    if flow.held_units:
        flows.insert(key, encode_flow(flow))
    else:
        flows.remove(key)


def read_plan(stream: int, version: int) -> str:
    """The row of a plan that was announced, which must exist."""
    return _present(plans.get(f"{stream:x}/{version:x}"))


def write_plan(stream: int, version: int, row: str) -> None:
    """Set the row of a plan that was announced."""
    plans.insert(f"{stream:x}/{version:x}", row)


# -- Payments ---------------------------------------------------------------------------------------------------------------


def find_collection(order: int) -> Collection | None:
    """The row of an order's collection that is no longer open, None when it has none."""
    text = collections.get(order)
    return None if text is None else decode_collection(text)


def write_collection(order: int, collection: Collection) -> None:
    """Set an order's collection that is no longer open."""
    collections.insert(order, encode_collection(collection))


def find_order_page(page: int) -> str | None:
    """The pairs of 256 orders and the blocks that tell of them, None before there is one."""
    return order_pages.get(page)


def write_order_page(page: int, pairs: str) -> None:
    """Set the pairs of 256 orders."""
    order_pages.insert(page, pairs)


def find_payout_page(page: int) -> str | None:
    """The entries of 256 payouts in the index, None before there is one."""
    return payout_pages.get(page)


def write_payout_page(page: int, entries: str) -> None:
    """Set the entries of 256 payouts in the index."""
    payout_pages.insert(page, entries)


def find_payout(number: int) -> Payout | None:
    """A payout that is no longer open, None for any other number."""
    text = payouts.get(number)
    return None if text is None else decode_payout(text)


def read_payout(number: int) -> Payout:
    """A payout that is no longer open, which must exist."""
    return decode_payout(_present(payouts.get(number)))


def write_payout(number: int, payout: Payout) -> None:
    """Set a payout that is no longer open."""
    payouts.insert(number, encode_payout(payout))


# -- Pushes -----------------------------------------------------------------------------------------------------------------


def read_push(place: int) -> Push:
    """Who is paid without asking at a place, which must be taken."""
    return decode_push(_present(pushes.get(place)))


def write_push(place: int, push: Push) -> None:
    """Set who is paid without asking at a place."""
    pushes.insert(place, encode_push(push))


def remove_push(place: int) -> None:
    """Clear a place."""
    pushes.remove(place)


# -- The log ----------------------------------------------------------------------------------------------------------------


def read_log_page(page: int) -> str:
    """A full page of the log, which must exist."""
    return _present(log_pages.get(page))


def write_log_page(page: int, text: str) -> None:
    """Set a page of the log."""
    log_pages.insert(page, text)


def read_long_block(block: int) -> str:
    """A block that stands alone, which must exist."""
    return _present(long_blocks.get(block))


def write_long_block(block: int, line: str) -> None:
    """Set a block that stands alone."""
    long_blocks.insert(block, line)


def _present(text: str | None) -> str:
    if text is None:
        raise Broken("a value that was written is not there")
    return text
