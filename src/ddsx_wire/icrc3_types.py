"""Logs of ICRC-3 on the wire. Source: the ICRC-3 standard (dfinity/ICRC-1). Type names are ours; Candid compares shapes."""

from kybra import Func, Opt, Principal, Query, Record, Tuple, Variant, Vec, blob, nat, text

LogMapEntry = Tuple[text, "LogValue"]


class LogValue(Variant, total=False):
    Blob: blob
    Text: text
    Nat: nat
    Int: int
    Array: Vec["LogValue"]
    Map: Vec[LogMapEntry]


class LogRange(Record):
    start: nat
    length: nat


class LogBlock(Record):
    id: nat
    block: LogValue


LogArchiveCallback = Func(Query[[Vec[LogRange]], "LogBlocks"])  # type: ignore[misc] # Kybra has no other form


class ArchivedLogBlocks(Record):
    args: Vec[LogRange]
    callback: LogArchiveCallback  # type: ignore[valid-type] # the same


class LogBlocks(Record):
    log_length: nat
    blocks: Vec[LogBlock]
    archived_blocks: Vec[ArchivedLogBlocks]


class LogArchivesArgs(Record):
    from_: Opt[Principal]


class LogArchive(Record):
    canister_id: Principal
    start: nat
    end: nat


class LogTipCertificate(Record):
    certificate: blob
    hash_tree: blob


class LogBlockType(Record):
    block_type: text
    url: text
