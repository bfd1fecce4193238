"""Keys derived for canisters: readers open them and verify them by pairing, with nothing of the code that derived them."""

from __future__ import annotations

import management_calls as calls
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from management_calls import relay
from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from kybra_replica.network.bls import GROUP_ORDER, hash_to_curve
from kybra_replica.network.management.keys import PRICES
from kybra_replica.network.vetkd import BadTransportKey, MasterKey, _expand
from kybra_replica.principal import Principal

SUITE = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_AUG_"
CANISTER = Principal.canister(1)


def scalar(number):
    return Scalar.from_le_bytes(number.to_bytes(32, "little"))


def transport(secret):
    return bytes((G1Point() * scalar(secret)).to_compressed_bytes())


def opened(encrypted, secret):
    """The key in what `vetkd_derive_key` answers, by the reader's arithmetic: E3 less the transport secret times E1."""
    first, third = (G1Point.from_compressed_bytes(part) for part in (encrypted[:48], encrypted[144:]))
    assert GT.pairing(first, G2Point()) == GT.pairing(G1Point(), G2Point.from_compressed_bytes(encrypted[48:144]))
    return third - first * scalar(secret)


def verifies(key, public, message):
    hashed = hash_to_curve(SUITE)(public + message)
    return GT.pairing(key, G2Point()) == GT.pairing(hashed, G2Point.from_compressed_bytes(public))


@settings(max_examples=25)
@given(
    context=st.binary(max_size=40),
    message=st.binary(max_size=40),
    secret=st.integers(1, GROUP_ORDER - 1),
    randomness=st.binary(min_size=32, max_size=32),
)
def test_what_is_derived_opens_to_a_signature_under_the_public_key(context, message, secret, randomness):
    master = MasterKey(b"seed", "test_key_1")
    public = master.public_key(CANISTER, context)
    encrypted = master.derive(CANISTER, context, message, transport(secret), randomness=randomness)
    assert (len(public), len(encrypted)) == (96, 192)
    key = opened(encrypted, secret)
    assert verifies(key, public, message)
    assert not verifies(key, public, message + b"\x00")
    assert not verifies(opened(encrypted, secret % (GROUP_ORDER - 1) + 1), public, message)


def test_the_same_key_comes_in_another_envelope_each_time():
    master = MasterKey(b"seed", "key_1")
    envelopes = [master.derive(CANISTER, b"c", b"m", transport(7), randomness=bytes([number])) for number in range(2)]
    assert envelopes[0] != envelopes[1]
    assert opened(envelopes[0], 7) == opened(envelopes[1], 7)


def test_every_part_of_the_path_makes_another_key():
    paths = [
        (b"seed", "key_1", CANISTER, b"c"),
        (b"dees", "key_1", CANISTER, b"c"),
        (b"seed", "test_key_1", CANISTER, b"c"),
        (b"seed", "key_1", Principal.canister(2), b"c"),
        (b"seed", "key_1", CANISTER, b"d"),
        (b"seed", "key_1", CANISTER, b""),
    ]
    publics = {MasterKey(seed, name).public_key(canister, context) for seed, name, canister, context in paths}
    assert len(publics) == len(paths)


PUBLIC_KEYS = {
    b"": "94ca74e22a0534558724e9f97e8508b9c875e422c17fd86d73d7f0528495cb2729ee87ba14b85b276bce830b322d0151"
    "0ee2ae87a4f18ec5114a3899fee9b259d859bad704558921c3d0a38faa1e63555b432500dae9bc6a7f9fb784c915e77d",
    b"stream 7": "863b75e39de425ab35f027f277f9a2f90acdc1be5ea29696eab9c46ac7d2bb250579c605547d29f1b65ae2329c3f2ca7"
    "1326f87d24e24fccc94acba844cd3d8c6dede25e2878d7cb0eceaabb274a5446dfda3360e249fa0a4d41af45a488a20a",
}
"""What @dfinity/vetkeys 0.4.0 derives from this replica's master public key for the first canister, by context."""
OPENED = "a5f71262ce2c0b45d5c6f6bcfdb68730b09383c1275b0cdbbf3a03ee112d62f0c8a3d0ca40bfd5b0dc082fbbbbde6fde"
"""What @dfinity/vetkeys 0.4.0 opened and verified of an envelope of this replica: context `stream 7`, input `epoch 1`."""


@pytest.mark.parametrize(("context", "expected"), PUBLIC_KEYS.items())
def test_public_keys_are_those_that_the_readers_library_derives(context, expected):
    assert MasterKey(b"kybra-replica", "key_1").public_key(CANISTER, context).hex() == expected


def test_the_key_is_the_one_that_the_readers_library_opened():
    encrypted = MasterKey(b"kybra-replica", "key_1").derive(CANISTER, b"stream 7", b"epoch 1", transport(7), randomness=b"any")
    assert bytes(opened(encrypted, 7).to_compressed_bytes()).hex() == OPENED


EXPANDED = {
    (b"", 32): "68a985b87eb6b46952128911f2a4412bbc302a9d759667f87f7a21d803f07235",
    (b"abc", 32): "d8ccab23b5985ccea865c6c97b6e5b8350e794e603b4b97902f53a8a0d605615",
    (b"", 128): "af84c27ccfd45d41914fdff5df25293e221afc53d8ad2ac06d5e3e29485dadbee0d121587713a3e0dd4d5e69e93eb7cd"
    "4f5df4cd103e188cf60cb02edc3edf18eda8576c412b18ffb658e3dd6ec849469b979d444cf7b26911a08e63cf31f9dcc541708d349118"
    "4472c2c29bb749d4286b004ceb5ee6b9a7fa5b646c993f0ced",
}
"""RFC 9380, appendix K.1."""


@pytest.mark.parametrize(("message", "length"), EXPANDED)
def test_messages_are_expanded_as_the_rfc_says(message, length):
    expected = bytes.fromhex(EXPANDED[message, length])
    assert _expand(message, b"QUUX-V01-CS02-with-expander-SHA256-128", length) == expected


IDENTITY = bytes(G1Point.identity().to_compressed_bytes())
BROKEN = [b"", bytes(48), IDENTITY, transport(7)[:-1], transport(7) + b"\x00", b"\xff" * 48]


@pytest.mark.parametrize("key", BROKEN)
def test_a_transport_key_is_a_point_that_hides_something(key):
    with pytest.raises(BadTransportKey):
        MasterKey(b"seed", "key_1").derive(CANISTER, b"", b"", key, randomness=b"any")


# through the management canister ---------------------------------------------------------------------------------------


@pytest.fixture
def canister(replica, write_canister):
    return replica.install(write_canister(calls.RELAY))


def key_id(name):
    return {"curve": {"bls12_381_g2": None}, "name": name}


def derivation(name="test_key_1", key=None):
    return {"context": b"c", "input": b"m", "transport_public_key": transport(7) if key is None else key, "key_id": key_id(name)}


@pytest.mark.parametrize(("name", "price"), PRICES.items())
def test_a_key_costs_its_price_and_the_rest_comes_back(canister, name, price):
    before = canister.replica.get_cycles_balance(canister.id)
    derived, error, refunded = relay(canister, "vetkd_derive_key", derivation(name), cycles=price + 5)
    assert (error, refunded) == (None, 5)
    assert canister.replica.get_cycles_balance(canister.id) == before - price
    public, _, refunded = relay(canister, "vetkd_public_key", {"context": b"c", "key_id": key_id(name)}, cycles=5)
    assert refunded == 5
    assert verifies(opened(derived["encrypted_key"], 7), public["public_key"], b"m")


def test_one_cycle_too_few_buys_nothing(canister):
    price = PRICES["test_key_1"]
    _, error, refunded = relay(canister, "vetkd_derive_key", derivation(), cycles=price - 1)
    assert error == f"Rejection code 4, vetkd_derive_key request sent with {price - 1} cycles, but {price} cycles are required."
    assert refunded == price - 1


def test_what_cannot_be_derived_costs_nothing(canister):
    price = PRICES["test_key_1"]
    for argument, text in ((derivation(key=IDENTITY), "invalid transport_public_key"), (derivation("other"), "unknown or disabled")):
        _, error, refunded = relay(canister, "vetkd_derive_key", argument, cycles=price)
        assert text in error
        assert refunded == price


def test_the_public_key_of_another_canister_is_public(canister):
    argument = {"context": b"c", "key_id": key_id("key_1")}
    own = relay(canister, "vetkd_public_key", argument)[0]
    other = relay(canister, "vetkd_public_key", {**argument, "canister_id": Principal.canister(9)})[0]
    assert relay(canister, "vetkd_public_key", {**argument, "canister_id": canister.id})[0] == own != other
