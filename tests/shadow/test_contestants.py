from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.container.core.archive import Image
from harness.container.core.program import program_image
from harness.container.engine import Engine, connect
from harness.errors import InputError
from harness.host.processors import current_system
from harness.image.make import BuiltImage
from harness.shadow.contestants import contestants
from tests.engines import FakeEngine, serving


@pytest.fixture
def fake() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def engine(fake: FakeEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with serving(fake, tmp_path) as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with connect() as made:
            yield made


def not_built() -> BuiltImage:
    pytest.fail("nothing is to be built")


def archive(path: Path, program: bytes) -> str:
    """Write an archive of an image and return the image's id."""
    image = program_image("service", program, system=current_system(), labels={})
    path.write_bytes(image.archive)
    return image.id


def test_production_runs_twice_and_a_candidate_of_the_engine_once(
    fake: FakeEngine, engine: Engine, tmp_path: Path
) -> None:
    old, new = fake.add("old", tag="service:1"), fake.add("new", tag="service:2")
    with contestants(engine, "service:1", tmp_path, "service:2", not_built) as arms:
        assert [(one.name, one.reference, one.image) for one in arms] == [
            ("production A", "service:1", old),
            ("production B", "service:1", old),
            ("candidate", "service:2", new),
        ]
    assert fake.images.keys() == {old, new}


def test_archives_are_loaded_for_a_while_and_take_no_names(
    fake: FakeEngine, engine: Engine, tmp_path: Path
) -> None:
    own = fake.add("own", tag="service:1")
    production = archive(tmp_path / "production.tar", b"1")
    candidate = archive(tmp_path / "candidate.tar", b"2")
    named = str(tmp_path / "candidate.tar")
    with contestants(engine, "production.tar", tmp_path, named, not_built) as arms:
        assert [one.image for one in arms] == [production, production, candidate]
        assert [fake.images[one]["RepoTags"] for one in (production, candidate)] == [[], []]
    assert fake.images.keys() == {own}


def test_an_archive_goes_also_where_the_comparison_breaks(
    fake: FakeEngine, engine: Engine, tmp_path: Path
) -> None:
    archive(tmp_path / "production.tar", b"1")
    fake.add("new", tag="service:2")
    with (
        pytest.raises(KeyboardInterrupt),
        contestants(engine, "production.tar", tmp_path, "service:2", not_built),
    ):
        raise KeyboardInterrupt
    assert len(fake.images) == 1


def test_without_a_candidate_it_is_what_is_built_here_and_stays(
    fake: FakeEngine, engine: Engine, tmp_path: Path
) -> None:
    fake.add("old", tag="service:1")
    known = fake.add("built")
    image = Image(tag="serving:latest", digest="sha256:d", id=known, layers=())
    built = BuiltImage(layout=tmp_path, image=image)
    with contestants(engine, "service:1", tmp_path, None, lambda: built) as (*_, candidate):
        assert (candidate.reference, candidate.image) == ("serving:latest", known)
    assert fake.loads == 0, "the engine has it already"
    assert known in fake.images


@pytest.mark.parametrize(("production", "candidate"), [("no:1", None), ("service:1", "no:1")])
def test_an_image_that_is_not_there_is_refused_before_anything_is_built(
    fake: FakeEngine, engine: Engine, tmp_path: Path, production: str, candidate: str | None
) -> None:
    fake.add("old", tag="service:1")
    with (
        pytest.raises(InputError, match="no:1: the container engine has no such image"),
        contestants(engine, production, tmp_path, candidate, not_built),
    ):
        pass
