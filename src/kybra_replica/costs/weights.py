"""The one table of weights: instructions of the real Wasm for each kind of work, and where each number is from.

Sources: "measured" stands in the table of costs measured on Kybra 0.7.1's own Wasm, or follows from rows of it. "calibrated" was fitted, by
least squares on the logarithm of estimate over record, to every other recorded run step and library snippet (those of even index, without
installs and upgrades) and to the rows of that table, every weight held near what the table suggests (a factor of e counts as much as
being off by a factor of 1.3 in one step). The steps of odd index are the check: see `recorded`, and the tests that assert its figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MESSAGE, CANDID, RECORDS, BYTES = "message base", "candid", "records", "text and blob bytes"
PRINCIPALS, MAPS, SERVICES, SYSTEM = "principals", "maps", "service calls", "system calls"
INTERPRETER, NATIVES = "interpreter", "native functions"

CAUSES = (INTERPRETER, NATIVES, PRINCIPALS, BYTES, RECORDS, MAPS, SERVICES, SYSTEM, CANDID, MESSAGE)


@dataclass(frozen=True, slots=True)
class Weight:
    """Instructions for one unit of a kind of work."""

    instructions: float
    cause: str
    source: str


def _table(cause: str, source: str, weights: Mapping[str, float]) -> dict[str, Weight]:
    return {kind: Weight(instructions, cause, source) for kind, instructions in weights.items()}


_TABLE = {
    **_table(MESSAGE, "calibrated; an empty call is 47 k with its Python function", {
        "message": 28_000, "method": 17_000, "callback": 30_000, "trap": 9_900, "guard": 37_000, "timer": 30_000,
    }),
    **_table(INTERPRETER, "calibrated; measured: for 1.9 k, add 2.7 k, compare 1.4 k, call 9.7 k, attribute 6.7 k", {
        "op": 260, "global": 840, "arithmetic": 2_100, "division": 260, "compare": 820, "contains": 1_500, "subscript": 1_200,
        "item_stored": 1_800, "slice": 3_200, "display": 2_000, "display_item": 95, "dict_item": 1_000, "unpack": 1_000,
        "loop": 2_000, "iteration": 1_100, "collected": 500, "comprehension": 36_000, "generator": 24_000, "yield": 4_200,
        "function": 6_200, "class": 200_000, "import": 20_000, "with": 15_000, "raise": 5_600, "handler": 5_400, "star": 2_000,
        "frame": 7_400, "call": 710, "argument": 300, "bound_call": 7_800, "instance": 20_000, "exception": 5_600,
        "attribute_of_instance": 6_200, "attribute_of_class": 3_300, "attribute_of_module": 3_000, "attribute_of_native": 2_900,
        "attribute_of_namedtuple": 16_000, "attribute_stored": 5_000,
        "big_integer": 600, "big_digit": 60, "big_product_digit": 270, "copied_item": 20, "sequence_made": 720,
        "library_call": 8_600, "percent_format": 10_000, "fstring": 3_900, "formatted": 9_700, "format_spec": 3_000,
    }),
    **_table(NATIVES, "calibrated; measured: native method 7.8 k, sha256 of 32 B 36 k, str 18 k, int 16 k, from_bytes 28 k", {
        "cast": 6_500,
        "native": 3_900, "native_text": 4_200, "make_text": 14_000, "make_bytes": 4_900, "make_sequence": 6_000, "make_range": 6_400,
        "make_iterator": 6_800, "format_call": 15_000, "parse_int": 14_000, "int_to_bytes": 8_500, "int_from_bytes": 22_000,
        "divmod": 13_000, "rounding": 6_300, "struct_call": 8_300, "bisect": 7_300, "heap_call": 60_000, "heap_step": 10_000,
        "hash": 20_000, "digest": 3_800, "cache_call": 110_000, "power_step": 340, "summed_item": 2_200, "compared_item": 500,
        "sort_step": 2_200, "made_item": 300, "hashed_item": 900, "joined_item": 2_200, "split_item": 3_500, "repr_value": 3_100,
        "text_digit": 320, "abstract_check": 300_000, "json_loads": 400_000, "json_dumps": 320_000, "json_value": 69_000,
        "base32_call": 130_000, "base32_encoded_byte": 17_000, "base32_decoded_byte": 25_000, "regex_call": 50_000,
        "decimal_call": 1_900_000,
        "datetime_call": 800_000, "counter_call": 1_500_000, "regex_compiled_character": 610_000,
    }),
    **_table(BYTES, "measured: a byte of sha256 130, hex 170, fromhex 160, base64 55 and 140, decode 9, repeat 200, crc of zlib", {
        "hashed_byte": 140, "encoded_byte": 1.3, "decoded_byte": 9.0, "hex_byte": 160, "unhex_byte": 150, "b64_byte": 49,
        "unb64_byte": 130, "crc_byte": 20, "compressed_byte": 120, "made_byte": 2.0, "copied_byte": 1.0, "repeated_byte": 200,
        "scanned_byte": 10, "translated_byte": 1_300, "cased_byte": 54,
    }),
    **_table(BYTES, "measured: blob 720 in and 1,020 out, text 10 in and 16 to 20 out", {
        "text_byte_in": 10, "text_byte_out": 15, "blob_byte_in": 720, "blob_byte_out": 1_000, "raw_byte_in": 2.0, "raw_byte_out": 840,
        "map_text_byte_in": 15, "map_text_byte_out": 37, "map_blob_byte_in": 810, "map_blob_byte_out": 1_200, "candid_text_byte": 3_100,
    }),
    **_table(RECORDS, "calibrated; measured: a row of nat64 and text 20 k in and 15 k out, vec nat64 1.2 k in and 3 k out", {
        "record_in": 4_700, "field_in": 3_100, "tuple_in": 4_100, "variant_in": 9_200, "variant_tag_in": 1_000, "opt_in": 2_300,
        "vec_in": 5_300, "vec_number_in": 1_200, "text_in": 5_000, "blob_in": 14_000, "number_in": 4_400, "big_number_in": 7_200,
        "big_number_digit_in": 3_600, "func_in": 20_000, "service_in": 20_000,
        "record_out": 3_400, "field_out": 2_700, "tuple_out": 4_000, "variant_out": 13_000, "variant_tag_out": 5_300, "opt_out": 2_200,
        "vec_out": 5_500, "vec_number_out": 3_000, "text_out": 2_100, "blob_out": 8_200, "number_out": 3_700,
        "big_number_out": 5_500, "big_number_digit_out": 17_000, "func_out": 20_000, "service_out": 20_000,
    }),
    **_table(CANDID, "calibrated", {
        "type_in": 9_800, "type_member_in": 10_000, "type_out": 5_100, "type_member_out": 4_300, "candid_error": 350_000,
    }),
    **_table(PRINCIPALS, "measured: what remains of a crossing without its Python is 0.4 M, and base32's tables on first use 8 M", {
        "principal_in": 370_000, "principal_out": 88_000, "base32_encode_tables": 4_900_000, "base32_decode_tables": 700_000,
    }),
    **_table(MAPS, "calibrated; measured: get 0.13 M of one entry to 0.58 M of 5,000, insert 0.15 to 1.06 M, remove 1.5 M", {
        "map_get": 56_000, "map_insert": 52_000, "map_remove": 65_000, "map_contains_key": 65_000, "map_node": 8_300,
        "map_entry": 15_000, "map_entry_written": 11_000, "map_node_written": 16_000, "map_key_text": 1_400,
        "map_key_blob_byte": 1_100, "map_key_type": 7_500, "map_key_member": 7_800, "map_len": 2_000, "map_is_empty": 3_000,
        "map_scan": 23_000, "map_scanned_entry": 14_000, "map_opened": 7_500,
        "memory_read": 960_000, "memory_begun": 80_000, "map_refused": 9_500,
    }),
    **_table(SERVICES, "calibrated; measured: a call and back 1.0 M without the Python of Principals, notify 0.55 M", {
        "service_call": 110_000, "service_notify": 75_000, "call_result": 610_000,
    }),
    **_table(SYSTEM, "calibrated; measured: time 24 k, set_timer 31 k, print 92 k, set_certified_data 51 k, with the Python around", {
        "system_call": 1_500, "set_timer": 6_800, "candid_call": 31_000, "raw_memory": 10_000, "canister_reply": 10_000,
    }),
}  # fmt: skip

WEIGHTS: Mapping[str, Weight] = MappingProxyType(_TABLE)
"""By kind of work."""
