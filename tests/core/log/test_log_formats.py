"""The formats byte for byte, for one fixed stream: what was stored or certified once must be read and proved for ever.

A change of a literal here is a change of format: it needs a new version beside the old one, not another literal.
"""

from __future__ import annotations

from hashlib import sha256

from ddsx_core import certified_heads, hash_tree, merkle, segments, tiles

STREAM = 0x0001_0000_0000_002A
TIME_NS = 1_700_000_000_123_456_789
SEED = bytes(range(32))
CONTRIBUTOR = bytes.fromhex("00000000000000010101")
CONTRIBUTOR_TEXT = "rrkah-fqaaa-aaaaa-aaaaq-cai"
PAYLOADS = ['{"t": 21.5}', "", "Zürich € 😀", "x" * 40]

# Golden: what the functions gave when the format was fixed.
SALTS = "eb83a5d261e0eddd87d10f5f9b8f4241a649ecbefe3d4b8fc211ba3e2248ef57916bc0ca163be2cacbe9c6eab735a28930d08ff109ee2469d425b2ca6264fc49"
DIGESTS = [
    "5065549a6c17fada237b37b6ccbbe5bf8989ed56579fb52bcc3d6cc4b19a365b",
    "641f924a65222067fdce09c6a2ac229ae2c8aa6923b787776bf11e8c49f8ccd5",
    "90198b977254fcc3f2d197f2c506339d3c360d8542219f201278bac49636b2d2",
    "27ec62c29d2ef54a5d6875fecfb5d0fd9825046f7ba41426d06183c28a35c608",
]
LEAVES = [
    "da530803c51901c4a68cd6347e061809836c20b07df233f9c20b6e0993addab3",
    "fa4e283daa6c0b25cbff8bcee0c8bb3889945905e020409f25af5a4ab1a02292",
    "838dcd34d75e0a6804f4cbc23aec24f0aaf0068fb359b46f9c8e7894a7b193a0",
    "52c5eabb558b18873b7f17dfc2a295d22f2d2ee406f2ab5c306ba5b190c88f8c",
]
SEGMENT = (
    "1 rrkah-fqaaa-aaaaa-aaaaq-cai 1700000000123456789 4 64Ol0mHg7d2H0Q9fm49CQaZJ7L7+PUuPwhG6PiJI71eRa8DKFjviysvpxuq3"
    "NaKJMNCP8QnuJGnUJbLKYmT8SQ==\n"
    '{"t": 21.5}\n'
    "\n"
    "Zürich € 😀\n"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
)
SEGMENT_WITH_RECORD_2_ERASED = (
    "1 rrkah-fqaaa-aaaaa-aaaaq-cai 1700000000123456789 4 64Ol0mHg7d2H0Q9fm49CQaZJ7L7+PUuPwhG6PiJI71cAAAAAAAAAAAAAAAAA"
    "AAAAMNCP8QnuJGnUJbLKYmT8SQ==\n"
    '{"t": 21.5}\n'
    "\n"
    "\rkBmLl3JU/MPy0ZfyxQYznTw2DYVCIZ8gEni6xJY2stI=\n"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
)
PEAKS = [
    "35cb7b716f447c06de7101656ce7b696058269e2628ab6e701d22ff56d2d4599",
    "52c5eabb558b18873b7f17dfc2a295d22f2d2ee406f2ab5c306ba5b190c88f8c",
]
ROOT = "de76ec638d9e136f4027240ce270f65407082f89775b8168fdd4531c85265e0c"
TILE = (
    "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8e0E/R9E+4v5shFsu4UGvgd6FjfTsVJpYt5cLuWZFvI0vzwpscA3RPidLb7qN7qjdmybk7t"
    "3jSVcXyshAjJxRd/WDx9+3swVdmUZVRAMqVx4QoTSxtvdpQiu7cf1/oWel1PNSEtEvmtIDZJLJXx/nm69Ox72b7z3/p1efIpP/VGpNpTCAPFGQHE"
    "pozWNH4GGAmDbCCwffIz+cILbgmTrdqz+k4oPapsCyXL/4vO4Mi7OImUWQXgIECfJa9aSrGgIpKDjc00114KaAT0y8I67CTwqvAGj7NZtG+cjniU"
    "p7GToFLF6rtVixiHO38X38KildIvLS7kBvKrXDBrpbGQyI+M\n"
    "ogv5p8wtyKCPX0FacbGfasQnurVNJO7IaLXTEDRJlTpSxWtHPlJGkz54Upic2f66OzjweHQrk6//HmXtRnl4JT2OXh/jperDM+9TxRNyWA5rYhcb"
    "Zw58OephtbvXkN4nUclo3qLdzCveibBHZMsLYmzWzgO8c09O05MpiGg/quI=\n"
    "m81RJAr0AFFo8DMSG6hb5abtTw5qX6wmIGZym4+/3sv77g06CGg5YyEClVc8V6mgdlpiOhEjIo389qiMXdIxDQ==\n"
    "Nct7cW9EfAbecQFlbOe2lgWCaeJiirbnAdIv9W0tRZk=\n"
    "\n"
    "\n"
    "\n"
    "\n"
    "0:05"
)
RANGE_PROOF = [
    "3d8e5e1fe3a5eac333ef53c51372580e6b62171b670e7c39ea61b5bbd790de27",
    "9bcd51240af4005168f033121ba85be5a6ed4f0e6a5fac262066729b8fbfdecb",
    "52c5eabb558b18873b7f17dfc2a295d22f2d2ee406f2ab5c306ba5b190c88f8c",
]
CONSISTENCY_PROOF = [
    "4f35212d12f9ad2036492c95f1fe79baf4ec7bd9bef3dffa7579f2293ff546a4",
    "da530803c51901c4a68cd6347e061809836c20b07df233f9c20b6e0993addab3",
    "51c968dea2ddcc2bde89b04764cb0b626cd6ce03bc734f4ed3932988683faae2",
    "9bcd51240af4005168f033121ba85be5a6ed4f0e6a5fac262066729b8fbfdecb",
    "52c5eabb558b18873b7f17dfc2a295d22f2d2ee406f2ab5c306ba5b190c88f8c",
]
INCLUSION_PROOF = [
    "838dcd34d75e0a6804f4cbc23aec24f0aaf0068fb359b46f9c8e7894a7b193a0",
    "3d8e5e1fe3a5eac333ef53c51372580e6b62171b670e7c39ea61b5bbd790de27",
    "9bcd51240af4005168f033121ba85be5a6ed4f0e6a5fac262066729b8fbfdecb",
    "52c5eabb558b18873b7f17dfc2a295d22f2d2ee406f2ab5c306ba5b190c88f8c",
]
HEAD = "0000000000000009de76ec638d9e136f4027240ce270f65407082f89775b8168fdd4531c85265e0c17979cfe3d85cd15"
HEAD_TILE = (
    "ee0beca57022f5e3a311ea064e83d17d31a9005fcaf4c016c99de7847328302a3846b69f71132d6cd74ba09a05832e94e4929ac233a15656"
    "b8fcd5105a467e2347d843b02362a0543c107b052e5504b11db2d5d0074b48db1c55c599935132ee\n"
    "a637099630f892db66fa02d2fc4c470cdb32233ea2468d41bf6bd0012069401e47d843b02362a0543c107b052e5504b11db2d5d0074b48db"
    "1c55c599935132ee\n"
    "4cb4aa8af4b8cff2f5d0c3e41f5bc4a9f653df61e73c70cbb4c8c8ea2bc7554e\n"
    "\n"
    "\n"
    "\n"
    "\n"
)
CERTIFIED = "0f5389e11c9dbd3b91eb3bb6e7ed9bea595605f9a6a6b0fc0122a6f59bdf342d"
WITNESS = (
    "d9d9f783024773747265616d738301830182045820ee0beca57022f5e3a311ea064e83d17d31a9005fcaf4c016c99de7847328302a830248"
    "000100000000002a83024468656164820358300000000000000009de76ec638d9e136f4027240ce270f65407082f89775b8168fdd4531c85"
    "265e0c17979cfe3d85cd158204582047d843b02362a0543c107b052e5504b11db2d5d0074b48db1c55c599935132ee"
)


def first_records() -> merkle.Appended:
    """The five records that stood in the stream before: their leaves are those of no payload, only there to be built upon."""
    return merkle.append(0, [], [sha256(b"\x00" + bytes([number])).digest() for number in range(5)])


def leaves() -> list[bytes]:
    digests = segments.payload_digests(PAYLOADS, bytes.fromhex(SALTS))
    return segments.leaf_hashes(STREAM, 5, TIME_NS, CONTRIBUTOR, digests)


def hexes(digests: list[bytes]) -> list[str]:
    return [digest.hex() for digest in digests]


def test_salts_digests_and_leaves() -> None:
    assert segments.draw_salts(SEED, STREAM, 5, 4).hex() == SALTS
    assert hexes(segments.payload_digests(PAYLOADS, bytes.fromhex(SALTS))) == DIGESTS
    assert hexes(leaves()) == LEAVES


def test_segment() -> None:
    assert segments.encode_segment(CONTRIBUTOR_TEXT, TIME_NS, bytes.fromhex(SALTS), PAYLOADS) == SEGMENT
    assert segments.erase_record(SEGMENT, 2) == SEGMENT_WITH_RECORD_2_ERASED
    assert hexes(segments.segment_digests(segments.decode_segment(SEGMENT_WITH_RECORD_2_ERASED))) == DIGESTS


def test_tree_and_tile() -> None:
    first = first_records()
    second = merkle.append(first.size, first.peaks, leaves())
    assert hexes(second.peaks) == PEAKS
    assert merkle.root(second.size, second.peaks).hex() == ROOT
    text = tiles.extend_tile("", tiles.tile_updates(first.rows, [0])[0, 0])
    assert tiles.extend_tile(text, tiles.tile_updates(second.rows, [5])[0, 0]) == TILE


def test_proofs() -> None:
    node = tiles.node_reader(lambda _level, _number: TILE)
    assert hexes(merkle.range_proof(6, 8, 9, node, [bytes.fromhex(peak) for peak in PEAKS])) == RANGE_PROOF
    assert hexes(merkle.consistency_proof(5, 9, node)) == CONSISTENCY_PROOF
    assert hexes(merkle.inclusion_proof(6, 9, node)) == INCLUSION_PROOF
    merkle.verify_range(leaves()[1:3], 6, [bytes.fromhex(digest) for digest in RANGE_PROOF], 9, bytes.fromhex(ROOT))


def test_head_forest_and_witness() -> None:
    empty = sha256(b"").digest()
    heads = [
        certified_heads.encode_head(certified_heads.Head(size, root, time_ns))
        for size, root, time_ns in [(0, empty, 1), (9, bytes.fromhex(ROOT), TIME_NS), (0, empty, 3)]
    ]
    assert heads[1].hex() == HEAD
    stored = {(0, 0): ""}
    certified = b""
    for number, head in enumerate(heads):
        digest = certified_heads.head_hash(STREAM - 1 + number, head)
        changed, certified = certified_heads.set_head(lambda *key: stored[key], number, digest, number + 1)
        stored.update(changed)
    assert stored == {(0, 0): HEAD_TILE}
    assert certified.hex() == CERTIFIED
    witness = certified_heads.witness(lambda *key: stored[key], 1, 3, STREAM, heads[1])
    assert witness.hex() == WITNESS
    tree = hash_tree.parse_hash_tree(witness)
    assert hash_tree.root_hash(tree).hex() == CERTIFIED
    assert hash_tree.lookup(tree, certified_heads.head_path(STREAM)) == hash_tree.Found(heads[1])


def test_keys() -> None:
    assert tiles.run_key(3, 5) == 0x0000_0300_0000_0005
    assert tiles.tile_key(3, 1, 5) == 0x0000_0301_0000_0005
