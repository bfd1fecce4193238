"""BLS signatures: they hold for their message and key, and nothing else is a signature or a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.network.bls import DER_PREFIX, SigningKey, VerifyingKey

KEY = SigningKey(b"a subnet")
VERIFYING = VerifyingKey(KEY.der_public_key)
MESSAGE = b"\x0dic-state-root" + bytes(range(32))
SIGNATURE = KEY.sign(MESSAGE)
INFINITY = b"\xc0"


def test_a_signature_holds_for_its_message_and_key():
    assert VERIFYING.verify(SIGNATURE, MESSAGE)
    assert not VERIFYING.verify(SIGNATURE, MESSAGE + b"\0")
    assert not VERIFYING.verify(KEY.sign(b"other"), MESSAGE)
    assert not VerifyingKey(SigningKey(b"another subnet").der_public_key).verify(SIGNATURE, MESSAGE)


NO_SIGNATURES = [b"", SIGNATURE[:-1], SIGNATURE + b"\0", bytes(48), b"\xff" * 48, INFINITY + bytes(47), SIGNATURE * 2]


@pytest.mark.parametrize("signature", NO_SIGNATURES)
def test_what_is_no_point_is_no_signature(signature):
    assert not VERIFYING.verify(signature, MESSAGE)


@given(st.integers(0, 48 * 8 - 1))
def test_no_bit_of_a_signature_can_be_changed(bit):
    changed = int.from_bytes(SIGNATURE, "big") ^ 1 << bit
    assert not VERIFYING.verify(changed.to_bytes(48, "big"), MESSAGE)


NO_KEYS = [b"", bytes(96), b"x" * 96, INFINITY + bytes(95), KEY.der_public_key[37:-1], KEY.der_public_key[37:] + b"\0"]


@pytest.mark.parametrize("point", NO_KEYS)
def test_what_is_no_point_is_no_key(point):
    with pytest.raises(ValueError):
        VerifyingKey(DER_PREFIX + point)


def test_a_key_is_in_der():
    with pytest.raises(ValueError):
        VerifyingKey(KEY.der_public_key[37:])
