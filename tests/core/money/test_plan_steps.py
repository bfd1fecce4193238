"""What a plan may not be, each beside the nearest that may stand; and how plans are stored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.limits import MAX_AMOUNT, MAX_VEST_SECONDS
from ddsx_core.plans import Step, check_steps, decode_steps, encode_steps
from ddsx_core.refused import Broken
from ddsx_core.units import Ppm, Units
from model.expect import refuses

MANAGEMENT = "p:aaaaa-aa"
NAMES = st.text("abcXYZ019 -_.", min_size=1, max_size=32)
PAYEES = st.one_of(
    st.sampled_from(["provider", "validators", MANAGEMENT, "p:rrkah-fqaaa-aaaaa-aaaaq-cai"]),
    st.integers(1, 2**64 - 1).map(lambda number: f"s:{number:x}"),
)


def step(payee: str = "provider", name: str = "fee", share: int = 1, cap: int = 0, vest: int = 0) -> Step:
    return Step(payee, name, Ppm(share), Units(cap), vest)


PLANS = st.lists(
    st.builds(step, PAYEES, NAMES, st.integers(0, 1_000_000), st.integers(0, MAX_AMOUNT)), max_size=16, unique_by=lambda step: step.name
)


@given(PLANS)
def test_a_plan_that_may_stand_is_stored_as_one_field(steps: list[Step]) -> None:
    check_steps(steps)
    text = encode_steps(steps)
    assert decode_steps(text) == steps
    assert not set("|\n\r") & set(text)


def test_stored_plans_keep_their_form() -> None:
    steps = [step("provider", "costs", 1_000_000, 255), step("s:3000000000001", "raw data", 50_000), step(MANAGEMENT, "grant", 10, 0, 16)]
    assert encode_steps(steps) == "1;provider,costs,f4240,ff,0;s:3000000000001,raw data,c350,0,0;p:aaaaa-aa,grant,a,0,10"
    assert encode_steps([]) == "1"
    assert decode_steps("1") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a stored plan has version '', expected '1'"),
        ("2", "a stored plan has version '2', expected '1'"),
        ("1;provider,fee,1,0", "a stored step has 4 fields, expected 5"),
        ("1;provider,fee,1,0,0,0", "a stored step has 6 fields, expected 5"),
        ("1;", "a stored step has 1 fields, expected 5"),
        ("1;provider,fee,x,0,0", "a stored step has a field that is no number"),
    ],
)
def test_a_text_that_is_no_plan_is_found(text: str, message: str) -> None:
    with pytest.raises(Broken) as caught:
        decode_steps(text)
    assert str(caught.value) == message


def test_a_plan_has_sixteen_steps_at_most() -> None:
    check_steps([])
    sixteen = [step(name=f"taker {place}") for place in range(16)]
    check_steps(sixteen)
    with refuses("InvalidPlan", step=16, reason="a plan has at most 16 steps"):
        check_steps([step(name=""), *sixteen])


@pytest.mark.parametrize("name", ["", "n" * 33])
def test_a_name_is_neither_empty_nor_long(name: str) -> None:
    check_steps([step(name="n"), step(name="n" * 32)])
    with refuses("InvalidPlan", step=1, reason="a name has 1 to 32 characters"):
        check_steps([step(name="n"), step(name=name, share=-1)])


@pytest.mark.parametrize("name", ["a|b", "a,b", "a;b", "a\nb", "é", "a:b"])
def test_a_name_has_no_character_that_a_stored_plan_uses(name: str) -> None:
    check_steps([step(name="A-b_c.9 z")])
    with refuses("InvalidPlan", step=0, reason="a name has letters, digits, spaces and -_. only"):
        check_steps([step(name=name, share=-1)])


def test_a_payee_may_stand_twice_under_two_names() -> None:
    check_steps([step(name="costs", cap=100), step(name="share")])
    with refuses("InvalidPlan", step=1, reason="the name is taken by an earlier step"):
        check_steps([step(name="costs"), step("validators", name="costs", share=-1)])


@pytest.mark.parametrize("share", [-1, 1_000_001])
def test_a_share_is_part_of_a_whole(share: int) -> None:
    check_steps([step(share=0), step(name="all", share=1_000_000)])
    with refuses("InvalidPlan", step=0, reason="a share is 0 to 1000000 ppm"):
        check_steps([step(share=share, cap=-1)])


@pytest.mark.parametrize("cap", [-1, MAX_AMOUNT + 1])
def test_a_cap_is_an_amount(cap: int) -> None:
    check_steps([step(cap=MAX_AMOUNT)])
    with refuses("InvalidPlan", step=0, reason=f"a cap is 0 to {MAX_AMOUNT} units"):
        check_steps([step(cap=cap, vest=-1)])


@pytest.mark.parametrize("vest", [-1, MAX_VEST_SECONDS + 1])
def test_vesting_lasts_ten_years_at_most(vest: int) -> None:
    check_steps([step(vest=MAX_VEST_SECONDS)])
    with refuses("InvalidPlan", step=0, reason="vesting lasts 0 to 315360000 seconds"):
        check_steps([step("nobody", vest=vest)])


@pytest.mark.parametrize("payee", ["", "Provider", "treasury", "aaaaa-aa", "contributors", "x:1", "p", "s"])
def test_a_payee_has_one_of_four_forms(payee: str) -> None:
    with refuses("InvalidPlan", step=0, reason="a payee is provider, validators, p: and a principal, or s: and a stream"):
        check_steps([step(payee)])


@pytest.mark.parametrize(
    ("payee", "reason"),
    [
        ("p:", "the payee is no principal: not the text of a principal"),
        ("p:aaaaa-ab", "the payee is no principal: the checksum does not fit"),
        ("p:aaaaaaa", "the payee is no principal: a hyphen belongs after every five characters"),
        ("p:2vxsx-fae", "anyone could draw what is paid to the anonymous principal"),
    ],
)
def test_a_principal_is_one_that_somebody_is(payee: str, reason: str) -> None:
    check_steps([step(MANAGEMENT)])
    with refuses("InvalidPlan", step=0, reason=reason):
        check_steps([step(payee)])


@pytest.mark.parametrize("payee", ["s:", "s:0", "s:01", "s:A", "s:+1", "s:-1", "s: 1", "s:1_0", "s:0x1", "s:g", "s:10000000000000000"])
def test_a_stream_is_named_in_one_way(payee: str) -> None:
    check_steps([step("s:1"), step("s:ffffffffffffffff", name="last")])
    with refuses("InvalidPlan", step=0, reason="a stream is named by its number in lower-case hex without leading zeros"):
        check_steps([step(payee)])


def test_what_goes_to_another_stream_does_not_vest() -> None:
    check_steps([step("s:1"), step(name="late", vest=1)])
    with refuses("InvalidPlan", step=0, reason="what goes to another stream does not vest"):
        check_steps([step("s:1", vest=1)])
