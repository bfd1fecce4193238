"""The shape: Kybra types and Service stubs that the canisters share, and conversions between them and the core."""
