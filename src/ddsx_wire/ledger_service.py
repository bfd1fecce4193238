"""What our canisters call on a payment ledger: any ICRC-1 ledger that also speaks ICRC-2."""

from kybra import Service, nat, service_query, service_update

from ddsx_wire.icrc_types import Account, TransferArgs, TransferFromArgs, TransferFromResult, TransferResult


class PaymentLedger(Service):
    @service_query
    def icrc1_fee(self) -> nat: ...

    @service_query
    def icrc1_balance_of(self, account: Account) -> nat: ...

    @service_update
    def icrc1_transfer(self, args: TransferArgs) -> TransferResult: ...

    @service_update
    def icrc2_transfer_from(self, args: TransferFromArgs) -> TransferFromResult: ...
