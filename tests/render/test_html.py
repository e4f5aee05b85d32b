from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from harness.render.html import element, folded, page, table


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags += [tag] if attrs is not None else []

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(document: bytes) -> _Reader:
    reader = _Reader()
    reader.feed(document.decode())
    return reader


@given(st.text(), st.text())
def test_no_text_becomes_markup(title: str, text: str) -> None:
    tags = read(page("a", element("p", "b", element("i", "c"), "d"))).tags
    assert read(page(title, element("p", text, element("i", text), text))).tags == tags


def test_texts_stay_in_order_and_control_characters_are_spelt_out() -> None:
    found = read(page("t", element("p", "one ", element("b", "two"), " three", "\x1b four"))).texts
    assert "".join(found).endswith("one two three\\x1b four")


def test_tables_and_folds() -> None:
    found = read(page("t", folded("more", table(("a", "b"), [("1", element("code", "2"))]))))
    assert found.tags[-5:] == ["tbody", "tr", "td", "td", "code"]
    assert found.tags.index("details") < found.tags.index("summary") < found.tags.index("table")
    assert b'<details open="open">' in page("t", folded("more", "less", unfolded=True))


def test_a_page_needs_nothing_from_outside() -> None:
    document = page("t").decode()
    assert "src=" not in document
    assert "href=" not in document
    assert "<script" not in document
    assert "prefers-color-scheme: dark" in document
