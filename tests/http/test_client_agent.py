"""The SDK's agent against a replica: answers proved, refusals told, and nothing believed that was altered on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from counting_target import Target
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tampering_proxy import tampering

from ddsx.agent import Agent, Canister
from ddsx.endpoint import MAINNET_ROOT_KEY, Endpoint
from ddsx.errors import CallRejected, DdsxError, InterfaceUnreadable, Unanswered, VerificationFailed
from ddsx.identity import ANONYMOUS, Identity, new_identity, parse_identity

ABSENT = "ie6gs-pyaaa-aqaaa-aaaaa-cai"


@pytest.fixture(params=["Ed25519", "secp256k1", "anonymous"])
def identity(request: pytest.FixtureRequest) -> Identity:
    """Everybody who may call."""
    if request.param == "anonymous":
        return ANONYMOUS
    if request.param == "Ed25519":
        return new_identity()[0]
    key = ec.generate_private_key(ec.SECP256K1())
    return parse_identity(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode(), "key")


@pytest.fixture
def agent(target: Target) -> Iterator[Agent]:
    """An agent of a new key."""
    with closing(Agent.connect(target.host.url, new_identity()[0])) as found:
        yield found


@pytest.fixture
def canister(agent: Agent, target: Target) -> Canister:
    """The counting canister."""
    return agent.canister(str(target.id))


def test_calls_and_queries_carry_the_callers_principal(target: Target, identity: Identity) -> None:
    with closing(Agent.connect(target.host.url, identity)) as agent:
        canister = agent.canister(str(target.id))
        assert canister.call("who") == canister.call("who_asks") == identity.principal


def test_equal_calls_within_a_second_are_all_carried_out(canister: Canister) -> None:
    before = canister.call("total")
    assert [canister.call("add", 1) for _ in range(5)] == [before + count for count in range(1, 6)]


def test_bytes_go_there_and_back(canister: Canister) -> None:
    data = bytes(range(256)) * 4_096
    assert canister.call("echo", data) == data


def test_the_interface_comes_from_the_module(canister: Canister, target: Target) -> None:
    assert set(canister.interface.methods) == {name for name, _ in target.canister.interface.methods}
    assert canister.interface.methods["composite"].is_query


@pytest.mark.parametrize(
    ("method", "arguments", "error_code", "words"),
    [
        ("fail", ("no luck",), "IC0503", "no luck"),
        ("fail_query", ("no luck",), "IC0503", "no luck"),
        ("refuse", ("not today",), "IC0406", "not today"),
        ("uninvited", (), "IC0406", "rejected the message"),
    ],
)
def test_a_reject_tells_its_code_and_words(
    canister: Canister, method: str, arguments: tuple[str, ...], error_code: str, words: str
) -> None:
    with pytest.raises(CallRejected, match=words) as caught:
        canister.call(method, *arguments)
    assert caught.value.error_code == error_code


def test_a_method_or_canister_that_is_not_there(agent: Agent, canister: Canister) -> None:
    with pytest.raises(InterfaceUnreadable, match="has no method subtract"):
        canister.call("subtract", 1)
    with pytest.raises(CallRejected) as caught:
        agent.update(canister.id, "subtract", b"DIDL\0\0")
    assert caught.value.error_code == "IC0536"
    with pytest.raises(InterfaceUnreadable, match="Are its id and the URL right"):
        agent.canister(ABSENT).call("add", 1)
    assert (agent.module_hash(ABSENT), agent.controllers(ABSENT), agent.metadata(ABSENT, b"candid:service")) == (None, None, None)


def test_what_the_state_says_of_a_canister(agent: Agent, target: Target) -> None:
    assert agent.controllers(str(target.id)) == [str(target.owner.principal)]
    assert agent.metadata(str(target.id), b"kybra:sources") is None
    found = agent.module_hash(str(target.id))
    assert found is not None
    assert len(found) == 32


def test_mainnets_key_does_not_vouch_for_a_local_network(target: Target) -> None:
    agent = Agent(Endpoint(target.host.url), ANONYMOUS, MAINNET_ROOT_KEY)
    with closing(agent), pytest.raises(VerificationFailed, match="signature"):
        agent.module_hash(str(target.id))


def test_a_call_whose_answer_does_not_come_may_have_been_carried_out(target: Target, canister: Canister) -> None:
    kept: list[dict] = []

    def replay(kind: str, answer: dict) -> dict:
        """The first certificate for ever: honest, and silent about what came later."""
        if kind == "read_state":
            kept.append(answer)
        return kept[0] if kind == "read_state" else answer

    with tampering("127.0.0.1", target.host.port, replay) as url, closing(Agent.connect(url)) as found:
        assert found.module_hash(str(target.id)) is not None
        before = canister.call("add", 0)
        hasty = Agent(found.endpoint, ANONYMOUS, found.root_key, answer_within_s=0.2)
        add = target.canister.encode("add", 1)
        with pytest.raises(Unanswered, match="may still be carried out"):
            hasty.update(str(target.id), "add", add)
    assert canister.call("add", 0) == before + 1


def change_certificate(kind: str, answer: dict) -> dict:
    """One bit in the middle of every certificate."""
    if kind != "read_state":
        return answer
    at = len(answer["certificate"]) // 2
    damaged = bytearray(answer["certificate"])
    damaged[at] ^= 1
    return {"certificate": bytes(damaged)}


def test_an_altered_certificate_is_never_believed(target: Target, canister: Canister) -> None:
    with tampering("127.0.0.1", target.host.port, change_certificate) as url, closing(Agent.connect(url)) as agent:
        assert agent.canister(str(target.id), "service : { total : () -> (nat64) query }").call("total") == canister.call("total")
        with pytest.raises(DdsxError):
            agent.canister(str(target.id), "service : { add : (nat64) -> (nat64) }").call("add", 0)


def test_a_network_that_names_another_root_key_is_not_believed(target: Target) -> None:
    def other_key(kind: str, answer: dict) -> dict:
        return {**answer, "root_key": MAINNET_ROOT_KEY} if kind == "status" else answer

    with tampering("127.0.0.1", target.host.port, other_key) as url, closing(Agent.connect(url)) as agent:
        canister = agent.canister(str(target.id), "service : { add : (nat64) -> (nat64) }")
        with pytest.raises(VerificationFailed, match="signature"):
            canister.call("add", 0)
