"""Where modules are put together that are too large for one message.

Chunks lie in the store, in a space of the canister's own that outlives its code's memory.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from kybra_replica.network.canister import Canister
from kybra_replica.network.management import access
from kybra_replica.network.management.call import Call, Callers, Done, violated

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet

CHUNK_BYTES = 1024**2
STORED_CHUNKS = 100
"""So many chunks fit into a canister's store (IC: 100 MiB), and into one module."""


def space_of(canister: Canister) -> bytes:
    """The space of the store that holds a canister's chunks: hash -> chunk."""
    return b"\x00chunks" + canister.id.raw


def upload_chunk(call: Call, canister: Canister) -> Done:
    """Keep a chunk; the same chunk again is the same one."""
    chunk, store = call.argument["chunk"], call.subnet.store
    if len(chunk) > CHUNK_BYTES:
        raise violated(f"Error from Wasm chunk store: Wasm chunk size {len(chunk)} exceeds the maximum chunk size of {CHUNK_BYTES}.")
    digest, space = sha256(chunk).digest(), space_of(canister)
    if store.get(space, digest) is None:
        if store.count(space) >= STORED_CHUNKS:
            full = f"Wasm chunk store has already reached maximum capacity of {STORED_CHUNKS * CHUNK_BYTES} bytes"
            raise violated(f"Error from Wasm chunk store: {full}.")
        store.begin()
        store.put(space, digest, chunk)
        store.commit()
    return Done({"hash": digest})


def stored_chunks(call: Call, canister: Canister) -> Done:
    """The hashes of the chunks, in their order."""
    return Done([{"hash": digest} for digest, _ in call.subnet.store.items(space_of(canister))])


def clear_chunk_store(call: Call, canister: Canister) -> Done:
    """Remove all chunks."""
    clear(call.subnet, canister)
    return Done()


def clear(subnet: Subnet, canister: Canister) -> None:
    """Remove all chunks of a canister."""
    space = space_of(canister)
    if subnet.store.count(space):
        subnet.store.begin()
        for digest, _ in list(subnet.store.items(space)):
            subnet.store.delete(space, digest)
        subnet.store.commit()


def assemble(call: Call, target: Canister) -> bytes:
    """The chunks that `install_chunked_code` names, one after the other.

    Raises Refused for a store whose canister is absent or not the sender's, for too many chunks, and for one that is not there.
    """
    named = call.argument["store_canister"]
    holder = target if named is None else call.canister(named.value)
    access.check(call, holder, Callers.CONTROLLERS_AND_ITSELF)
    hashes = [entry["hash"] for entry in call.argument["chunk_hashes_list"]]
    if len(hashes) > STORED_CHUNKS:
        raise violated(f"Error from Wasm chunk store: a module has at most {STORED_CHUNKS} chunks, not {len(hashes)}.")
    found = []
    for digest in hashes:
        chunk = call.subnet.store.get(space_of(holder), digest)
        if chunk is None:
            raise violated(f"Error from Wasm chunk store: Chunk hash {digest.hex()} was not found.")
        found.append(chunk)
    return b"".join(found)
