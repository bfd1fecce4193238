"""Hash trees: the specification's vector, lookups that never say more than is shown, and a parser that takes one spelling only."""

from __future__ import annotations

from hashlib import sha256

import cbor2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core import hash_tree
from ddsx_core.hash_tree import Absent, Empty, Fork, Found, HashTree, HashTreeInvalid, Labeled, Leaf, Pruned, Unknown

SPEC_CBOR = bytes.fromhex(
    "8301830183024161830183018302417882034568656c6c6f810083024179820345776f726c6483024162820344676f6f64"
    "8301830241638100830241648203476d6f726e696e67"
)
SPEC_ROOT = "eb5c5b2195e62d996b84c9bcc8259d19a83786a2f59e0878cec84c811f669aa0"
SPEC_TREE = Fork(
    Fork(
        Labeled(b"a", Fork(Fork(Labeled(b"x", Leaf(b"hello")), Empty()), Labeled(b"y", Leaf(b"world")))),
        Labeled(b"b", Leaf(b"good")),
    ),
    Fork(Labeled(b"c", Empty()), Labeled(b"d", Leaf(b"morning"))),
)


def as_cbor(tree: HashTree) -> bytes:
    """The tree through an encoder that is not ours."""
    return cbor2.dumps(as_items(tree))


def as_items(tree: HashTree) -> list[object]:
    if isinstance(tree, Fork):
        return [1, as_items(tree.left), as_items(tree.right)]
    if isinstance(tree, Labeled):
        return [2, tree.label, as_items(tree.subtree)]
    if isinstance(tree, Leaf):
        return [3, tree.value]
    return [4, tree.digest] if isinstance(tree, Pruned) else [0]


def balanced(parts: list[HashTree]) -> HashTree:
    if len(parts) < 2:
        return parts[0] if parts else Empty()
    return Fork(balanced(parts[: len(parts) // 2]), balanced(parts[len(parts) // 2 :]))


labels = st.one_of(st.binary(max_size=3), st.binary(min_size=20, max_size=30))


def levels(below: st.SearchStrategy[HashTree]) -> st.SearchStrategy[HashTree]:
    by_label = st.dictionaries(labels, below, max_size=5)
    return by_label.map(lambda found: balanced([Labeled(label, found[label]) for label in sorted(found)]))


trees: st.SearchStrategy[HashTree] = st.recursive(
    st.one_of(st.builds(Leaf, st.binary(max_size=300)), st.just(Empty())), levels, max_leaves=12
)


def contents(tree: HashTree, path: tuple[bytes, ...] = ()) -> dict[tuple[bytes, ...], bytes]:
    """All values of a tree by their paths."""
    if isinstance(tree, Fork):
        return contents(tree.left, path) | contents(tree.right, path)
    if isinstance(tree, Labeled):
        return contents(tree.subtree, (*path, tree.label))
    return {path: tree.value} if isinstance(tree, Leaf) else {}


def prune(tree: HashTree, data: st.DataObject) -> HashTree:
    """The tree with parts chosen by Hypothesis pruned."""
    if data.draw(st.integers(0, 4)) == 0:
        return Pruned(hash_tree.root_hash(tree))
    if isinstance(tree, Fork):
        return Fork(prune(tree.left, data), prune(tree.right, data))
    return Labeled(tree.label, prune(tree.subtree, data)) if isinstance(tree, Labeled) else tree


def answer(tree: HashTree, path: list[bytes]) -> Found | Absent | Unknown | str:
    """The lookup's answer, or why it was refused."""
    try:
        return hash_tree.lookup(tree, path)
    except HashTreeInvalid as refusal:
        return str(refusal)


def test_the_vector_of_the_specification() -> None:
    assert hash_tree.parse_hash_tree(SPEC_CBOR) == SPEC_TREE
    assert hash_tree.root_hash(SPEC_TREE).hex() == SPEC_ROOT


def test_the_vector_pruned_keeps_its_root_and_says_what_it_can() -> None:
    left_pruned = Fork(
        Fork(
            Labeled(b"a", Fork(Pruned(hash_tree.root_hash(Fork(Labeled(b"x", Leaf(b"hello")), Empty()))), Labeled(b"y", Leaf(b"world")))),
            Pruned(hash_tree.root_hash(Labeled(b"b", Leaf(b"good")))),
        ),
        Fork(Pruned(hash_tree.root_hash(Labeled(b"c", Empty()))), Labeled(b"d", Leaf(b"morning"))),
    )
    assert hash_tree.root_hash(left_pruned).hex() == SPEC_ROOT
    assert hash_tree.lookup(left_pruned, [b"a", b"y"]) == Found(b"world")
    assert hash_tree.lookup(left_pruned, [b"d"]) == Found(b"morning")
    assert hash_tree.lookup(left_pruned, [b"a", b"x"]) == Unknown()
    assert hash_tree.lookup(left_pruned, [b"aa"]) == Unknown()
    assert hash_tree.lookup(left_pruned, [b"c"]) == Unknown()
    assert hash_tree.lookup(left_pruned, [b"a", b"z"]) == Absent()
    assert hash_tree.lookup(left_pruned, [b"e"]) == Absent()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([b"a", b"x"], Found(b"hello")),
        ([b"b"], Found(b"good")),
        ([b"c"], Absent()),
        ([b"c", b"x"], Absent()),
        ([b"b", b"x"], Absent()),
        ([b"A"], Absent()),
        ([b"bb"], Absent()),
        ([b"z"], Absent()),
        ([b"a", b"xx"], Absent()),
        ([b"a", b"y", b""], Absent()),
    ],
)
def test_lookups_in_a_tree_that_shows_all(path: list[bytes], expected: Found | Absent) -> None:
    assert hash_tree.lookup(SPEC_TREE, path) == expected


@pytest.mark.parametrize("path", [[], [b"a"]])
def test_a_path_that_ends_inside_is_refused(path: list[bytes]) -> None:
    with pytest.raises(HashTreeInvalid, match="ends inside"):
        hash_tree.lookup(SPEC_TREE, path)


def test_the_five_hashes() -> None:
    left, right = bytes(32), bytes([1]) * 32
    assert hash_tree.empty_hash() == sha256(b"\x11ic-hashtree-empty").digest()
    assert hash_tree.fork_hash(left, right) == sha256(b"\x10ic-hashtree-fork" + left + right).digest()
    assert hash_tree.labeled_hash(b"name", left) == sha256(b"\x13ic-hashtree-labeled" + b"name" + left).digest()
    assert hash_tree.leaf_hash(b"value") == sha256(b"\x10ic-hashtree-leaf" + b"value").digest()
    assert hash_tree.root_hash(Pruned(right)) == right


def test_answers_and_nodes_of_different_kinds_differ() -> None:
    answers: list[object] = [Absent(), Unknown(), Found(bytes(32)), Empty(), Leaf(bytes(32)), Pruned(bytes(32))]
    assert all(one != other for place, one in enumerate(answers) for other in answers[:place])


@given(trees)
def test_a_tree_is_read_from_cbor_with_and_without_tag(tree: HashTree) -> None:
    assert hash_tree.parse_hash_tree(as_cbor(tree)) == tree
    assert hash_tree.parse_hash_tree(b"\xd9\xd9\xf7" + as_cbor(tree)) == tree


@pytest.mark.parametrize("size", [0, 1, 23, 24, 255, 256, 65_535, 65_536])
def test_byte_strings_of_every_width_are_read(size: int) -> None:
    tree = Labeled(bytes(size), Leaf(b"\x01" * size))
    assert hash_tree.parse_hash_tree(as_cbor(tree)) == tree


@given(trees, st.data())
def test_pruning_hides_but_never_lies(tree: HashTree, data: st.DataObject) -> None:
    """TREE-1 and TREE-2."""
    pruned = prune(tree, data)
    assert hash_tree.root_hash(pruned) == hash_tree.root_hash(tree)
    assert hash_tree.parse_hash_tree(as_cbor(pruned)) == pruned
    whole = contents(tree)
    known = sorted({label for path in whole for label in path} | {b""})
    paths = [list(path) for path in whole] + [data.draw(st.lists(st.one_of(st.sampled_from(known), labels), max_size=3))]
    for path in paths:
        told, truth = answer(pruned, path), answer(tree, path)
        assert told in (truth, Unknown())
        if tuple(path) in whole:
            assert truth == Found(whole[tuple(path)])
        else:
            assert truth in (Absent(), "the path ends inside the tree")


def test_a_pruned_part_between_neighbours_makes_absence_unknown() -> None:
    a, c, hidden = Labeled(b"a", Empty()), Labeled(b"c", Empty()), Pruned(bytes(32))
    assert hash_tree.lookup(Fork(a, c), [b"b"]) == Absent()
    assert hash_tree.lookup(Fork(a, Fork(hidden, c)), [b"b"]) == Unknown()
    assert hash_tree.lookup(Fork(Fork(hidden, a), c), [b"b"]) == Absent()
    assert hash_tree.lookup(Fork(a, Fork(c, hidden)), [b"b"]) == Absent()
    assert hash_tree.lookup(Fork(hidden, a), [b"A"]) == Unknown()
    assert hash_tree.lookup(Fork(a, hidden), [b"b"]) == Unknown()
    assert hash_tree.lookup(hidden, [b"b"]) == Unknown()
    assert hash_tree.lookup(hidden, []) == Unknown()


def test_a_leaf_beside_other_nodes_proves_no_absence() -> None:
    assert hash_tree.lookup(Leaf(b"v"), [b"b"]) == Absent()
    assert hash_tree.lookup(Fork(Leaf(b"v"), Labeled(b"c", Empty())), [b"b"]) == Unknown()


@pytest.mark.parametrize("names", [(b"b", b"a"), (b"a", b"a"), (b"ab", b"a")])
def test_labels_that_do_not_ascend_are_refused(names: tuple[bytes, bytes]) -> None:
    tree = Fork(Labeled(names[0], Leaf(b"1")), Fork(Pruned(bytes(32)), Labeled(names[1], Leaf(b"2"))))
    with pytest.raises(HashTreeInvalid, match="ascend"):
        hash_tree.lookup(tree, [b"a"])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "no node"),
        ("d9d9f7", "no node"),
        ("d9d9f7d9d9f78100", "no node"),
        ("81", "no node"),
        ("8101", "no node"),
        ("8200", "no node"),
        ("811800", "no node"),
        ("9f00ff", "no node"),
        ("980100", "no node"),
        ("8305", "no node"),
        ("830181008101", "no node"),
        ("83018100", "no node"),
        ("81008100", "1 bytes|2 bytes"),
        ("820340ff", "1 bytes follow"),
        ("8203", "no byte string"),
        ("820363616263", "no byte string"),
        ("82035f4161ff", "no byte string"),
        ("82035b0000000000000001ff", "no byte string"),
        ("820342ff", "cut short"),
        ("820358", "cut short"),
        ("820359ff", "cut short"),
        ("82035817" + "00" * 23, "too long"),
        ("82035900ff" + "00" * 255, "too long"),
        ("82035a0000ffff" + "00" * 65_535, "too long"),
        ("8204581f" + "00" * 31, "32 bytes"),
        ("82045821" + "00" * 33, "32 bytes"),
        ("8302416181", "no node"),
    ],
)
def test_any_other_spelling_is_refused(data: str, why: str) -> None:
    with pytest.raises(HashTreeInvalid, match=why):
        hash_tree.parse_hash_tree(bytes.fromhex(data))


def test_a_tree_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    deepest = b"\x83\x02\x40" * (hash_tree.MAX_DEPTH - 1) + b"\x81\x00"
    assert hash_tree.lookup(hash_tree.parse_hash_tree(deepest), [b""] * (hash_tree.MAX_DEPTH - 1)) == Absent()
    with pytest.raises(HashTreeInvalid, match="100 nodes deep"):
        hash_tree.parse_hash_tree(b"\x83\x02\x40" + deepest)


@given(st.binary(max_size=60))
@example(b"\x83\x01" * 10_000)
def test_the_parser_raises_nothing_but_its_own_error(data: bytes) -> None:
    """TREE-3, and what is accepted has one spelling."""
    try:
        tree = hash_tree.parse_hash_tree(data)
    except HashTreeInvalid:
        return
    assert as_cbor(tree) == data.removeprefix(b"\xd9\xd9\xf7")


@given(st.integers(0, len(SPEC_CBOR) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_changes_the_root(place: int, change: int) -> None:
    data = bytearray(SPEC_CBOR)
    data[place] ^= change
    try:
        tree = hash_tree.parse_hash_tree(bytes(data))
    except HashTreeInvalid:
        return
    assert hash_tree.root_hash(tree).hex() != SPEC_ROOT
