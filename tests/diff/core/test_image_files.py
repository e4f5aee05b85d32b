"""Layers laid on each other as an engine does it; what differs between two images' files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diff.core.image_files import Entry, Files, Kind, compare_files, lay_on, plain_path


def _file(content: str = "a", *, mode: int = 0o644, size: int = 1) -> Entry:
    return Entry(kind=Kind.FILE, mode=mode, owner=(0, 0), content=content, size=size)


def _entry(kind: Kind, content: str = "", *, mode: int = 0o755, uid: int = 0) -> Entry:
    return Entry(kind=kind, mode=mode, owner=(uid, 0), content=content)


_DIRECTORY = _entry(Kind.DIRECTORY)


def _laid(*layers: dict[str, Entry]) -> Files:
    files = Files()
    for layer in layers:
        lay_on(files, layer.items())
    return files


def _items(first: Files, second: Files) -> list[tuple[str, str, str, str]]:
    level = compare_files(first, second, 20)
    assert level is not None
    return [(item.subject, item.field, item.first, item.second) for item in level.items]


def test_an_upper_file_stands_for_a_lower_one() -> None:
    assert _laid({"a": _file("1"), "b": _file()}, {"a": _file("2")}) == {
        "a": _file("2"),
        "b": _file(),
    }


def test_a_whiteout_hides_a_file_and_a_tree_of_lower_layers_alone() -> None:
    lower = {"d": _DIRECTORY, "d/a": _file(), "d/e/f": _file(), "da": _file(), ".x": _file()}

    assert _laid(lower, {".wh.d": _file()}).keys() == {"da", ".x"}
    assert "d/a" not in _laid(lower, {"d/.wh.a": _file()})
    assert _laid(lower, {"d/a": _file("new"), "d/.wh.a": _file()})["d/a"] == _file("new")


def test_an_opaque_whiteout_hides_what_lower_layers_have_in_its_directory() -> None:
    lower = {"d": _DIRECTORY, "d/a": _file(), "d/e/f": _file(), "g": _file()}
    upper = {"d/.wh..wh..opq": _file(), "d/new": _file()}

    assert _laid(lower, upper).keys() == {"d", "d/new", "g"}
    assert _laid(lower, {".wh..wh..opq": _file()}) == {}


def test_what_stands_in_the_place_of_a_directory_hides_what_it_held() -> None:
    assert _laid({"d": _DIRECTORY, "d/a": _file()}, {"d": _entry(Kind.LINK, "e")}).keys() == {"d"}
    assert "d/a" in _laid({"d": _DIRECTORY, "d/a": _file()}, {"d": _DIRECTORY})


def test_a_hard_link_is_the_file_that_it_names_in_its_layer_or_below() -> None:
    link = _entry(Kind.SAME, "a")

    assert _laid({"a": _file(), "b": link})["b"] == _file()
    assert _laid({"a": _file()}, {"b": link})["b"] == _file()
    assert _laid({"a": _file(), "b": link, "c": _entry(Kind.SAME, "b")})["c"] == _file()
    assert _laid({"b": link})["b"].kind is Kind.SAME
    assert _laid({"a": _entry(Kind.SAME, "b"), "b": link})["a"].kind is Kind.SAME


def test_the_root_itself_is_no_path() -> None:
    assert _laid({"": _DIRECTORY}) == {}


@pytest.mark.parametrize(("name", "path"), [("./a//b/", "a/b"), ("/a", "a"), ("./", "")])
def test_paths_are_plain(name: str, path: str) -> None:
    assert plain_path(name) == path


@pytest.mark.parametrize("name", ["../a", "a/../../b", "a/..", "a" * 4097])
def test_paths_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a path inside"):
        plain_path(name)


def test_the_same_files_do_not_differ() -> None:
    assert compare_files({"a": _file()}, {"a": _file()}, 20) is None


def test_a_tree_that_one_side_alone_has_is_one_item_the_largest_first() -> None:
    tree = {"d": _DIRECTORY, "d/e": _DIRECTORY, "d/e/f": _file(size=5), "g": _file(size=9)}

    assert _items({}, tree) == [
        ("g", "added", "", "9 bytes"),
        ("d", "added", "", "5 bytes in 3 paths"),
    ]
    assert _items(tree, {})[1] == ("d", "removed", "5 bytes in 3 paths", "")


@pytest.mark.parametrize(
    ("one", "other", "field", "first", "second"),
    [
        (
            _file("1" * 64),
            _file("2" * 64),
            "content",
            f"1 bytes, {'1' * 16}",
            f"1 bytes, {'2' * 16}",
        ),
        (_file(), _file(mode=0o4755), "mode", "0644", "4755"),
        (_entry(Kind.LINK, "a"), _entry(Kind.LINK, "b", mode=0o777), "link", "a", "b"),
        (_file(), _entry(Kind.LINK, "b"), "kind", "file", "link"),
        (_DIRECTORY, _entry(Kind.DIRECTORY, uid=7), "owner", "0:0", "7:0"),
        (_entry(Kind.DEVICE, "1:3"), _entry(Kind.DEVICE, "1:5"), "device", "1:3", "1:5"),
    ],
)
def test_what_changed_of_a_path_is_told(
    one: Entry, other: Entry, field: str, first: str, second: str
) -> None:
    assert _items({"a": one}, {"a": other}) == [("a", field, first, second)]


def test_store_paths_of_one_name_are_the_same_path() -> None:
    first = {f"nix/store/{'a' * 32}-x/f": _file(), f"nix/store/{'b' * 32}-y/f": _file()}
    second = {f"nix/store/{'c' * 32}-x/f": _file("2"), f"nix/store/{'b' * 32}-y/f": _file()}

    assert [item[:2] for item in _items(first, second)] == [("nix/store/…-x/f", "content")]


def test_two_store_paths_of_one_name_stay_apart() -> None:
    first = {f"nix/store/{letter * 32}-x": _file() for letter in "ab"}

    assert {item[0] for item in _items(first, {})} == {"nix/store/…-x", f"nix/store/{'b' * 32}-x"}


def test_the_summary_counts_what_the_limit_leaves_out() -> None:
    level = compare_files({}, {str(number): _file() for number in range(30)}, 20)

    assert level is not None
    assert len(level.items) == 20
    assert level.summary.startswith("30 paths added, 0 removed, 0 changes of others; 0 → 30 bytes")


_PATHS = st.lists(st.sampled_from(["a", "b", ".wh.a", ".wh..wh..opq"]), min_size=1, max_size=3)
_LAYER = st.dictionaries(
    _PATHS.map("/".join), st.sampled_from([_file(), _DIRECTORY, _entry(Kind.SAME, "a/b")])
)


@given(st.lists(_LAYER, max_size=4))
def test_what_hides_never_shows_and_the_last_layer_does(layers: list[dict[str, Entry]]) -> None:
    files = _laid(*layers)

    assert not any(path.rpartition("/")[2].startswith(".wh.") for path in files)
    for path in layers[-1] if layers else ():
        assert path in files or ".wh." in path.rpartition("/")[2]
