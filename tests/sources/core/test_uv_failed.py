"""The sentences are about what uv 0.13 said; its text may change, so any text gives a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sources.core.uv_failed import (
    clashing,
    explanation,
    headline,
    not_found,
    trouble,
    without_wheels,
)

_HEAD = "error: No solution found when resolving dependencies\n  cause: Because "
_END = ", we can conclude that your requirements are unsatisfiable.\n"
_HINT = (
    "\nhint: Wheels are required for `n` because building from source is disabled for all "
    "packages (i.e., with `--no-build`)\n"
)


_TWO = "a depend on b<2 and you require a, we can conclude that you require b<2. And because you"
_KEEP = "k depends on n{x < '3.12'}>=1.22, we can conclude that k depends on n>=1.19.5. And because"
_PLAIN = "n<1 has no usable wheels, all of p depend on n>=1.21.0. And because you require p"
_ONLY = "only p<=0.7.1.dev0 is available and you require p>=0.7.1.dev1"


@pytest.mark.parametrize(
    ("because", "sentence"),
    [
        (f"{_TWO} require b>=2", "the requirements exclude each other: b <2 and >=2"),
        (
            f"{_KEEP} you require k>=1.5 and n<1.19",
            "the requirements exclude each other: n <1.19 and >=1.19.5",
        ),
        (f"{_PLAIN} and n<1.19", "the requirements exclude each other: n <1.19 and >=1.21.0"),
        (
            "nowher was not found in the package registry and you require nowher",
            "the package index has no package nowher: is the name right?",
        ),
        ("newpy==1 requires Python >=3.14 and only", "newpy==1 requires Python >=3.14"),
        (
            "t<=2.9.3 has no wheels with a matching Python ABI tag (e.g., `cp311`) and you",
            "t<=2.9.3 has wheels for another Python ABI only",
        ),
        ("there is no version of t==9 and you require t==9", "the package index has no t==9"),
        (_ONLY, "the package index has only p<=0.7.1.dev0, and p>=0.7.1.dev1 is required"),
        (
            "p==1 was yanked (reason: x) and only p==1 is available",
            "p==1 was withdrawn by those who published it (yanked)",
        ),
        ("bad==1 has invalid metadata and only", "bad==1 has metadata that is not valid"),
        ("of something else", "the requirements exclude each other"),
    ],
)
def test_the_first_sentence_names_the_cause(because: str, sentence: str) -> None:
    assert headline(f"{_HEAD}{because}{_END}") == sentence


@pytest.mark.parametrize(
    ("specifiers", "clash"),
    [
        ((">=1.26", "<2"), False),
        (("==4.9.*", ">=4.9.1"), False),
        ((">1", "<=1"), True),
        (("!=1", ">=1,<1.5"), False),
        (("==x", "<2"), False),
        (("===1x", "<2"), True),
    ],
)
def test_versions_clash_where_none_meets_all(specifiers: tuple[str, ...], clash: bool) -> None:
    said = "".join(f" you require n{one}, we can conclude that" for one in specifiers)
    assert clashing(said) == (["n"] if clash else [])


def test_a_moment_that_leaves_no_version_is_the_cause_unless_versions_clash() -> None:
    hint = (
        "\nhint: `{0}` was filtered by `exclude-newer` to only include packages uploaded before x."
    )
    said = f"{_HEAD}there are no versions of a and you require a{_END}"
    filtered = said + hint.format("a") + hint.format("b")
    assert headline(filtered).startswith("exclude-newer leaves no version of a, b: the index has")
    clash = f"{_HEAD}{_TWO} require b>=2{_END}{hint.format('a')}"
    assert headline(clash) == "the requirements exclude each other: b <2 and >=2"


def test_what_is_missing_is_named_once() -> None:
    said = f"{_HEAD}a was not found in the package registry and a was not found in the package "
    assert not_found(f"{said}registry{_END}{_HINT}") == ["a"]
    assert without_wheels(_HINT * 2) == ["n"]


def test_the_explanation_is_uv_s_without_advice_about_our_options() -> None:
    assert explanation(f"{_HEAD}x{_END}{_HINT}\nhint: You require CPython\n") == (
        f"Because x{_END}\nhint: You require CPython"
    )


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "Request failed\n  cause: Failed to fetch: http://i/\n  cause: Connection refused",
            "http://i/ cannot be had: Connection refused",
        ),
        ("Failed to fetch: `http://i/`", "http://i/ cannot be had: Failed to fetch: `http://i/`"),
        ("first\n  cause: second", "first: second"),
        ("first", "first"),
        ("", "no words"),
    ],
)
def test_other_trouble_is_one_line_with_the_address_and_the_innermost_cause(
    said: str, line: str
) -> None:
    assert trouble(said) == line


@given(st.text(alphabet="ab<>=!~.,*{}123 \n", max_size=80), st.text(max_size=80))
def test_any_words_give_a_sentence(constraints: str, said: str) -> None:
    for text in (said, f"you require {constraints}", f"a depends on {constraints}"):
        assert headline(text)
        assert trouble(text)
        assert explanation(text) is not None
