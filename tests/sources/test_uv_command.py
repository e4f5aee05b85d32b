import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.host.core.architecture import ARCHITECTURES
from harness.sources.core.supply import Supply
from harness.sources.core.target import Target
from harness.sources.uv_command import ANNOTATED, compile_arguments, outdated, resolution
from tests import indexes
from tests.indexes import Index


def _target(glibc: int = 36) -> Target:
    architecture = ARCHITECTURES["aarch64-linux"]
    return Target(architecture=architecture, python="3.11.2", glibc=(2, glibc))


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Index]:
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "UV_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with indexes.index("user:s3cret") as running:
        monkeypatch.setenv("HARNESS_INDEX_URL", running.url)
        yield running


@pytest.mark.parametrize(
    ("minor", "known"), [(17, 17), (27, 17), (28, 28), (30, 28), (36, 36), (99, 40)]
)
def test_a_c_library_resolves_as_the_last_that_uv_knows_and_it_satisfies(
    minor: int, known: int
) -> None:
    arguments = compile_arguments(_target(minor), "out", ())
    assert arguments[-1] == f"aarch64-manylinux_2_{known}"
    assert arguments[arguments.index("--only-binary") + 1] == ":all:"


def test_it_resolves_outside_of_any_project_and_leaves_nothing(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.publish("a", requires=["b"])
    index.publish("b")
    (tmp_path / "pyproject.toml").write_text("[tool.uv]\nno-index = true\n")
    monkeypatch.chdir(tmp_path)
    made = resolution(["a"], _target(), form=ANNOTATED)
    assert made.status == 0, made.said
    assert [line.split()[0] for line in made.written.decode().splitlines()] == ["a==1", "b==1"]
    assert not made.directory.exists()
    assert os.listdir(tmp_path).count("requirements.txt") == 0


def test_what_was_resolved_before_is_kept_to(index: Index) -> None:
    index.publish("a", "1")
    before = resolution(["a"], _target()).written
    index.publish("a", "2")
    assert b'version = "1"' in resolution(["a"], _target(), before=before).written
    assert b'version = "2"' in resolution(["a"], _target()).written


def test_packages_can_be_taken_to_be_required_by_nobody(index: Index) -> None:
    index.publish("a", requires=["nowhere"])
    assert resolution(["a"], _target()).status != 0
    assert resolution(["a"], _target(), supply=Supply(without=("nowhere",))).status == 0


def test_what_uv_says_has_no_password_in_it(index: Index) -> None:
    index.publish("a")
    made = resolution(["a==2"], _target())
    assert made.status != 0
    assert made.said
    assert "s3cret" not in made.said


def test_newer_releases_are_told_with_what_the_index_has_of_them(index: Index) -> None:
    index.publish("a", "1")
    index.publish("a", "2")
    index.publish("b-c", "1")
    found = outdated([("a", "1"), ("b-c", "1")])
    assert [(one["name"], one["version"], one["latest_version"]) for one in found] == [
        ("a", "1", "2")
    ]


def test_an_index_that_does_not_answer_has_nothing_newer(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index.url
    monkeypatch.setenv("HARNESS_INDEX_URL", "http://127.0.0.1:1/simple")
    assert outdated([("a", "1")]) == []
