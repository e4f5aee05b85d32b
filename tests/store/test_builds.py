"""Builds by a `nix-store` of the test's own, which says what Nix would say."""

import json
import os
import shlex
from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.store import builds

DRV = f"/nix/store/{'a' * 32}-a.drv"
_SCRIPT = """#!/bin/sh
echo "$*" >> {calls}
{body}
"""


class Nix:
    """What stands in for `nix-store`; `calls` are the arguments of each call."""

    def __init__(self, directory: Path) -> None:
        self._program, self._calls = directory / "nix-store", directory / "calls"

    def does(self, body: str) -> None:
        self._program.write_text(_SCRIPT.format(calls=self._calls, body=body))
        self._program.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines() if self._calls.exists() else []


@pytest.fixture
def nix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nix:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Nix(tmp_path)


def _says(**message: object) -> str:
    return f"printf '%s\\n' {shlex.quote(f'@nix {json.dumps(message)}')} >&2"


def _fails(text: str, status: int = 1) -> str:
    said = _says(action="msg", level=0, msg=text, raw_msg=text)
    return f'case "$*" in *realise*) {said}; exit {status};; esac'


_KILLED = f"builder for '{DRV}' failed due to signal 9 (Killed)"


def test_a_build_has_a_directory_of_its_own_that_is_gone_at_the_end(nix: Nix) -> None:
    nix.does('test -d "$TMPDIR" && echo $TMPDIR > ${0%/*}/where; echo /nix/store/x-a')
    realised = builds.realise([DRV], root=Path("/root/a"), jobs=2)
    assert (realised.status, realised.paths) == (0, ("/nix/store/x-a",))
    (call,) = nix.calls
    assert f"{DRV} --add-root /root/a --indirect --max-jobs 2 --log-format internal-json" in call
    directory = call.rpartition(" ")[2]
    assert not Path(directory).exists()


def test_who_waits_hears_of_builds_that_begin(nix: Nix) -> None:
    begun = [
        _says(action="start", id=1, type=104, level=5, text=""),
        _says(action="result", id=1, type=105, fields=[0, 1, 0, 0]),
        _says(action="start", id=2, type=105, level=3, text="", fields=[DRV, "", 1, 1]),
    ]
    nix.does("\n".join(begun))
    heard: list[str] = []
    builds.realise([DRV], on_begun=lambda one: heard.append(one.derivation))
    assert heard == [DRV]


def test_a_builder_that_nix_killed_is_tried_again_some_times(
    nix: Nix, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "_INSISTED", 0)
    nix.does(_fails(_KILLED))
    realised = builds.realise([DRV])
    assert realised.killed
    assert len(nix.calls) == 7


def test_a_builder_that_fails_is_not_tried_again(nix: Nix) -> None:
    nix.does(_fails(f"builder for '{DRV}' failed with exit code 3", 100))
    realised = builds.realise([DRV])
    assert [failure.derivation for failure in realised.failed] == [DRV]
    assert len(nix.calls) == 1


def test_only_a_tree_that_this_rebuild_left_differs(nix: Nix, tmp_path: Path) -> None:
    output = tmp_path / "output"
    old = Path(f"{output}.check")
    old.write_text("of an earlier rebuild")
    nix.does("case $* in *realise*) exit 1;; esac")
    assert not builds.rebuild(DRV, [str(output)]).differs
    nix.does(f"case $* in *realise*) rm {old}; echo now > {old}; exit 1;; esac")
    rebuilt = builds.rebuild(DRV, [str(output)])
    assert rebuilt.differs
    assert rebuilt.differing == {str(output): str(old)}


def test_a_rebuild_that_ends_well_differs_in_nothing(nix: Nix, tmp_path: Path) -> None:
    nix.does(f"echo left > {tmp_path}/output.check")
    rebuilt = builds.rebuild(DRV, [str(tmp_path / "output")])
    assert (rebuilt.status, rebuilt.differs, rebuilt.failed) == (0, False, False)


def test_a_store_that_cannot_be_made_apart_is_a_tool_error(nix: Nix, tmp_path: Path) -> None:
    nix.does(_fails("disk full"))
    with pytest.raises(ToolError, match=r"`nix-store --realise` ended with status 1:\n  disk full"):
        builds.rebuild_apart(DRV, [DRV], tmp_path / "apart")
    assert any("--export" in call for call in nix.calls)
    assert any("--import" in call for call in nix.calls)
