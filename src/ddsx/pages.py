"""Pages of a feed as a registry answers them, and the proof that nothing in them was altered.

The chain, from the top: the subnet's BLS signature -> the state root -> the registry's certified data -> the head of the
stream (size and root) -> the range proof -> each record's leaf -> stream, sequence number, time, contributor and payload.
"""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from ddsx.certificate import CertifiedData, verify_certificate
from ddsx.errors import Stale, VerificationFailed
from ddsx_core.accounts import parse_principal, principal_bytes
from ddsx_core.certified_heads import Head, decode_head, head_path
from ddsx_core.hash_tree import Found, HashTreeInvalid, lookup, parse_hash_tree, root_hash
from ddsx_core.merkle import ProofInvalid, verify_range
from ddsx_core.refused import Refused
from ddsx_core.segments import Segment, leaf_hashes, segment_digests

DIGEST_BYTES = 32


class SegmentSlice(BaseModel):
    """Records that one contributor appended at one time."""

    model_config = ConfigDict(frozen=True)

    contributor: str
    time: int
    first_sequence: int
    salts: str
    records: list[str]


class RecordsPage(BaseModel):
    """What `read` answers."""

    model_config = ConfigDict(frozen=True)

    stream: int
    first_sequence: int
    segments: list[SegmentSlice]
    size: int
    root: str
    proof: str
    certificate: bytes | None
    witness: bytes


@dataclass(frozen=True, slots=True)
class VerifiedRecord:
    """A record whose place in the certified log was proved. `time_ns` is when the canister took it."""

    stream: int
    sequence: int
    time_ns: int
    contributor: str
    payload: str


@dataclass(frozen=True, slots=True)
class Verifier:
    """Checks pages of one registry (`canister`: raw principal) against a root key (DER).

    `max_age_ns` refuses certificates older than that at the reader's time. A certificate is checked once: pages that carry
    the same bytes share the result.
    """

    canister: bytes
    root_key: bytes
    max_age_ns: int = 300_000_000_000

    def records(self, page: RecordsPage, *, now_ns: int, certified: CertifiedData | None = None) -> list[VerifiedRecord]:
        """All records of the page, proved. Raises VerificationFailed, Stale."""
        certified = certified or self.certified(page, now_ns=now_ns)
        head = self._head(page, certified)
        if (head.size, head.root.hex()) != (page.size, page.root):
            raise VerificationFailed("head", "size or root of the page are not those of the certified head")
        leaves = [leaf for segment in page.segments for leaf in _leaves(page.stream, segment)]
        _check_sequence(page)
        try:
            verify_range(leaves, page.first_sequence, _digests(page.proof), head.size, head.root)
        except ProofInvalid as problem:
            raise VerificationFailed("range proof", str(problem)) from None
        return list(_records(page))

    def certified(self, page: RecordsPage, *, now_ns: int) -> CertifiedData:
        """What the page's certificate proves of the registry. Raises VerificationFailed, Stale."""
        if page.certificate is None:
            raise VerificationFailed("certificate", "the page carries none: certificates come with queries, not with update calls")
        certified = verify_certificate(page.certificate, canister=self.canister, root_key=self.root_key)
        if now_ns - certified.time_ns > self.max_age_ns:
            raise Stale(now_ns - certified.time_ns, self.max_age_ns)
        return certified

    @staticmethod
    def _head(page: RecordsPage, certified: CertifiedData) -> Head:
        try:
            tree = parse_hash_tree(page.witness)
        except HashTreeInvalid as problem:
            raise VerificationFailed("witness", str(problem)) from None
        if root_hash(tree) != certified.data:
            raise VerificationFailed("witness", "its root is not what the registry certified")
        found = lookup(tree, head_path(page.stream))
        if not isinstance(found, Found):
            raise VerificationFailed("witness", f"it does not show the head of stream {page.stream}")
        return decode_head(found.value)


def _leaves(stream: int, part: SegmentSlice) -> list[bytes]:
    try:
        salts = a2b_base64(part.salts)
        contributor = principal_bytes(parse_principal(part.contributor))
        digests = segment_digests(Segment(part.contributor, part.time, salts, part.records))
        return leaf_hashes(stream, part.first_sequence, part.time, contributor, digests)
    except (Base64Error, ValueError, Refused) as problem:
        raise VerificationFailed("records", str(problem)) from None


def _digests(proof: str) -> list[bytes]:
    try:
        joined = a2b_base64(proof)
    except Base64Error as problem:
        raise VerificationFailed("range proof", str(problem)) from None
    return [joined[start : start + DIGEST_BYTES] for start in range(0, len(joined), DIGEST_BYTES)]


def _check_sequence(page: RecordsPage) -> None:
    """The slices follow each other without a gap: the leaf binds the number, the range proof only the place."""
    expected = page.first_sequence
    for part in page.segments:
        if part.first_sequence != expected:
            raise VerificationFailed("records", f"record {expected} is missing: the next slice begins with {part.first_sequence}")
        expected += len(part.records)


def _records(page: RecordsPage) -> Iterator[VerifiedRecord]:
    for part in page.segments:
        for offset, payload in enumerate(part.records):
            yield VerifiedRecord(page.stream, part.first_sequence + offset, part.time, part.contributor, payload)
