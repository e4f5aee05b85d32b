from pathlib import Path

import pytest

from harness.errors import BuildFailedError
from harness.verify.kept_trees import keep_difference, rebuilt_apart
from tests.fake_store import FakeStore, always, failing


@pytest.fixture
def store(tmp_path: Path) -> FakeStore:
    return FakeStore(tmp_path / "store")


def _again(tmp_path: Path, text: str) -> Path:
    tree = tmp_path / "again"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub/b").write_text(text)
    return tree


def test_a_tree_that_differs_is_copied_and_the_first_one_held(
    store: FakeStore, tmp_path: Path
) -> None:
    first = store.path(store.built("a", always(out={"sub/b": b"one"})))
    kept_below = tmp_path / "kept_below"
    for text in ("two", "three"):
        differences, kept = keep_difference(first, _again(tmp_path / text, text), kept_below, store)
        assert [one.path for one in differences] == ["sub/b"]
        assert kept
        assert (Path(kept) / "sub/b").read_text() == text
        assert Path(kept).parent == kept_below / Path(first).name
    assert store.roots == {kept_below / Path(first).name / "first": [first]}


def test_nothing_is_kept_of_what_is_the_same(store: FakeStore, tmp_path: Path) -> None:
    first = store.path(store.built("a", always(out={"sub/b": b"one"})))
    found = keep_difference(first, _again(tmp_path, "one"), tmp_path / "kept_below", store)
    assert found == ((), None)
    assert not (tmp_path / "kept_below").exists()


def test_a_link_is_kept_as_a_link(store: FakeStore, tmp_path: Path) -> None:
    first = store.path(store.built("a", always(out=b"file")))
    again = tmp_path / "again"
    again.symlink_to("/nowhere")
    (difference,), kept = keep_difference(first, again, tmp_path / "kept_below", store)
    assert difference.kind == "type"
    assert kept
    assert Path(kept).is_symlink()


def test_a_rebuild_apart_has_all_outputs_below_a_root_that_is_gone_at_the_end(
    store: FakeStore,
) -> None:
    below = store.built("below", always(out=b"1"))
    derivation = store.built("a", always(out=b"1", dev=b"2"), outputs=("out", "dev"), needs=[below])
    with rebuilt_apart(derivation, store=store) as root:
        trees = [root / store.path(derivation, name).lstrip("/") for name in ("out", "dev")]
        assert [tree.read_bytes() for tree in trees] == [b"1", b"2"]
    assert not root.exists()


def test_a_builder_that_fails_apart_is_an_error(store: FakeStore) -> None:
    derivation = store.add("a", failing)
    with pytest.raises(BuildFailedError), rebuilt_apart(derivation, store=store):
        pass
