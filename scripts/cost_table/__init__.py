"""The table of what every method of the four canisters costs: `scripts/costs`."""
