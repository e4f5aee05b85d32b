from pathlib import Path

import pytest

from harness.build.intact import require_present, require_unchanged
from harness.errors import IntegrityError
from tests.fake_store import FakeStore, always


@pytest.fixture
def store(tmp_path: Path) -> FakeStore:
    return FakeStore(tmp_path / "store")


def _outputs(store: FakeStore) -> list[str]:
    return [store.path(store.built(name, always(out=name.encode()))) for name in "abc"]


def test_what_is_as_it_was_built_is_handed_on(store: FakeStore) -> None:
    require_unchanged(_outputs(store), "dev", store)


def test_each_path_that_was_written_to_is_named(store: FakeStore) -> None:
    first, second, third = _outputs(store)
    store.change(first, b"changed")
    store.change(third, b"changed")
    with pytest.raises(IntegrityError) as caught:
        require_unchanged([first, second, third], "dev", store)
    assert str(caught.value).splitlines() == [
        "dev: 2 store paths are changed since it was built; `harness build --repair dev`",
        f"  {first}",
        f"  {third}",
    ]
    require_present([first, second, third], "dev", store)


def test_what_is_listed_and_gone_is_told_before_anything_is_rehashed(store: FakeStore) -> None:
    first, second, _ = _outputs(store)
    store.change(first, b"changed")
    store.lose(second)
    with pytest.raises(IntegrityError, match=f"dev: a store path is gone.*\n  {second}$"):
        require_unchanged([first, second], "dev", store)
