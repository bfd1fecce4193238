"""Candid: types, the binary format, the textual format, `.did` files and subtyping.

| to do                            | use                                                    |
|----------------------------------|--------------------------------------------------------|
| encode and decode messages       | `Encoder`, `Decoder`; once: `encode`, `decode`         |
| decode without knowing the types | `decode_any`                                           |
| read and print values as text    | `parse_args`, `parse_args_typed`, `render_args`, `render_value` |
| read and print `.did` files      | `parse_did`, `parse_type`, `render_did`, `render_type`; for other readers `render_plain_did` |
| compare types                    | `is_subtype`, `is_equal`                               |

How types look in Python is in `types`, and how values do in `values`. Everything raises `CandidError` for what is not Candid.
"""

from kybra_replica.candid.decoder import Decoder, decode, decode_any
from kybra_replica.candid.did_forms import render_plain_did
from kybra_replica.candid.did_parser import parse_did, parse_type
from kybra_replica.candid.did_printer import render_did, render_type
from kybra_replica.candid.encoder import Encoder, encode
from kybra_replica.candid.errors import CandidError
from kybra_replica.candid.limits import DEFAULT_LIMITS, TRUSTED, Limits
from kybra_replica.candid.subtyping import is_equal, is_subtype
from kybra_replica.candid.text_parser import parse_args, parse_args_typed
from kybra_replica.candid.text_printer import render_args, render_value

__all__ = [
    "DEFAULT_LIMITS",
    "TRUSTED",
    "CandidError",
    "Decoder",
    "Encoder",
    "Limits",
    "decode",
    "decode_any",
    "encode",
    "is_equal",
    "is_subtype",
    "parse_args",
    "parse_args_typed",
    "parse_did",
    "parse_type",
    "render_args",
    "render_did",
    "render_plain_did",
    "render_type",
    "render_value",
]
