"""A payment ledger for the splitter's tests: ICRC-1 transfers and ICRC-2 allowances, without a log of blocks.

It checks duplicates before anything else but the time window. `set_order` lets it check the fee first, as deployed ledgers do; `fail_next`
lets it answer the next transfers with a chosen `Err` or trap, `fail_to` all transfers to an account. Anyone may mint and set: it is worth
nothing.
"""

from kybra import Opt, Record, StableBTreeMap, ic, init, nat, nat64, query, text, update, void

from ddsx_core.accounts import account_key
from ddsx_wire.icrc_types import Account, TransferArgs, TransferFromArgs, TransferFromResult, TransferResult
from ddsx_wire.principals import caller_text

TX_WINDOW_NS = 24 * 60 * 60 * 1_000_000_000
DRIFT_NS = 60 * 1_000_000_000

# An account key is at most 128 characters; keys of allowances hold two, keys of transactions two and four numbers.
balances = StableBTreeMap[text, nat](memory_id=0, max_key_size=200, max_value_size=80)
allowances = StableBTreeMap[text, nat](memory_id=1, max_key_size=400, max_value_size=80)
transactions = StableBTreeMap[text, nat](memory_id=2, max_key_size=700, max_value_size=80)
settings = StableBTreeMap[text, text](memory_id=3, max_key_size=200, max_value_size=200)
counters = StableBTreeMap[text, nat](memory_id=4, max_key_size=100, max_value_size=80)


class ApproveArgs(Record):
    spender: Account
    amount: nat


class FailToArgs(Record):
    to: Account
    kind: text


class FailNextArgs(Record):
    kind: text
    times: nat64


@init
def install(fee: nat) -> void:
    counters.insert("fee", fee)


@query
def icrc1_fee() -> nat:
    return counters.get("fee") or 0


@query
def icrc1_balance_of(account: Account) -> nat:
    return balances.get(_key(account)) or 0


@query
def block_count() -> nat:
    return counters.get("blocks") or 0


@query
def last_memo() -> Opt[text]:
    return settings.get("memo")


@update
def mint(account: Account, amount: nat) -> void:
    _add(_key(account), amount)


@update
def set_fee(fee: nat) -> void:
    counters.insert("fee", fee)


@update
def set_order(fee_first: bool) -> void:
    settings.insert("order", "fee first" if fee_first else "")


@update
def fail_next(args: FailNextArgs) -> void:
    settings.insert("failure", args["kind"])
    counters.insert("failures", args["times"])


@update
def fail_to(args: FailToArgs) -> void:
    settings.insert(_key(args["to"]), args["kind"])


@update
def icrc2_approve(args: ApproveArgs) -> nat:
    allowances.insert(f"{caller_text()}>{_key(args['spender'])}", args["amount"])
    return 0


@update
def icrc1_transfer(args: TransferArgs) -> TransferResult:
    source = account_key(caller_text(), args["from_subaccount"])
    identity = f"{source}|{_key(args['to'])}|{args['amount']}|{args['fee']}|{args['memo']}|{args['created_at_time']}"
    return _carry_out(source, _key(args["to"]), args["amount"], args, identity, None)


@update
def icrc2_transfer_from(args: TransferFromArgs) -> TransferFromResult:
    spender = account_key(caller_text(), args["spender_subaccount"])
    source = _key(args["from_"])
    identity = f"{spender}/{source}|{_key(args['to'])}|{args['amount']}|{args['fee']}|{args['memo']}|{args['created_at_time']}"
    allowance = None if spender == source else f"{source}>{spender}"
    return _carry_out(source, _key(args["to"]), args["amount"], args, identity, allowance)


def _carry_out(source: str, to: str, amount: int, args: TransferArgs, identity: str, allowance: str | None) -> TransferResult:
    fee = counters.get("fee") or 0
    failure = _chosen_failure() or settings.get(to)
    if failure:
        return {"Err": _failure(failure, fee)}
    wrong_fee = args["fee"] is not None and args["fee"] != fee
    if wrong_fee and settings.get("order") == "fee first":
        return {"Err": {"BadFee": {"expected_fee": fee}}}
    created_at = args["created_at_time"]
    if created_at is not None and created_at < ic.time() - TX_WINDOW_NS - DRIFT_NS:
        return {"Err": {"TooOld": None}}
    if created_at is not None and transactions.contains_key(identity):
        return {"Err": {"Duplicate": {"duplicate_of": transactions.get(identity)}}}
    if wrong_fee:
        return {"Err": {"BadFee": {"expected_fee": fee}}}
    if allowance is not None and (allowances.get(allowance) or 0) < amount + fee:
        return {"Err": {"InsufficientAllowance": {"allowance": allowances.get(allowance) or 0}}}
    if (balances.get(source) or 0) < amount + fee:
        return {"Err": {"InsufficientFunds": {"balance": balances.get(source) or 0}}}
    if allowance is not None:
        allowances.insert(allowance, allowances.get(allowance) - amount - fee)
    _add(source, -amount - fee)
    _add(to, amount)
    block = counters.get("blocks") or 0
    counters.insert("blocks", block + 1)
    transactions.insert(identity, block)
    settings.insert("memo", "" if args["memo"] is None else args["memo"].hex())
    return {"Ok": block}


def _chosen_failure() -> str:
    failures = counters.get("failures") or 0
    if not failures:
        return ""
    counters.insert("failures", failures - 1)
    return settings.get("failure") or ""


def _failure(kind: str, fee: int) -> dict[str, object]:
    if kind == "Trap":
        ic.trap("a ledger that traps")
    if kind == "GenericError":
        return {kind: {"error_code": 7, "message": "closed|for repairs \u00e9"}}
    if kind == "BadBurn":
        return {kind: {"min_burn_amount": 1_000}}
    if kind == "InsufficientFunds":
        return {kind: {"balance": 3}}
    if kind == "BadFee":
        return {kind: {"expected_fee": fee}}
    if kind == "CreatedInFuture":
        return {kind: {"ledger_time": ic.time()}}
    return {kind: None}


def _key(account: Account) -> str:
    return account_key(account["owner"].to_str(), account["subaccount"])


def _add(key: str, amount: int) -> None:
    balances.insert(key, (balances.get(key) or 0) + amount)
