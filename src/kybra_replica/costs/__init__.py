"""Estimates of what calls would cost on the real Wasm: instructions by cause, from counted work and one table of weights."""
