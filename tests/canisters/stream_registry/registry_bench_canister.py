"""What the registry keeps, seen and changed from inside: a registry is upgraded to this and back."""

from kybra import StableBTreeMap, nat64, query, update, void

from ddsx_core.streams import decode_state, encode_state

states = StableBTreeMap[nat64, str](memory_id=3, max_key_size=15, max_value_size=4_468)
outbox = StableBTreeMap[nat64, str](memory_id=13, max_key_size=15, max_value_size=2_728)
flush_queue = StableBTreeMap[nat64, nat64](memory_id=14, max_key_size=15, max_value_size=15)


@update
def set_contributors(stream: nat64, contributors: nat64) -> void:
    """Let a stream have had so many contributors."""
    states.insert(stream, encode_state(decode_state(states.get(stream) or "")._replace(contributors=contributors)))


@query
def batches_kept() -> nat64:
    """How many sealed batches are kept."""
    return outbox.len()


@query
def places_kept() -> nat64:
    """How many places of the flush queue are kept."""
    return flush_queue.len()
