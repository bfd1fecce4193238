"""All methods, with who may call each and how."""

from __future__ import annotations

from collections.abc import Mapping

from kybra_replica.network.management import chunks, code, creation, keys, logs, running, settings, status
from kybra_replica.network.management.call import Callers, Method

METHODS: Mapping[str, Method] = {
    "create_canister": Method(run_at_large=creation.create_canister, by_ingress=False),
    "provisional_create_canister_with_cycles": Method(run_at_large=creation.provisional_create_canister_with_cycles),
    "provisional_top_up_canister": Method(creation.provisional_top_up_canister),
    "deposit_cycles": Method(creation.deposit_cycles, by_ingress=False),
    "update_settings": Method(settings.update_settings, callers=Callers.CONTROLLERS),
    "install_code": Method(code.install_code, callers=Callers.CONTROLLERS),
    "install_chunked_code": Method(code.install_chunked_code, callers=Callers.CONTROLLERS, target="target_canister"),
    "uninstall_code": Method(code.uninstall_code, callers=Callers.CONTROLLERS),
    "upload_chunk": Method(chunks.upload_chunk, callers=Callers.CONTROLLERS_AND_ITSELF),
    "stored_chunks": Method(chunks.stored_chunks, callers=Callers.CONTROLLERS_AND_ITSELF),
    "clear_chunk_store": Method(chunks.clear_chunk_store, callers=Callers.CONTROLLERS_AND_ITSELF),
    "start_canister": Method(running.start_canister, callers=Callers.CONTROLLERS),
    "stop_canister": Method(running.stop_canister, callers=Callers.CONTROLLERS),
    "delete_canister": Method(running.delete_canister, callers=Callers.CONTROLLERS),
    "canister_status": Method(status.canister_status, callers=Callers.STATUS_VIEWERS, by_query=True),
    "canister_info": Method(status.canister_info, by_ingress=False, by_query=True),
    "canister_metadata": Method(status.canister_metadata, by_ingress=False),
    "fetch_canister_logs": Method(logs.fetch_canister_logs, callers=Callers.LOG_VIEWERS, by_ingress=False, by_query=True),
    "list_canisters": Method(run_at_large=status.list_canisters, by_ingress=False, by_canisters=False, by_query=True),
    "raw_rand": Method(run_at_large=keys.raw_rand, by_ingress=False),
    "vetkd_public_key": Method(run_at_large=keys.vetkd_public_key, by_ingress=False),
    "vetkd_derive_key": Method(run_at_large=keys.vetkd_derive_key, by_ingress=False),
}
