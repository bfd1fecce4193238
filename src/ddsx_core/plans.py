"""Plans: who has what of a stream's revenue before its contributors do, in fixed order, with caps and vesting.

A plan is a list of steps. Of X units of revenue, counted since the plan began, each step in turn takes its share of what the steps before
it left, rounded up, and at most its cap; the contributors have the rest:

    part = min(rest - rest * (10^6 - ppm) // 10^6, cap);  rest -= part

What a credit of r units gives each payee is the difference of two such lists, parts(X + r) - parts(X). So rounding happens once in the
life of a plan and not once a sale: the payees' sums are those of X alone, however the revenue came in.

With caps a plan says what elsewhere takes contracts of their own. A waterfall's tier is a step of 1_000_000 ppm with a cap: until it is
full, nobody behind it has anything. Recoup-then-split is such a tier followed by shares. A capped royalty is a share with a cap.
`vest_seconds` leaves the amounts as they are: what a step takes goes through a flow of that length before it is due (`flows`).

When a plan is replaced the count begins again at 0; `rebased` gives a plan that goes on, with its caps less what they have given.

Laws (tests/core/money/test_plan_laws.py):
- PLANS-1: parts and rest add up to the amount, and no cap is passed.
- PLANS-2: of a total, a part is its step's share of what was left, rounded up, or its cap.
- PLANS-3: a larger total makes no part and no rest smaller; so nobody's part of a credit is negative, and what was given stays given.
- PLANS-4: revenue cut in time in any way gives every payee the same: nobody gains by causing small settlements.
- PLANS-5: a step's parts depend on the steps before it alone.
- PLANS-6: a payee that stands twice, with shares that leave what one share left, gains at most one unit in the life of the plan; with one
  tier as two whose caps add up, nothing.
- PLANS-7: rebased, a plan gives its first steps together never less than the plan that it continues, and at most one unit a step more.
Not laws:
- The order of two steps does not matter. Of 100 units, 50 % then 10 % take 50 and 5; 10 % then 50 % take 10 and 45.
- Rebasing changes nothing. After one unit of revenue a tenth has taken it whole; rebased, it takes the next unit too.
- A part of one credit grows with the credit's share. A tenth takes 1 of the first unit and 0 of the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.accounts import ANONYMOUS, parse_principal
from ddsx_core.limits import MAX_AMOUNT, MAX_CUT_NAME_LENGTH, MAX_CUTS, MAX_STREAM_NUMBER, MAX_VEST_SECONDS, PPM
from ddsx_core.refused import Broken, Refused, invalid_plan, negative_amount
from ddsx_core.units import Ppm, Units

PROVIDER = "provider"
"""The payee that is whoever provides the stream."""

VALIDATORS = "validators"
"""The payee that is whoever governance has set for validators."""

PRINCIPAL_PREFIX = "p:"
STREAM_PREFIX = "s:"

_VERSION = "1"
_STEP_SEPARATOR = ";"
_FIELD_SEPARATOR = ","
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -_.")


class Step(NamedTuple):
    """One taker before the contributors; the stored text has the fields in this order.

    payee: `provider`, `validators`, `p:<principal>`, or `s:<number of a stream in lower-case hex>`.
    name: stands in receipts, unlike every other in the plan.
    share_ppm: of what the steps before it left.
    cap_units: the most it takes while the plan lasts; 0 for no cap.
    vest_seconds: how long what it takes is earned before it is due; 0 for at once.
    """

    payee: str
    name: str
    share_ppm: Ppm
    cap_units: Units
    vest_seconds: int


def check_steps(steps: Sequence[Step]) -> None:
    """Whether the steps may stand in a plan. That a stream exists, and how deep plans are nested, is not looked at.

    Refuses (in order, at the first step that fails): InvalidPlan for more than `MAX_CUTS` steps, then for each step a name that is empty,
        longer than `MAX_CUT_NAME_LENGTH`, made of other characters than letters, digits, spaces and `-_.`, or taken by an earlier step;
        a share outside 0 to 1_000_000 ppm; a cap or a vesting that is negative or too large; a payee of no form that there is; and
        vesting of what goes to another stream, which its contributors would have to wait for without a share in the choice.
    """
    if len(steps) > MAX_CUTS:
        raise invalid_plan(MAX_CUTS, f"a plan has at most {MAX_CUTS} steps")
    names: set[str] = set()
    for place, (payee, name, share_ppm, cap_units, vest_seconds) in enumerate(steps):
        if not 0 < len(name) <= MAX_CUT_NAME_LENGTH:
            raise invalid_plan(place, f"a name has 1 to {MAX_CUT_NAME_LENGTH} characters")
        if not _NAME_CHARACTERS.issuperset(name):
            raise invalid_plan(place, "a name has letters, digits, spaces and -_. only")
        if name in names:
            raise invalid_plan(place, "the name is taken by an earlier step")
        if not 0 <= share_ppm <= PPM:
            raise invalid_plan(place, f"a share is 0 to {PPM} ppm")
        if not 0 <= cap_units <= MAX_AMOUNT:
            raise invalid_plan(place, f"a cap is 0 to {MAX_AMOUNT} units")
        if not 0 <= vest_seconds <= MAX_VEST_SECONDS:
            raise invalid_plan(place, f"vesting lasts 0 to {MAX_VEST_SECONDS} seconds")
        _check_payee(place, payee)
        if vest_seconds and payee.startswith(STREAM_PREFIX):
            raise invalid_plan(place, "what goes to another stream does not vest")
        names.add(name)


def parts_of(steps: Sequence[Step], total: Units) -> tuple[list[Units], Units]:
    """What each step has of `total` units of revenue since the plan began, and the rest.

    Rounding: every part up, unless its cap is reached; the sum is exact.
    Refuses: NegativeAmount. Cost: as `share_of`.
    """
    return share_of(steps, Units(0), total)


def share_of(steps: Sequence[Step], before: Units, amount: Units) -> tuple[list[Units], Units]:
    """What each step has of a credit of `amount` units after `before` units since the plan began, and the rest.

    Rounding: that of `parts_of`, of which this is a difference; so a part may be a unit above or below its own share of `amount`.
    Refuses: NegativeAmount for the credit, then for what came before. Cost in a canister, estimated:
        54 k instructions a step, 71 k where it has a cap.
    """
    if amount < 0 or before < 0:
        raise negative_amount(min(amount, 0) or before)
    rest_before: int = before
    rest: int = before + amount
    parts: list[Units] = []
    for _, _, share_ppm, cap, _ in steps:
        kept_ppm = PPM - share_ppm
        left_before = rest_before * kept_ppm // PPM
        left = rest * kept_ppm // PPM
        if cap:
            left_before = max(left_before, rest_before - cap)
            left = max(left, rest - cap)
        parts.append(Units(rest - left - rest_before + left_before))
        rest_before = left_before
        rest = left
    return parts, Units(rest - rest_before)


def rebased(steps: Sequence[Step], total: Units) -> list[Step]:
    """The steps as they go on after `total` units when the count begins again at 0: every cap less what its step has taken.

    A step that has taken its cap keeps its place with a share of 0, since a cap of 0 is none.
    Refuses: NegativeAmount.
    """
    going_on: list[Step] = []
    for step, taken in zip(steps, parts_of(steps, total)[0], strict=True):
        payee, name, share_ppm, cap, vest_seconds = step
        if cap and taken >= cap:
            going_on.append(Step(payee, name, Ppm(0), Units(0), vest_seconds))
        elif cap:
            going_on.append(Step(payee, name, share_ppm, Units(cap - taken), vest_seconds))
        else:
            going_on.append(step)
    return going_on


def encode_steps(steps: Sequence[Step]) -> str:
    """The stored text of steps that `check_steps` accepted: free of bars and line breaks, so that it may be a field of a row."""
    texts = [f"{payee},{name},{share:x},{cap:x},{vest:x}" for payee, name, share, cap, vest in steps]
    return _STEP_SEPARATOR.join([_VERSION, *texts])


def decode_steps(text: str) -> list[Step]:
    """What `encode_steps` wrote; anything else is Broken. Cost: some 0.15 M instructions a step in a canister."""
    texts = text.split(_STEP_SEPARATOR)
    version = texts.pop(0)
    if version != _VERSION:
        raise Broken(f"a stored plan has version {version[:20]!r}, expected {_VERSION!r}")
    steps: list[Step] = []
    for step in texts:
        fields = step.split(_FIELD_SEPARATOR)
        if len(fields) != len(Step._fields):
            raise Broken(f"a stored step has {len(fields)} fields, expected {len(Step._fields)}")
        try:
            steps.append(Step(fields[0], fields[1], Ppm(int(fields[2], 16)), Units(int(fields[3], 16)), int(fields[4], 16)))
        except ValueError as error:
            raise Broken("a stored step has a field that is no number") from error
    return steps


def _check_payee(place: int, payee: str) -> None:
    """Refuses a payee of no form that there is."""
    if payee in {PROVIDER, VALIDATORS}:
        return
    if payee.startswith(PRINCIPAL_PREFIX):
        _check_principal(place, payee[len(PRINCIPAL_PREFIX) :])
    elif payee.startswith(STREAM_PREFIX):
        _check_stream(place, payee[len(STREAM_PREFIX) :])
    else:
        raise invalid_plan(place, "a payee is provider, validators, p: and a principal, or s: and a stream")


def _check_principal(place: int, text: str) -> None:
    try:
        principal = parse_principal(text)
    except Refused as refused:
        raise invalid_plan(place, "the payee is no principal: " + str(refused.data["reason"])) from refused
    if principal == ANONYMOUS:
        raise invalid_plan(place, "anyone could draw what is paid to the anonymous principal")


def _check_stream(place: int, digits: str) -> None:
    try:
        number = int(digits, 16)
    except ValueError:
        number = 0
    if not 0 < number <= MAX_STREAM_NUMBER or f"{number:x}" != digits:
        raise invalid_plan(place, "a stream is named by its number in lower-case hex without leading zeros")
