import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.render.printable import printable, printable_json, printable_lines

_ANY = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é ☃ 北 μs Δx", "plain é ☃ 北 μs Δx"),
        ("\x1b]0;title\a", r"\x1b]0;title\x07"),
        ("\x9b2Jred", r"\x9b2Jred"),
        ("safe\u202egpj.exe", r"safe\u202egpj.exe"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("a\u3164b\ufe0f", r"a\u3164b\ufe0f"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\udcff\ud800", r"\xff\ud800"),
        ("p\u0430ndas", r"p\u0430ndas"),
        ("\uff50andas 1", r"\uff50andas 1"),
        ("\u043f\u0430\u043d\u0434\u0430", "\u043f\u0430\u043d\u0434\u0430"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_spelt_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_stay_lines() -> None:
    assert printable_lines("a\n\tb\r\x1b") == "a\n\tb\\r\\x1b"


@given(_ANY)
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    for shown in (printable(text), printable_lines(text).replace("\n", "").replace("\t", "")):
        assert shown.isprintable()
        assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert printable(printable(text)) == printable(text)


@given(st.dictionaries(_ANY, _ANY | st.lists(_ANY)))
def test_a_document_keeps_its_value(value: dict[str, object]) -> None:
    shown = printable_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert shown.replace("\n", "").isprintable()
    assert json.loads(shown) == value


def test_a_long_word_takes_no_longer_than_its_length() -> None:
    word = "x" * 300_000 + "\n"
    assert printable_lines(word) == word
