from pathlib import Path

import pytest

from harness.verdict import Verdict
from harness.verify.core.factors.conditions import Conditions
from harness.verify.core.remembered import Remembered, Subject
from harness.verify.memory import recall, remember

_SUBJECT = Subject(
    derivation="/nix/store/x-a.drv",
    nar_hashes={"/nix/store/x-a": "sha256:0"},
    conditions=Conditions(nix="2.8.0", processor="EPYC", cpus=2),
)
_SAME = Remembered(when="2026-11-23T07:54:34+00:00", verdicts={"/nix/store/x-a": Verdict.SAME})


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def _file(state: Path) -> Path:
    (file,) = (state / "harness/verdicts").iterdir()
    return file


def test_what_was_remembered_is_recalled(state: Path) -> None:
    assert recall(_SUBJECT) is None
    remember(_SUBJECT, _SAME)
    assert recall(_SUBJECT) == _SAME
    assert _file(state).name == f"{_SUBJECT.key}.json"


def test_only_the_user_can_read_it(state: Path) -> None:
    remember(_SUBJECT, _SAME)
    for directory in (state / "harness", state / "harness/verdicts"):
        assert directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("part", ["", "..", "../.."], ids=["file", "directory", "state"])
def test_what_others_can_write_is_not_believed(state: Path, part: str) -> None:
    remember(_SUBJECT, _SAME)
    writable = (_file(state) / part).resolve()
    writable.chmod(writable.stat().st_mode | 0o020)
    assert recall(_SUBJECT) is None


def test_a_link_to_a_strangers_file_is_not_followed(state: Path, tmp_path: Path) -> None:
    remember(_SUBJECT, _SAME)
    file = _file(state)
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").chmod(0o666)
    assert recall(_SUBJECT) is None


def test_a_half_written_file_is_not_there(state: Path) -> None:
    remember(_SUBJECT, _SAME)
    file = _file(state)
    file.write_bytes(file.read_bytes()[:-9])
    assert recall(_SUBJECT) is None


def test_where_nothing_can_be_kept_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    remember(_SUBJECT, _SAME)
    assert recall(_SUBJECT) is None
