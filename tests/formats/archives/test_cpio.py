import pytest

from harness.formats.archives import cpio as reader
from harness.formats.wording import spelled
from tests.formats.seeds import cpio


def found(first: bytes, second: bytes) -> dict[str, tuple[str, str]]:
    return {spelled(c.place): (c.texts[0], c.texts[1]) for c in reader.explain(first, second)}


def test_names_what_cpio_keeps_of_a_file() -> None:
    assert found(cpio(), cpio(inode=8, mtime=2)) == {
        "member a.txt: inode": ("7", "8"),
        "member a.txt: mtime": ("1 (1970-01-01 00:00:01 UTC)", "2 (1970-01-01 00:00:02 UTC)"),
    }


def test_looks_into_contents_and_at_archives_behind_one_another() -> None:
    ours = cpio(content=b"old\n")
    assert found(ours, cpio(content=b"new\n")) == {"member a.txt: line 1, word 1": ("old", "new")}
    twice = found(ours, ours + cpio(content=b"new\n"))
    assert twice == {"member a.txt (2)": ("", "4 bytes")}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"070707" + bytes(200), "no member header"),
        (cpio()[:60], "bytes wanted"),
        (b"070701" + b"x" * 200, "no number"),
        (b"070701" + b"0" * 200, "a name of 0 bytes"),
    ],
)
def test_refuses_what_is_damaged(data: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        found(data, cpio())


def test_members_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_MEMBERS", 1)
    with pytest.raises(ValueError, match="more than 1 members"):
        found(cpio(), cpio(inode=8))
