"""A subnet's key and what checks requests to it."""

from __future__ import annotations

import pytest

from kybra_replica.ingress.validator import Validator
from kybra_replica.network.bls import SigningKey


@pytest.fixture(scope="session")
def root() -> SigningKey:
    """The key of the subnet that requests go to."""
    return SigningKey(b"root of the ingress tests")


@pytest.fixture
def validator(root: SigningKey) -> Validator:
    """Checks requests; has seen none so far."""
    return Validator(root.der_public_key)
