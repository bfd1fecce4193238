"""A canister that buys with cycles and is paid in cycles, for the splitter's tests. Anyone may tell it what to do."""

from kybra import Async, CallResult, Principal, Service, ic, init, nat, query, service_update, text, update, void

from ddsx_wire.payout_types import ClaimArgs, ClaimResult, PushSettings, SetPushResult, TopUpResult


class Splitter(Service):
    @service_update
    def top_up(self) -> TopUpResult: ...

    @service_update
    def claim(self, args: ClaimArgs) -> ClaimResult: ...

    @service_update
    def set_push(self, wish: PushSettings) -> SetPushResult: ...


@init
def install() -> void:
    pass


@query
def cycles() -> nat:
    return ic.canister_balance128()


@update
def top_up(splitter: Principal, amount: nat) -> Async[TopUpResult]:
    result: CallResult[TopUpResult] = yield Splitter(splitter).top_up().with_cycles128(amount)
    return _answer(result)


@update
def claim(splitter: Principal, args: ClaimArgs) -> Async[ClaimResult]:
    result: CallResult[ClaimResult] = yield Splitter(splitter).claim(args)
    return _answer(result)


@update
def set_push(splitter: Principal, wish: PushSettings) -> Async[SetPushResult]:
    result: CallResult[SetPushResult] = yield Splitter(splitter).set_push(wish)
    return _answer(result)


def _answer(result: CallResult[object]) -> object:
    if result.Err is not None:
        ic.trap(result.Err)
    return result.Ok


@query
def name() -> text:
    return "buyer"
