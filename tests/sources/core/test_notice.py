import pytest

from harness.sources.core.notice import Kind, Notice, ignored


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_one_sentence_about_its_subject(kind: Kind) -> None:
    notice = Notice(kind=kind, subject="numpy 1", detail="the detail")
    assert "numpy 1" in notice.text
    assert "{" not in notice.text
    assert "\n" not in notice.text
    ignored(notice)


def test_a_detail_stands_where_there_is_one() -> None:
    assert Notice(kind=Kind.YANKED, subject="a 1").text.endswith("(yanked)")
    assert Notice(kind=Kind.YANKED, subject="a 1", detail="bad").text.endswith("(yanked): bad")


def test_braces_in_what_an_index_says_are_text() -> None:
    assert "{0}{x}" in Notice(kind=Kind.INDEX, subject="{0}{x}").text
