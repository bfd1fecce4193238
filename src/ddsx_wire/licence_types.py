"""Licences as ICRC-7 tokens, and what they allow. Times in nanoseconds since 1970.

Source: ICRC-7 and ICRC-10 (dfinity/ICRC). Type names are ours; Candid compares shapes. The standard's metadata values can nest; ours do
not, and a variant with fewer cases is a subtype of the standard's where it is an answer.
"""

from kybra import Opt, Record, Tuple, Variant, blob, nat, nat64, null, text

from ddsx_wire.icrc_types import Account, DuplicateCase, GenericErrorCase, LedgerTimeCase


class Licence(Record):
    licence: nat64
    stream: nat64
    offer: nat64
    order: nat64
    holder: Account
    valid_from: nat64
    valid_until: nat64


class MetadataValue(Variant, total=False):
    Nat: nat
    Text: text


MetadataEntry = Tuple[text, MetadataValue]


class LicenceTransferArg(Record):
    from_subaccount: Opt[blob]
    to: Account
    token_id: nat
    memo: Opt[blob]
    created_at_time: Opt[nat64]


class LicenceTransferError(Variant, total=False):
    NonExistingTokenId: null
    InvalidRecipient: null
    Unauthorized: null
    TooOld: null
    CreatedInFuture: LedgerTimeCase
    Duplicate: DuplicateCase
    GenericError: GenericErrorCase
    GenericBatchError: GenericErrorCase


class LicenceTransferResult(Variant, total=False):
    Ok: nat
    Err: LicenceTransferError


class SupportedStandard(Record):
    name: text
    url: text
