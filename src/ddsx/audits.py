"""The splitter's books as it certified them: where every unit that buyers paid is, proved down to the subnet's signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ddsx.certificate import verify_certificate
from ddsx.errors import Stale, VerificationFailed
from ddsx_core.hash_tree import Found, HashTreeInvalid, lookup, parse_hash_tree, root_hash
from ddsx_core.payout_totals import AUDIT_LABEL, Totals, TotalsAudit, audit_totals, decode_totals

MAX_AGE_NS = 300_000_000_000


@dataclass(frozen=True, slots=True)
class VerifiedAudit:
    """The certified totals, what follows from them, and when they were certified (ns since 1970)."""

    totals: Totals
    audit: TotalsAudit
    time_ns: int


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
    totals = decode_totals(found.value.decode())
    audit = audit_totals(totals)
    _compare(answer, totals, audit)
    return VerifiedAudit(totals, audit, certified.time_ns)


def _compare(answer: dict[str, Any], totals: Totals, audit: TotalsAudit) -> None:
    certified = {
        "received": totals.received_units,
        "protocol_fees": totals.protocol_fee_units,
        "provider_shares": totals.provider_units,
        "contributors_shares": totals.contributor_units,
        "pending": totals.pending_units,
        "settled": totals.settled_units,
        "credited": audit.credited_units,
        "claimable": audit.claimable_units,
        "remainder": audit.remainder_units,
        "lost_scaled": audit.lost_scaled,
        "balanced": audit.balanced,
    }
    for name, value in certified.items():
        if answer[name] != value:
            raise VerificationFailed("audit", f"{name} is told as {answer[name]} and certified as {value}")
    drawn = answer["in_flight"] + answer["paid"] + answer["ledger_fees_paid"]
    if drawn != totals.drawn_units:
        raise VerificationFailed("audit", f"payouts are told as {drawn} and certified as {totals.drawn_units}")
