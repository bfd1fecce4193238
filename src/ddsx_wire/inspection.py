"""What every canister's `inspect_message` turns away, whatever the canister."""


def is_internal(method: str) -> bool:
    """Whether a method is one by which a canister's own timers call it (`<ic-cdk internal> ...`): it traps for anybody else."""
    return method.startswith("<")
