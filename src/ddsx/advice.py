"""What a person can do about the refusals of the exchange's canisters and of its payment ledger, by the case's name."""

from __future__ import annotations

from types import MappingProxyType

_ADVICE = MappingProxyType(
    {
        "AllowanceChanged": "Somebody approved in between: run the command again.",
        "AnonymousCaller": "Sign with a key of your own: --identity FILE.pem.",
        "BadFee": "The ledger's fee changed: run the command again.",
        "BatchConflict": "Other records were appended in between: run the command again.",
        "BatchGap": "Other records were appended in between: run the command again.",
        "CreatedInFuture": "The clock of this machine is ahead: set it right.",
        "InsufficientAllowance": "Approve the price and the ledger's fee, then buy again.",
        "InsufficientFunds": "Send the payment token to the account that pays, then run the command again.",
        "LicenceExpired": "Buy a new licence.",
        "LicenceForeign": "Sign with the key that holds the licence.",
        "NotAContributor": "Ask the stream's provider to admit your principal.",
        "NotAPayee": "Name a stream that you provide or contribute to with --stream.",
        "NotTheProvider": "Sign with the key that created the stream.",
        "NotReady": "The registry was installed a moment ago: try again in a minute.",
        "OfferClosed": "The provider took the offer back: choose another.",
        "PriceAboveLimit": "The price rose: look at it, and raise --max-price if you agree.",
        "StreamUnavailable": "Try again in a minute.",
        "TemporarilyUnavailable": "Try again in a minute.",
        "TooManyStreams": "Name ten streams at most with --stream.",
        "TooOld": "The request is from yesterday: make a new one.",
        "UnknownLicence": "Licences reach the registry some seconds after the purchase: try again, and check the licence's number.",
        "UnknownOffer": "Check the offer's number, and the canister ids.",
        "UnknownStream": "Check the stream's number, and the canister ids; a new stream has no plan before its first work was settled.",
    }
)


def advice(case: str) -> str:
    """A sentence, or nothing where the case says all there is to do."""
    return _ADVICE.get(case, "")
