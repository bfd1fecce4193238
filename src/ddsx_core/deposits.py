"""Where a buyer sends the price of an order when his wallet cannot approve: an account of the splitter for that order alone.

The splitter takes the price from there, the licence ledger tells the buyer where it is; both by the same function.
"""

from __future__ import annotations

from hashlib import sha256

_DOMAIN = b"\x12ddsx-order-deposit"
_ORDER_BYTES = 8


def deposit_subaccount(order: int) -> bytes:
    """The subaccount of the splitter into which an order's price may be sent: a hash of its number, in a domain of its own."""
    return sha256(_DOMAIN + order.to_bytes(_ORDER_BYTES, "big")).digest()
