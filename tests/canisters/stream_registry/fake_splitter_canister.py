"""A splitter that only keeps books of recorded work: it takes batches in their order and tells what it took.

Its mood says how it answers: "" as a splitter should; "InvalidBatch" and "NotARegistry" it refuses; "Gap" it claims to have lost
everything; "ahead" it takes the batch and claims to expect one that was never sealed.
"""

from kybra import Record, StableBTreeMap, Vec, nat32, nat64, query, text, update, void

from ddsx_wire.work_types import RecordWorkResult, Work, WorkBatch

expected = StableBTreeMap[nat64, nat64](memory_id=0, max_key_size=15, max_value_size=15)
batches = StableBTreeMap[str, str](memory_id=1, max_key_size=60, max_value_size=4_000)
moods = StableBTreeMap[nat64, str](memory_id=2, max_key_size=15, max_value_size=40)


class TakenBatch(Record):
    batch: nat64
    provider: text
    provider_share_ppm: nat32
    size: nat64
    work: Vec[Work]


@update
def set_mood(mood: text) -> void:
    """Answer differently from now on."""
    moods.insert(0, mood)


@update
def record_work(batch: WorkBatch) -> RecordWorkResult:
    """Take a batch if it is the next one of its stream."""
    mood = moods.get(0) or ""
    stream, number = batch["stream"], batch["batch"]
    following = expected.get(stream) or 0
    if mood == "InvalidBatch":
        return {"Err": {"InvalidBatch": {"reason": "it is full moon"}}}
    if mood == "NotARegistry":
        return {"Err": {"NotARegistry": None}}
    if mood == "Gap" or number > following:
        return {"Err": {"Gap": {"expected": 0 if mood == "Gap" else following}}}
    if number == following:
        work = ",".join([f"{item['contributor']}={item['weight']}" for item in batch["work"]])
        batches.insert(f"{stream}:{number}", f"{batch['provider']}|{batch['provider_share_ppm']}|{batch['size']}|{work}")
        following += 1
        expected.insert(stream, following)
    return {"Ok": following + 100 if mood == "ahead" else following}


@query
def taken(stream: nat64) -> Vec[TakenBatch]:
    """Every batch of a stream, in order."""
    return [_taken(number, batches.get(f"{stream}:{number}") or "") for number in range(expected.get(stream) or 0)]


def _taken(number: int, stored: str) -> TakenBatch:
    provider, share, size, work = stored.split("|")
    pairs = [pair.split("=") for pair in work.split(",")] if work else []
    return {
        "batch": number,
        "provider": provider,
        "provider_share_ppm": int(share),
        "size": int(size),
        "work": [{"contributor": contributor, "weight": int(weight)} for contributor, weight in pairs],
    }
