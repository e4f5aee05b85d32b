from collections.abc import Iterator
from functools import partial
from itertools import zip_longest

from hypothesis import given
from hypothesis import strategies as st

from harness.store.core.nar import Directory, Node, Regular, Symlink
from harness.verify.core.comparison import WINDOW, compare, divergence
from harness.verify.core.verdict import Divergence, FileDifference


def _file(content: bytes, *, executable: bool = False) -> Regular:
    return Regular(size=len(content), chunks=lambda: [content], executable=executable)


def _diverge(first: Regular, second: Regular) -> Divergence | None:
    return divergence(iter(first.chunks()), iter(second.chunks()))


def _kinds(first: Node, second: Node) -> list[tuple[str, str]]:
    return [(one.path, one.kind) for one in compare(first, second, _diverge)]


def test_equal_trees_have_no_difference() -> None:
    tree = Directory(entries={b"a": _file(b"x"), b"b": Symlink(target=b"a")})
    assert _kinds(tree, tree) == []


def test_each_way_of_differing_has_its_kind() -> None:
    first = Directory(
        entries={
            b"content": _file(b"abc"),
            b"executable": _file(b"x"),
            b"gone": _file(b""),
            b"target": Symlink(target=b"1"),
            b"type": _file(b"x"),
        }
    )
    second = Directory(
        entries={
            b"content": _file(b"abd"),
            b"executable": _file(b"x", executable=True),
            b"new": Directory(entries={}),
            b"target": Symlink(target=b"2"),
            b"type": Symlink(target=b"x"),
        }
    )
    assert _kinds(first, second) == [
        ("content", "content"),
        ("executable", "executable"),
        ("gone", "only in the first"),
        ("new", "only rebuilt"),
        ("target", "target"),
        ("type", "type"),
    ]


def test_the_root_itself_may_differ() -> None:
    (only,) = compare(_file(b"one"), _file(b"two"), _diverge)
    at = Divergence(offset=0, first=b"one", rebuilt=b"two")
    assert only == FileDifference(path=".", kind="content", at=at)


def test_paths_lead_down_to_the_file() -> None:
    first = Directory(entries={b"lib": Directory(entries={b"x": _file(b"1")})})
    second = Directory(entries={b"lib": Directory(entries={b"x": _file(b"2")})})
    assert _kinds(first, second) == [("lib/x", "content")]


def test_names_that_would_steer_a_terminal_are_escaped() -> None:
    first = Directory(entries={b"\x1b[2J": _file(b""), b"\xff": _file(b"")})
    shown = [path for path, _ in _kinds(first, Directory(entries={}))]
    assert shown == ["\\x1b[2J", "\\xff"]


def test_a_content_that_ends_first_differs_where_it_ends() -> None:
    assert _diverge(_file(b"ab"), _file(b"abc")) == Divergence(offset=2, first=b"", rebuilt=b"c")


def _chunked(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    for size in sizes:
        if data[:size]:
            yield data[:size]
        data = data[size:]
    if data:
        yield data


_CONTENTS = st.text("ab", max_size=60).map(str.encode)
_SIZES = st.lists(st.integers(1, 20), max_size=8)


@given(_CONTENTS, _CONTENTS, _SIZES, _SIZES)
def test_chunks_do_not_change_where_contents_diverge(
    left: bytes, right: bytes, left_sizes: list[int], right_sizes: list[int]
) -> None:
    pairs = enumerate(zip_longest(left, right))
    expected = next((index for index, (one, other) in pairs if one != other), None)
    found = divergence(_chunked(left, left_sizes), _chunked(right, right_sizes))
    cut = partial(_cut, expected)
    assert found == (
        None
        if expected is None
        else Divergence(offset=expected, first=cut(left), rebuilt=cut(right))
    )


def _cut(begin: int | None, data: bytes) -> bytes:
    return b"" if begin is None else data[begin : begin + WINDOW]
