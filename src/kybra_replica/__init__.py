"""A local replica for canisters written in Python with Kybra: runs the unmodified files on CPython."""
