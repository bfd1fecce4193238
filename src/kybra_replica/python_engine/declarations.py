"""What a canister's source declares: the bridge from the source rules to the engine.

`source.read_program` fills these from the files; `conversions`, `maps` and `engine` act on them. The types here are
Kybra's view of Candid: they keep what the wire forgets (the order in which fields were declared, which decides the order
of map keys and which tag of a two-tag dict wins; the Python spelling of a field; the class of a service).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from kybra_replica.candid import types as candid


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type with no parts, by its Candid name (`nat64`, `text`, `principal`, ...); `void` stands for no value at all."""

    name: str


@dataclass(frozen=True, slots=True)
class OptOf:
    """`Opt[T]`."""

    inner: KybraType


@dataclass(frozen=True, slots=True)
class VecOf:
    """`Vec[T]`. `blob` and `Vec[nat8]` are both `VecOf(Scalar("nat8"))`."""

    inner: KybraType


@dataclass(frozen=True, slots=True)
class TupleOf:
    """`Tuple[A, B, ...]`."""

    items: tuple[KybraType, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """A field or tag: `key` as Python writes it (`from_`), `label` as Candid has it (`from`)."""

    key: str
    label: str
    type: KybraType


@dataclass(frozen=True, slots=True)
class RecordOf:
    """`class name(Record)`, members in the order of declaration."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class VariantOf:
    """`class name(Variant)`, tags in the order of declaration."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class FuncOf:
    """`Func(Query[[...], T])`; `mode` is `query`, `update` or `oneway`; `returns` is `Scalar("void")` where nothing comes back."""

    mode: str
    parameters: tuple[KybraType, ...]
    returns: KybraType


@dataclass(frozen=True, slots=True)
class ServiceMethod:
    """A method of a Service class: `mode` is `query` or `update`."""

    service: str
    name: str
    mode: str
    parameters: tuple[tuple[str, KybraType], ...]
    returns: KybraType

    @property
    def qualname(self) -> str:
        """How the Kybra glue names it: `Service.method`."""
        return f"{self.service}.{self.name}"


@dataclass(frozen=True, slots=True)
class ServiceOf:
    """`class name(Service)`."""

    name: str
    methods: tuple[ServiceMethod, ...]


@dataclass(slots=True, eq=False)
class Reference:
    """A use of a named type, bound to its definition once all files are read; what makes recursion possible."""

    name: str
    definition: KybraType | None = None


KybraType = Scalar | OptOf | VecOf | TupleOf | RecordOf | VariantOf | FuncOf | ServiceOf | Reference


@dataclass(frozen=True, slots=True)
class Position:
    """Where something stands in the source, for messages."""

    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Method:
    """A query or update method, as it reaches Candid."""

    name: str
    kind: str
    """`query` or `update`."""
    parameters: tuple[tuple[str, KybraType], ...]
    returns: KybraType
    is_async: bool
    manual: bool
    guard: str | None
    position: Position

    @property
    def composite(self) -> bool:
        """A query that may call other queries: Kybra makes every `@query ... -> Async[...]` one."""
        return self.kind == "query" and self.is_async


@dataclass(frozen=True, slots=True)
class SystemMethod:
    """`init`, `pre_upgrade`, `post_upgrade`, `heartbeat` or `inspect_message`: the Python function and its parameters."""

    kind: str
    function: str
    parameters: tuple[tuple[str, KybraType], ...]
    position: Position


@dataclass(frozen=True, slots=True)
class MapDeclaration:
    """`name = StableBTreeMap[key, value](memory_id, max_key_size, max_value_size)`; sizes in bytes of encoded Candid."""

    name: str
    memory_id: int
    key: KybraType
    value: KybraType
    max_key_size: int
    max_value_size: int
    position: Position


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with the source: `message` says what and why, `mend` what to write instead.

    `rule` is a short stable name (`renamed-import`, `keyword-only-parameter`, ...). `severity` is `refused` for what
    Kybra's generator refuses, `breaks-later` for what it accepts and rustc or the canister's start then breaks, and
    `ignored` for what it passes over in silence.
    """

    rule: str
    severity: str
    message: str
    mend: str
    position: Position

    def __str__(self) -> str:
        return f"{self.position}: {self.message} [{self.rule}]\n    mend: {self.mend}"


@dataclass(frozen=True, slots=True)
class Program:
    """A canister as its source declares it."""

    entry: Path
    entry_module: str
    modules: tuple[tuple[str, Path], ...]
    """Every module of ours reachable from the entry by import: dotted name and file. `kybra` itself is not listed."""
    methods: dict[str, Method]
    system_methods: dict[str, SystemMethod]
    """By kind."""
    services: dict[str, ServiceOf]
    """By class name."""
    maps: dict[int, MapDeclaration]
    """By memory id."""
    interface: candid.Interface
    did: str
    """The Candid interface as text, as candid-extractor prints it for the Wasm."""
    ignored: tuple[Finding, ...] = field(default=())
    """What Kybra passes over in silence; empty unless the source was read leniently."""
