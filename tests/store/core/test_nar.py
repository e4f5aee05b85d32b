import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.store.core.nar import Directory, Node, Regular, Symlink, nar_sha256
from harness.store.trees import nar_sha256 as hash_of_tree

_NAMES = st.from_regex(rb"[a-zA-Z0-9+._-]{1,12}", fullmatch=True).filter(
    lambda name: name not in {b".", b".."}
)
_FILES = st.builds(
    lambda data, executable: Regular(size=len(data), chunks=lambda: [data], executable=executable),
    st.binary(max_size=40),
    st.booleans(),
)
_LINKS = st.builds(lambda target: Symlink(target=target), _NAMES)
_NODES = st.recursive(
    _FILES | _LINKS,
    lambda inner: st.builds(
        lambda entries: Directory(entries=entries), st.dictionaries(_NAMES, inner, max_size=4)
    ),
    max_leaves=8,
)


def write(node: Node, path: Path) -> None:
    match node:
        case Regular():
            path.write_bytes(b"".join(node.chunks()))
            path.chmod(0o755 if node.executable else 0o644)
        case Symlink():
            path.symlink_to(node.target.decode())
        case Directory():
            path.mkdir()
            for name, entry in node.entries.items():
                write(entry, path / name.decode())


@pytest.mark.nix
@given(node=_NODES)
@settings(max_examples=60)
def test_hashes_trees_as_nix_does(tmp_path_factory: pytest.TempPathFactory, node: Node) -> None:
    path = tmp_path_factory.mktemp("tree") / "tree"
    write(node, path)
    argv = ["nix-hash", "--type", "sha256", str(path)]
    known = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    assert nar_sha256(node) == known
    assert hash_of_tree(path) == known


def test_a_file_that_changed_while_it_was_read_has_no_hash() -> None:
    with pytest.raises(ValueError, match="it changed while read"):
        nar_sha256(Regular(size=3, chunks=lambda: [b"ab"]))
