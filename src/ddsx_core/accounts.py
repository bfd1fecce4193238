"""ICRC-1 accounts and principals as text.

An account is an owner (a principal) and a subaccount of 32 bytes; leaving the subaccount out means 32 zero bytes. Inside the exchange one
account is one text, its key, so that comparing keys is comparing accounts and a key is a map key as it stands:

    <owner>                        default subaccount, however it was given
    <owner>.<64 hex digits>        any other

Owners stay the text in which the system gives them: a principal crosses into a canister as text in 64 k instructions, as a principal in
500 k and more. Text that a person typed goes through `parse_principal` or `parse_account` first; nothing else makes it trustworthy.

A principal's text is base32 (lower case, no padding) of its CRC-32 and its bytes, in groups of five joined by hyphens. An account's text
for people (ICRC-1, "Textual encoding of ICRC-1 accounts") is the owner for the default subaccount, else

    <owner>-<base32 of CRC-32 over owner and subaccount>.<subaccount in hex without leading zeros>
"""

from __future__ import annotations

from binascii import crc32

from ddsx_core.limits import MAX_PRINCIPAL_BYTES, MAX_PRINCIPAL_LENGTH, SUBACCOUNT_BYTES
from ddsx_core.refused import invalid_account, invalid_principal
from ddsx_core.units import AccountKey, PrincipalText

ANONYMOUS = PrincipalText("2vxsx-fae")
"""The principal of callers that did not sign; anyone can act as it."""

_ANONYMOUS_BEGINNINGS = (ANONYMOUS, ANONYMOUS + ".")

DEFAULT_SUBACCOUNT = bytes(SUBACCOUNT_BYTES)
"""The subaccount meant when none is given."""

_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_BASE32_LETTERS = frozenset(_BASE32)
_TO_BASE32_DIGITS = str.maketrans(_BASE32, "0123456789abcdefghijklmnopqrstuv", "-")
_CHECKSUM_BYTES = 4
_CHECKSUM_LENGTH = 7
_HEX_DIGITS = frozenset("0123456789abcdef")


# -- Principals -------------------------------------------------------------------------------------------------------------


def principal_bytes(text: PrincipalText) -> bytes:
    """The bytes of a principal whose text is trusted: from the system, or checked by `parse_principal`.

    Cost: some 0.3 M instructions in a canister, against 2 M for the library's decoding and checking.
    """
    digits = text.translate(_TO_BASE32_DIGITS)
    size = len(digits) * 5 // 8
    # The last character's low bits beyond whole bytes are padding.
    number = int(digits, 32) >> len(digits) * 5 - size * 8
    return number.to_bytes(size, "big")[_CHECKSUM_BYTES:]


def principal_text(raw: bytes) -> PrincipalText:
    """The canonical text of a principal.

    Refuses: InvalidPrincipal for more than 29 bytes.
    """
    if len(raw) > MAX_PRINCIPAL_BYTES:
        raise invalid_principal(f"a principal has at most {MAX_PRINCIPAL_BYTES} bytes")
    letters = _base32(_checksum(raw) + raw)
    return PrincipalText("-".join([letters[start : start + 5] for start in range(0, len(letters), 5)]))


def parse_principal(text: str) -> PrincipalText:
    """`text` as a principal, if it is one in canonical form: for text that a person typed.

    Refuses (in order): InvalidPrincipal for more than 63 characters, for other characters than base32 (upper case too) or fewer than
        any principal has, for more than 29 bytes, for a wrong checksum, and for hyphens elsewhere than in the canonical form.
    """
    if len(text) > MAX_PRINCIPAL_LENGTH:
        raise invalid_principal(f"a principal has at most {MAX_PRINCIPAL_LENGTH} characters")
    letters = text.replace("-", "")
    if len(letters) < _CHECKSUM_LENGTH or not _BASE32_LETTERS.issuperset(letters):
        raise invalid_principal("not the text of a principal")
    # What is spelt differently after decoding and encoding again was not canonical: this finds wrong padding as well as wrong checksums.
    canonical = principal_text(principal_bytes(PrincipalText(text)))
    if canonical.replace("-", "") != letters:
        raise invalid_principal("the checksum does not fit")
    if canonical != text:
        raise invalid_principal("a hyphen belongs after every five characters")
    return canonical


# -- Accounts ---------------------------------------------------------------------------------------------------------------


def account_key(owner: PrincipalText, subaccount: bytes | None = None) -> AccountKey:
    """The key of an account.

    Refuses: InvalidAccount for a subaccount that is not 32 bytes; it is never padded.
    """
    if subaccount is None or subaccount == DEFAULT_SUBACCOUNT:
        return AccountKey(owner)
    if len(subaccount) != SUBACCOUNT_BYTES:
        raise invalid_account(f"a subaccount has {SUBACCOUNT_BYTES} bytes, not {len(subaccount)}")
    return AccountKey(f"{owner}.{subaccount.hex()}")


def owner_of(key: AccountKey) -> PrincipalText:
    """The owner of an account."""
    return PrincipalText(key.split(".", 1)[0])


def subaccount_of(key: AccountKey) -> bytes | None:
    """The subaccount of an account, None for the default."""
    digits = key.partition(".")[2]
    return bytes.fromhex(digits) if digits else None


def is_anonymous(key: AccountKey) -> bool:
    """Whether the account belongs to the anonymous principal, so to anyone."""
    # A principal's text that goes on after these letters is another one.
    return key[: len(ANONYMOUS) + 1] in _ANONYMOUS_BEGINNINGS


def account_text(key: AccountKey) -> str:
    """The account's textual encoding of ICRC-1, for people and wallets."""
    subaccount = subaccount_of(key)
    if subaccount is None:
        return key
    owner = owner_of(key)
    checksum = _base32(_checksum(principal_bytes(owner) + subaccount))
    return f"{owner}-{checksum}.{subaccount.hex().lstrip('0')}"


def parse_account(text: str) -> AccountKey:
    """The account that a textual encoding of ICRC-1 names, if it is in canonical form: for text that a person typed.

    Refuses (in order): InvalidAccount for a subaccount that is empty, longer than 64 digits, not lower-case hex or begins with a zero
        (so also the default subaccount spelt out), and for a missing checksum; InvalidPrincipal for the owner, as `parse_principal`;
        InvalidAccount for a wrong checksum.
    """
    before, dot, digits = text.partition(".")
    if not dot:
        return AccountKey(parse_principal(text))
    if not 0 < len(digits) <= 2 * SUBACCOUNT_BYTES or not _HEX_DIGITS.issuperset(digits):
        raise invalid_account("a subaccount is 1 to 64 lower-case hex digits")
    if digits.startswith("0"):
        raise invalid_account("a subaccount is written without leading zeros")
    owner_text, _, checksum = before.rpartition("-")
    if len(checksum) != _CHECKSUM_LENGTH:
        raise invalid_account("the checksum before the dot is missing")
    owner = parse_principal(owner_text)
    subaccount = bytes.fromhex(digits.zfill(2 * SUBACCOUNT_BYTES))
    if checksum != _base32(_checksum(principal_bytes(owner) + subaccount)):
        raise invalid_account("the checksum does not fit owner and subaccount")
    return account_key(owner, subaccount)


def _checksum(data: bytes) -> bytes:
    """CRC-32 of `data`, big-endian."""
    return crc32(data).to_bytes(_CHECKSUM_BYTES, "big")


def _base32(data: bytes) -> str:
    """`data` in base32, lower case without padding; short, so plain shifts beat the library's Python code."""
    length = (len(data) * 8 + 4) // 5
    number = int.from_bytes(data, "big") << length * 5 - len(data) * 8
    return "".join([_BASE32[number >> shift & 31] for shift in range((length - 1) * 5, -1, -5)])
