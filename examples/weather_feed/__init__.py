"""A feed of real weather observations."""
