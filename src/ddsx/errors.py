"""What can go wrong, by what the user can do about it.

DdsxError
├─ VerificationFailed   what was read is not what the canister certified: do not use it
└─ Stale                the proof is right but older than allowed: read again
"""

from __future__ import annotations


class DdsxError(Exception):
    """Base of everything that this package raises on purpose."""


class VerificationFailed(DdsxError):
    """A proof does not hold. `step` names the link of the chain that broke."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"verification failed at the {step}: {reason}. Do not use these records, read them again.")
        self.step = step
        self.reason = reason


class Stale(DdsxError):
    """The certificate is older than the reader allows."""

    def __init__(self, age_ns: int, allowed_ns: int) -> None:
        super().__init__(f"the certificate is {age_ns / 1e9:.0f} s old, {allowed_ns / 1e9:.0f} s are allowed: read the page again.")
        self.age_ns = age_ns
        self.allowed_ns = allowed_ns
