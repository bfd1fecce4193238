"""What the splitter calls on the cycles ledger beside ICRC-1: depositing the cycles that are attached to the call.

Source: the cycles ledger's interface (dfinity/cycles-ledger). It takes its transfer fee from what is deposited, and traps below it.
"""

from kybra import Opt, Record, Service, blob, nat, service_update

from ddsx_wire.icrc_types import Account


class DepositArgs(Record):
    to: Account
    memo: Opt[blob]


class Deposited(Record):
    block_index: nat
    balance: nat


class CyclesLedger(Service):
    @service_update
    def deposit(self, args: DepositArgs) -> Deposited: ...
