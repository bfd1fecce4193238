"""Settings between Candid and the canister: `update_settings`, and what creation and status share with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kybra_replica.network.canister import Canister
from kybra_replica.network.canister_history import ControllersChange
from kybra_replica.network.canister_settings import Audience, Settings, Visibility
from kybra_replica.network.management.call import Call, Done, Refused, rejected, violated
from kybra_replica.principal import Principal

MAX_PRINCIPALS = 10
"""Controllers of a canister, and viewers in one of its visibilities."""
MAX_VARIABLES = 20
MAX_VARIABLE_BYTES = 128
MIN_LOG_BYTES, MAX_LOG_BYTES = 4_096, 2 * 1024**2

_GREATEST = {
    "compute_allocation": 100,
    "memory_allocation": 2**64 - 1,
    "freezing_threshold": 2**64 - 1,
    "reserved_cycles_limit": 2**128 - 1,
    "minimum_incoming_canister_call_cycles": 2**128 - 1,
    "wasm_memory_limit": 2**48,
    "wasm_memory_threshold": 2**48,
}
"""The settings that are numbers in a plain range from 0."""
_VISIBILITIES = ("log_visibility", "snapshot_visibility", "status_visibility")


def update_settings(call: Call, canister: Canister) -> Done:
    """Change what the argument names and keep the rest."""
    given = call.argument["settings"]
    settings = changed(canister.settings, given)
    controllers = controllers_of(given)
    canister.settings = settings
    canister.log = canister.log.within(settings.log_memory_limit)
    canister.version += 1
    if controllers is not None:
        canister.controllers = controllers
        canister.note_change(call.subnet.time_ns, call.origin, ControllersChange(tuple(sorted(controllers))))
    return Done()


def changed(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """`settings` with what the record `given` says. Raises Refused at the first value that is out of range."""
    changes: dict[str, Any] = {}
    for name, greatest in _GREATEST.items():
        if given[name] is not None:
            changes[name] = _number(name, given[name].value, greatest)
    if given["log_memory_limit"] is not None:
        changes["log_memory_limit"] = _log_memory_limit(given["log_memory_limit"].value)
    for name in _VISIBILITIES:
        if given[name] is not None:
            changes[name] = _visibility(given[name].value)
    if given["environment_variables"] is not None:
        changes["environment_variables"] = _variables(given["environment_variables"].value)
    return replace(settings, **changes)


def controllers_of(given: Mapping[str, Any]) -> frozenset[Principal] | None:
    """The controllers that the record names, None where it leaves them alone. Raises Refused for too many."""
    return None if given["controllers"] is None else frozenset(_few(given["controllers"].value))


def as_candid(canister: Canister) -> dict[str, Any]:
    """All settings of a canister as `definite_canister_settings`."""
    settings = canister.settings
    record: dict[str, Any] = {name: getattr(settings, name) for name in (*_GREATEST, "log_memory_limit")}
    record["controllers"] = sorted(canister.controllers)
    for name in _VISIBILITIES:
        visibility: Visibility = getattr(settings, name)
        viewers = list(visibility.viewers) if visibility.audience is Audience.ALLOWED_VIEWERS else None
        record[name] = {visibility.audience.value: viewers}
    record["environment_variables"] = [{"name": name, "value": value} for name, value in settings.environment_variables]
    return record


def _number(name: str, value: int, greatest: int) -> int:
    if value > greatest:
        raise violated(f"Could not validate the settings: {name} expected to be in the range [0..{greatest}], got {value}")
    return value


def _log_memory_limit(limit: int) -> int:
    if 0 < limit < MIN_LOG_BYTES:
        raise rejected(f"The canister log memory limit {limit} is too low. It must be at least {MIN_LOG_BYTES}.")
    if limit > MAX_LOG_BYTES:
        raise rejected(f"The canister log memory limit {limit} is too high. It must be at most {MAX_LOG_BYTES}.")
    return limit


def _visibility(given: Mapping[str, Any]) -> Visibility:
    ((audience, viewers),) = given.items()
    return Visibility(Audience(audience), tuple(_few(viewers or [])))


def _variables(given: list[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    if len(given) > MAX_VARIABLES:
        raise _bad(f"Too many environment variables: {len(given)} (max: {MAX_VARIABLES})")
    variables: dict[str, str] = {}
    for variable in given:
        for part, text in variable.items():
            if len(text.encode()) > MAX_VARIABLE_BYTES:
                what = f'Environment variable {part} "{text}" exceeds the maximum allowed length of {MAX_VARIABLE_BYTES}.'
                raise _bad(what)
        if variable["name"] in variables:
            raise _bad(f'Duplicate environment variable name "{variable["name"]}".')
        variables[variable["name"]] = variable["value"]
    return tuple(sorted(variables.items()))


def _few(principals: list[Principal]) -> list[Principal]:
    if len(principals) > MAX_PRINCIPALS:
        raise _bad(f"The number of elements exceeds maximum allowed {MAX_PRINCIPALS}: {len(principals)} principals")
    return principals


def _bad(message: str) -> Refused:
    return rejected(message, "IC0408")
