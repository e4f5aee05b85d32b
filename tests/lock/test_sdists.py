import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from harness.errors import InputError
from harness.lock.make import lock
from harness.lock.sdists import Question
from harness.project.repository import Environment
from tests.indexes import Index
from tests.lock.environments import anew, edit, foreign_lock
from tests.locks import deb

_STATIC = "Metadata-Version: 2.2\nName: own\nVersion: 1\nRequires-Dist: a<2\n"
_BUILT = "[build-system]\nrequires = ['maker']\nbuild-backend = 'maker'\n"


@dataclass
class Backend:
    """A backend that is asked: what it requires besides, and its metadata."""

    requires: list[str] = field(default_factory=list)
    metadata: str = "Name: own\n"
    asked: list[Question] = field(default_factory=list)

    def __call__(self, question: Question) -> str:
        self.asked.append(question)
        return json.dumps(self.requires) if question.attribute == "requires" else self.metadata


def _sdist(files: Mapping[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"own-1/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


@pytest.fixture(name="built")
def _built(index: Index, environment: Environment) -> Environment:
    """An environment that builds `own` from its sdist."""
    edit(environment, "dependencies = [", 'sdists = ["own"]\ndependencies = [\n    "own",')
    edit(environment, '"a<3"', '"a"')
    for version in ("1", "2"):
        index.publish("maker", version)
    index.publish("more", requires=["maker<2"])
    return environment


def test_an_sdist_is_locked_with_what_builds_it(index: Index, built: Environment) -> None:
    index.publish_sdist("own", build=_sdist({"pyproject.toml": _BUILT, "PKG-INFO": _STATIC}))
    backend = Backend()
    made = lock(built, record_urls=False, ask=backend).lock
    target = made.targets["x86_64-linux"]
    assert {one.name: one.version for one in made.packages} == {"a": "1", "b": "1", "own": "1"}
    (sdist,) = target.sdists
    assert (sdist.file, sdist.requires) == ("own-1.tar.gz", ("maker",))
    assert sdist.build == ("maker-2-py3-none-any.whl",)
    assert (sdist.compiler, sdist.extensions, target.compiler) == (False, False, ())
    assert [one.attribute for one in backend.asked] == ["requires"]
    assert not any("own" in wheel for wheel in target.wheels)


def test_what_a_backend_requires_besides_is_resolved_with_the_rest(
    index: Index, built: Environment
) -> None:
    index.publish_sdist("own", build=_sdist({"pyproject.toml": _BUILT}))
    backend = Backend(requires=["other"], metadata="Name: own\nRequires-Dist: a<2\n")
    index.publish("other")
    made = lock(built, record_urls=False, ask=backend).lock
    assert [one.attribute for one in backend.asked] == ["requires", "metadata"]
    assert backend.asked[1].draft.targets["x86_64-linux"].sdists[0].build == (
        "maker-2-py3-none-any.whl",
        "other-1-py3-none-any.whl",
    )
    assert [one.name for one in made.build] == ["maker", "other"]
    assert next(one.version for one in made.packages if one.name == "a") == "1"


def test_what_builds_an_sdist_stays_until_it_may_move(index: Index, built: Environment) -> None:
    index.publish_sdist("own", build=_sdist({"pyproject.toml": _BUILT, "PKG-INFO": _STATIC}))
    before = lock(built, record_urls=False, ask=Backend()).lock
    index.publish("maker", "3")
    index.publish("c")
    edit(built, '"own",', '"own", "c",')
    kept = lock(anew(built), record_urls=False, ask=Backend()).lock
    assert kept.build == before.build
    moved = lock(anew(built), record_urls=False, update=["own"], ask=Backend()).lock
    assert [one.version for one in moved.build] == ["3"]


def test_compiled_sources_bring_a_compiler_and_want_extensions(
    index: Index, built: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [(deb("gcc"),), (deb("clang"),)]
    monkeypatch.setattr("harness.lock.sdists.lock_compiler", lambda *_: chosen.pop(0))
    index.publish("own", tag="cp311-cp311-manylinux_2_17_x86_64")
    index.publish_sdist(
        "own", build=_sdist({"pyproject.toml": _BUILT, "PKG-INFO": _STATIC, "own.c": ""})
    )
    made = lock(built, record_urls=False, ask=Backend()).lock
    target = made.targets["x86_64-linux"]
    assert (target.sdists[0].compiler, target.sdists[0].extensions) == (True, True)
    assert target.compiler == (deb("gcc"),)
    edit(built, 'sdists = ["own"]', 'sdists = ["own"]\nwithout-extensions = ["own"]')
    again = lock(anew(built), record_urls=False, ask=Backend()).lock.targets["x86_64-linux"]
    assert (again.sdists[0].extensions, again.compiler) == (False, target.compiler)


def test_a_backend_that_answers_nonsense_is_named(index: Index, built: Environment) -> None:
    index.publish_sdist("own", build=_sdist({"pyproject.toml": _BUILT, "PKG-INFO": _STATIC}))
    with pytest.raises(
        InputError, match="own: what its backend requires: expected an array of strings"
    ):
        lock(built, record_urls=False, ask=lambda _: "{}")


def test_where_nobody_asks_a_backend_it_is_said(index: Index, built: Environment) -> None:
    index.publish_sdist("own", build=_sdist({"pyproject.toml": _BUILT, "PKG-INFO": _STATIC}))
    with pytest.raises(InputError, match="own: its backend cannot be asked here"):
        lock(built, record_urls=False)


def test_another_tools_lock_is_not_taken_over_with_sdists(
    index: Index, environment: Environment
) -> None:
    index.publish("c")
    foreign = foreign_lock(environment)
    edit(environment, "dependencies = [", 'sdists = ["a"]\ndependencies = [')
    with pytest.raises(InputError, match="what is taken over are wheels alone"):
        lock(anew(environment), record_urls=False, foreign=foreign)
