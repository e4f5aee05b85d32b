from pathlib import Path

import pytest

from harness.libraries import facts
from harness.libraries.core.dynamic import Linked
from harness.libraries.core.imports import Reach
from tests.elf import library
from tests.libraries.wheels import wheel


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_file_is_read_once_and_remembered_by_its_hash(tmp_path: Path) -> None:
    path = wheel(tmp_path / "a.whl", {"a.so": library(needed=("libGL.so.1",)) + b"\0PyInit_a\0"})
    asked = ("wheel", "0" * 64, path, "")
    (read,) = facts.read([asked])
    path.unlink()
    assert facts.read([asked]) == [read] == [facts.known(asked)]
    found = facts.wheel("a", read)
    assert found.files == {"a.so": Linked(needed=("libGL.so.1",))}
    assert [*found.modules] == ["a.so"]
    assert facts.reach(read) is None
    (imports,) = facts.read([("imports", "2" * 64, wheel(tmp_path / "b.whl", {"b.py": b""}), "")])
    assert facts.reach(imports) == Reach(modules=frozenset({"b"}), loose=frozenset())


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    asked = ("wheel", "1" * 64, tmp_path / "none.whl", "")
    (read,) = facts.read([asked])
    assert "FileNotFoundError" in facts.wheel("a", read).unread
    assert facts.known(asked) is None


def test_nonsense_counts_as_not_read() -> None:
    assert facts.wheel("a", {"files": {"a.so": 1}}).unread
