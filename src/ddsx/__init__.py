"""The SDK: reading licensed feeds with proof, for people outside of the canisters."""
