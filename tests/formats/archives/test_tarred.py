"""tar archives against files that the standard library writes."""

import io
import tarfile

import pytest

from harness.formats.archives import tarred as reader
from harness.formats.wording import spelled
from tests.formats.seeds import changed, tarred


def fields(first: bytes, second: bytes) -> list[str]:
    return [spelled(change.place) for change in reader.explain(first, second)]


@pytest.mark.parametrize(
    ("field", "value", "name", "values"),
    [
        ("mtime", 9, "modification time",
         ("0 (1970-01-01 00:00:00 UTC)", "9 (1970-01-01 00:00:09 UTC)")),
        ("mode", 0o600, "mode", ("0644", "0600")),
        ("uid", 7, "owner id", ("0", "7")),
        ("gid", 7, "group id", ("0", "7")),
        ("uname", "bob", "owner name", ("", "bob")),
        ("gname", "bob", "group name", ("", "bob")),
    ],
)  # fmt: skip
def test_names_each_field(field: str, value: str, name: str, values: tuple[str, str]) -> None:
    one, other = tarred(names=("a",)), tarred(names=("a",), header=(field, value))
    assert changed("a.tar", one, other) == {f"member a: {name}": values}


def test_names_order_and_contents_and_members_of_one_side() -> None:
    assert fields(tarred(), tarred(names=("b.txt", "a.txt"))) == ["order of members"]
    assert fields(tarred(names=("a",)), tarred(names=("a",), data=b"abd\n")) == [
        "member a: line 1, word 1"
    ]
    assert fields(tarred(names=("a",)), tarred(names=("b",), data=b"abd\n")) == [
        "member a",
        "member b",
    ]


def test_a_member_of_another_name_is_told_once() -> None:
    deep = "d" * 90 + "/" + "n" * 80
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        one, other = tarred(names=("a", "z"), form=form), tarred(names=(deep, "z"), form=form)
        assert fields(one, other) == ["member a: renamed"]
    one, other = tarred(names=("a",), mtime=1), tarred(names=("b",), mtime=2)
    assert changed("a.tar", one, other) == {
        "member a: renamed": ("a", "b"),
        "member a: modification time": (
            "1 (1970-01-01 00:00:01 UTC)",
            "2 (1970-01-01 00:00:02 UTC)",
        ),
    }


def _device(major: int, minor: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as archive:
        info = tarfile.TarInfo("null")
        info.type, info.devmajor, info.devminor = tarfile.CHRTYPE, major, minor
        archive.addfile(info)
    return file.getvalue()


def _header(field: bytes) -> bytes:
    """Return an archive whose major number is written so, with the checksum that it needs."""
    block = bytearray(_device(1, 3)[:512])
    block[329:337], block[148:156] = field, b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + bytes(1024)


def test_devices_are_told_by_their_numbers() -> None:
    assert changed("a.tar", _device(1, 3), _device(1, 5)) == {"member null: device": ("1:3", "1:5")}
    assert changed("a.tar", _device(1, 3), _device(1, 1 << 30))["member null: device"] == (
        "1:3",
        f"1:{1 << 30}",
    )


def test_one_number_that_is_written_in_two_ways_is_told() -> None:
    spelling = "member null: spelling of the device"
    assert [*changed("a.tar", _header(b"0000001\0"), _header(b"     1 \0"))] == [spelling]
    assert fields(_header(bytes(8)), _header(b"none!!!\0"))[0] == "member null: device"


def test_reads_long_names_of_each_format() -> None:
    deep = "d" * 90 + "/" + "n" * 80
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        one, other = (tarred(names=(deep,), form=form, mtime=time) for time in (1, 2))
        assert fields(one, other) == [f"member {deep}: modification time"]


def test_reads_pax_headers_and_long_link_targets() -> None:
    one, other = (tarred(names=("a",), form=tarfile.PAX_FORMAT, mtime=t) for t in (1.5, 1.25))
    assert fields(one, other)[-1] == "member a: pax header mtime"
    one, other = (
        tarred(
            names=("a",),
            form=tarfile.GNU_FORMAT,
            kind=tarfile.SYMTYPE,
            data=b"",
            link=end + "x" * 150,
        )
        for end in "ab"
    )
    assert "member a: pax header GNU long link target" in fields(one, other)


def test_reads_numbers_in_base_256() -> None:
    one, other = (tarred(names=("a",), form=tarfile.GNU_FORMAT, mtime=1 << n) for n in (40, 41))
    assert changed("a.tar", one, other) == {
        "member a: modification time": (str(1 << 40), str(1 << 41))
    }


def test_a_member_past_the_bound_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.formats.nested._AT_ONCE", 3)
    assert fields(tarred(names=("a",)), tarred(names=("a",), data=b"abd\n")) == [
        "member a: content from byte 2 on"
    ]


def test_damage_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def pax(record: bytes) -> bytes:
        return tarred(names=("a",), data=record, kind=tarfile.XHDTYPE)

    for archive, reason in (
        (b"x" + tarred()[1:], "checksum"),
        (pax(b"zz a=b\n"), "pax record"),
        (pax(b"99 a=b\n"), "wanted"),
        (tarred(names=("a",))[:100], "wanted"),
        (b"\0" * 148 + b"9" * 8 + b"\1" * 400, "invalid literal|checksum"),
        (b"\0" * 148 + b"x" * 8 + b"\1" * 400, "no octal"),
    ):
        with pytest.raises(ValueError, match=reason):
            fields(archive, tarred())
    monkeypatch.setattr(reader, "_EXTENDED", 3)
    with pytest.raises(ValueError, match="extended header of 7"):
        fields(pax(b"7 a=bc\n"), tarred())
    monkeypatch.setattr(reader, "_MEMBERS", 1)
    with pytest.raises(ValueError, match="more than 1"):
        fields(tarred(), tarred())
