from pathlib import Path

import pytest

from harness.errors import IntegrityError, ToolError
from harness.store.derivations import read_closure, read_derivation

_TEXT = 'Derive([("out","/nix/store/{0}-a","","")],[{1}],[],"x86_64-linux","/bin/sh",[],[])'


def _written(path: Path, *inputs: Path) -> str:
    listed = ",".join(f'("{one}",["out"])' for one in inputs)
    path.write_text(_TEXT.format("0" * 32, listed))
    return str(path)


def test_a_closure_is_read_from_the_files_and_each_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "below.drv"
    tops = [_written(tmp_path / f"{name}.drv", below) for name in "ab"]
    _written(below)
    read: list[Path] = []
    known = Path.read_bytes

    def reading(path: Path) -> bytes:
        read.append(path)
        return known(path)

    monkeypatch.setattr(Path, "read_bytes", reading)
    for _ in range(2):
        assert read_closure(tops).keys() == {*tops, str(below)}
    assert sorted(read) == sorted([below, *map(Path, tops)])


def test_what_cannot_be_read_is_an_error_each_time(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ToolError, match="cannot be read"):
            read_derivation(str(tmp_path / "gone.drv"))
    (tmp_path / "no.drv").write_text("no")
    with pytest.raises(IntegrityError):
        read_derivation(str(tmp_path / "no.drv"))
