"""Asserting a refusal whole: its kind and every field."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ddsx_core.refused import Refused


@contextmanager
def refuses(kind: str, **data: object) -> Iterator[None]:
    """The block must refuse with exactly this kind and these fields."""
    with pytest.raises(Refused) as caught:
        yield
    assert (caught.value.kind, caught.value.data) == (kind, data)
