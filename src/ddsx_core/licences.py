"""Licences: the tokens of ICRC-7 that allow reading a stream for a while, their transfers, and the log of both.

A licence belongs to an account. Reading goes by the account's owner, so a transfer between two subaccounts of one principal moves the token
and no entitlement. An expired licence can still be transferred: it is a receipt, nobody may read by it, and no entitlement is sent for it.
Licences are never burned, and their dates never change, except that one can end before its time.

Ending gives back to the payer of its order what of the price is not earned. So only a licence whose price was put in escrow can be ended:
by its holder if its terms say so, by its holder in any case once its time is over (what was paid for records that did not come in time
comes back), and by the stream's provider at any time. What was earned at once cannot come back, so nobody can take such a licence away.

What ICRC-7 leaves open is decided so:
- A repetition is recognised before anything that may have changed since is looked at. After a transfer the token is not the sender's any
  more: looked at in another order, a client that lost the answer would learn `Unauthorized` instead of `Duplicate`.
- Nobody gets a licence who could not use it for himself alone: the anonymous principal and the management canister are no recipients.
- A subaccount that is not 32 bytes is no account: as recipient InvalidRecipient, as sender Unauthorized. It is never padded.
- A memo that is too long is refused, never cut.

The log has a block for each mint, transfer and end, numbered from 0 as they happen. All but mints are stored, each with its block's
number: the other numbers are those of the mints, in the order of the licences, and when and into which account a licence was minted is in
its order.

Order of checks of a transfer: GenericError (memo), TooOld, CreatedInFuture, Duplicate, NonExistingTokenId, Unauthorized, InvalidRecipient.

Units: times in nanoseconds. Source: ICRC-7 in github.com/dfinity/ICRC.
"""

from __future__ import annotations

from typing import NamedTuple

from ddsx_core.accounts import ANONYMOUS, account_key, owner_of
from ddsx_core.codec import decode_fields, encode_fields, encode_ints, version_of
from ddsx_core.deduplication import check_repetition, fingerprint, remember_until
from ddsx_core.limits import MAX_MEMO_BYTES, PERMITTED_DRIFT_NS
from ddsx_core.orders import Order
from ddsx_core.refused import Broken, Refused, generic_error
from ddsx_core.terms import AT_ONCE, Offer
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText

MEMO_TOO_LONG = 1
"""GenericError's code for a memo above `MAX_MEMO_BYTES`."""

MAX_TRANSFERS = 50
"""Transfers in one call: 10 M instructions each, 0.5 B of the 40 B that an update has."""

_MANAGEMENT_CANISTER = PrincipalText("aaaaa-aa")


class Licence(NamedTuple):
    """The right to read `stream` from `valid_from` until before `valid_until`, bought by `order` on the terms of `offer`."""

    licence: int
    stream: int
    offer: int
    order: int
    holder: AccountKey
    valid_from: Nanoseconds
    valid_until: Nanoseconds


class LicenceTransfer(NamedTuple):
    """One item of `icrc7_transfer`, as the caller sent it; None stands for what was left out."""

    caller: PrincipalText
    from_subaccount: bytes | None
    to_owner: PrincipalText
    to_subaccount: bytes | None
    licence: int
    memo: bytes | None
    created_at_time: Nanoseconds | None


class Transferred(NamedTuple):
    """A block of the log: a transfer was carried out."""

    block: int
    ts: Nanoseconds
    transfer: LicenceTransfer


class LicenceEnded(NamedTuple):
    """A block of the log: a licence was ended by `caller`, as its holder or the stream's provider."""

    block: int
    ts: Nanoseconds
    licence: int
    caller: PrincipalText


class Entitlement(NamedTuple):
    """What a registry is told: `holder` may read by `licence`, and nobody else by the same."""

    licence: int
    stream: int
    holder: PrincipalText
    valid_from: Nanoseconds
    valid_until: Nanoseconds


def licence_of_order(order: Order) -> Licence:
    """The licence that a completed order brings, in the buyer's default account whichever account paid.

    Breaks: for an order that is not completed.
    """
    receipt, request = order.receipt, order.request
    if receipt is None:
        raise Broken(f"order {order.order} brings no licence")
    holder = account_key(request.buyer)
    return Licence(receipt.licence, order.stream, request.offer, order.order, holder, receipt.valid_from, receipt.valid_until)


# -- The end ------------------------------------------------------------------------------------------------------------------


def check_end(caller: PrincipalText, licence: Licence | None, offer: Offer | None, now: Nanoseconds) -> Licence:
    """The licence, if the caller may end it. offer: the licence's, None where there is no licence.

    Refuses (in order): UnknownLicence; NotPermitted to anyone but its holder and the provider of the offer; NotCancellable for one whose
        price was earned at once, and to the holder of one that has not run out, unless the terms allow it.
    """
    if licence is None or offer is None:
        raise Refused("UnknownLicence")
    is_provider = caller == offer.provider
    if caller == ANONYMOUS or not (is_provider or caller == owner_of(licence.holder)):
        raise Refused("NotPermitted")
    terms = offer.terms
    if terms.clock == AT_ONCE or not (is_provider or terms.cancellable or now >= licence.valid_until):
        raise Refused("NotCancellable")
    return licence


def ended_licence(licence: Licence, now: Nanoseconds) -> Licence:
    """The same licence, over by now."""
    return licence._replace(valid_until=min(licence.valid_until, now))


# -- Transfers ----------------------------------------------------------------------------------------------------------------


def transfer_fingerprint(transfer: LicenceTransfer) -> str | None:
    """A text equal for two transfers exactly when the caller and everything sent are; None without `created_at_time`."""
    if transfer.created_at_time is None:
        return None
    return fingerprint("icrc7_transfer", transfer.caller, transfer)


def check_transfer(
    transfer: LicenceTransfer, licence: Licence | None, duplicate_of: int | None, now: Nanoseconds
) -> tuple[Licence, AccountKey]:
    """What moves, and the account that it moves to.

    licence: the one that the transfer names, None when there is none. duplicate_of: the block of the same transfer carried out before.
    Refuses: in the order of the module's list.
    """
    if transfer.memo is not None and len(transfer.memo) > MAX_MEMO_BYTES:
        raise generic_error(MEMO_TOO_LONG, f"a memo has at most {MAX_MEMO_BYTES} bytes")
    check_repetition(transfer.created_at_time, duplicate_of, now)
    if licence is None:
        raise Refused("NonExistingTokenId")
    if _account(transfer.caller, transfer.from_subaccount) != licence.holder:
        raise Refused("Unauthorized")
    target = _account(transfer.to_owner, transfer.to_subaccount)
    if target is None or target == licence.holder or transfer.to_owner in (ANONYMOUS, _MANAGEMENT_CANISTER):
        raise Refused("InvalidRecipient")
    return licence, target


def moved(licence: Licence, target: AccountKey) -> Licence:
    """The same licence in another account."""
    return Licence(licence.licence, licence.stream, licence.offer, licence.order, target, licence.valid_from, licence.valid_until)


def moves_entitlement(licence: Licence, target: AccountKey, now: Nanoseconds) -> bool:
    """Whether a registry has to know of a transfer: another principal holds a licence that has not ended."""
    return now < licence.valid_until and owner_of(licence.holder) != owner_of(target)


def entitlement_of(licence: Licence) -> Entitlement:
    """What the registry of the licence's stream is to be told."""
    return Entitlement(licence.licence, licence.stream, owner_of(licence.holder), licence.valid_from, licence.valid_until)


def forgettable_from(block: Transferred | LicenceEnded) -> Nanoseconds:
    """The first moment at which a repetition of a transfer in the block is certain to be TooOld. Ascends with the blocks' numbers."""
    return Nanoseconds(remember_until(Nanoseconds(block.ts + PERMITTED_DRIFT_NS)) + 1)


def _account(owner: PrincipalText, subaccount: bytes | None) -> AccountKey | None:
    """The key of an account, None where the subaccount is none."""
    try:
        return account_key(owner, subaccount)
    except Refused:
        return None


# -- Storing ------------------------------------------------------------------------------------------------------------------

_LICENCE = "1"
_ENTITLEMENT = "1"
_TRANSFERRED = "1x"
_ENDED = "1e"


def encode_licence(licence: Licence) -> str:
    """One text of a licence."""
    number, stream, offer, order, holder, valid_from, valid_until = licence
    return encode_ints(_LICENCE, (number, stream, offer, order, valid_from, valid_until)) + encode_fields("", [holder])


def decode_licence(text: str) -> Licence:
    """The licence that `encode_licence` was given."""
    fields = decode_fields(_LICENCE, 7, text)
    licence, stream, offer, order, valid_from, valid_until = [int(field, 16) for field in fields[:6]]
    return Licence(licence, stream, offer, order, AccountKey(fields[6]), Nanoseconds(valid_from), Nanoseconds(valid_until))


def encode_entitlement(entitlement: Entitlement) -> str:
    """One text of an entitlement."""
    licence, stream, holder, valid_from, valid_until = entitlement
    return encode_ints(_ENTITLEMENT, (licence, stream, valid_from, valid_until)) + encode_fields("", [holder])


def decode_entitlement(text: str) -> Entitlement:
    """The entitlement that `encode_entitlement` was given."""
    fields = decode_fields(_ENTITLEMENT, 5, text)
    licence, stream, valid_from, valid_until = [int(field, 16) for field in fields[:4]]
    return Entitlement(licence, stream, PrincipalText(fields[4]), Nanoseconds(valid_from), Nanoseconds(valid_until))


def encode_transferred(block: Transferred) -> str:
    """One text of a transfer's block; its version names its kind."""
    number, ts, transfer = block
    caller, from_subaccount, to_owner, to_subaccount, licence, memo, created_at_time = transfer
    created = "-" if created_at_time is None else f"{created_at_time:x}"
    blobs = [_encode_blob(blob) for blob in (from_subaccount, to_subaccount, memo)]
    return encode_fields(_TRANSFERRED, [f"{number:x}", f"{ts:x}", f"{licence:x}", caller, to_owner, created, *blobs])


def decode_transferred(text: str) -> Transferred:
    """The block that `encode_transferred` was given. Breaks: on another version, and on another number of fields."""
    number, ts, licence, caller, to_owner, created_at, *blobs = decode_fields(_TRANSFERRED, 9, text)
    created = None if created_at == "-" else Nanoseconds(int(created_at, 16))
    from_subaccount, to_subaccount, memo = [_decode_blob(field) for field in blobs]
    sender, recipient = PrincipalText(caller), PrincipalText(to_owner)
    transfer = LicenceTransfer(sender, from_subaccount, recipient, to_subaccount, int(licence, 16), memo, created)
    return Transferred(int(number, 16), Nanoseconds(int(ts, 16)), transfer)


def encode_block(block: Transferred | LicenceEnded) -> str:
    """One text of a block that is stored; its version names its kind."""
    if isinstance(block, Transferred):
        return encode_transferred(block)
    number, ts, licence, caller = block
    return encode_ints(_ENDED, (number, ts, licence)) + encode_fields("", [caller])


def decode_block(text: str) -> Transferred | LicenceEnded:
    """The block that `encode_block` was given. Breaks: as `decode_transferred`."""
    if version_of(text) != _ENDED:
        return decode_transferred(text)
    number, ts, licence, caller = decode_fields(_ENDED, 4, text)
    return LicenceEnded(int(number, 16), Nanoseconds(int(ts, 16)), int(licence, 16), PrincipalText(caller))


def _encode_blob(blob: bytes | None) -> str:
    return "-" if blob is None else blob.hex()


def _decode_blob(field: str) -> bytes | None:
    return None if field == "-" else bytes.fromhex(field)
