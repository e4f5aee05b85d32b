from hypothesis import given
from hypothesis import strategies as st

from harness.render.html import element, folded, lines, marked, numbers, page, pairs, prose, table
from tests.pages import Read

HASH = "0123456789abcdfghijklmnpqrsvwxyz"


@given(st.text(), st.text())
def test_no_text_becomes_markup(title: str, text: str) -> None:
    tags = Read(page("a", element("p", "b", element("i", "c"), "d"))).tags
    assert Read(page(title, element("p", text, element("i", text), text))).tags == tags


@given(st.text(alphabet="a/- \u00e9<", max_size=80))
def test_places_to_break_leave_every_text_as_it_is(text: str) -> None:
    assert "".join(element("p", text, element("b", text), text).itertext()) == text * 3


def test_long_words_break_after_slashes_and_hyphens_only() -> None:
    document = page("t", element("code", f"short/a-b /nix/store/{HASH}-numpy-2.4.6"))
    assert (
        f">short/a-b /<wbr>nix/<wbr>store/<wbr>{HASH}-<wbr>numpy-<wbr>2.4.6<" in document.decode()
    )
    assert b"<wbr>" not in page("t", element("p", HASH * 2))
    assert b"<wbr>" not in page(f"a/{HASH}", element("text", f"a/{HASH}"))


def test_texts_stay_in_order_and_control_characters_are_spelt_out() -> None:
    found = Read(page("t", element("p", "one ", element("b", "two"), " three", "\x1b four"))).texts
    assert "".join(found).endswith("one two three\\x1b four")


def test_what_stands_between_backticks_is_code() -> None:
    told = prose("run `zip -X`, then `<b>`")
    assert [code.text for code in told.iter("code")] == ["zip -X", "<b>"]
    assert "".join(told.itertext()) == "run zip -X, then <b>"
    assert [*prose("a `b").iter("code")] == []
    assert "".join(prose("a `b").itertext()) == "a `b"


def test_tables_and_folds() -> None:
    found = Read(page("t", folded("more", table(("a", "b"), [("1", element("code", "2"))]))))
    assert found.tags[-5:] == ["tbody", "tr", "td", "td", "code"]
    assert found.tags.index("details") < found.tags.index("summary") < found.tags.index("table")
    assert b'<details open="open">' in page("t", folded("more", "less", unfolded=True))


def test_each_cell_says_its_column_for_screens_on_which_rows_stack() -> None:
    cells = [*table(("what", ""), [("a", "b")]).iter("td")]
    assert [cell.get("data-label") for cell in cells] == [None, "what", ""]
    assert {cell.get("role") for cell in cells[1:]} == {"cell"}


def test_numbers_and_hashes_scroll_and_never_stack() -> None:
    assert b'class="wide lines numbers"' in page("t", numbers(("n",), [("1",)]))
    assert b'class="wide lines"' in page("t", lines(("hash",), [("0",)]))


def test_names_stand_beside_what_they_stand_for() -> None:
    assert Read(page("t", pairs([("seed", "7")]))).texts[-2:] == ["seed", "7"]
    assert marked("FAIL", "bad").get("class") == "mark bad"


def test_a_page_needs_nothing_from_outside() -> None:
    document = page("t").decode()
    assert "src=" not in document
    assert "href=" not in document
    assert "url(" not in document
    assert "<script" not in document
    assert "prefers-color-scheme: dark" in document
    assert "@media print" in document
