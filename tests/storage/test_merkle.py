"""Merkle trees, by the numbers of Certificate Transparency and by their rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.merkle import Tree, inclusion_path, is_included, leaf_hash

LEAVES = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    bytes(range(0x50, 0x58)),
    bytes(range(0x60, 0x70)),
]
ROOTS = [
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
hashes = st.integers(0, 60).map(lambda count: [leaf_hash(bytes([number])) for number in range(count)])


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_that_certificate_transparency_publishes(size):
    assert Tree().grown([leaf_hash(leaf) for leaf in LEAVES[:size]]).root.hex() == ROOTS[size]


@given(leaves=hashes, cut=st.integers(0, 60))
def test_growing_in_steps_is_growing_at_once(leaves, cut):
    assert Tree().grown(leaves[:cut]).grown(leaves[cut:]) == Tree().grown(leaves)


@given(leaves=hashes.filter(bool), data=st.data())
def test_every_new_leaf_has_a_proof_that_proves_it_and_nothing_else(leaves, data):
    index = data.draw(st.integers(0, len(leaves) - 1))
    cut = data.draw(st.integers(0, index))
    tree = Tree().grown(leaves)
    path = inclusion_path(Tree().grown(leaves[:cut]), leaves[cut:], index)
    assert is_included(leaves[index], index, tree.size, path, tree.root)
    other = data.draw(st.integers(0, len(leaves) - 1))
    if other != index:
        assert not is_included(leaves[index], other, tree.size, path, tree.root)
        assert not is_included(leaves[other], index, tree.size, path, tree.root)
    assert not is_included(leaves[index], index, tree.size, path, leaf_hash(b"another root"))
    assert not is_included(leaves[index], index, tree.size, (*path, leaf_hash(b"more")), tree.root)
    if path:
        assert not is_included(leaves[index], index, tree.size, path[:-1], tree.root)


@pytest.mark.parametrize("index", [-1, 0, 1, 5])
def test_leaves_that_are_not_new_have_no_proof_here(index):
    leaves = [leaf_hash(leaf) for leaf in LEAVES]
    with pytest.raises(ValueError, match="is not one of those"):
        inclusion_path(Tree().grown(leaves[:2]), leaves[2:5], index)
