"""A payout splitter, and the payment ledger behind it, that answer as a test says.

It keeps the splitter's promise: an order that was decided is answered as it was decided, whatever the script says by then.
"""

from kybra import Opt, StableBTreeMap, Vec, ic, nat, nat64, query, update, void

from ddsx_wire.collect_types import CollectArgs, CollectError, CollectResult
from ddsx_wire.refund_types import EndOrderArgs, EndOrderError, EndOrderResult

counters = StableBTreeMap[str, nat64](memory_id=0, max_key_size=40, max_value_size=15)
answers = StableBTreeMap[nat64, CollectError](memory_id=1, max_key_size=15, max_value_size=2_000)
decided = StableBTreeMap[nat64, CollectResult](memory_id=2, max_key_size=15, max_value_size=2_000)
requests = StableBTreeMap[nat64, CollectArgs](memory_id=3, max_key_size=15, max_value_size=500)
fees = StableBTreeMap[nat64, nat](memory_id=4, max_key_size=15, max_value_size=40)

ends = StableBTreeMap[nat64, EndOrderError](memory_id=5, max_key_size=15, max_value_size=200)
refunds = StableBTreeMap[nat64, nat](memory_id=6, max_key_size=15, max_value_size=40)

UNDECIDED = ("Pending", "Paused", "NotTheLicenceLedger")


@update
def script_collect(errors: Vec[CollectError]) -> void:
    """How the next orders are refused; after them every order is paid."""
    for error in errors:
        answers.insert(_count("scripted"), error)


@update
def refuse_everybody(error: Opt[CollectError]) -> void:
    """Answer so before any order is looked up, until told otherwise."""
    if error is None:
        answers.remove(1 << 32)
    else:
        answers.insert(1 << 32, error)


@update
def set_fee(fee: Opt[nat]) -> void:
    if fee is None:
        fees.remove(0)
    else:
        fees.insert(0, fee)


@query
def icrc1_fee() -> nat:
    fee = fees.get(0)
    if fee is None:
        ic.trap("icrc1_fee was told to trap")
    return fee


@update
def collect(args: CollectArgs) -> CollectResult:
    order = args["order"]
    _count("collect")
    requests.insert(order, args)
    before_looking = answers.get(1 << 32)
    if before_looking is not None:
        return {"Err": before_looking}
    outcome = decided.get(order)
    if outcome is not None:
        return outcome
    outcome = _next_outcome(args)
    waits = "Deposit" in args["source"] and "Err" in outcome and "InsufficientFunds" in outcome["Err"]
    if "Ok" in outcome or not (waits or any(kind in outcome["Err"] for kind in UNDECIDED)):
        decided.insert(order, outcome)
    return outcome


@update
def script_end(errors: Vec[EndOrderError]) -> void:
    """How the next ends of orders are refused; after them every order is ended."""
    for error in errors:
        ends.insert(_count("end scripted"), error)


@update
def end_order(args: EndOrderArgs) -> EndOrderResult:
    """Half of a price comes back, the same again when asked again."""
    order = args["order"]
    error = ends.get(_count("end"))
    if error is not None:
        return {"Err": error}
    if refunds.get(order) is None:
        refunds.insert(order, requests.get(order)["price"] // 2)
    return {"Ok": {"refunded": refunds.get(order)}}


@query
def end_calls() -> nat64:
    return counters.get("end") or 0


@query
def decision(order: nat64) -> Opt[CollectResult]:
    return decided.get(order)


@query
def request(order: nat64) -> Opt[CollectArgs]:
    return requests.get(order)


@query
def calls() -> nat64:
    return counters.get("collect") or 0


def _next_outcome(args: CollectArgs) -> CollectResult:
    error = answers.get(_count("asked"))
    if error is not None:
        return {"Err": error}
    price = args["price"]
    fee, share = price // 10, price // 5
    paid = {"block_index": 1_000 + args["order"], "price": price, "protocol_fee": fee, "provider_share": share}
    if "AtOnce" not in args["earning"]:
        held = {**paid, "protocol_fee": 0, "provider_share": 0, "others_share": 0, "contributors_share": 0, "escrowed": price}
        return {"Ok": held}
    return {"Ok": {**paid, "others_share": 3, "contributors_share": price - fee - share - 3, "escrowed": 0}}


def _count(name: str) -> int:
    number = counters.get(name) or 0
    counters.insert(name, number + 1)
    return number
