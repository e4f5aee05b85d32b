"""PDF: entries by object, streams as contents of their own."""

import zlib

import pytest

from harness.formats.documents import pdf as reader
from harness.formats.wording import spelled
from tests.formats.containers import pdf
from tests.formats.seeds import changed


def found(first: bytes, second: bytes) -> dict[str, tuple[str, str]]:
    return {spelled(c.place): (c.texts[0], c.texts[1]) for c in reader.explain(first, second)}


def objects(first: bytes, second: bytes) -> dict[str, tuple[str, str]]:
    """Return what differs between files of one object each, without a table."""
    return found(*(b"%PDF-1.7\n7 0 obj\n" + body for body in (first, second)))


def packed(kind: bytes, text: bytes, entries: bytes = b"") -> bytes:
    data = zlib.compress(text)
    head = b"<< /Type /%s /Filter [/FlateDecode] /Length %d %s >>" % (kind, len(data), entries)
    return head + b" stream\n" + data + b"\nendstream endobj\n"


def test_names_dates_and_identifier() -> None:
    assert changed("a.pdf", pdf(), pdf(b"2025")) == {
        "PDF Info CreationDate": ('"D:2024"', '"D:2025"'),
        "PDF object 4 stream: x/xmp:CreateDate: text": ("2024", "2025"),
    }
    assert changed("a.pdf", pdf(), pdf(identifier=b"0c")) == {
        "PDF trailer ID[0]": ('"<0a>"', '"<0c>"')
    }


def test_offsets_are_those_of_the_object() -> None:
    changes = list(reader.explain(pdf(), pdf(b"2025")))
    assert pdf()[changes[0].offset :].startswith(b"\n<< /Producer")


def test_names_version_objects_and_table() -> None:
    assert list(found(pdf(), pdf().replace(b"-1.4", b"-1.5"))) == ["PDF version"]
    assert list(found(pdf(), pdf().replace(b"0000000000 65535", b"0000000001 65535"))) == [
        "PDF xref table"
    ]
    more = found(pdf(), pdf(b"2024", b"0a", 6, b"[1 2 R true]"))
    assert more["PDF object 7"] == ("", "['1 2 R', 'true']")
    assert found(b"%PDF-1.4 xref 1", b"%PDF-1.4 xref 2") == {
        "PDF xref table": (repr(b" 1"), repr(b" 2"))
    }


def test_looks_into_streams() -> None:
    assert list(found(pdf(), pdf(level=0)))[:2] == [
        "PDF object 5 compressed stream",
        "PDF object 6",
    ]
    ours, theirs = (b"<< >> stream\n" + text + b"\nendstream" for text in (b"a b", b"a c"))
    assert objects(ours, theirs) == {"PDF object 7 stream: line 1, word 2": ("b", "c")}
    assert list(objects(b"1 stream\na\nendstream", b"1 stream\nb\nendstream")) == [
        "PDF object 7 stream: line 1, word 1"
    ]


def test_streams_past_the_bound_are_compared_as_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.formats.nested._AT_ONCE", 3)
    ours, theirs = (b"<< >> stream\nabc" + end + b" endstream" for end in (b"d", b"e"))
    assert list(objects(ours, theirs)) == ["PDF object 7 stream beyond 3 bytes"]


def test_looks_into_object_streams_and_takes_their_tables_as_trailers() -> None:
    ours, theirs = (
        packed(b"ObjStm", b"8 0 9 4 (a) << /B %d >>" % number, b"/First 8")
        + b"1 0 obj "
        + packed(b"XRef", b"%d" % number, b"/Info 9 0 R")
        for number in (1, 2)
    )
    assert list(objects(ours, theirs)) == ["PDF Info B"]


def test_reads_strings_as_they_are_meant() -> None:
    for first, second, expected in (
        (b"(a\\(\\051(b)c)", b"(x)", ('"a()(b)c"', '"x"')),
        (b"(\\n\\\n\\9)", b"(x)", ('"\\n9"', '"x"')),
        (b"(\xfe\xff\0\xe9)", b"(x)", ('"\xe9"', '"x"')),
        (b"% a comment\r/Name", b"<0A>", ('"/Name"', '"<0A>"')),
    ):
        assert objects(first, second) == {"PDF object 7": expected}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<< /A", "no value"),
        (b"<< /A >>", "keys are not names"),
        (b"<< [] 1 >>", "keys are not names"),
        (b"[" * 60, "more than 50 deep"),
        (b"(a", "string without an end"),
        (b"<< >> stream\n", "stream without an end"),
        (packed(b"ObjStm", b"8 0 9 4 (a) 1"), "invalid literal"),
        (packed(b"ObjStm", b"8 0 9 0 (a) 1", b"/First 8"), "lies over"),
    ],
)
def test_damage_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        objects(body, b"1")


def test_size_and_what_is_unpacked_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no PDF"):
        found(b"%PDX", pdf())
    body = packed(b"ObjStm", b"8 0 " + b"(a)" * 400, b"/First 4")
    monkeypatch.setattr(reader, "_LARGEST", 1000)
    with pytest.raises(ValueError, match="streams of more than 1000"):
        objects(body, b"1")
    with pytest.raises(ValueError, match="more than 1000 is not read"):
        objects(bytes(1000), b"1")
