"""The cheaper Principal shows the same faces as the one that comes with Kybra."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.principal import ANONYMOUS, MANAGEMENT, Principal

SOURCE = """
{imports}
from kybra import Async, CallResult, Principal, Service, Vec, ic, query, service_update, text, update


class Itself(Service):
    @service_update
    def who(self) -> Principal: ...


@update
def who() -> Principal:
    return ic.caller()


@query
def echo(given: Principal) -> Principal:
    return given


@query
def faces(given: Principal) -> Vec[text]:
    return [
        given.to_str(), str(given), repr(given), given.bytes.hex(), given.hex, str(given.len), str(given.isPrincipal),
        given.to_account_id().to_str(), given.to_account_id(7).to_str(), Principal(bytes=given.bytes).to_str(),
        Principal.from_hex(given.hex).to_str(), Principal.from_str(given.to_str()).bytes.hex(), ic.caller().to_str(), ic.id().hex,
        Principal.anonymous().to_str(), Principal.management_canister().to_str(), Principal.self_authenticating(b"key").to_str(),
    ]


@update
def call() -> Async[text]:
    result: CallResult[Principal] = yield Itself(ic.id()).who()
    return result.Ok.to_str()
"""


@pytest.fixture(scope="module")
def both(module_replica, tmp_path_factory):
    """The canister with the cheaper class, and with Kybra's own."""
    handles = []
    for name, imports in (("cheaper", "from ddsx_wire.principals import caller_text"), ("original", "")):
        entry = tmp_path_factory.mktemp(name) / f"{name}_canister.py"
        entry.write_text(SOURCE.format(imports=imports))
        handles.append(module_replica.install(entry))
    return handles


principals = st.binary(max_size=29).map(Principal) | st.sampled_from([ANONYMOUS, MANAGEMENT])


@given(principals)
def test_every_face_is_the_same(both, given):
    cheaper, original = both
    found, wanted = (canister.query("faces", given, sender=given) for canister in (cheaper, original))
    own = 13
    assert found[:own] + found[own + 1 :] == wanted[:own] + wanted[own + 1 :]
    assert found[own] == cheaper.id.raw.hex().upper()


@given(principals)
def test_principals_cross_unchanged(both, given):
    assert both[0].query("echo", given) == given


def test_a_callee_sees_the_calling_canister(both):
    assert both[0].call("call") == both[0].id.text
