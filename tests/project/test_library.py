from pathlib import Path

import harness
from harness.project.library import LIBRARY, library, other_version, renew


def test_a_copy_is_every_file_that_a_flake_evaluates_and_builds_with(tmp_path: Path) -> None:
    assert other_version(tmp_path) is None
    changed = renew(tmp_path)
    assert set(changed.written) == set(library())
    assert changed.removed == ()
    source = Path(harness.__file__).parent / "nix"
    for path in library():
        copied = (tmp_path / path).read_bytes()
        assert copied == (source / path.removeprefix(f"{LIBRARY}/")).read_bytes()
    assert other_version(tmp_path) is None
    assert renew(tmp_path).written == ()


def test_what_was_changed_is_written_and_what_is_no_longer_there_is_removed(
    tmp_path: Path,
) -> None:
    renew(tmp_path)
    (tmp_path / LIBRARY / "default.nix").write_bytes(b"\xff")
    (tmp_path / LIBRARY / "builders/older.py").write_text("")
    (tmp_path / LIBRARY / "README.md").write_text("what the team wrote")
    assert other_version(tmp_path) == harness.__version__
    changed = renew(tmp_path)
    assert changed.written == (f"{LIBRARY}/default.nix",)
    assert changed.removed == (f"{LIBRARY}/builders/older.py",)
    assert (tmp_path / LIBRARY / "README.md").exists()
    assert other_version(tmp_path) is None


def test_the_copy_says_which_version_it_is_of(tmp_path: Path) -> None:
    renew(tmp_path)
    version = tmp_path / LIBRARY / "version.toml"
    version.write_text('version = "0.0.9"\n')
    assert other_version(tmp_path) == "0.0.9"
    version.write_text("damaged")
    assert other_version(tmp_path) == ""
    version.unlink()
    assert other_version(tmp_path) == ""
