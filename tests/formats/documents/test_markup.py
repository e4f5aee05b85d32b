"""XML and SVG: attributes and texts by element."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.documents import markup as reader
from harness.formats.wording import spelled
from tests.formats.containers import SVG
from tests.formats.seeds import changed


def after(old: bytes, new: bytes) -> dict[str, tuple[str, str]]:
    assert old in SVG
    return changed("a.svg", SVG, SVG.replace(old, new))


def test_names_the_attribute_and_the_text() -> None:
    assert after(b"2024", b"2025") == {
        "svg/metadata/dc:date: text": ("2024-01-02T03:04:05", "2025-01-02T03:04:05")
    }
    assert after(b"m1f", b"m2f") == {
        "svg/g/path: attribute id": ('"m1f"', '"m2f"'),
        "svg/g[2]/use: attribute xlink:href": ("'#m1f'", "'#m2f'"),
    }
    assert after(b" a ", b" b ") == {"svg/g[2]: comment": ("<!-- a -->", "<!-- b -->")}
    assert list(after(b"11.dtd", b"12.dtd")) == ["document: declaration"]
    assert list(after(b"""xlink:href='#m1f' x="7\"""", b"""x="7" xlink:href='#m1f'""")) == [
        "svg/g[2]/use: order of attributes"
    ]


def test_names_elements_put_in_or_made_into_others() -> None:
    assert after(b"<!-- a -->", b"<a/><b/>") == {"svg/g[2]: content": ("<!-- a -->", "<a/><b/>")}
    assert after(b"<!-- a -->", b"") == {"svg/g[2]: content": ("<!-- a -->", "")}
    assert after(b"<path ", b"<line ") == {
        "svg/g/path: tag": ('<path id="m1f" d="M 0 0 L 1 1"/>', '<line id="m1f" d="M 0 0 L 1 1"/>')
    }
    assert list(after(b"<!-- a -->", b"<![CDATA[a]]>")) == ["svg/g[2]: content"]


def test_space_between_tags_is_left_to_the_lines() -> None:
    assert list(after(b"\n <g><use", b"\n  <g><use")) == ["line 6, word 1"]


def test_entities_are_not_expanded() -> None:
    head = b'<!DOCTYPE a [<!ENTITY a "' + b"x" * 9 + b'"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    ours, theirs = (head + b"<a>&a;&b;" + end + b"</a>" for end in (b"", b"!"))
    assert changed("a.xml", ours, theirs) == {"a: text": ("&a;&b;", "&a;&b;!")}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "it ends in document"),
        (b"one two", "it ends in document"),
        (b"<a><b></b>", "it ends in a"),
        (b"<a></b>", "</b> closes a"),
        (b"</a>", "</a> closes document"),
        (b"<a b=c/>", "at character 0"),
        (b"<a><!-- </a>", "at character 3"),
        (b"<a>" * 300, "more than 200 deep"),
    ],
)
def test_what_is_not_well_formed_is_refused(text: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(reader.explain(SVG, text))


def test_size_and_number_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_TOKENS", 9)
    with pytest.raises(ValueError, match="more than 9 tags"):
        list(reader.explain(SVG, SVG))
    monkeypatch.setattr(reader, "_LARGEST", 9)
    with pytest.raises(ValueError, match="more than 9 is"):
        list(reader.explain(SVG, SVG))


@given(value=st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_reads_what_another_library_writes(value: str) -> None:
    element = ET.Element("a", {"b": value, "c": "1"})
    element.text = "x" + value
    ours = ET.tostring(element)
    element.set("c", "2")
    (change,) = reader.explain(ours, ET.tostring(element))
    assert (spelled(change.place), change.texts[0], change.texts[1]) == (
        "a: attribute c",
        '"1"',
        '"2"',
    )
