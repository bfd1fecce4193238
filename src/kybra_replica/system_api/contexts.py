"""In which context each System API function may be called.

Source: IC interface specification, section "Overview of imports"; the letters of that table are the values of `Context`.
"""

from __future__ import annotations

from enum import Enum


class Context(Enum):
    """What kind of entry point is running."""

    INIT = "I"
    """canister_init and canister_post_upgrade."""
    PRE_UPGRADE = "G"
    UPDATE = "U"
    REPLICATED_QUERY = "RQ"
    QUERY = "NRQ"
    COMPOSITE_QUERY = "CQ"
    REPLY_CALLBACK = "Ry"
    REJECT_CALLBACK = "Rt"
    COMPOSITE_REPLY_CALLBACK = "CRy"
    COMPOSITE_REJECT_CALLBACK = "CRt"
    CLEANUP = "C"
    COMPOSITE_CLEANUP = "CC"
    INSPECT_MESSAGE = "F"
    SYSTEM_TASK = "T"
    """canister_heartbeat and canister_global_timer."""

    # Members are single objects; the hash that enums have is Python code, and every System API function looks a member up.
    __hash__ = object.__hash__

    @property
    def is_query(self) -> bool:
        """Whether everything that the execution changes is thrown away."""
        return self in _DISCARDING

    @property
    def is_replicated(self) -> bool:
        """Whether every node runs it: all but queries from outside and `inspect_message`."""
        return self not in _DISCARDING or self is Context.REPLICATED_QUERY


_DISCARDING = frozenset(
    {
        Context.REPLICATED_QUERY,
        Context.QUERY,
        Context.COMPOSITE_QUERY,
        Context.COMPOSITE_REPLY_CALLBACK,
        Context.COMPOSITE_REJECT_CALLBACK,
        Context.COMPOSITE_CLEANUP,
        Context.INSPECT_MESSAGE,
    }
)

_EVERYWHERE = " ".join(context.value for context in Context)
_REPLIES = "U RQ NRQ CQ Ry Rt CRy CRt"
_CALLS = "U CQ Ry Rt CRy CRt T"

_TABLE = {
    "msg_arg_data": "I U RQ NRQ CQ Ry CRy F",
    "msg_caller": _EVERYWHERE,
    "msg_reject_code": "Ry Rt CRy CRt C CC",
    "msg_reject_msg": "Rt CRt",
    "msg_reply_data_append": _REPLIES,
    "msg_reply": _REPLIES,
    "msg_reject": _REPLIES,
    "msg_cycles_available128": "U RQ Ry Rt",
    "msg_cycles_refunded128": "Ry Rt",
    "msg_cycles_accept128": "U RQ Ry Rt",
    "msg_method_name": "F",
    "accept_message": "F",
    "canister_self": _EVERYWHERE,
    "canister_cycle_balance128": _EVERYWHERE,
    "canister_status": _EVERYWHERE,
    "canister_version": _EVERYWHERE,
    "call_new": _CALLS,
    "call_on_cleanup": _CALLS,
    "call_data_append": _CALLS,
    "call_cycles_add128": "U Ry Rt T",
    "call_perform": _CALLS,
    "stable64_size": _EVERYWHERE,
    "stable64_grow": _EVERYWHERE,
    "stable64_read": _EVERYWHERE,
    "stable64_write": _EVERYWHERE,
    "certified_data_set": "I G U Ry Rt T",
    "data_certificate_present": _EVERYWHERE,
    "data_certificate": "NRQ CQ",
    "time": _EVERYWHERE,
    "global_timer_set": "I G U Ry Rt C T",
    "performance_counter": _EVERYWHERE,
    "is_controller": _EVERYWHERE,
    "in_replicated_execution": _EVERYWHERE,
    "cycles_burn128": "I G U RQ Ry Rt C T",
    "debug_print": _EVERYWHERE,
    "trap": _EVERYWHERE,
}

PERMITTED: dict[str, frozenset[Context]] = {
    name: frozenset(Context(letters) for letters in contexts.split()) for name, contexts in _TABLE.items()
}
"""System API function -> the contexts in which it may be called; anywhere else the call traps."""
