"""What instructions and messages cost in cycles and dollars, on an application subnet of 13 nodes.

Source: "Cycles costs" in the Internet Computer's developer documentation, its table for 13 nodes. A query is free of charge, and so is
looking at a message before it is let in. Prices are fixed in XDR; the dollars are at the rate that the same page states.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kybra_replica.costs.executions import Execution

EXECUTION: Final = 5_000_000
"""For every execution of an update, a timer or a callback."""

INSTRUCTION: Final = 1
"""A thousand million instructions are a thousand million cycles."""

INGRESS: Final = 1_200_000
INGRESS_BYTE: Final = 2_000
"""For a message from outside, paid by the canister that receives it."""

CALL: Final = 260_000
CALL_BYTE: Final = 1_000
"""For a call to another canister, request and reply, paid by the one that calls."""

DOLLARS_A_TRILLION_CYCLES: Final = 1.35
"""A trillion cycles are one XDR; in dollars as of May 2025."""


def cycles(executions: Iterable[Execution], *, from_outside: bool = True) -> int:
    """Cycles that executions cost their canisters together; the first one that is charged is a message from outside, unless it is not."""
    spent = 0
    for execution in executions:
        if not execution.is_charged:
            continue
        traffic = execution.traffic
        spent += EXECUTION + INSTRUCTION * execution.instructions
        spent += sum(CALL + CALL_BYTE * size for size in traffic.calls)
        if execution.is_callback:
            spent += CALL_BYTE * traffic.argument
        elif from_outside:
            spent += INGRESS + INGRESS_BYTE * traffic.argument
            from_outside = False
    return spent


def dollars(amount: int) -> float:
    """What an amount of cycles costs."""
    return amount * DOLLARS_A_TRILLION_CYCLES / 1e12
