"""Puts a number of contributors into a stream's state, as if so many had been admitted: an upgrade to it and back."""

from kybra import StableBTreeMap, nat64, update, void

from ddsx_core.streams import decode_state, encode_state

states = StableBTreeMap[nat64, str](memory_id=3, max_key_size=15, max_value_size=4_468)


@update
def set_contributors(stream: nat64, contributors: nat64) -> void:
    """Let a stream have had so many contributors."""
    states.insert(stream, encode_state(decode_state(states.get(stream) or "")._replace(contributors=contributors)))
