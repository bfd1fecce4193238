"""A canister that splits an amount by weights: exactly, by the plain floor, or not at all, which says what the rest costs."""

from kybra import nat64, update

from ddsx_core.split import split_exact


def _weights(count: int) -> list[int]:
    return [1 + place * 7919 % 10_007 for place in range(count)]


@update
def nothing(amount: nat64, count: nat64) -> nat64:
    """Make the weights."""
    weights = _weights(count)
    total = sum(weights)
    return amount + total


@update
def floor(amount: nat64, count: nat64) -> nat64:
    """Make the weights, and split by the plain floor."""
    weights = _weights(count)
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    return amount + len(parts)


@update
def exact(amount: nat64, count: nat64) -> nat64:
    """Make the weights, and split exactly."""
    weights = _weights(count)
    total = sum(weights)
    parts = split_exact(amount, weights)
    return total + len(parts)
