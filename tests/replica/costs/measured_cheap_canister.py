"""The rows of the table that were measured with the cheaper Principal."""
# ruff: noqa: B018 - statements that do nothing but cost something

from kybra import Async, Principal, Service, ic, nat64, query, service_update, text, update, void

from ddsx_wire.principals import principal_of


class Other(Service):
    @service_update
    def one(self, x: nat64) -> nat64: ...


@query
def echo_principal(x: Principal) -> Principal:
    return x


@query
def caller() -> void:
    ic.caller()


@query
def caller_bytes() -> void:
    ic.caller().bytes


@update
def call_one(to: text) -> Async[nat64]:
    result = yield Other(principal_of(to)).one(5)
    return result.Ok


@update
def notify_one(to: text) -> void:
    Other(principal_of(to)).one(5).notify()


@update
def one(x: nat64) -> nat64:
    return x


@query
def nothing() -> void:
    pass
