import subprocess
from pathlib import Path

import pytest

from harness.formats.documents import git_index as reader
from harness.formats.wording import spelled
from tests.formats.seeds import git_index


def found(first: bytes, second: bytes) -> dict[str, tuple[str, str]]:
    return {spelled(c.place): (c.texts[0], c.texts[1]) for c in reader.explain(first, second)}


@pytest.mark.parametrize("version", [2, 3, 4])
def test_reads_every_version(version: int) -> None:
    changed = found(git_index(version=version), git_index(mtime=2, version=version))
    assert changed["index entry a/b.txt: mtime"][1] == "2 (1970-01-01 00:00:02 UTC)"
    assert len(changed) == 4


def test_reads_what_git_wrote(tmp_path: Path) -> None:
    def index(text: str) -> bytes:
        (tmp_path / "a.txt").write_text(text)
        subprocess.run(["git", "add", "a.txt"], cwd=tmp_path, check=True, capture_output=True)
        return (tmp_path / ".git/index").read_bytes()

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    changed = found(index("one\n"), index("three\n"))
    assert changed["index entry a.txt: size"] == ("4", "6")
    blob = "5626abf0f72e58d7a153368ba57db4c673c0e171"
    assert changed["index entry a.txt: object id"][0] == blob


def test_entries_that_one_side_lacks_and_extended_flags() -> None:
    flagged = git_index(version=3, flags=0x4000)
    assert found(flagged, flagged) == {}
    other = git_index().replace(b"a.txt", b"b.txt", 1)
    assert found(git_index(), other)["index entry a.txt"] == ("there", "")


def test_refuses_what_is_damaged() -> None:
    for data in (b"DIRC" + bytes(8), git_index()[:80], b"DIRC\0\0\0\2\xff\xff\xff\xff"):
        with pytest.raises(ValueError, match=r"no index|wanted"):
            found(data, git_index())


def test_paths_are_bounded_and_their_lengths_may_take_several_bytes() -> None:
    long = git_index(version=4).replace(b"\4/b.txt\0", b"\x80\x04/b.txt\0")
    assert "index entry /b.txt" in found(git_index(version=4), long)
    wide = git_index().replace(b"a.txt\0", b"a" * 70000 + b"\0", 1)
    with pytest.raises(ValueError, match="a path of"):
        found(wide, wide)
