"""Chains of delegations: from the key that the sender's principal is made of to the key that signed the request.

Source: IC interface specification, section "Authentication".
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from hashlib import sha256

from kybra_replica.ingress.content import Authentication, CallContent, Content, Delegation, SignedDelegation
from kybra_replica.ingress.problems import BadRequest, SignatureInvalid, invalid
from kybra_replica.ingress.public_keys import PublicKey
from kybra_replica.ingress.request_id import hash_of_map
from kybra_replica.ingress.times import shown_time
from kybra_replica.principal import Principal

MAX_DELEGATIONS = 20
MAX_TARGETS = 1000
"""How many canisters one delegation may name, counted with repetitions."""

_DOMAIN = b"\x1aic-request-auth-delegation"
_PERMISSIONS = (None, "all", "queries")
_REMEMBERED = 4096

Targets = frozenset[Principal] | None
"""The canisters that a request may be about; None for all."""


class DelegationChecker:
    """Checks chains; remembers the delegations that held, for a client sends the same ones with each of its requests."""

    def __init__(self, parse_key: Callable[[bytes], PublicKey]) -> None:
        self._parse_key = parse_key
        self._held: OrderedDict[bytes, None] = OrderedDict()

    def check(self, authentication: Authentication, content: Content, now_ns: int) -> tuple[bytes, Targets]:
        """The key (DER) that must have signed the request, and what it may be about.

        Raises BadRequest (400), in this order: more than 20 delegations, one that has expired, a key twice, more than 1000 targets in
        one, permissions that are not known, a call where queries only are permitted, a signature that does not hold.
        """
        chain = authentication.delegations
        key = authentication.public_key
        if not chain:
            return key, None
        _check_form(key, chain, now_ns)
        _check_permissions(chain, content)
        targets: Targets = None
        for signed in chain:
            self._check_signature(key, signed)
            key = signed.delegation.public_key
            targets = _intersection(targets, signed.delegation.targets)
        return key, targets

    def _check_signature(self, key: bytes, signed: SignedDelegation) -> None:
        message = _DOMAIN + _hash(signed.delegation)
        seen = sha256(sha256(key).digest() + message + signed.signature).digest()
        if seen not in self._held:
            try:
                self._parse_key(key).verify(signed.signature, message)
            except SignatureInvalid as problem:
                raise invalid(f"Invalid delegation: {problem}") from None
        self._held[seen] = None
        self._held.move_to_end(seen)
        if len(self._held) > _REMEMBERED:
            self._held.popitem(last=False)


def _check_form(key: bytes, chain: Sequence[SignedDelegation], now_ns: int) -> None:
    if len(chain) > MAX_DELEGATIONS:
        raise invalid(
            f"Invalid delegation: Chain of delegations is too long: got {len(chain)} delegations, "
            f"but at most {MAX_DELEGATIONS} are allowed."
        )
    for signed in chain:
        if signed.delegation.expiration < now_ns:
            raise _expired(signed.delegation.expiration, now_ns)
    seen = {key}
    for signed in chain:
        if signed.delegation.public_key in seen:
            raise invalid(
                "Invalid delegation: Chain of delegations contains at least one cycle: first repeating public key encountered "
                f"{signed.delegation.public_key[:256].hex()}"
            )
        seen.add(signed.delegation.public_key)
    for signed in chain:
        count = len(signed.delegation.targets or ())
        if count > MAX_TARGETS:
            raise invalid(
                f"Invalid delegation: Delegation target error: expected at most {MAX_TARGETS} targets per delegation, but got {count}"
            )


def _expired(expiration: int, now_ns: int) -> BadRequest:
    return invalid(
        "Invalid delegation expiry: Specified sender delegation has expired:\n"
        f"Provided expiry:    {shown_time(expiration)}\n"
        f"Local replica time: {shown_time(now_ns)}"
    )


def _check_permissions(chain: Sequence[SignedDelegation], content: Content) -> None:
    for signed in chain:
        if signed.delegation.permissions not in _PERMISSIONS:
            raise invalid('Invalid delegation: permissions must be "all" or "queries"')
        if signed.delegation.permissions == "queries" and isinstance(content, CallContent):
            raise invalid('Invalid delegation: permissions "queries" do not allow calls')


def _hash(delegation: Delegation) -> bytes:
    return hash_of_map(
        {
            "pubkey": delegation.public_key,
            "expiration": delegation.expiration,
            "targets": delegation.targets,
            "permissions": delegation.permissions,
        }
    )


def _intersection(targets: Targets, more: Sequence[bytes] | None) -> Targets:
    if more is None:
        return targets
    named = frozenset(map(Principal, more))
    return named if targets is None else targets & named
