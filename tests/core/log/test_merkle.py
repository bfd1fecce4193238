"""The Merkle tree and its proofs, against RFC 6962's own recursive definitions and known vectors."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core import merkle

Node = Callable[[int, int], bytes]

# The inputs and roots that the Certificate Transparency implementations test with.
REFERENCE_INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
REFERENCE_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
REFERENCE_LEAVES = [sha256(b"\x00" + bytes.fromhex(data)).digest() for data in REFERENCE_INPUTS]
LEAVES = [sha256(b"leaf %d" % index).digest() for index in range(2100)]
ROOT = sha256(b"some root").digest()


def peaks_of(size: int) -> list[bytes]:
    return merkle.append(0, [], LEAVES[:size]).peaks


def largest_power_below(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def tree_hash(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = largest_power_below(len(leaves))
    return sha256(b"\x01" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def audit_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = largest_power_below(len(leaves))
    if index < split:
        return [*audit_path(index, leaves[:split]), tree_hash(leaves[split:])]
    return [*audit_path(index - split, leaves[split:]), tree_hash(leaves[:split])]


def old_tree_proof(old: int, leaves: list[bytes], *, known: bool = True) -> list[bytes]:
    """PROOF of RFC 6962 section 2.1.2: its SUBPROOF, which begins with a known subtree."""
    if old == len(leaves):
        return [] if known else [tree_hash(leaves)]
    split = largest_power_below(len(leaves))
    if old <= split:
        return [*old_tree_proof(old, leaves[:split], known=known), tree_hash(leaves[split:])]
    return [*old_tree_proof(old - split, leaves[split:], known=False), tree_hash(leaves[:split])]


def outside(first: int, end: int, leaves: list[bytes], offset: int = 0) -> tuple[list[bytes], list[bytes]]:
    """The largest subtrees left and right of a range, both from left to right."""
    if offset + len(leaves) <= first:
        return [tree_hash(leaves)], []
    if offset >= end:
        return [], [tree_hash(leaves)]
    if len(leaves) == 1:
        return [], []
    split = largest_power_below(len(leaves))
    low, high = outside(first, end, leaves[:split], offset), outside(first, end, leaves[split:], offset + split)
    return low[0] + high[0], low[1] + high[1]


def stored(size: int, leaves: list[bytes] = LEAVES) -> Node:
    """The store of a tree of `size`: complete nodes only; asked for any other, the test fails."""

    def node(level: int, index: int) -> bytes:
        assert level >= 0
        assert index >= 0
        assert (index + 1) << level <= size, f"node ({level}, {index}) of a tree of {size} is not complete"
        return tree_hash(leaves[index << level : (index + 1) << level])

    return node


def grown(batches: list[int]) -> tuple[int, list[bytes]]:
    size, peaks = 0, list[bytes]()
    for count in batches:
        size, peaks, _ = merkle.append(size, peaks, LEAVES[size : size + count])
    return size, peaks


@pytest.mark.parametrize("size", range(9))
def test_the_reference_roots_of_certificate_transparency(size: int) -> None:
    appended = merkle.append(0, [], REFERENCE_LEAVES[:size])
    assert merkle.root(appended.size, appended.peaks).hex() == REFERENCE_ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (
            0,
            8,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    ],
)
def test_the_reference_inclusion_proofs(index: int, size: int, proof: list[str]) -> None:
    assert [digest.hex() for digest in merkle.inclusion_proof(index, size, stored(size, REFERENCE_LEAVES))] == proof


def test_the_reference_consistency_proof_from_6_to_8() -> None:
    assert [digest.hex() for digest in merkle.consistency_proof(6, 8, stored(8, REFERENCE_LEAVES))] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(st.lists(st.integers(0, 700), max_size=6))
@example([256, 256, 256])
@example([1] * 40)
def test_batches_of_any_size_lead_to_the_same_tree(batches: list[int]) -> None:
    """MERKLE-1."""
    size = 0
    peaks: list[bytes] = []
    for count in (min(count, 2000 // len(batches)) for count in batches):
        size, peaks, _ = merkle.append(size, peaks, LEAVES[size : size + count])
    assert merkle.root(size, peaks) == tree_hash(LEAVES[:size])
    assert (size, peaks) == merkle.append(0, [], LEAVES[:size])[:2]


@given(st.integers(0, 600), st.integers(0, 600))
@example(0, 0)
@example(255, 1)
@example(1, 511)
def test_an_append_gives_each_node_that_became_complete_once(size: int, count: int) -> None:
    appended = merkle.append(*grown([size]), LEAVES[size : size + count])
    node = stored(size + count)
    given_nodes = {
        (level, first + place): digests[32 * place : 32 * place + 32]
        for level, (first, digests) in enumerate(appended.rows)
        for place in range(len(digests) // 32)
    }
    expected = {(level, index) for level in range(12) for index in range(size >> level, (size + count) >> level)}
    assert set(given_nodes) == expected
    assert all(digest == node(*place) for place, digest in given_nodes.items())
    assert len(given_nodes) - count == count + size.bit_count() - (size + count).bit_count()


def test_an_append_leaves_the_peaks_it_was_given_alone() -> None:
    size, peaks = grown([7])
    before = list(peaks)
    merkle.append(size, peaks, LEAVES[7:9])
    assert peaks == before


@pytest.mark.parametrize(("size", "count"), [(0, 1), (1, 0), (3, 1), (4, 2), (-1, 0), (-1, 1)])
def test_peaks_of_another_size_are_refused(size: int, count: int) -> None:
    with pytest.raises(ValueError, match="peaks"):
        merkle.append(size, LEAVES[:count], LEAVES[:1])
    with pytest.raises(ValueError, match="peaks"):
        merkle.root(size, LEAVES[:count])


def test_a_leaf_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        merkle.append(0, [], [b"\x00" * 31])


@pytest.mark.parametrize("size", range(1, 40))
def test_all_proofs_of_small_trees_are_those_of_the_rfc(size: int) -> None:
    leaves, node = LEAVES[:size], stored(size)
    for index in range(size):
        assert merkle.inclusion_proof(index, size, node) == audit_path(index, leaves)
        assert merkle.consistency_proof(index + 1, size, node) == old_tree_proof(index + 1, leaves)


@pytest.mark.parametrize("size", range(1, 20))
def test_all_ranges_of_small_trees_have_the_fewest_digests_in_the_order_told(size: int) -> None:
    leaves, node = LEAVES[:size], stored(size)
    for first in range(size):
        for end in range(first + 1, size + 1):
            left, right = outside(first, end, leaves)
            proof = merkle.range_proof(first, end, size, node, peaks_of(size))
            assert proof == left[::-1] + right
            merkle.verify_range(leaves[first:end], first, proof, size, tree_hash(leaves))


@given(st.data())
def test_proofs_of_large_trees_are_those_of_the_rfc_and_are_accepted(data: st.DataObject) -> None:
    """MERKLE-2."""
    size = data.draw(st.integers(1, 2000))
    first = data.draw(st.integers(0, size - 1))
    end = data.draw(st.integers(first + 1, size))
    leaves, node, root = LEAVES[:size], stored(size), tree_hash(LEAVES[:size])
    inclusion = merkle.inclusion_proof(first, size, node)
    assert inclusion == audit_path(first, leaves)
    merkle.verify_inclusion(leaves[first], first, inclusion, size, root)
    consistency = merkle.consistency_proof(end, size, node)
    assert consistency == old_tree_proof(end, leaves)
    merkle.verify_consistency(end, tree_hash(leaves[:end]), size, root, consistency)
    left, right = outside(first, end, leaves)
    proof = merkle.range_proof(first, end, size, node, peaks_of(size))
    assert proof == left[::-1] + right
    merkle.verify_range(leaves[first:end], first, proof, size, root)


def test_a_range_of_one_leaf_is_its_inclusion_proof_in_another_order() -> None:
    node = stored(1000)
    for index in (0, 1, 511, 512, 998, 999):
        assert sorted(merkle.range_proof(index, index + 1, 1000, node, peaks_of(1000))) == sorted(merkle.inclusion_proof(index, 1000, node))


def test_the_whole_tree_needs_no_digest() -> None:
    assert merkle.range_proof(0, 300, 300, stored(300), peaks_of(300)) == []
    assert merkle.range_root(LEAVES[:300], 0, [], 300) == tree_hash(LEAVES[:300])
    assert merkle.inclusion_root(LEAVES[0], 0, [], 1) == LEAVES[0]
    assert merkle.consistency_proof(300, 300, stored(300)) == []


def flips(digest: bytes) -> list[bytes]:
    return [(int.from_bytes(digest, "big") ^ 1 << bit).to_bytes(32, "big") for bit in range(256)]


def damaged(proof: list[bytes]) -> list[list[bytes]]:
    """Every proof that differs from a good one by a bit, a digest lost, doubled or added, a swap, a digest cut or prolonged."""
    wrong = [[*proof, ROOT], [ROOT, *proof], [*proof, b""]]
    for place, digest in enumerate(proof):
        before, after = proof[:place], proof[place + 1 :]
        wrong += [[*before, flipped, *after] for flipped in flips(digest)]
        wrong += [before + after, [*before, digest, digest, *after], [*before, digest[:31], *after], [*before, digest + b"\x00", *after]]
        if after:
            wrong.append([*before, after[0], digest, *after[1:]])
    return wrong


@pytest.mark.parametrize(("first", "end", "size"), [(0, 1, 2), (5, 9, 13), (6, 7, 11), (3, 4, 8), (1, 12, 13)])
def test_every_damaged_range_proof_is_refused(first: int, end: int, size: int) -> None:
    root, leaves = tree_hash(LEAVES[:size]), LEAVES[first:end]
    proof = merkle.range_proof(first, end, size, stored(size), peaks_of(size))
    merkle.verify_range(leaves, first, proof, size, root)
    for wrong in damaged(proof):
        with pytest.raises(merkle.ProofInvalid):
            merkle.verify_range(leaves, first, wrong, size, root)
    for other in damaged(leaves):
        with pytest.raises(merkle.ProofInvalid):
            merkle.verify_range(other, first, proof, size, root)
    for elsewhere in (first - 1, first + 1, first + size, -1 - first):
        with pytest.raises(merkle.ProofInvalid):
            merkle.verify_range(leaves, elsewhere, proof, size, root)
    with pytest.raises(merkle.ProofInvalid):
        merkle.verify_range(leaves, first, proof, size, LEAVES[0])


@pytest.mark.parametrize(("index", "size"), [(0, 2), (5, 13), (6, 11), (10, 11), (12, 13)])
def test_every_damaged_inclusion_proof_is_refused(index: int, size: int) -> None:
    root = tree_hash(LEAVES[:size])
    proof = merkle.inclusion_proof(index, size, stored(size))
    merkle.verify_inclusion(LEAVES[index], index, proof, size, root)
    for wrong in damaged(proof):
        with pytest.raises(merkle.ProofInvalid):
            merkle.verify_inclusion(LEAVES[index], index, wrong, size, root)
    for wrong_leaf in flips(LEAVES[index]):
        with pytest.raises(merkle.ProofInvalid):
            merkle.verify_inclusion(wrong_leaf, index, proof, size, root)
    for elsewhere in (index ^ 1, index + size, -1):
        with pytest.raises(merkle.ProofInvalid):
            merkle.verify_inclusion(LEAVES[index], elsewhere, proof, size, root)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (6, 8), (4, 7), (7, 13), (8, 9), (11, 12)])
def test_every_damaged_consistency_proof_is_refused(old: int, new: int) -> None:
    old_root, new_root = tree_hash(LEAVES[:old]), tree_hash(LEAVES[:new])
    proof = merkle.consistency_proof(old, new, stored(new))
    merkle.verify_consistency(old, old_root, new, new_root, proof)
    for wrong in damaged(proof):
        with pytest.raises(merkle.ProofInvalid):
            merkle.verify_consistency(old, old_root, new, new_root, wrong)
    for first, second in ((ROOT, new_root), (old_root, ROOT), (new_root, old_root), (b"", new_root)):
        with pytest.raises(merkle.ProofInvalid):
            merkle.verify_consistency(old, first, new, second, proof)


def test_equal_trees_are_consistent_and_different_ones_of_a_size_are_not() -> None:
    merkle.verify_consistency(6, ROOT, 6, ROOT, [])
    with pytest.raises(merkle.ProofInvalid):
        merkle.verify_consistency(6, ROOT, 6, LEAVES[0], [])


def test_a_rewritten_history_has_no_consistency_proof() -> None:
    rewritten = [*LEAVES[:2], ROOT, *LEAVES[3:9]]
    proof = merkle.consistency_proof(5, 9, stored(9, rewritten))
    merkle.verify_consistency(5, tree_hash(rewritten[:5]), 9, tree_hash(rewritten), proof)
    with pytest.raises(merkle.ProofInvalid, match="old root"):
        merkle.verify_consistency(5, tree_hash(LEAVES[:5]), 9, tree_hash(rewritten), proof)


@pytest.mark.parametrize(("first", "end", "size"), [(0, 0, 0), (0, 0, 5), (3, 3, 5), (4, 3, 5), (0, 6, 5), (5, 6, 5), (-1, 2, 5)])
def test_ranges_out_of_bounds_are_refused(first: int, end: int, size: int) -> None:
    with pytest.raises(ValueError, match="no range"):
        merkle.range_proof(first, end, size, stored(max(size, 0)), peaks_of(size))
    with pytest.raises(merkle.ProofInvalid, match="no range"):
        merkle.range_root([ROOT] * max(end - first, 0), first, [], size)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 5), (5, 5), (6, 5), (0, -1)])
def test_leaves_out_of_bounds_are_refused(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        merkle.inclusion_proof(index, size, stored(5))
    with pytest.raises(merkle.ProofInvalid, match="not in a tree"):
        merkle.inclusion_root(ROOT, index, [], size)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_sizes_that_do_not_ascend_are_refused(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="does not extend"):
        merkle.consistency_proof(old, new, stored(5))
    with pytest.raises(merkle.ProofInvalid, match="does not extend"):
        merkle.verify_consistency(old, ROOT, new, ROOT, [])


def refuses_or_answers(verify: Callable[[], object]) -> bool:
    try:
        verify()
    except merkle.ProofInvalid:
        return True
    return False


numbers = st.one_of(st.integers(-3, 40), st.integers(), st.integers(0, 1 << 64))
digest_lists = st.lists(st.one_of(st.sampled_from(LEAVES[:3]), st.binary(max_size=40)), max_size=8)


@given(numbers, numbers, st.one_of(st.binary(max_size=33), st.sampled_from(LEAVES)), digest_lists, digest_lists)
def test_verifiers_raise_nothing_but_proof_invalid(first: int, size: int, leaf: bytes, leaves: list[bytes], proof: list[bytes]) -> None:
    """MERKLE-3: and without the right root, they always raise it."""
    assert refuses_or_answers(lambda: merkle.verify_range(leaves, first, proof, size, b""))
    assert refuses_or_answers(lambda: merkle.verify_inclusion(leaf, first, proof, size, b""))
    assert refuses_or_answers(lambda: merkle.verify_consistency(first, leaf, size, b"", proof))


@pytest.mark.parametrize("wrong", ["00" * 16, bytearray(32), None, 32])
def test_a_digest_of_another_type_is_refused(wrong: object) -> None:
    proof: list[bytes] = [wrong]  # type: ignore[list-item]
    with pytest.raises(merkle.ProofInvalid, match="32 bytes"):
        merkle.range_root([ROOT], 0, proof, 2)


@pytest.mark.parametrize("peaks", [[], [ROOT], [ROOT] * 3])
def test_a_range_proof_with_peaks_of_another_size_is_refused(peaks: list[bytes]) -> None:
    with pytest.raises(ValueError, match="has not"):
        merkle.range_proof(0, 1, 5, stored(5), peaks)
