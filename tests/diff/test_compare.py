"""Two things held against each other at every level that both have, without Nix."""

from pathlib import Path

import pytest

from harness.container.core.program import program_image
from harness.diff import compare
from harness.diff.compare import Options, diff
from harness.errors import InputError, ToolError
from harness.host.processors import current_system
from harness.lock.core.pylock import encode_lock
from tests import fakes, stores

OPTIONS = Options()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "_SECONDS", 100.0)


def written(path: Path, content: str | bytes, mode: int = 0o644) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return path


def told(first: Path, second: Path, options: Options = OPTIONS) -> dict[str, list[tuple[str, ...]]]:
    report = diff(str(first), str(second), options)
    return {
        level.name: [(item.subject, item.field, item.first, item.second) for item in level.items]
        for level in report.levels
    }


def test_equal_files_and_trees_have_no_level(tmp_path: Path) -> None:
    for side in ("one", "other"):
        written(tmp_path / side / "a.json", '{"a": 1}')
    assert told(tmp_path / "one", tmp_path / "other") == {}
    assert diff(str(tmp_path / "one"), str(tmp_path / "one"), OPTIONS).is_same


def test_files_are_explained_by_what_they_hold(tmp_path: Path) -> None:
    one = written(tmp_path / "one/a.json", '{"a": 1}')
    other = written(tmp_path / "other/a.json", '{"a": 2}')
    for first, second, subject in (
        (one, other, "."),
        (tmp_path / "one", tmp_path / "other", "a.json"),
    ):
        (found,) = told(first, second)["file"]
        assert (found[0], *found[2:]) == (subject, "1", "2")


def test_a_tree_tells_each_path_that_differs(tmp_path: Path) -> None:
    written(tmp_path / "one/gone", "x" * 50)
    written(tmp_path / "other/come", "y" * 50)
    for side, mode in (("one", 0o644), ("other", 0o755)):
        written(tmp_path / side / "program", "#!/bin/sh\n", mode)
    found = {(path, kind) for path, kind, *_ in told(tmp_path / "one", tmp_path / "other")["tree"]}
    assert ("gone", "only in the first") in found
    assert ("come", "only in the second") in found
    assert "program" in {path for path, _ in found}


def test_no_more_files_are_explained_than_the_limit(tmp_path: Path) -> None:
    for side, value in (("one", 1), ("other", 2)):
        for number in range(5):
            written(tmp_path / side / f"{number}.json", f'{{"a": {value}}}')
    report = diff(str(tmp_path / "one"), str(tmp_path / "other"), Options(limit=2))
    (level,) = (one for one in report.levels if one.name == "file")
    assert level.summary == "2 of 5 differing files explained"
    assert {item.subject for item in level.items} == {"0.json", "1.json"}


def test_two_locks_are_compared_as_locks_and_not_as_texts(tmp_path: Path) -> None:
    nowhere = fakes.Server(address="files.invalid")
    paths = [
        written(
            tmp_path / side / "pylock.toml",
            encode_lock(stores.published_lock(nowhere, version=version)),
        )
        for side, version in (("one", "1"), ("other", "2"))
    ]
    found = told(paths[0], paths[1])
    assert "file" not in found
    moved = {(subject, first, second) for subject, _, first, second in found["lock"]}
    assert ("package p0", "1", "2") in moved


def test_a_lock_beside_a_file_is_a_file(tmp_path: Path) -> None:
    nowhere = fakes.Server(address="files.invalid")
    lock = written(tmp_path / "pylock.toml", encode_lock(stores.published_lock(nowhere)))
    found = told(lock, written(tmp_path / "other.toml", "a = 1\n"))
    assert "lock" not in found
    assert "file" in found


def test_an_image_beside_what_is_none_is_refused_with_both_names(tmp_path: Path) -> None:
    archive = program_image("a", b"x", system=current_system(), labels={}).archive
    image, text = written(tmp_path / "image.tar", archive), written(tmp_path / "text", "x")
    for one, other in ((image, text), (text, image)):
        with pytest.raises(InputError, match=r"image\.tar is an image, and .*text is none"):
            diff(str(one), str(other), OPTIONS)


def test_two_images_are_compared_by_their_files(tmp_path: Path) -> None:
    one, other = (
        written(
            tmp_path / f"{name}.tar",
            program_image("a", text, system=current_system(), labels={}).archive,
        )
        for name, text in (("one", b"1"), ("other", b"2"))
    )
    found = told(one, other)
    assert {"/a", "a"} & {subject for some in found.values() for subject, *_ in some}
    assert told(one, one) == {}


def test_what_is_not_there_is_refused_by_its_name(tmp_path: Path) -> None:
    there = written(tmp_path / "there", "x")
    with pytest.raises(InputError, match="gone: no such file or directory"):
        diff(str(there), str(tmp_path / "gone"), OPTIONS)


def test_diffoscope_is_asked_where_it_is_wanted_and_something_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = written(tmp_path / "one", "1\n"), written(tmp_path / "other", "2\n")
    written(tmp_path / "bin/diffoscope", '#!/bin/sh\necho "$3 $4"\nexit 1\n', 0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    wanted = Options(diffoscope=True)
    assert told(one, other, wanted)["diffoscope"] == [(f"{one} {other}", "", "", "")]
    assert "diffoscope" not in told(one, one, wanted)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="diffoscope is not installed"):
        diff(str(one), str(other), wanted)
