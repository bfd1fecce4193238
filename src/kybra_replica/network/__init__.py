"""The subnet: canisters, their messages and when they run. One node, no consensus."""
