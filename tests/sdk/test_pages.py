"""A page of a feed is believed only if every link of its proof holds, from the subnet's signature to the record."""

from __future__ import annotations

from base64 import b64decode, b64encode

import cbor2
import pytest

from ddsx.certificate import verify_certificate
from ddsx.errors import Stale, VerificationFailed
from ddsx.pages import RecordsPage, Verifier
from exchange import deploy
from kybra_replica.driver import user
from kybra_replica.network.certification import Certifier

PROVIDER, OPERATOR = user("provider"), user("operator")
STREAM = {
    "title": "Readings",
    "description": "",
    "schema": '{"fields":[{"name":"value","type":"int"}]}',
    "media_type": "application/json",
    "tags": [],
    "curators": [],
    "provider_share_ppm": 0,
    "created_at_time": None,
}


@pytest.fixture(scope="module")
def exchange(module_replica):
    return deploy(module_replica)


@pytest.fixture(scope="module")
def stream(exchange):
    registry = exchange.stream_registry
    number = registry.call("create_stream", STREAM, sender=PROVIDER)["Ok"]
    assert "Ok" in registry.call("admit_contributor", number, OPERATOR, sender=PROVIDER)
    for batch, size in enumerate([3, 1, 5, 4]):
        records = [f'{{"value":{batch * 100 + index}}}' for index in range(size)]
        assert "Ok" in registry.call("append", {"stream": number, "batch": batch, "records": records}, sender=OPERATOR)
    return number


def read(exchange, stream, start, limit) -> RecordsPage:
    answer = exchange.stream_registry.query("read", {"stream": stream, "licence": None, "start": start, "limit": limit}, sender=PROVIDER)
    return RecordsPage.model_validate(answer["Ok"])


@pytest.fixture
def page(exchange, stream):
    return read(exchange, stream, 2, 8)


@pytest.fixture
def verifier(exchange):
    return Verifier(exchange.stream_registry.id.raw, exchange.replica.certifier.root_key)


def test_every_record_of_a_page_is_proved(exchange, page, verifier):
    records = verifier.records(page, now_ns=exchange.replica.get_time())
    assert [record.sequence for record in records] == list(range(2, 10))
    assert [record.payload for record in records] == [f'{{"value":{value}}}' for value in (2, 100, 200, 201, 202, 203, 204, 300)]
    assert {record.contributor for record in records} == {OPERATOR.text}
    assert {record.stream for record in records} == {page.stream}


def test_every_range_of_the_feed_verifies(exchange, stream, verifier):
    for start in range(13):
        for limit in (1, 2, 7, 13):
            page = read(exchange, stream, start, limit)
            records = verifier.records(page, now_ns=exchange.replica.get_time())
            assert [record.sequence for record in records] == list(range(start, min(13, start + limit)))


def flipped(text: str) -> str:
    """Base64 with one bit of its first byte changed."""
    data = bytearray(b64decode(text))
    data[0] ^= 1
    return b64encode(bytes(data)).decode()


def changed(page: RecordsPage, **fields) -> RecordsPage:
    return page.model_copy(update=fields)


def with_segment(page: RecordsPage, index: int, **fields) -> RecordsPage:
    segments = list(page.segments)
    segments[index] = segments[index].model_copy(update=fields)
    return changed(page, segments=segments)


FORGERIES = {
    "a payload": lambda page: with_segment(page, 1, records=['{"value":999}']),
    "a salt": lambda page: with_segment(page, 1, salts=flipped(page.segments[1].salts)),
    "the time": lambda page: with_segment(page, 1, time=page.segments[1].time + 1),
    "the contributor": lambda page: with_segment(page, 1, contributor=PROVIDER.text),
    "a contributor that is none": lambda page: with_segment(page, 1, contributor="nobody"),
    "salts that are no base64": lambda page: with_segment(page, 1, salts="?"),
    "too few salts": lambda page: with_segment(page, 1, salts=""),
    "a sequence number": lambda page: with_segment(page, 1, first_sequence=7),
    "the first sequence number": lambda page: changed(page, first_sequence=3),
    "a record left out": lambda page: with_segment(page, 2, records=page.segments[2].records[:-1]),
    "the proof": lambda page: changed(page, proof=flipped(page.proof)),
    "a proof cut short": lambda page: changed(page, proof=b64encode(b64decode(page.proof)[:-32]).decode()),
    "a proof that is no base64": lambda page: changed(page, proof="?"),
    "the size": lambda page: changed(page, size=page.size + 1),
    "the root": lambda page: changed(page, root="00" * 32),
    "the stream": lambda page: changed(page, stream=page.stream + 1),
    "the witness": lambda page: changed(page, witness=page.witness[:-1] + bytes([page.witness[-1] ^ 1])),
    "a witness that is no tree": lambda page: changed(page, witness=b"\x00"),
    "no certificate": lambda page: changed(page, certificate=None),
    "a certificate that is no CBOR": lambda page: changed(page, certificate=b"\xff"),
    "a certificate that is no map": lambda page: changed(page, certificate=cbor2.dumps([1])),
    "a signature that is no point": lambda page: changed(page, certificate=cbor2.dumps({"tree": [0], "signature": b"\x01" * 48})),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_page_is_refused(exchange, page, verifier, forgery):
    forged = FORGERIES[forgery](page)
    assert forged != page
    with pytest.raises(VerificationFailed):
        verifier.records(forged, now_ns=exchange.replica.get_time())


def test_a_page_of_another_key_or_another_canister_is_refused(exchange, page, verifier):
    now_ns = exchange.replica.get_time()
    stranger = Verifier(verifier.canister, Certifier(b"another replica").root_key)
    with pytest.raises(VerificationFailed, match="signature does not hold"):
        stranger.records(page, now_ns=now_ns)
    with pytest.raises(VerificationFailed, match=r"does not show canister/.*/certified_data"):
        Verifier(exchange.dst_ledger.id.raw, verifier.root_key).records(page, now_ns=now_ns)


def test_an_old_certificate_is_refused_and_says_how_old(exchange, page, verifier):
    now_ns = exchange.replica.get_time()
    allowed = verifier.max_age_ns
    certified = verifier.certified(page, now_ns=now_ns)
    verifier.records(page, now_ns=certified.time_ns + allowed)
    with pytest.raises(Stale, match="read the page again"):
        verifier.records(page, now_ns=certified.time_ns + allowed + 1)


def test_a_flipped_byte_of_the_certificate_never_proves_anything_else(page, verifier):
    intact = verify_certificate(page.certificate, canister=verifier.canister, root_key=verifier.root_key)
    refused = 0
    for position in range(0, len(page.certificate), 7):
        tampered = bytearray(page.certificate)
        tampered[position] ^= 0x10
        try:
            # What lies outside of the signed tree, such as the number of the CBOR tag, may change nothing.
            assert verify_certificate(bytes(tampered), canister=verifier.canister, root_key=verifier.root_key) == intact
        except VerificationFailed:
            refused += 1
    assert refused >= len(range(0, len(page.certificate), 7)) - 2
