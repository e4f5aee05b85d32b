from dataclasses import replace
from pathlib import Path

import pytest

from harness.build.backends import ask
from harness.errors import BuildFailedError, InputError
from harness.lock.core.values import Package
from harness.lock.sdists import Question
from tests.fake_store import FakeStore, Tree, always, failing
from tests.locked_environments import SYSTEM, LockedEnvironment, locked_environment


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LockedEnvironment:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return locked_environment(tmp_path)


def _question(locked: LockedEnvironment) -> Question:
    (package, *_) = locked.lock.packages
    draft = replace(locked.lock, build=(Package(name="x", version="1", wheels=package.wheels),))
    return Question(draft=draft, system=SYSTEM, package="own", attribute="requires")


def _asks(store: FakeStore, derivation: str) -> None:
    store.attributes["sdists.own.requires"] = derivation


def test_a_backend_answers_by_what_its_derivation_made(locked: LockedEnvironment) -> None:
    _asks(locked.store, locked.store.add("own-requires", always(out=b'["maker"]')))
    assert ask(_question(locked), locked.store) == '["maker"]'


def test_a_backend_that_fails_is_told_with_its_log(locked: LockedEnvironment) -> None:
    _asks(locked.store, locked.store.add("own-requires", failing))
    with pytest.raises(BuildFailedError, match="own-requires"):
        ask(_question(locked), locked.store)


def test_an_answer_that_is_a_link_is_not_followed(locked: LockedEnvironment) -> None:
    derivation = locked.store.built("own-requires", always(out=b"[]"))
    _asks(locked.store, derivation)
    answer = locked.store.place(locked.store.path(derivation))
    answer.unlink()
    answer.symlink_to("/etc/passwd")
    with pytest.raises(InputError, match=r"^own: the answer of its backend: a link"):
        ask(_question(locked), locked.store)


@pytest.mark.parametrize(
    ("answer", "problem"), [(b"\xff", "not UTF-8"), ({"a": b""}, "a directory")]
)
def test_an_answer_that_is_no_text_is_refused(
    locked: LockedEnvironment, answer: Tree, problem: str
) -> None:
    _asks(locked.store, locked.store.add("own-requires", always(out=answer)))
    with pytest.raises(InputError, match=f"^own: the answer of its backend: {problem}"):
        ask(_question(locked), locked.store)
