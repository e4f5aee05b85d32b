import os
import socket
import subprocess
from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.store.trees import file_sha256, nar_sha256


@pytest.mark.nix
def test_hashes_a_tree_of_files_links_and_directories_as_nix_does(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "empty").mkdir(parents=True)
    (tree / "large").write_bytes(os.urandom(2**20 + 3))
    (tree / "program").write_bytes(b"")
    (tree / "program").chmod(0o755)
    (tree / "broken").symlink_to("nowhere")
    (tree / "cycle").symlink_to(".")
    (tree / os.fsdecode(b"not-\xff-unicode")).symlink_to(os.fsdecode(b"\xfe"))
    argv = ["nix-hash", "--type", "sha256", str(tree)]
    known = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    assert nar_sha256(tree) == known


def test_a_tree_with_a_socket_is_no_tree(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        with pytest.raises(ToolError, match=r"s: neither a file, a link nor a directory"):
            nar_sha256(tmp_path)


def test_a_tree_that_is_too_deep_is_told(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(600):
        deep /= "d"
        deep.mkdir()
    with pytest.raises(ToolError, match="nested too deeply"):
        nar_sha256(tmp_path)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    for digest in (nar_sha256, file_sha256):
        with pytest.raises(ToolError, match="gone: cannot be read: No such file"):
            digest(tmp_path / "gone")


def test_a_file_that_grows_while_it_is_read_has_no_hash() -> None:
    with pytest.raises(ToolError, match=r"/proc/self/status: .* it changed while read"):
        nar_sha256("/proc/self/status")


def test_hashes_a_file_as_sha256sum_does(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(2**20 + 3))
    argv = ["sha256sum", str(path)]
    known = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()[0]
    assert file_sha256(path) == known
