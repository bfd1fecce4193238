"""Who may do what with a stream registry: the provider admits, contributors append, provider and holders read, governance governs."""

from __future__ import annotations

from json import dumps
from typing import Any

from access_table import Arguments, read_table
from access_world import World, stream_request

from kybra_replica.driver import user

UPDATE_TABLE = """
method                   anonymous   stranger   provider   contributor  holder     former     payee      governance  controller  foreign
set_governance           !traps      !traps     !traps     !traps       !traps     !traps     !traps     done        !traps      traps
set_change_delay         !traps      !traps     !traps     !traps       !traps     !traps     !traps     done        !traps      traps
create_stream            !anonymous  ok         ok         ok           ok         ok         ok         ok          ok          ok
create_stream:largest    !anonymous  ok         ok         ok           ok         ok         ok         ok          ok          ok
create_stream:oversized  !anonymous  !long      !long      !long        !long      !long      !long      !long       !long       long
admit_contributor        !permitted  permitted  ok         permitted    permitted  permitted  permitted  permitted   permitted   permitted
remove_contributor       !permitted  permitted  ok         permitted    permitted  permitted  permitted  permitted   permitted   permitted
append                   !anonymous  admitted   admitted   ok           admitted   admitted   admitted   admitted    admitted    admitted
append:largest           !anonymous  admitted   admitted   ok           admitted   admitted   admitted   admitted    admitted    admitted
append:oversized         !anonymous  !admitted  !admitted  !oversized   !admitted  !admitted  !admitted  !admitted   !admitted   admitted
apply_entitlements       !licences   !licences  !licences  !licences    !licences  !licences  !licences  !licences   !licences   licences
settle_work              !permitted  permitted  ok         permitted    permitted  permitted  permitted  ok          permitted   permitted
"""

QUERY_TABLE = """
method          anonymous  stranger  provider  contributor  holder    former    payee     governance  controller  foreign
read            required   required  ok        required     required  required  required  required    required    required
read:licence    foreign    foreign   foreign   foreign      ok        foreign   foreign   foreign     foreign     foreign
status          value
pending_changes            value
validate_set_governance    ok
validate_set_change_delay  ok
stream          ok
stream:unknown  unknown
streams         value
stream_party    ok
contributor     ok
contributors    ok
head            ok
"""

CASES = {
    "anonymous": "AnonymousCaller",
    "permitted": "NotPermitted",
    "admitted": "NotAContributor",
    "licences": "NotTheLicenceLedger",
    "required": "LicenceRequired",
    "foreign": "LicenceForeign",
    "unknown": "UnknownStream",
    "long": "TooLong",
    "oversized": "OversizedBatch",
}

UNKNOWN_STREAM = 99
WIDE = "\N{MATHEMATICAL DOUBLE-STRUCK CAPITAL A}"
"""A character of four bytes."""

LONG_TEXT = "x" * 100_001
LARGEST_BATCH = ["x" * 1_048] * 999 + ["x" * 1_624]
"""1,000 records of together 1,048,576 bytes."""

OVERSIZED_BATCH = ["x" * 4_096] * 300


def largest_stream_request() -> dict[str, Any]:
    """A stream with as many bytes of everything as there may be."""
    fields = [{"name": f"field_{number}", "type": "text", "description": WIDE * 400} for number in range(35)]
    return stream_request(
        title=WIDE * 120,
        description=WIDE * 4_000,
        schema=dumps({"fields": fields}, ensure_ascii=False).ljust(16_384),
        media_type="application/".ljust(127, "x"),
        tags=[WIDE * 39 + letter for letter in "abcdefghijklmnop"],
        curators=[user(f"curator {number}") for number in range(4)],
    )


def batch(world: World, *records: str) -> dict[str, Any]:
    """The contributor's next batch."""
    number = world.exchange.stream_registry.query("contributor", world.stream, world.roles["contributor"])["Ok"]["next_batch"]
    return {"stream": world.stream, "batch": number, "records": list(records)}


def next_entitlements(world: World) -> dict[str, Any]:
    """A batch that the licence ledger would have to send: the stranger may read."""
    first = world.exchange.stream_registry.query("status")["next_entitlement"]
    until = (1 << 64) - 1
    right = {"licence": 1_000, "stream": world.stream, "holder": str(world.roles["stranger"]), "valid_from": 0, "valid_until": until}
    return {"first": first, "entitlements": [right]}


def page(world: World, licence: int | None) -> dict[str, Any]:
    """The first record, by a licence or without one."""
    return {"stream": world.stream, "licence": licence, "start": 0, "limit": 1}


ARGUMENTS: dict[str, Arguments] = {
    "set_governance": lambda world: (world.roles["stranger"],),
    "set_change_delay": lambda _: (60,),
    "validate_set_governance": lambda world: (world.roles["stranger"],),
    "validate_set_change_delay": lambda _: (60,),
    "create_stream": lambda _: (stream_request(),),
    "create_stream:largest": lambda _: (largest_stream_request(),),
    "create_stream:oversized": lambda _: (stream_request(description=LONG_TEXT),),
    "admit_contributor": lambda world: (world.stream, world.roles["stranger"]),
    "remove_contributor": lambda world: (world.stream, world.roles["contributor"]),
    "append": lambda world: (batch(world, "21.9"),),
    "append:largest": lambda world: (batch(world, *LARGEST_BATCH),),
    "append:oversized": lambda world: (batch(world, *OVERSIZED_BATCH),),
    "apply_entitlements": lambda world: (next_entitlements(world),),
    "settle_work": lambda world: (world.stream,),
    "read": lambda world: (page(world, None),),
    "read:licence": lambda world: (page(world, world.licence),),
    "stream": lambda world: (world.stream,),
    "stream:unknown": lambda _: (UNKNOWN_STREAM,),
    "streams": lambda _: (0, 10),
    "stream_party": lambda world: (world.stream,),
    "contributor": lambda world: (world.stream, world.roles["contributor"]),
    "contributors": lambda world: (world.stream, 0, 10),
    "head": lambda world: (world.stream,),
}

UPDATES = read_table("stream_registry", UPDATE_TABLE, CASES, ARGUMENTS)
QUERIES = read_table("stream_registry", QUERY_TABLE, CASES, ARGUMENTS)
