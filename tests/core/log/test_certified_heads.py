"""The certified heads: the forest kept in tiles is the tree built anew, and a witness shows one head of it."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core import certified_heads, hash_tree
from ddsx_core.hash_tree import Absent, Empty, Fork, Found, HashTree, Labeled, Leaf, Pruned, Unknown

SHARD = 3 << 48


def stream_id(number: int) -> int:
    """Ids ascend with numbers, with gaps."""
    return SHARD + 5 * number


def some_head(number: int, version: int = 0) -> bytes:
    return certified_heads.encode_head(certified_heads.Head(number, sha256(b"%d %d" % (number, version)).digest(), version))


def naive_tree(heads: list[bytes]) -> HashTree:
    """The certified tree, built anew from the list of all heads."""
    level: list[HashTree] = [
        Labeled(stream_id(number).to_bytes(8, "big"), Labeled(b"head", Leaf(head))) for number, head in enumerate(heads)
    ]
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [Fork(pair[0], pair[1]) if len(pair) == 2 else pair[0] for pair in pairs]
    return Labeled(b"streams", level[0] if level else Empty())


def naive_witness(tree: HashTree, label: bytes) -> HashTree:
    """The naive tree with all pruned but the way to one stream."""
    if isinstance(tree, Fork):
        return Fork(naive_witness(tree.left, label), naive_witness(tree.right, label))
    if isinstance(tree, Labeled) and tree.label not in (b"streams", label):
        return Pruned(hash_tree.root_hash(tree))
    return Labeled(tree.label, naive_witness(tree.subtree, label)) if isinstance(tree, Labeled) and tree.label == b"streams" else tree


def folded(tree: HashTree) -> HashTree:
    """The same with forks of pruned parts pruned themselves, as small as a witness can be."""
    if isinstance(tree, Fork):
        left, right = folded(tree.left), folded(tree.right)
        if isinstance(left, Pruned) and isinstance(right, Pruned):
            return Pruned(hash_tree.fork_hash(left.digest, right.digest))
        return Fork(left, right)
    return Labeled(tree.label, folded(tree.subtree)) if isinstance(tree, Labeled) and tree.label == b"streams" else tree


class Registry:
    """The heads of a registry as a canister keeps them, and beside them the plain list."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.texts: dict[tuple[int, int], str] = {}
        self.root = certified_heads.no_heads_root()
        self.asked: list[tuple[int, int]] = []
        self.written: list[tuple[int, int]] = []

    def tile(self, tile_level: int, number: int) -> str:
        self.asked.append((tile_level, number))
        return self.texts.get((tile_level, number), "")

    def put(self, number: int, head: bytes) -> None:
        self.heads[number : number + 1] = [head]
        self.asked = []
        digest = certified_heads.head_hash(stream_id(number), head)
        changed, self.root = certified_heads.set_head(self.tile, number, digest, len(self.heads))
        self.texts.update(changed)
        self.written = list(changed)

    def witness(self, number: int) -> bytes:
        self.asked = []
        return certified_heads.witness(self.tile, number, len(self.heads), stream_id(number), self.heads[number])

    def check(self, number: int) -> None:
        """HEADS-1 and HEADS-2 for one stream."""
        tree, label = naive_tree(self.heads), stream_id(number).to_bytes(8, "big")
        assert self.root == hash_tree.root_hash(tree)
        shown = hash_tree.parse_hash_tree(self.witness(number))
        assert shown == folded(naive_witness(tree, label))
        assert hash_tree.root_hash(shown) == self.root
        assert hash_tree.lookup(shown, certified_heads.head_path(stream_id(number))) == Found(self.heads[number])


def registry_of(count: int) -> Registry:
    registry = Registry()
    for number in range(count):
        registry.put(number, some_head(number))
    return registry


def test_a_registry_without_streams_has_the_root_of_an_empty_tree() -> None:
    assert certified_heads.no_heads_root() == hash_tree.root_hash(naive_tree([]))


def test_every_forest_of_up_to_40_streams_is_the_tree_built_anew() -> None:
    registry = Registry()
    for count in range(1, 41):
        registry.put(count - 1, some_head(count - 1))
        for number in range(count):
            registry.check(number)


@given(st.lists(st.integers(0, 1000), max_size=60))
@example([0] * 5)
def test_heads_set_in_any_order_give_the_tree_built_anew(steps: list[int]) -> None:
    registry = registry_of(1)
    for version, step in enumerate(steps, start=1):
        number = step % (len(registry.heads) + 1)
        registry.put(number, some_head(number, version))
        registry.check(step % len(registry.heads))


def test_over_256_streams_need_a_second_level_and_stay_the_tree_built_anew() -> None:
    registry = registry_of(254)
    for number in range(254, 259):
        registry.put(number, some_head(number))
        for shown in (0, 1, 255, number):
            registry.check(min(shown, number))
    for number in range(259, 516):
        registry.put(number, some_head(number))
    for version, number in enumerate((0, 255, 256, 511, 512, 515, 300), start=1):
        registry.put(number, some_head(number, version))
        registry.check(number)
    registry.check(100)


def test_tiles_read_and_written() -> None:
    registry = registry_of(256)
    assert (registry.asked, registry.written) == ([(0, 0)], [(0, 0)])
    registry.witness(17)
    assert registry.asked == [(0, 0)]
    registry.put(256, some_head(256))
    assert sorted(registry.asked) == [(0, 0), (0, 1), (1, 0)]
    assert registry.written == [(0, 1), (1, 0)]
    registry.put(3, some_head(3, 1))
    assert (registry.asked, registry.written) == ([(0, 0), (1, 0)], [(0, 0), (1, 0)])
    registry.witness(3)
    assert registry.asked == [(0, 0), (1, 0)]


def test_a_third_level_of_tiles() -> None:
    """65,536 streams that are all alike, written down by hand, and one more."""
    registry = Registry()
    levels = [certified_heads.head_hash(stream_id(0), some_head(0))]
    for _ in range(16):
        levels.append(hash_tree.fork_hash(levels[-1], levels[-1]))
    full = ["\n".join(levels[8 * tile_level + row].hex() * (256 >> row) for row in range(8)) for tile_level in (0, 1)]
    registry.texts = {(0, number): full[0] for number in range(256)} | {(1, 0): full[1]}
    registry.heads = [some_head(0)] * 65_536
    registry.put(65_536, some_head(1))
    last = certified_heads.head_hash(stream_id(65_536), some_head(1))
    assert registry.root == hash_tree.labeled_hash(b"streams", hash_tree.fork_hash(levels[16], last))
    assert sorted(registry.asked) == [(0, 256), (1, 0), (1, 1), (2, 0)]
    assert registry.written == [(0, 256), (1, 1), (2, 0)]
    assert hash_tree.root_hash(hash_tree.parse_hash_tree(registry.witness(65_536))) == registry.root
    registry.put(300, some_head(300))
    assert registry.written == [(0, 1), (1, 0), (2, 0)]
    assert hash_tree.root_hash(hash_tree.parse_hash_tree(registry.witness(300))) == registry.root


def test_a_full_tile_has_the_size_told() -> None:
    registry = registry_of(256)
    assert len(registry.texts[0, 0]) == certified_heads.MAX_HEAD_TILE_CHARS


def test_a_witness_says_nothing_of_other_streams() -> None:
    registry = registry_of(5)
    shown = hash_tree.parse_hash_tree(registry.witness(2))
    for number in (0, 1, 3, 4):
        assert hash_tree.lookup(shown, certified_heads.head_path(stream_id(number))) == Unknown()
    alone = hash_tree.parse_hash_tree(registry_of(1).witness(0))
    assert hash_tree.lookup(alone, certified_heads.head_path(stream_id(1))) == Absent()


@pytest.mark.parametrize(("number", "count"), [(0, 0), (3, 3), (-1, 3)])
def test_a_number_that_is_not_among_the_streams_is_refused(number: int, count: int) -> None:
    registry = registry_of(3)
    with pytest.raises(ValueError, match="not among"):
        certified_heads.set_head(registry.tile, number, bytes(32), count)
    with pytest.raises(ValueError, match="not among"):
        certified_heads.witness(registry.tile, number, count, stream_id(0), some_head(0))


@pytest.mark.parametrize(("number", "count"), [(4, 5), (2, 4), (3, 5), (0, 1), (0, 2), (1, 258)])
def test_a_gap_or_another_count_is_refused(number: int, count: int) -> None:
    registry = registry_of(3)
    with pytest.raises(ValueError, match="numbered densely"):
        certified_heads.set_head(registry.tile, number, bytes(32), count)
    with pytest.raises(ValueError, match="numbered densely"):
        certified_heads.witness(registry.tile, number, count, stream_id(number), some_head(number))
    assert certified_heads.set_head(registry.tile, 3, bytes(32), 4).changed
    assert certified_heads.witness(registry.tile, 2, 3, stream_id(2), some_head(2))


@given(st.integers(0, (1 << 64) - 1), st.binary(min_size=32, max_size=32), st.integers(0, (1 << 64) - 1))
def test_a_head_is_48_bytes_and_is_read_back(size: int, root: bytes, time_ns: int) -> None:
    head = certified_heads.Head(size, root, time_ns)
    data = certified_heads.encode_head(head)
    assert data == size.to_bytes(8, "big") + root + time_ns.to_bytes(8, "big")
    assert certified_heads.decode_head(data) == head


@pytest.mark.parametrize(
    "head", [(-1, bytes(32), 0), (1 << 64, bytes(32), 0), (0, bytes(31), 0), (0, bytes(33), 0), (0, bytes(32), 1 << 64)]
)
def test_a_head_out_of_bounds_is_refused(head: tuple[int, bytes, int]) -> None:
    with pytest.raises(ValueError, match="two nat64"):
        certified_heads.encode_head(certified_heads.Head(*head))


@pytest.mark.parametrize("size", [0, 47, 49])
def test_bytes_that_are_no_head_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="48 bytes"):
        certified_heads.decode_head(bytes(size))
    with pytest.raises(ValueError, match="48 bytes"):
        certified_heads.witness(lambda _level, _number: "", 0, 1, 7, bytes(size))
