"""Nix archives explained: `ARCHIVE` is what nix-store --dump 2.8 wrote."""

from collections.abc import Callable

import pytest

from harness.formats.archives import nix_archive as reader
from harness.formats.wording import spelled
from harness.store.core.nar import string
from tests.formats.containers import ARCHIVE
from tests.formats.seeds import changed

FILE = string(b"(") + string(b"type") + string(b"regular") + string(b"contents") + string(b"x\n")


def fields(first: bytes, second: bytes) -> list[str]:
    return [spelled(change.place) for change in reader.explain(first, second)]


def after(old: bytes, new: bytes) -> dict[str, tuple[str, str]]:
    """Return what differs once `old` has become `new`."""
    assert ARCHIVE.count(string(old)) == 1
    return changed("a.nar", ARCHIVE, ARCHIVE.replace(string(old), string(new)))


def archive(tree: bytes) -> bytes:
    return string(b"nix-archive-1") + tree


def directory(*entries: tuple[bytes, bytes]) -> bytes:
    text = string(b"(") + string(b"type") + string(b"directory")
    for name, tree in entries:
        words = b"entry", b"(", b"name", name, b"node"
        text += b"".join(map(string, words)) + tree + string(b")")
    return text + string(b")")


def test_names_the_field_of_the_member() -> None:
    assert after(b"one\n", b"two\n") == {"member bin/a: line 1, word 1": ("one", "two")}
    assert after(b"bin/tool", b"bin/loot") == {"member link: target": ("bin/tool", "bin/loot")}
    assert after(b"empty", b"full") == {
        "member bin/deep/empty": ("file, 0 bytes", ""),
        "member bin/deep/full": ("", "file, 0 bytes"),
    }
    executable = string(b"executable") + string(b"")
    assert changed("a.nar", ARCHIVE, ARCHIVE.replace(executable, b"")) == {
        "member bin/tool: executable": ("True", "False")
    }


def test_names_an_order_that_nix_would_not_write() -> None:
    file = FILE + string(b")")
    ours, theirs = (directory((a, file), (b, file)) for a, b in ((b"a", b"b"), (b"b", b"a")))
    assert fields(archive(ours), archive(theirs)) == ["order of members"]


def test_a_root_may_be_a_file_or_a_link() -> None:
    link = b"".join(map(string, (b"(", b"type", b"symlink", b"target", b"x", b")")))
    file = archive(FILE + string(b")"))
    assert fields(file, archive(link))[:3] == [
        "member .: type",
        "member .: executable",
        "member .: target",
    ]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda text: text.replace(b"type", b"typo", 1), "not b'type'"),
        (lambda text: text.replace(b"regular", b"regulah", 1), "no type of node"),
        (lambda text: text.replace(b"contents", b"contence", 1), "no contents"),
        (lambda text: text.replace(b"entry", b"entri", 1), "no directory entry"),
        (lambda text: text.replace(string(b"target"), b"\xff" * 16), "a word of"),
        (lambda text: text[:-8], "bytes wanted"),
        (lambda text: text + b"x", "1 bytes after the archive"),
    ],
)
def test_damage_is_refused(damage: Callable[[bytes], bytes], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        fields(ARCHIVE, damage(ARCHIVE))


def test_depth_and_number_of_members_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = FILE + string(b")")
    for _ in range(101):
        tree = directory((b"d", tree))
    with pytest.raises(ValueError, match="more than 100 deep"):
        fields(ARCHIVE, archive(tree))
    monkeypatch.setattr(reader, "_MEMBERS", 3)
    with pytest.raises(ValueError, match="more than 3 members"):
        fields(ARCHIVE, ARCHIVE)


def test_a_member_of_another_name_is_told_once() -> None:
    one, other = (archive(directory((name, FILE + string(b")")))) for name in (b"old", b"new"))
    assert changed("a.nar", one, other) == {"member old: renamed": ("old", "new")}
