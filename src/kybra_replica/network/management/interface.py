"""The Candid interface of the management canister: the methods that this replica carries out.

Source: IC interface specification 0.66, section "The IC management canister".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from kybra_replica.candid import Decoder, Encoder, parse_did
from kybra_replica.candid.types import Func

INTERFACE = """
type visibility = variant { controllers; public; allowed_viewers : vec principal };
type environment_variable = record { name : text; value : text };
type canister_settings = record {
  controllers : opt vec principal;
  compute_allocation : opt nat;
  memory_allocation : opt nat;
  freezing_threshold : opt nat;
  reserved_cycles_limit : opt nat;
  minimum_incoming_canister_call_cycles : opt nat;
  log_visibility : opt visibility;
  log_memory_limit : opt nat;
  snapshot_visibility : opt visibility;
  status_visibility : opt visibility;
  wasm_memory_limit : opt nat;
  wasm_memory_threshold : opt nat;
  environment_variables : opt vec environment_variable;
};
type definite_canister_settings = record {
  controllers : vec principal;
  compute_allocation : nat;
  memory_allocation : nat;
  freezing_threshold : nat;
  reserved_cycles_limit : nat;
  minimum_incoming_canister_call_cycles : nat;
  log_visibility : visibility;
  log_memory_limit : nat;
  snapshot_visibility : visibility;
  status_visibility : visibility;
  wasm_memory_limit : nat;
  wasm_memory_threshold : nat;
  environment_variables : vec environment_variable;
};
type memory_metrics = record {
  wasm_memory_size : nat;
  stable_memory_size : nat;
  global_memory_size : nat;
  wasm_binary_size : nat;
  custom_sections_size : nat;
  canister_history_size : nat;
  wasm_chunk_store_size : nat;
  snapshots_size : nat;
  log_memory_store_size : nat;
};
type query_stats = record {
  num_calls_total : nat;
  num_instructions_total : nat;
  request_payload_bytes_total : nat;
  response_payload_bytes_total : nat;
};
type canister_status_result = record {
  status : variant { running; stopping; stopped };
  ready_for_migration : bool;
  version : nat64;
  settings : definite_canister_settings;
  module_hash : opt blob;
  memory_size : nat;
  memory_metrics : memory_metrics;
  cycles : nat;
  reserved_cycles : nat;
  idle_cycles_burned_per_day : nat;
  query_stats : query_stats;
};
type change_origin = variant {
  from_user : record { user_id : principal };
  from_canister : record { canister_id : principal; canister_version : opt nat64 };
};
type change_details = variant {
  creation : record { controllers : vec principal; environment_variables_hash : opt blob };
  code_uninstall;
  code_deployment : record { mode : variant { install; reinstall; upgrade }; module_hash : blob };
  controllers_change : record { controllers : vec principal };
};
type change = record {
  timestamp_nanos : nat64;
  canister_version : nat64;
  origin : change_origin;
  details : change_details;
};
type install_mode = variant {
  install;
  reinstall;
  upgrade : opt record { skip_pre_upgrade : opt bool; wasm_memory_persistence : opt variant { keep; replace } };
};
type chunk_hash = record { hash : blob };
type log_range = record { start : nat64; end : nat64 };
type log_record = record { idx : nat64; timestamp_nanos : nat64; content : blob };
type vetkd_key = record { curve : variant { bls12_381_g2 }; name : text };
type only_id = record { canister_id : principal };
service : {
  create_canister : (record { settings : opt canister_settings; sender_canister_version : opt nat64 }) -> (only_id);
  provisional_create_canister_with_cycles : (
    record {
      amount : opt nat;
      settings : opt canister_settings;
      specified_id : opt principal;
      sender_canister_version : opt nat64;
    }
  ) -> (only_id);
  provisional_top_up_canister : (record { canister_id : principal; amount : nat }) -> ();
  deposit_cycles : (only_id) -> ();
  update_settings : (
    record { canister_id : principal; settings : canister_settings; sender_canister_version : opt nat64 }
  ) -> ();
  install_code : (
    record {
      mode : install_mode;
      canister_id : principal;
      wasm_module : blob;
      arg : blob;
      sender_canister_version : opt nat64;
    }
  ) -> ();
  install_chunked_code : (
    record {
      mode : install_mode;
      target_canister : principal;
      store_canister : opt principal;
      chunk_hashes_list : vec chunk_hash;
      wasm_module_hash : blob;
      arg : blob;
      sender_canister_version : opt nat64;
    }
  ) -> ();
  uninstall_code : (record { canister_id : principal; sender_canister_version : opt nat64 }) -> ();
  upload_chunk : (record { canister_id : principal; chunk : blob }) -> (chunk_hash);
  stored_chunks : (only_id) -> (vec chunk_hash);
  clear_chunk_store : (only_id) -> ();
  start_canister : (only_id) -> ();
  stop_canister : (only_id) -> ();
  delete_canister : (only_id) -> ();
  canister_status : (only_id) -> (canister_status_result) query;
  canister_info : (record { canister_id : principal; num_requested_changes : opt nat64 }) -> (
    record {
      total_num_changes : nat64;
      recent_changes : vec change;
      module_hash : opt blob;
      controllers : vec principal;
    }
  ) query;
  canister_metadata : (record { canister_id : principal; name : text }) -> (record { value : blob });
  fetch_canister_logs : (
    record { canister_id : principal; filter : opt variant { by_idx : log_range; by_timestamp_nanos : log_range } }
  ) -> (record { canister_log_records : vec log_record }) query;
  list_canisters : () -> (record { canisters : vec record { start : principal; end : principal } }) query;
  raw_rand : () -> (blob);
  vetkd_public_key : (record { canister_id : opt principal; context : blob; key_id : vetkd_key }) -> (
    record { public_key : blob }
  );
  vetkd_derive_key : (
    record { input : blob; context : blob; transport_public_key : blob; key_id : vetkd_key }
  ) -> (record { encrypted_key : blob });
}
"""


@dataclass(frozen=True, slots=True)
class Codec:
    """How the arguments of a method are read and its results written."""

    decode: Decoder
    encode: Encoder
    answers: bool
    """Whether there is a result."""


@lru_cache(maxsize=1)
def methods() -> Mapping[str, Func]:
    """The type of each method."""
    return dict(parse_did(INTERFACE).methods)


@lru_cache(maxsize=64)
def codec(method: str) -> Codec:
    """The codec of one of the methods. Raises KeyError for any other name."""
    function = methods()[method]
    return Codec(Decoder(function.arguments), Encoder(function.results), bool(function.results))
