"""A cycles ledger for the splitter's tests: `deposit` with cycles attached, of which it keeps a fee, and balances.

`set_mood` lets it behave in other ways: "trap", "take nothing" or "take half".
"""

from kybra import Opt, StableBTreeMap, blob, ic, init, nat, query, text, update, void

from ddsx_core.accounts import account_key
from ddsx_wire.cycles_ledger_service import DepositArgs, Deposited
from ddsx_wire.icrc_types import Account
from ddsx_wire.principals import caller_text

FEE = 100_000_000

balances = StableBTreeMap[text, nat](memory_id=0, max_key_size=200, max_value_size=80)
settings = StableBTreeMap[text, text](memory_id=1, max_key_size=50, max_value_size=200)
counters = StableBTreeMap[text, nat](memory_id=2, max_key_size=50, max_value_size=80)


@init
def install() -> void:
    pass


@update
def set_mood(mood: text) -> void:
    settings.insert("mood", mood)


@query
def icrc1_balance_of(account: Account) -> nat:
    return balances.get(account_key(account["owner"].to_str(), account["subaccount"])) or 0


@query
def last_memo() -> Opt[text]:
    return settings.get("memo")


@query
def last_caller() -> Opt[text]:
    return settings.get("caller")


@update
def deposit(args: DepositArgs) -> Deposited:
    mood, available = settings.get("mood") or "", ic.msg_cycles_available128()
    if available < FEE or mood == "trap":
        ic.trap("the deposit is too small")
    wanted = {"take nothing": 0, "take half": available // 2}.get(mood, available)
    accepted = ic.msg_cycles_accept128(wanted)
    key = account_key(args["to"]["owner"].to_str(), args["to"]["subaccount"])
    balances.insert(key, (balances.get(key) or 0) + max(accepted - FEE, 0))
    settings.insert("memo", _hex(args["memo"]))
    settings.insert("caller", caller_text())
    block = counters.get("blocks") or 0
    counters.insert("blocks", block + 1)
    return {"block_index": block, "balance": balances.get(key) or 0}


def _hex(memo: blob | None) -> str:
    return "" if memo is None else memo.hex()
