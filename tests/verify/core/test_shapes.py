import pytest

from harness.store.core.nar import Directory, Node, Symlink
from harness.verify.core.shapes import Pairing, matching, shape

LEAF = Symlink(target=b"x")


def tree(**entries: Node) -> Directory:
    return Directory(entries={name.encode(): node for name, node in entries.items()})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lib-3f9a2c1d", "lib-*"),
        ("tmp.aB3dE6gH1j", "tmp*"),
        ("tmpabcdwxyz", "tmp*"),
        ("9f86d081-884c-7d65-9a2f-eaa0c55ad015", "*-*-*-*-*"),
        ("build-20240601", "build-*"),
        ("numpy", "numpy"),
        ("ca", "*"),
        ("py", "py"),
    ],
)
def test_hashes_numbers_and_random_parts_of_a_name_are_left_out(name: str, expected: str) -> None:
    assert shape(name) == expected


def test_entries_of_one_shape_are_compared_and_stay_paired_when_they_have_one_name() -> None:
    pairing = Pairing()
    first, second = pairing.paired(
        tree(top=tree(d_a1b2c3=tree(file=LEAF))), tree(top=tree(d_ffff11=tree(file=LEAF)))
    )
    assert first == second == tree(top=Directory(entries={b"d_*": tree(file=LEAF)}))
    assert pairing.renamed == ["top/"]
    pairing = Pairing(known={"d_*"})
    same = pairing.paired(tree(d_a1b2c3=LEAF), tree(d_a1b2c3=LEAF))
    assert same == (Directory(entries={b"d_*": LEAF}),) * 2
    assert pairing.renamed == []


def test_entries_are_not_paired_where_several_have_the_shape_or_the_name_is_the_same() -> None:
    several = tree(a1111=LEAF, b1111=LEAF), tree(c1111=LEAF)
    same = tree(a1111=LEAF), tree(a1111=LEAF)
    assert Pairing().paired(*several) == several
    assert Pairing().paired(*same) == same


def test_the_entry_of_a_shape_is_found_again() -> None:
    assert matching(["a", "lib-3f9a2c1d"], "lib-*") == "lib-3f9a2c1d"
    assert matching(["lib-1", "lib-2"], "lib-*") == matching([], "lib-*") == "lib-*"
