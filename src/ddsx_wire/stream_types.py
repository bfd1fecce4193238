"""The public interface of a stream registry: creating streams, appending to them, reading them.

Ids of streams and licences are nat64; numbers of records, contributors and batches count from 0. Times are nanoseconds since
1970, shares parts per million. Digests of single heads are 64 hex digits; digests in bulk, proofs and salts, are their bytes
joined and in base64. Principals in answers are text.
"""

from kybra import Opt, Principal, Record, Variant, Vec, blob, nat16, nat32, nat64, null, text


class RegistryInit(Record):
    shard: nat16
    governance: Principal
    dst_ledger: Principal
    payout_splitter: Principal
    change_delay_seconds: nat64


class RegistryStatus(Record):
    shard: nat16
    governance: text
    change_delay_seconds: nat64
    dst_ledger: text
    payout_splitter: text
    ready: bool
    streams: nat64
    waiting_streams: nat64
    next_entitlement: nat64


class CreateStream(Record):
    title: text
    description: text
    schema: text
    media_type: text
    tags: Vec[text]
    curators: Vec[Principal]
    provider_share_ppm: nat32
    created_at_time: Opt[nat64]


class FieldLimitCase(Record):
    field: text
    most: nat64


class MalformedFieldCase(Record):
    field: text
    reason: text


class MalformedSchemaCase(Record):
    reason: text
    position: nat64


class MostCase(Record):
    most: nat64


class RegistryTimeCase(Record):
    ledger_time: nat64


class CreateStreamError(Variant, total=False):
    AnonymousCaller: null
    TooLong: FieldLimitCase
    TooMany: FieldLimitCase
    Malformed: MalformedFieldCase
    MalformedSchema: MalformedSchemaCase
    ShareOutOfRange: MostCase
    TooOld: null
    CreatedInFuture: RegistryTimeCase


class CreateStreamResult(Variant, total=False):
    Ok: nat64
    Err: CreateStreamError


class StreamSummary(Record):
    stream: nat64
    provider: text
    provider_share_ppm: nat32
    created_at: nat64
    title: text
    media_type: text
    tags: Vec[text]
    size: nat64
    time: nat64


class StreamView(Record):
    summary: StreamSummary
    description: text
    schema: text
    curators: Vec[text]
    contributors: nat64


class StreamLookupError(Variant, total=False):
    UnknownStream: null


class StreamViewResult(Variant, total=False):
    Ok: StreamView
    Err: StreamLookupError


class StreamsPage(Record):
    total: nat64
    streams: Vec[StreamSummary]


class ContributorView(Record):
    contributor: text
    admitted: bool
    next_batch: nat64


class ContributorsPage(Record):
    total: nat64
    contributors: Vec[ContributorView]


class ContributorsResult(Variant, total=False):
    Ok: ContributorsPage
    Err: StreamLookupError


class ContributorError(Variant, total=False):
    UnknownStream: null
    NotAContributor: null


class ContributorResult(Variant, total=False):
    Ok: ContributorView
    Err: ContributorError


class AdmitError(Variant, total=False):
    UnknownStream: null
    NotPermitted: null
    AnonymousContributor: null
    TooManyContributors: MostCase


class AdmitResult(Variant, total=False):
    Ok: nat64
    Err: AdmitError


class RemoveError(Variant, total=False):
    UnknownStream: null
    NotPermitted: null
    NotAContributor: null


class RemoveResult(Variant, total=False):
    Ok: null
    Err: RemoveError


class AppendBatch(Record):
    stream: nat64
    batch: nat64
    records: Vec[text]


class AppendReceipt(Record):
    stream: nat64
    batch: nat64
    first_sequence: nat64
    count: nat64
    size: nat64
    root: text
    time: nat64


class OversizedBatchCase(Record):
    most_records: nat64
    most_bytes: nat64


class MalformedRecordCase(Record):
    index: nat64
    reason: text


class ExpectedBatchCase(Record):
    expected: nat64


class AppendError(Variant, total=False):
    AnonymousCaller: null
    NotReady: null
    UnknownStream: null
    NotAContributor: null
    EmptyBatch: null
    OversizedBatch: OversizedBatchCase
    MalformedRecord: MalformedRecordCase
    BatchGap: ExpectedBatchCase
    BatchConflict: ExpectedBatchCase


class AppendResult(Variant, total=False):
    Ok: AppendReceipt
    Err: AppendError


class StreamHead(Record):
    stream: nat64
    size: nat64
    root: text
    time: nat64
    certificate: Opt[blob]
    witness: blob


class HeadResult(Variant, total=False):
    Ok: StreamHead
    Err: StreamLookupError


class ReadArgs(Record):
    stream: nat64
    licence: Opt[nat64]
    start: nat64
    limit: nat64


class SegmentSlice(Record):
    contributor: text
    time: nat64
    first_sequence: nat64
    salts: text
    records: Vec[text]


class RecordsPage(Record):
    stream: nat64
    first_sequence: nat64
    segments: Vec[SegmentSlice]
    size: nat64
    root: text
    proof: text
    certificate: Opt[blob]
    witness: blob


class LogSizeCase(Record):
    size: nat64


class LicenceExpiredCase(Record):
    valid_until: nat64


class LicenceNotYetValidCase(Record):
    valid_from: nat64


class ReadError(Variant, total=False):
    UnknownStream: null
    LicenceRequired: null
    UnknownLicence: null
    LicenceForeign: null
    LicenceNotYetValid: LicenceNotYetValidCase
    LicenceExpired: LicenceExpiredCase
    LimitOutOfRange: MostCase
    OutOfRange: LogSizeCase


class ReadResult(Variant, total=False):
    Ok: RecordsPage
    Err: ReadError
