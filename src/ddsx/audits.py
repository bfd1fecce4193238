"""The splitter's books as it certified them: where every unit that buyers paid is, proved down to the subnet's signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ddsx.certificate import verify_certificate
from ddsx.errors import Stale, VerificationFailed
from ddsx_core.hash_tree import Found, HashTreeInvalid, lookup, parse_hash_tree, root_hash
from ddsx_core.money_log import AUDIT_LABEL
from ddsx_core.payout_totals import (
    CARRIED,
    CONTRIBUTORS,
    DRAWN,
    ESCROWED,
    PENDING,
    PROTOCOL,
    RECEIVED,
    REFUNDED,
    SETTLED,
    SHARES,
    SPENT,
    TOPPED_UP,
    TotalsAudit,
    audit_totals,
    decode_totals,
)

MAX_AGE_NS = 300_000_000_000

_TOLD = {
    "received": RECEIVED,
    "protocol_fees": PROTOCOL,
    "plan_shares": SHARES,
    "contributors_shares": CONTRIBUTORS,
    "escrowed": ESCROWED,
    "refunded": REFUNDED,
    "topped_up": TOPPED_UP,
    "spent": SPENT,
    "settled": SETTLED,
    "pending": PENDING,
    "carried_scaled": CARRIED,
}
"""Figures of an answer that are certified as they are."""


@dataclass(frozen=True, slots=True)
class VerifiedAudit:
    """The certified totals of each ledger by its number, what follows from them, and when they were certified (ns since 1970)."""

    totals: tuple[Sequence[int], ...]
    audits: tuple[TotalsAudit, ...]
    time_ns: int

    @property
    def balanced(self) -> bool:
        """Whether the books of every ledger balance."""
        return all(audit.balanced for audit in self.audits)


def verify_audit(answer: dict[str, Any], *, splitter: bytes, root_key: bytes, now_ns: int) -> VerifiedAudit:
    """What `audit` answered, believed only as far as it is certified. `splitter`: raw principal.

    Raises VerificationFailed (also when the answer's own figures are not the certified ones), Stale.
    """
    if answer["certificate"] is None:
        raise VerificationFailed("certificate", "the audit carries none: certificates come with queries, not with update calls")
    certified = verify_certificate(answer["certificate"], canister=splitter, root_key=root_key)
    if now_ns - certified.time_ns > MAX_AGE_NS:
        raise Stale(now_ns - certified.time_ns, MAX_AGE_NS)
    try:
        tree = parse_hash_tree(answer["witness"])
        found = lookup(tree, [AUDIT_LABEL])
    except HashTreeInvalid as problem:
        raise VerificationFailed("witness", str(problem)) from None
    if root_hash(tree) != certified.data or not isinstance(found, Found):
        raise VerificationFailed("witness", "its root is not what the splitter certified, or it shows no totals")
    # A ledger that was listed and not used yet may have no totals.
    texts = found.value.decode().split(";")
    texts += [""] * (len(answer["ledgers"]) - len(texts))
    totals = tuple(decode_totals(text) for text in texts)
    audits = tuple(audit_totals(numbers) for numbers in totals)
    for told in answer["ledgers"]:
        _compare(told, totals[told["ledger"]], audits[told["ledger"]])
    return VerifiedAudit(totals, audits, certified.time_ns)


def _compare(told: dict[str, Any], totals: Sequence[int], audit: TotalsAudit) -> None:
    certified = {name: totals[place] for name, place in _TOLD.items()} | {
        "credited": audit.credited_units,
        "claimable": audit.claimable_units,
        "claimable_fraction_scaled": audit.claimable_fraction_scaled,
        "remainder": audit.remainder_units,
        "lost_scaled": audit.lost_scaled,
        "holdings": audit.holdings_units,
        "balanced": audit.balanced,
    }
    for name, value in certified.items():
        if told[name] != value:
            raise VerificationFailed("audit", f"{name} of ledger {told['ledger']} is told as {told[name]} and certified as {value}")
    drawn = told["in_flight"] + told["paid"] + told["ledger_fees_paid"]
    if drawn != totals[DRAWN]:
        raise VerificationFailed("audit", f"payouts of ledger {told['ledger']} are told as {drawn} and certified as {totals[DRAWN]}")
