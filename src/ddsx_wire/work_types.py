"""Recorded work on its way from a registry to the splitter.

A registry numbers its batches densely, stream by stream; the splitter takes them in order, answers a repeated one as it
answered the first, and refuses a gap. Batch 0 opens the stream's account book and carries no work. `size` is how many records
the stream had when the batch was sealed, the clock of what is earned by the record; a batch may carry no work. Identities are
principals as text, since text crosses into Python at a hundredth of a Principal's cost.
"""

from kybra import Record, Variant, Vec, nat32, nat64, null, text


class Work(Record):
    contributor: text
    weight: nat64


class WorkBatch(Record):
    stream: nat64
    batch: nat64
    provider: text
    provider_share_ppm: nat32
    size: nat64
    work: Vec[Work]


class NextBatchCase(Record):
    expected: nat64


class TooManyCase(Record):
    most: nat64


class InvalidBatchCase(Record):
    reason: text


class RecordWorkError(Variant, total=False):
    NotARegistry: null
    Gap: NextBatchCase
    OversizedBatch: TooManyCase
    InvalidBatch: InvalidBatchCase


class RecordWorkResult(Variant, total=False):
    Ok: nat64
    Err: RecordWorkError
