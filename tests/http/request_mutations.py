"""Requests like those that clients send, damaged at random: as bytes, as CBOR, and in the Candid within (signed soundly)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import cbor2
from counting_target import Target
from raw_client import SELF_DESCRIBING, Content, content, ed25519, pack, read_state_content, request_id, unpack

from kybra_replica.principal import ANONYMOUS, MANAGEMENT, Principal

INTERESTING_BYTES = (0x00, 0x01, 0x17, 0x18, 0x1F, 0x5F, 0x7F, 0x80, 0x9F, 0xBF, 0xC2, 0xD9, 0xF6, 0xFF)
INTERESTING_NUMBERS = (0, 1, -1, 23, 24, 255, 2**31, 2**32, 2**53, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**64))
LABELS = (b"time", b"subnet", b"canister", b"request_status", b"metadata", b"module_hash", b"canister_ranges", b"node", b"", b"\xff")
METHODS = ("decline", "fail", "fail_query", "total", "who_asks", "composite", "uninvited", "missing", "", "\0", "canister_update add")
MANAGEMENT_METHODS = ("canister_status", "install_code", "update_settings", "stop_canister", "upload_chunk", "list_canisters", "raw_rand")


@dataclass(frozen=True)
class Base:
    """A sound request. Sent again, a call is carried out once."""

    kind: str
    content: Content
    body: bytes


class Mutations:
    """An endless row of damaged requests, the same for the same seed but for times, nonces and signatures."""

    def __init__(self, target: Target, seed: int) -> None:
        self._target = target
        self._random = Random(seed)
        self._stranger = ed25519()
        self._bases: list[Base] = []
        self._decline = target.canister.encode("decline", {"next": {"next": None}}, [None] * 3, ["a", "b" * 50], 7, ANONYMOUS)
        self._ways: list[Callable[[], tuple[str, bytes]]] = [
            self._damaged_bytes,
            self._damaged_bytes,
            self._damaged_structure,
            self._damaged_structure,
            self._damaged_candid,
            self._damaged_candid,
            self._random_candid,
            self._random_paths,
            self._wrong_place,
        ]

    def renew(self) -> Base:
        """New sound requests to damage, for they expire. Answers the call among them, which the caller sends once."""
        owner, target = self._target.owner, self._target.id
        call = content("call", target, "add", self._target.canister.encode("add", 1), owner.principal)
        query = content("query", target, "total", b"DIDL\0\0", owner.principal)
        read = read_state_content([[b"time"], [b"request_status", request_id(call)]], owner.principal)
        declined = content("call", target, "decline", self._decline, owner.principal)
        self._bases = [Base(str(item["request_type"]), item, pack(owner.seal(item))) for item in (call, query, read, declined)]
        return self._bases[0]

    def next(self) -> tuple[str, bytes]:
        """A path below `/api/` and a body."""
        return self._random.choice(self._ways)()

    # ways ----------------------------------------------------------------------------------------------------------------

    def _damaged_bytes(self) -> tuple[str, bytes]:
        base = self._random.choice(self._bases)
        return self._path(base.kind), self._damaged(base.body)

    def _damaged_structure(self) -> tuple[str, bytes]:
        base = self._random.choice(self._bases)
        envelope = unpack(base.body)
        for _ in range(self._random.randint(1, 3)):
            envelope = self._reshaped(envelope)
        return self._path(base.kind), (SELF_DESCRIBING if self._random.random() < 0.5 else b"") + cbor2.dumps(envelope)

    def _damaged_candid(self) -> tuple[str, bytes]:
        return self._call("decline", self._damaged(self._decline))

    def _random_candid(self) -> tuple[str, bytes]:
        table = [self._random_type() for _ in range(self._random.randint(0, 4))]
        kinds = bytes(self._random.choice((*range(len(table) + 1), *range(0x68, 0x80))) for _ in range(self._random.randint(0, 4)))
        argument = b"DIDL" + bytes((len(table),)) + b"".join(table) + bytes((len(kinds),)) + kinds + self._noise(60)
        return self._call(self._random.choice(METHODS), argument)

    def _random_paths(self) -> tuple[str, bytes]:
        ids = (self._target.id.raw, request_id(self._bases[0].content), self._noise(40))
        labels = LABELS + ids
        paths = [[self._random.choice(labels) for _ in range(self._random.randint(0, 6))] for _ in range(self._random.randint(0, 8))]
        return self._path("read_state"), pack(self._stranger.seal(read_state_content(paths, self._stranger.principal)))

    def _wrong_place(self) -> tuple[str, bytes]:
        base = self._random.choice(self._bases)
        kind = self._random.choice(("call", "query", "read_state"))
        where = self._random.choice((self._target.id, MANAGEMENT, ANONYMOUS, Principal.canister(9_999), Principal(self._noise(29))))
        what = self._random.choice(("canister", "subnet"))
        return f"{self._random.choice(('v2', 'v3', 'v4'))}/{what}/{where}/{kind}", base.body

    # parts ---------------------------------------------------------------------------------------------------------------

    def _call(self, method: str, argument: bytes) -> tuple[str, bytes]:
        """A sound envelope around it: of the canister, or of the management canister by somebody who controls nothing."""
        kind = self._random.choice(("call", "call", "query"))
        canister = self._target.id
        if self._random.random() < 0.2:
            canister, method = MANAGEMENT, self._random.choice(MANAGEMENT_METHODS)
        item = content(kind, canister, method, argument, self._stranger.principal)
        return self._path(kind), pack(self._stranger.seal(item))

    def _path(self, kind: str) -> str:
        version = self._random.choice({"call": ("v2", "v3", "v4"), "query": ("v2", "v3"), "read_state": ("v2", "v3")}[kind])
        return f"{version}/canister/{self._target.id}/{kind}"

    def _noise(self, most: int) -> bytes:
        return self._random.randbytes(self._random.randint(0, most))

    def _random_type(self) -> bytes:
        kind = self._random.choice((0x6E, 0x6D, 0x6C, 0x6B, 0x6A, 0x69))
        return bytes((kind, *(self._random.choice((*range(5), *INTERESTING_BYTES)) for _ in range(self._random.randint(1, 5)))))

    def _damaged(self, data: bytes) -> bytes:
        damaged = bytearray(data)
        for _ in range(self._random.randint(1, 4)):
            start = self._random.randrange(len(damaged) + 1)
            end = min(len(damaged), start + self._random.choice((1, 1, 1, 2, 8, 40)))
            way = self._random.randrange(6)
            if way == 0 and start < len(damaged):
                damaged[start] ^= 1 << self._random.randrange(8)
            elif way == 1 and start < len(damaged):
                damaged[start] = self._random.choice(INTERESTING_BYTES)
            elif way == 2:
                del damaged[start:end]
            elif way == 3:
                damaged[start:start] = self._noise(20)
            elif way == 4:
                damaged[start:start] = damaged[start:end] * self._random.randint(1, 50)
            else:
                del damaged[start:]
        return bytes(damaged)

    def _reshaped(self, value: Any) -> Any:
        """One node of a decoded value replaced, removed, doubled or renamed."""
        if self._random.random() < 0.25 or not isinstance(value, (dict, list)) or not value:
            return self._other(value)
        if isinstance(value, list):
            place = self._random.randrange(len(value))
            changed = [*value]
            changed[place : place + 1] = self._random.choice(([], [value[place]] * 2, [self._reshaped(value[place])] * 1))
            return changed
        name = self._random.choice(list(value))
        changed_map = dict(value)
        way = self._random.randrange(6)
        if way == 0:
            del changed_map[name]
        elif way == 1:
            changed_map[self._random.choice(("extra", 7, "", "sender_delegation", "nonce"))] = self._other(value[name])
        else:
            changed_map[name] = self._reshaped(value[name])
        return changed_map

    def _other(self, value: Any) -> Any:
        nested: Any = value
        for _ in range(self._random.choice((1, 2, 30))):
            nested = [nested]
        return self._random.choice(
            (
                self._random.choice(INTERESTING_NUMBERS),
                self._noise(40),
                "x" * self._random.choice((0, 1, 300)),
                None,
                True,
                1.5,
                [],
                {},
                nested,
                {"content": value},
                [self._random.randbytes(4)] * self._random.choice((1, 20, 1_500)),
                self._damaged(value) if isinstance(value, bytes) else value,
            )
        )
