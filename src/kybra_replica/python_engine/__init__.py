"""The Python engine: canister source, run on CPython as Kybra's Wasm would run it."""
