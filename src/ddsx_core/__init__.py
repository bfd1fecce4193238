"""What DDSX means: pure functions and values, standard library only, alike on CPython and inside a canister."""
