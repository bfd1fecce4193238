"""A canister that does next to nothing: what is left is the replica's own work."""

from kybra import StableBTreeMap, nat64, query, update

counts = StableBTreeMap[nat64, nat64](memory_id=0, max_key_size=16, max_value_size=16)


@update
def add(amount: nat64) -> nat64:
    """Add to the number; what it is now."""
    total = (counts.get(0) or 0) + amount
    counts.insert(0, total)
    return total


@query
def total() -> nat64:
    """The number."""
    return counts.get(0) or 0
