"""Trees are pruned to what is asked, and what is not there is provably not there."""

from __future__ import annotations

import cbor2
from hypothesis import given
from hypothesis import strategies as st
from naive_hash_tree import ABSENT, ERROR, UNKNOWN, agent_find, is_well_formed, labels_of, lookup, root_of

from kybra_replica.network import hash_tree
from kybra_replica.network.hash_tree import byte_string, empty, encode_pruned, fork, labeled, leaf

SPECIFIED = (
    "8301830183024161830183018302417882034568656c6c6f810083024179820345776f726c6483024162820344676f6f64"
    "8301830241638100830241648203476d6f726e696e67"
)
SPECIFIED_ROOT = "eb5c5b2195e62d996b84c9bcc8259d19a83786a2f59e0878cec84c811f669aa0"


def specified_tree():
    a = labeled(b"a", fork(fork(labeled(b"x", leaf(b"hello")), empty()), labeled(b"y", leaf(b"world"))))
    return fork(fork(a, labeled(b"b", leaf(b"good"))), fork(labeled(b"c", empty()), labeled(b"d", leaf(b"morning"))))


def test_the_verifier_of_these_tests_and_the_writer_agree_on_the_specifications_vector():
    assert root_of(cbor2.loads(bytes.fromhex(SPECIFIED))).hex() == SPECIFIED_ROOT
    assert specified_tree().hash.hex() == SPECIFIED_ROOT
    assert encode_pruned(specified_tree(), [()]).hex() == SPECIFIED


def test_the_specifications_pruned_example():
    # The specification prunes this tree to a/y, to all of b... and d, and proves that ax, c/x and e are absent.
    pruned = cbor2.loads(encode_pruned(specified_tree(), [(b"a", b"y"), (b"ax",), (b"d",)]))
    assert root_of(pruned).hex() == SPECIFIED_ROOT
    assert lookup(pruned, [b"a", b"y"]) == ("found", b"world")
    assert lookup(pruned, [b"a"]) == ERROR
    assert lookup(pruned, [b"a", b"x"]) == UNKNOWN
    assert lookup(pruned, [b"ax"]) == ABSENT
    assert lookup(pruned, [b"b"]) == UNKNOWN
    assert lookup(pruned, [b"bb"]) == UNKNOWN
    assert lookup(pruned, [b"d"]) == ("found", b"morning")
    assert lookup(pruned, [b"e"]) == ABSENT


labels = st.binary(max_size=3)
contents = st.dictionaries(
    labels, st.recursive(st.binary(max_size=4), lambda below: st.dictionaries(labels, below, max_size=6), max_leaves=25), max_size=8
)
paths = st.lists(st.lists(labels, max_size=3).map(tuple), max_size=4)


def held(content, path):
    """What a dict of dicts holds at a path, in the words of `lookup`."""
    for label in path:
        if isinstance(content, bytes) or label not in content:
            return ABSENT
        content = content[label]
    if isinstance(content, bytes):
        return ("found", content)
    return ERROR if content else ABSENT


@given(contents, paths, st.data())
def test_every_path_that_is_asked_gets_its_answer_under_the_same_root(content, missing, data):
    known = list(_all_paths(content))
    asked = missing + (data.draw(st.lists(st.sampled_from(known), max_size=4)) if known else [])
    tree = hash_tree.build(content)
    encoded = encode_pruned(tree, asked)
    pruned = cbor2.loads(encoded)
    assert hash_tree.prune(tree, asked) == pruned
    assert root_of(pruned) == tree.hash == root_of(cbor2.loads(encode_pruned(tree, [()])))
    assert is_well_formed(pruned)
    for path in asked:
        answer = lookup(pruned, path)
        assert answer == held(content, path) or (not path and answer == ERROR)


@given(contents, st.lists(labels, min_size=1, max_size=3).map(tuple))
def test_a_path_reveals_no_more_than_its_label_or_the_two_beside_it(content, path):
    pruned = cbor2.loads(encode_pruned(hash_tree.build(content), [path]))
    if not content:
        return
    shown = labels_of(pruned)
    if path[0] in content:
        assert shown == [path[0]]
    else:
        lower = [label for label in sorted(content) if label < path[0]][-1:]
        higher = [label for label in sorted(content) if label > path[0]][:1]
        assert shown == lower + higher
        assert not list(_leaves(pruned))


def _all_paths(content, prefix=()):
    for label, value in content.items():
        yield (*prefix, label)
        if isinstance(value, dict):
            yield from _all_paths(value, (*prefix, label))


def _leaves(tree):
    if tree[0] == 3:
        yield tree
    for part in tree[1:]:
        if isinstance(part, list):
            yield from _leaves(part)


def test_byte_strings_at_the_limits_of_their_heads():
    for size in (0, 23, 24, 255, 256, 65_535, 65_536):
        assert byte_string(bytes(size)) == cbor2.dumps(bytes(size))


def test_an_agent_finds_a_label_beside_one_that_it_begins_with():
    # JavaScript agents take `canister_ranges` for absent when `canister` is revealed as a label: it has to be pruned.
    tree = hash_tree.build({b"canister": {b"a": b"1"}, b"canister_ranges": {b"b": b"2"}, b"subnet": b"3", b"time": b"4"})
    pruned = cbor2.loads(encode_pruned(tree, [(b"time",), (b"canister_ranges",)]))
    assert labels_of(pruned) == [b"canister_ranges", b"time"]
    assert agent_find(b"canister_ranges", pruned)[0] == "found"
    both = cbor2.loads(encode_pruned(tree, [(b"canister",), (b"canister_ranges",)]))
    assert agent_find(b"canister_ranges", both) == "less", "the quirk itself"
