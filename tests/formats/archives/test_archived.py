"""ar archives: System V, GNU and BSD names."""

import pytest

from harness.formats.archives import archived as reader
from harness.formats.wording import spelled
from tests.formats.seeds import ar, changed

MAGIC = b"!<arch>\n"


def fields(first: bytes, second: bytes) -> list[str]:
    return [spelled(change.place) for change in reader.explain(first, second)]


def test_names_time_and_content() -> None:
    assert changed("a.a", ar(), ar(mtime=3)) == {
        "member a.txt: modification time": (
            "0 (1970-01-01 00:00:00 UTC)",
            "3 (1970-01-01 00:00:03 UTC)",
        )
    }
    assert fields(ar(b"abc"), ar(b"abd")) == ["member a.txt: line 1, word 1"]


def test_reads_long_names_of_gnu_and_bsd() -> None:
    table = ar(b"a_very_long_member_name/\n", name=b"//")
    assert fields(table + ar(name=b"/0")[8:], table + ar(b"abd\n", name=b"/0")[8:]) == [
        "member a_very_long_member_name: line 1, word 1"
    ]
    assert fields(ar(b"longname\0\0a\n", name=b"#1/10"), ar(b"longname\0\0b\n", name=b"#1/10")) == [
        "member longname: line 1, word 1"
    ]


def test_names_members_of_one_side() -> None:
    assert changed("a.a", ar(), ar(b"abd\n", name=b"b/")) == {
        "member a.txt": ("4 bytes", ""),
        "member b": ("", "4 bytes"),
    }
    assert changed("a.a", ar(), ar(name=b"b/")) == {"member a.txt: renamed": ("a.txt", "b")}


def test_a_member_past_the_bound_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.formats.nested._AT_ONCE", 3)
    assert fields(ar(), ar(b"abd\n")) == ["member a.txt: content from byte 2 on"]


def test_damage_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for archive, reason in (
        (b"?" + ar()[1:], "no ar archive"),
        (ar().replace(b"`\n", b"``"), "no member header"),
        (ar().replace(b"644", b"x44"), "no number"),
    ):
        with pytest.raises(ValueError, match=reason):
            fields(archive, ar())
    monkeypatch.setattr(reader, "_MEMBERS", 1)
    with pytest.raises(ValueError, match="more than 1"):
        fields(ar() + ar()[8:], ar())
