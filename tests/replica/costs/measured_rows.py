"""The table of costs that were measured on the real Wasm, and the estimator's value for each of its rows.

Ranges in the table are given as (low, high). Rows of the Python part are differences, so that what a call costs by itself drops out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kybra_replica.costs.estimate import estimating
from kybra_replica.costs.meter import CostMeter
from kybra_replica.driver import Replica, user

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]

PYTHON = {  # instructions for one time around a loop, in thousands, the loop itself taken off
    "add": 2.7, "multiply": 2.7, "floor_divide": 2.8, "divmod_small": (10, 14), "multiply_wide": 5.5, "divmod_wide": 17, "compare": 1.4,
    "call_0": 9.7, "call_3": 11.5, "call_method": 29, "native_method": 7.8, "attribute": 6.7, "tuple_made": 3, "list_append": 7,
    "dict_insert": 2.6, "dict_get": 1.7, "frozen": 52, "frozen_equal": 73, "frozen_replace": 303, "named": 48, "plain": (30, 47),
    "sha_32": 36, "sha_200": (51, 63), "sha_1000": 165, "sha_row": 84, "sha_node": 48, "from_bytes": 28, "to_bytes": 13,
    "struct_pack": (12, 15), "slice_bytes": 5, "bytes_hex": 13, "fstring": 24, "str_int": 18, "int_text": 16, "encode_kb": (1.3, 9),
    "decode_kb": (9, 17), "hex_kb": 170, "fromhex_kb": 160, "b64_kb": 55, "unb64_kb": 140,
    "repeat_kb": 200, "join_100": 230, "split_100": 360,
    "sort_1000": 20_000, "sort_key_1000": 36_000, "json_loads": 1_500, "json_dumps": 1_300, "raise_except": 19, "b32": (600, 2_000),
    "system_time": 24, "certify": 51, "printed": 92, "caller": 2_400, "canister_id": 1_700, "from_str": 2_050, "to_str": 970,
    "from_raw": 98, "timer_set": 31, "notified": 2_250,
}  # fmt: skip

WITH_LOOP = {"loop_for": 1.9, "loop_while": 4.7, "generator_item": (5, 9), "comprehension": (0.5, 2.9)}
"""The same without taking off a loop: they are loops themselves."""


@dataclass(frozen=True)
class Measured:
    """A row: what the table says in instructions (low and high end) and what the estimator says."""

    name: str
    low: float
    high: float
    estimated: float

    @property
    def factor(self) -> float:
        if self.estimated < self.low:
            return self.low / max(self.estimated, 1)
        return max(self.estimated / self.high, 1.0)

    def __str__(self) -> str:
        return f"{self.name}: measured {self.low:,.0f} to {self.high:,.0f}, estimated {self.estimated:,.0f} ({self.factor:.2f})"


class Bench:
    """The canisters that run the rows, counted."""

    def __init__(self, meter: CostMeter, replica: Replica) -> None:
        self.meter = meter
        self.replica = replica
        self.plain = replica.install(FOLDER / "measured_canister.py")
        self.cheap = replica.install(FOLDER / "measured_cheap_canister.py")
        self.caller = user("somebody")

    @staticmethod
    def price(execution):
        return execution.instructions

    def spent(self, canister, method, *arguments) -> int:
        self.meter.executions.clear()
        verb = canister.query if self.replica.program(canister.id).methods[method].kind == "query" else canister.call
        verb(method, *arguments, sender=self.caller)
        return sum(self.price(execution) for execution in self.meter.executions if execution.canister == canister.id)

    def one_time(self, name: str) -> float:
        return (self.spent(self.plain, "run", name, 20) - self.spent(self.plain, "run", name, 10)) / 10


def _row(name, expected, estimated, unit=1_000) -> Measured:
    low, high = expected if isinstance(expected, tuple) else (expected, expected)
    return Measured(name, low * unit, high * unit, estimated)


def python_rows(bench: Bench) -> list[Measured]:
    loop = bench.one_time("loop_for")
    rows = [_row(name, expected, bench.one_time(name)) for name, expected in WITH_LOOP.items()]
    return rows + [_row(name, expected, bench.one_time(name) - loop) for name, expected in PYTHON.items()]


def crossing_rows(bench: Bench) -> list[Measured]:
    spent, plain = bench.spent, bench.plain

    def each(method, small, large, count):
        return (spent(plain, method, large) - spent(plain, method, small)) / count

    row = {"number": 1, "line": "line"}
    five = dict.fromkeys("abcde", 1)
    return [
        _row("empty", 47, spent(plain, "nothing")),
        _row("nat64 in", 56, spent(plain, "one_in", 1)),
        _row("echo nat", (74, 107), spent(plain, "echo_nat", 1 << 40)),
        _row("echo nat 2^200", 192, spent(plain, "echo_nat", 1 << 200)),
        _row("record of five in", 145, spent(plain, "five_in", five)),
        _row("record of five out", 108, spent(plain, "five_out")),
        _row("blob in, a byte", 0.72, each("blob_in", b"", bytes(10_000), 10_000)),
        _row("blob out, a byte", 1.02, each("blob_out", 0, 10_000, 10_000)),
        _row("text in, a byte", 0.010, each("text_in", "", "x" * 10_000, 10_000)),
        _row("text out, a byte", (0.016, 0.020), each("text_out", 0, 10_000, 10_000) - 200),
        _row("row in", 20, each("rows_in", [], [row] * 100, 100)),
        _row("row out", 15, each("rows_out", 0, 100, 100)),
        _row("vec nat64 in", 1.2, each("numbers_in", [], [1] * 100, 100)),
        _row("vec nat64 out", 3, each("numbers_out", 0, 100, 100)),
        _row("vec text in", 5, each("texts_in", [], ["line"] * 100, 100)),
        _row("principal echo", (2 * 2_300, 2 * 3_500), spent(plain, "echo_principal", bench.caller)),
        _row("vec principal in", 2_400, each("principals_in", [bench.caller] * 2, [bench.caller] * 12, 10)),
        _row("service call", (3_300, 3_500), spent(plain, "call_one", str(bench.cheap.id))),
        _row("cheap: principal echo", 580, spent(bench.cheap, "echo_principal", bench.caller)),
        _row("cheap: caller", 430, spent(bench.cheap, "caller")),
        _row("cheap: caller's bytes", 750, spent(bench.cheap, "caller_bytes")),
        _row("cheap: service call", 1_000, spent(bench.cheap, "call_one", str(bench.plain.id))),
        _row("fibonacci of 20", (338_000, 343_000), spent(plain, "run", "fibonacci", 20)),
        _row("cheap: notify", 550, spent(bench.cheap, "notify_one", str(bench.plain.id))),
    ]


MAPS = [  # which, entries, bytes of a value, insert, get: in thousands
    ("number", 1, 200, 150, 130), ("number", 10, 200, 300, 300), ("number", 100, 200, 670, 420), ("number", 1_000, 200, 900, 490),
    ("number", 5_000, 200, 1_060, 580), ("value", 100, 100, 900, 580), ("value", 1_000, 100, 1_000, 550), ("value", 5_000, 100, 1_200, 600),
    ("text", 1_000, 200, (850, 1_000), 500), ("blob", 1_000, 200, (2_100, 2_400), 1_300),
    ("number", 3, 1_000, 460, 240), ("number", 3, 10_000, 880, 430), ("number", 3, 100_000, 3_600, 1_500),
    ("value", 3, 1_000, 2_100, 1_300), ("value", 3, 4_000, 4_600, 3_200), ("value", 3, 64_000, 68_000, 47_000),
]  # fmt: skip


def map_rows(bench: Bench) -> list[Measured]:
    rows = []
    for which, entries, size, insert, get in MAPS:
        with bench.replica.isolated():
            bench.plain.call("fill", f"{which}s", entries, size)
            middle = entries // 2
            got = bench.spent(bench.plain, f"get_{which}", middle) - 56_000
            put = bench.spent(bench.plain, f"insert_{which}", entries, size) - 60_000 - 200 * size
            rows += [_row(f"get {which} of {entries}, {size} B", get, got), _row(f"insert {which} of {entries}, {size} B", insert, put)]
    with bench.replica.isolated():
        bench.plain.call("fill", "numbers", 1_000, 200)
        rows.append(_row("remove of 1000", 1_500, bench.spent(bench.plain, "remove_number", 500) - 56_000))
        rows.append(_row("items, an entry", (120, 137), bench.spent(bench.plain, "all_items") / 1_000))
        rows.append(_row("len", 42, bench.spent(bench.plain, "length") - 47_000))
    return rows


def all_rows() -> list[Measured]:
    replica = Replica(search_path=[ROOT / "src"], lenient=True, refuse_module_state=False)
    with estimating(replica) as meter:
        bench = Bench(meter, replica)
        bench.spent(bench.plain, "run", "from_str", 1)  # the tables of base32 are made on first use
        rows = [*python_rows(bench), *crossing_rows(bench), *map_rows(bench)]
    replica.close()
    return rows
