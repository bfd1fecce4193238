"""A canister of somebody else's: it passes calls on to the exchange as its own, and tells what came back."""

from kybra import Async, CallResult, Principal, Variant, blob, ic, text, update


class Forwarded(Variant, total=False):
    Ok: blob
    Err: text


@update
def forward(canister: Principal, method: text, argument: blob) -> Async[Forwarded]:
    """Call a method with an argument in Candid; its reply as it came, or why there is none."""
    result: CallResult[blob] = yield ic.call_raw(canister, method, argument, 0)
    return {"Ok": result.Ok} if result.Err is None else {"Err": result.Err}
