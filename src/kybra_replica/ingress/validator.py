"""Whether a request is its sender's, and for now: expiry, nonce, sender, signature, delegations.

Source: IC interface specification, section "Authentication"; the texts of refusals are those of a replica.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha224
from typing import Generic

from kybra_replica.ingress.canister_signature import CanisterKey, CertificateChecker
from kybra_replica.ingress.content import CallContent, Content, ContentT, Envelope, ReadStateContent
from kybra_replica.ingress.delegations import DelegationChecker, Targets
from kybra_replica.ingress.problems import BadRequest, SignatureInvalid, invalid
from kybra_replica.ingress.public_keys import KeyRing
from kybra_replica.ingress.times import shown_time
from kybra_replica.principal import Principal

MAX_EXPIRY_NS = 330 * 10**9
"""How far ahead a request may expire: five minutes, and half a minute for clocks that differ."""

MAX_NONCE_BYTES = 32

_REQUEST_DOMAIN = b"\x0aic-request"
_SENDER_INFO_DOMAIN = b"\x0eic-sender-info"
_SELF_AUTHENTICATING = b"\x02"
_LONGEST_SHOWN_KEY = 2048


@dataclass(frozen=True, slots=True)
class Authenticated(Generic[ContentT]):
    """A request that its sender has signed, or that needs no signature.

    `targets`: the canisters that the sender's delegations cover, None where they cover all.
    """

    sender: Principal
    request_id: bytes
    content: ContentT
    targets: Targets

    def check_target(self, canister: Principal) -> None:
        """Raises BadRequest (400) when the sender's delegations do not cover `canister`."""
        if self.targets is not None and canister not in self.targets:
            raise invalid(f"Canister '{canister}' is not one of the delegation targets.")


class Validator:
    """Checks requests to one subnet, whose root key (DER, 133 bytes) signs the certificates in canister signatures.

    Raises ValueError when `root_key` is not a BLS key.
    """

    def __init__(self, root_key: bytes) -> None:
        self._parse = KeyRing(CertificateChecker(root_key)).parse
        self._delegations = DelegationChecker(self._parse)

    def check(self, envelope: Envelope[ContentT], now_ns: int) -> Authenticated[ContentT]:
        """The request, authenticated at `now_ns` (ns since 1970).

        Raises BadRequest (400), in this order: expiry out of range (anonymous queries and reads of the state may have any), nonce of more
        than 32 bytes, none or a signature where the sender is or is not anonymous, sender that is not the key's, delegations that do not
        hold, key or signature that do not hold, sender info that does not hold, canister that the delegations do not cover. For reads of
        the state, the canisters are left to `check_target`.
        """
        content = envelope.content
        if not now_ns <= content.ingress_expiry <= now_ns + MAX_EXPIRY_NS and _expires(content):
            raise _expiry_out_of_range(content.ingress_expiry, now_ns)
        if content.nonce is not None and len(content.nonce) > MAX_NONCE_BYTES:
            raise invalid(f"Nonce in request is too big: got {len(content.nonce)} bytes, but at most {MAX_NONCE_BYTES} are allowed.")
        targets = self._check_sender(envelope, now_ns)
        authenticated = Authenticated(content.sender, envelope.request_id, content, targets)
        if targets is not None and not isinstance(content, ReadStateContent):
            authenticated.check_target(content.canister_id)
        return authenticated

    def _check_sender(self, envelope: Envelope[ContentT], now_ns: int) -> Targets:
        content, authentication = envelope.content, envelope.authentication
        sender = content.sender
        if authentication is None:
            if not sender.is_anonymous:
                raise invalid(f"Missing signature from user: {sender}")
            self._check_sender_info(content, None)
            return None
        if sender.is_anonymous:
            raise invalid("Signature is not allowed for the anonymous user.")
        public_key = authentication.public_key
        if sender.raw != sha224(public_key).digest() + _SELF_AUTHENTICATING:
            raise invalid(f"The user id '{sender}' does not match the public key '{public_key[:_LONGEST_SHOWN_KEY].hex()}'")
        signer, targets = self._delegations.check(authentication, content, now_ns)
        try:
            self._parse(signer).verify(authentication.signature, _REQUEST_DOMAIN + envelope.request_id)
        except SignatureInvalid as problem:
            raise invalid(f"Invalid signature: {problem}") from None
        self._check_sender_info(content, public_key)
        return targets

    def _check_sender_info(self, content: Content, public_key: bytes | None) -> None:
        """What is said of a sender must be said, and signed, by the canister that the sender's key belongs to."""
        if isinstance(content, ReadStateContent) or content.sender_info is None:
            return
        info = content.sender_info
        key = None if public_key is None else self._parse(public_key)
        if not isinstance(key, CanisterKey) or key.canister != info.signer:
            raise invalid("Invalid sender info: the signer is not the canister of the sender's public key")
        try:
            key.verify(info.signature, _SENDER_INFO_DOMAIN + info.info)
        except SignatureInvalid as problem:
            raise invalid(f"Invalid sender info: {problem}") from None


def _expires(content: Content) -> bool:
    return isinstance(content, CallContent) or not content.sender.is_anonymous


def _expiry_out_of_range(expiry_ns: int, now_ns: int) -> BadRequest:
    return invalid(
        "Invalid request expiry: Specified ingress_expiry not within expected range:\n"
        f"Minimum allowed expiry: {shown_time(now_ns)}\n"
        f"Maximum allowed expiry: {shown_time(now_ns + MAX_EXPIRY_NS)}\n"
        f"Provided expiry:        {shown_time(expiry_ns)}"
    )
