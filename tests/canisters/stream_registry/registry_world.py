"""A stream registry beside a splitter that keeps books of work, the roles that use it, and a reader who checks everything it gets."""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ddsx_core import hash_tree, merkle, segments
from ddsx_core.accounts import principal_bytes
from ddsx_core.certified_heads import Head, decode_head, head_path
from ddsx_core.units import PrincipalText
from kybra_replica.driver import CanisterHandle, Replica, _decode, _encode, _unwrap, user
from kybra_replica.principal import Principal

ROOT = Path(__file__).resolve().parents[3]
REGISTRY = ROOT / "canisters" / "stream_registry" / "stream_registry_canister.py"
BENCH = Path(__file__).with_name("registry_bench_canister.py")
SPLITTER = Path(__file__).with_name("fake_splitter_canister.py")

SHARD = 7
FIRST_STREAM = 7 << 48 | 1
SECOND_STREAM = 7 << 48 | 2
UNKNOWN_STREAM = 7 << 48 | 9
SCHEMA = '{"fields":[{"name":"temperature","type":"float","unit":"degC"}]}'
SHARE_PPM = 250_000

ANONYMOUS = Principal.from_text("2vxsx-fae")
GOVERNANCE = user("governance")
LICENCE_LEDGER = user("licence ledger")
PROVIDER = user("provider")
CURATOR = user("curator")
CONTRIBUTOR = user("contributor")
OTHER_CONTRIBUTOR = user("other contributor")
READER = user("reader")
STRANGER = user("stranger")

SECONDS = 1_000_000_000
DAY = 24 * 60 * 60

UNKNOWN = {"Err": {"UnknownStream": None}}


class World:
    """A replica with the two canisters, the registry's secret drawn, and no stream yet."""

    def __init__(self) -> None:
        self.replica = Replica(search_path=[ROOT / "src"])
        self.splitter: CanisterHandle = self.replica.install(SPLITTER)
        self.registry: CanisterHandle = self.install_registry()
        self.replica.tick()

    def install_registry(self) -> CanisterHandle:
        """A registry that has not drawn its secret yet."""
        who = {"governance": GOVERNANCE, "dst_ledger": LICENCE_LEDGER, "payout_splitter": self.splitter.id, "change_delay_seconds": 0}
        return self.replica.install(REGISTRY, {"shard": SHARD, **who})

    # -- calls --------------------------------------------------------------------------------------------------------------

    def create(self, *, sender: Principal = PROVIDER, **changes: Any) -> Any:
        """The answer to a request for a stream."""
        return self.registry.call("create_stream", stream_request(**changes), sender=sender)

    def stream_with(self, *contributors: Principal) -> int:
        """A new stream to which these may append."""
        stream: int = self.create()["Ok"]
        for contributor in contributors:
            assert "Ok" in self.registry.call("admit_contributor", stream, contributor, sender=PROVIDER)
        return stream

    def append(self, stream: int, batch: int, records: Sequence[str], sender: Principal = CONTRIBUTOR) -> Any:
        """The answer to a batch."""
        return self.registry.call("append", {"stream": stream, "batch": batch, "records": list(records)}, sender=sender)

    def read(self, stream: int, start: int, limit: int, *, sender: Principal = PROVIDER, licence: int | None = None) -> Any:
        """The answer to a reader."""
        return self.registry.query("read", {"stream": stream, "licence": licence, "start": start, "limit": limit}, sender=sender)

    def entitle(self, first: int, *entitlements: dict[str, Any], sender: Principal = LICENCE_LEDGER) -> Any:
        """The answer to a batch of entitlements."""
        return self.registry.call("apply_entitlements", {"first": first, "entitlements": list(entitlements)}, sender=sender)

    def settle(self, stream: int, sender: Principal = LICENCE_LEDGER) -> Any:
        """The answer to a settlement."""
        return self.registry.call("settle_work", stream, sender=sender)

    def past_inspect(self, method: str, *arguments: Any, sender: Principal) -> Any:
        """An update that does not pass `inspect_message`, as another canister's call does not."""
        function = self.registry.function(method)
        response = self.replica.subnet.call_directly(sender, self.registry.id, method, _encode(function.arguments, arguments))
        return _decode(function.results, _unwrap(response))

    # -- what is seen from outside --------------------------------------------------------------------------------------------

    def status(self) -> Any:
        """The registry's status."""
        return self.registry.query("status")

    def certified_data(self) -> bytes:
        """What the subnet would sign for the registry."""
        return self.replica.subnet.canisters[self.registry.id].certified_data

    def taken(self, stream: int) -> list[dict[str, int]]:
        """The work that the splitter took, batch by batch."""
        return [{item["contributor"]: item["weight"] for item in batch["work"]} for batch in self.splitter.query("taken", stream)]

    @contextmanager
    def bench(self) -> Iterator[CanisterHandle]:
        """The registry's maps under the methods of `registry_bench_canister`, for a while."""
        self.registry.upgrade(entry=BENCH)
        yield self.registry
        self.registry.upgrade(entry=REGISTRY)

    def let_timer_fire(self) -> None:
        """Half a minute passes."""
        self.replica.advance_time(31)
        self.replica.tick(2)


def stream_request(**changes: Any) -> dict[str, Any]:
    """What a provider asks for."""
    usual = {
        "title": "Weather of the station",
        "description": "Every ten minutes.",
        "schema": SCHEMA,
        "media_type": "application/json",
        "tags": ["weather", "hourly"],
        "curators": [CURATOR],
        "provider_share_ppm": SHARE_PPM,
        "created_at_time": None,
    }
    return usual | changes


def entitlement(licence: int, stream: int, holder: Principal, valid_from: int, valid_until: int) -> dict[str, Any]:
    """An entitlement as the licence ledger sends it."""
    return {"licence": licence, "stream": stream, "holder": str(holder), "valid_from": valid_from, "valid_until": valid_until}


def numbered(count: int, first: int = 0, size: int = 12) -> list[str]:
    """Records that differ."""
    return [f"{number:0{size}}" for number in range(first, first + count)]


# -- A reader who trusts nothing but the certified data -----------------------------------------------------------------------


def certified_head(stream: int, witness: bytes, certified_data: bytes) -> Head:
    """The head that a witness shows. Raises ValueError for a witness that does not belong to the certified data."""
    tree = hash_tree.parse_hash_tree(witness)
    if hash_tree.root_hash(tree) != certified_data:
        raise ValueError("the witness has another root than what is certified")
    found = hash_tree.lookup(tree, head_path(stream))
    if not isinstance(found, hash_tree.Found):
        raise ValueError("the witness does not show the stream")  # noqa: TRY004 - what is wrong is the value of the witness
    return decode_head(found.value)


def checked_records(page: dict[str, Any], certified_data: bytes) -> list[str]:
    """The records of a page. Raises ValueError unless certified data, witness, head, proof, salts and records all fit together."""
    stream, first = page["stream"], page["first_sequence"]
    head = certified_head(stream, page["witness"], certified_data)
    if (head.size, head.root.hex()) != (page["size"], page["root"]):
        raise ValueError("the page names another head than the certified one")
    leaves: list[bytes] = []
    records: list[str] = []
    for part in page["segments"]:
        if part["first_sequence"] != first + len(records):
            raise ValueError("the segments leave a gap")
        contributor = principal_bytes(PrincipalText(part["contributor"]))
        digests = segments.payload_digests(part["records"], a2b_base64(part["salts"]))
        leaves += segments.leaf_hashes(stream, part["first_sequence"], part["time"], contributor, digests)
        records += part["records"]
    joined = a2b_base64(page["proof"])
    proof = [joined[at : at + 32] for at in range(0, len(joined), 32)]
    merkle.verify_range(leaves, first, proof, head.size, head.root)
    return records
