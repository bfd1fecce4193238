"""What a stream may be described by: each limit at its boundary, each refusal, and their order."""

from __future__ import annotations

from typing import Any

import pytest

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.refused import Refused
from ddsx_core.streams import Profile, StreamRequest, check_request, may_curate, request_key
from ddsx_core.units import Nanoseconds, Ppm, PrincipalText

PROVIDER = PrincipalText("aaaaa-aa")
CURATORS = [PrincipalText(f"curator-{number}") for number in range(4)]
SCHEMA = '{"fields":[{"name":"t","type":"float"}]}'


def request(**changes: Any) -> StreamRequest:
    usual: dict[str, Any] = {
        "title": "Weather",
        "description": "",
        "schema": SCHEMA,
        "media_type": "application/json",
        "tags": [],
        "curators": [],
        "provider_share_ppm": Ppm(0),
    }
    return StreamRequest(**(usual | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "t" * 120},
        {"title": "Wetter \u2602 \U0001f326"},
        {"description": "d" * 4_000},
        {"description": "two\nlines"},
        {"schema": SCHEMA + " " * (16_384 - len(SCHEMA))},
        {"media_type": "a/" + "b" * 125},
        {"media_type": "image/svg+xml"},
        {"tags": [f"tag {number}" for number in range(15)] + ["x" * 40]},
        {"curators": CURATORS},
        {"provider_share_ppm": 1_000_000},
    ],
)
def test_what_is_within_the_limits_is_accepted(changes: dict[str, Any]) -> None:
    check_request(PROVIDER, request(**changes))


@pytest.mark.parametrize(
    ("changes", "case"),
    [
        ({"title": "t" * 121}, {"TooLong": {"field": "title", "most": 120}}),
        ({"title": ""}, {"Malformed": {"field": "title", "reason": "empty"}}),
        ({"title": " \u3000"}, {"Malformed": {"field": "title", "reason": "empty"}}),
        ({"title": "a\nb"}, {"Malformed": {"field": "title", "reason": "a control character"}}),
        ({"description": "d" * 4_001}, {"TooLong": {"field": "description", "most": 4_000}}),
        ({"schema": SCHEMA + " " * (16_385 - len(SCHEMA))}, {"TooLong": {"field": "schema", "most": 16_384}}),
        ({"schema": "{}"}, {"MalformedSchema": {"reason": "expected a text in quotes", "position": 1}}),
        ({"media_type": "a/" + "b" * 126}, {"TooLong": {"field": "media_type", "most": 127}}),
        ({"media_type": ""}, {"Malformed": {"field": "media_type", "reason": "not of the form type/subtype"}}),
        ({"media_type": "text"}, {"Malformed": {"field": "media_type", "reason": "not of the form type/subtype"}}),
        ({"media_type": "text/"}, {"Malformed": {"field": "media_type", "reason": "not of the form type/subtype"}}),
        ({"media_type": "text/plain/x"}, {"Malformed": {"field": "media_type", "reason": "not of the form type/subtype"}}),
        ({"media_type": "text/plain; charset=utf-8"}, {"Malformed": {"field": "media_type", "reason": "not of the form type/subtype"}}),
        ({"media_type": "t\u00e9xt/plain"}, {"Malformed": {"field": "media_type", "reason": "not of the form type/subtype"}}),
        ({"tags": [f"{number}" for number in range(17)]}, {"TooMany": {"field": "tags", "most": 16}}),
        ({"tags": ["x" * 41]}, {"TooLong": {"field": "tags", "most": 40}}),
        ({"tags": [""]}, {"Malformed": {"field": "tags", "reason": "empty"}}),
        ({"tags": ["a\nb"]}, {"Malformed": {"field": "tags", "reason": "a control character"}}),
        ({"tags": ["a", "a"]}, {"Malformed": {"field": "tags", "reason": "repeated"}}),
        ({"curators": [*CURATORS, PROVIDER]}, {"TooMany": {"field": "curators", "most": 4}}),
        ({"curators": CURATORS[:1] * 2}, {"Malformed": {"field": "curators", "reason": "repeated"}}),
        ({"curators": [ANONYMOUS]}, {"Malformed": {"field": "curators", "reason": "the anonymous principal is anyone"}}),
        ({"provider_share_ppm": 1_000_001}, {"ShareOutOfRange": {"most": 1_000_000}}),
    ],
)
def test_what_is_not_is_refused(changes: dict[str, Any], case: object) -> None:
    with pytest.raises(Refused) as caught:
        check_request(PROVIDER, request(**changes))
    assert caught.value.as_case() == case


def test_refusals_come_in_the_order_they_are_documented_in() -> None:
    wrong: dict[str, Any] = {
        "title": "",
        "description": "d" * 4_001,
        "schema": "",
        "media_type": "",
        "tags": [""],
        "curators": [ANONYMOUS],
        "provider_share_ppm": 1_000_001,
    }
    refused = []
    for field in [None, *wrong]:
        wrong.pop(field or "", None)
        with pytest.raises(Refused) as caught:
            check_request(ANONYMOUS if field is None else PROVIDER, request(**wrong))
        refused.append(caught.value.data.get("field", caught.value.kind))
        if field == "curators":
            break
    assert refused == ["AnonymousCaller", "description", "MalformedSchema", "media_type", "tags", "curators", "ShareOutOfRange"]


def test_requests_have_the_same_key_exactly_when_all_of_them_is_the_same() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"title": "Weather "},
        {"description": "Weather"},
        {"schema": SCHEMA + " "},
        {"media_type": "text/csv"},
        {"tags": ["a", "b"]},
        {"tags": ["b", "a"]},
        {"tags": ["a b"]},
        {"curators": CURATORS[:1]},
        {"curators": CURATORS[:2]},
        {"provider_share_ppm": 1},
    ]
    keys = [request_key(PROVIDER, request(**change), Nanoseconds(5)) for change in changes]
    keys += [request_key(CURATORS[0], request(), Nanoseconds(5)), request_key(PROVIDER, request(), Nanoseconds(6))]
    assert len(set(keys)) == len(keys) == 13
    assert keys[0] == request_key(PROVIDER, request(), Nanoseconds(5))
    assert all(len(key) == 64 for key in keys)


def test_provider_and_curators_curate_and_nobody_else() -> None:
    profile = Profile(PROVIDER, Ppm(0), Nanoseconds(1), "a/b", "t", [], CURATORS[:2])
    allowed = [may_curate(profile, principal) for principal in [PROVIDER, *CURATORS[:3], ANONYMOUS]]
    assert allowed == [True, True, True, False, False]
