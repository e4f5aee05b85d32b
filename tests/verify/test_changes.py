from pathlib import Path

from harness.verify.changes import are_shuffled, changed, changes, explained, order, short_contents
from harness.verify.core.shapes import Pairing


def _trees(root: Path, first: dict[str, str], second: dict[str, str]) -> list[dict[str, str]]:
    for side, files in (("first", first), ("second", second)):
        for name, text in files.items():
            path = root / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return [{"out": str(root / side)} for side in ("first", "second")]


def test_what_differs_is_a_file_or_a_directory_whose_entries_do(tmp_path: Path) -> None:
    first, second = _trees(
        tmp_path, {"a": "1", "same": "s", "d/old": ""}, {"a": "2", "same": "s", "d/new": ""}
    )
    assert sorted(changed(first, second)) == [("out", "a"), ("out", "d/")]
    assert list(changed(first, first)) == []
    assert list(changed(first, {})) == []
    (entries,) = changes(first, second, ("out", "d/"), 9)
    assert "old" in entries.texts[0]
    assert "new" in entries.texts[1]


def test_names_that_differ_in_a_hash_are_compared_as_one(tmp_path: Path) -> None:
    one, other = "0123456789abcdef" * 2, "fedcba9876543210" * 2
    first, second = _trees(tmp_path, {f"lib-{one}/a": "1"}, {f"lib-{other}/a": "2"})
    found = list(changed(first, second, dict[str, Pairing]()))
    assert ("out", "lib-*/a") in found
    (change,) = changes(first, second, ("out", "lib-*/a"), 9)
    assert change.texts == ("1", "2")


def test_types_and_permissions_are_told_before_contents(tmp_path: Path) -> None:
    first, second = _trees(tmp_path, {"x": "1", "l": "1"}, {"x": "2"})
    Path(second["out"], "x").chmod(0o755)
    Path(second["out"], "l").symlink_to("x")
    (mode,) = changes(first, second, ("out", "x"), 9)
    assert mode.texts[0] != mode.texts[1]
    form, (kind,) = explained(first, second, ("out", "l"), 9)
    assert form == ""
    assert kind.texts[0] != kind.texts[1]
    assert explained(first, {}, ("out", "x"), 9) == ("", [])


def test_the_same_words_in_another_order_are_known(tmp_path: Path) -> None:
    words = "alpha beta gamma delta epsilon zeta"
    again = " ".join(reversed(words.split()))
    first, second = _trees(tmp_path, {"a": words, "b": words}, {"a": again, "b": words + "!"})
    assert are_shuffled(first, second, ("out", "a"))
    assert not are_shuffled(first, second, ("out", "b"))
    assert order(first, second, ("out", "b")) == ()


def test_large_files_directories_and_links_are_not_read(tmp_path: Path) -> None:
    first, second = _trees(tmp_path, {"a": "1", "big": "1" * (1 << 23)}, {"a": "2", "big": ""})
    assert short_contents([first, second], ("out", "a")) == [b"1", b"2"]
    assert short_contents([first, second], ("out", "big")) == []
    assert short_contents([first, second], ("out", "d/")) == []
    assert short_contents([first, {}], ("out", "a")) == []
