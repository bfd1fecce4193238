"""Kinds of number and text that must not be mixed up, told apart by the type checker.

A function that takes `Units` and `Ppm` cannot be called with the two exchanged, though both are integers.
Results of arithmetic are plain `int`: name the kind again where a value leaves a function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    Units = NewType("Units", int)
    """Money, in the smallest unit of its ledger (e8s for ICP, 10^-6 dollar for ckUSDC)."""

    Scaled = NewType("Scaled", int)
    """Money times `limits.ACCRUAL_SCALE`: a fraction of a unit, exactly."""

    Ppm = NewType("Ppm", int)
    """A share in parts per million, 0 to 1_000_000."""

    Weight = NewType("Weight", int)
    """A share of recorded work, meaningful only beside the other weights of its pool."""

    Nanoseconds = NewType("Nanoseconds", int)
    """A moment (since 1970-01-01T00:00:00Z) or a length of time, in nanoseconds."""

    AccountKey = NewType("AccountKey", str)
    """One ICRC-1 account as text, equal exactly when the accounts are: see `accounts.account_key`."""

    PrincipalText = NewType("PrincipalText", str)
    """A principal in canonical text form, as the system gives it or `accounts.parse_principal` checked it."""
else:
    # Inside a canister calling a NewType is a Python method call of 29 k instructions; calling int is native, 8 k.
    Units = int
    Scaled = int
    Ppm = int
    Weight = int
    Nanoseconds = int
    AccountKey = str
    PrincipalText = str
