"""Rebuilds through a daemon of Nix, which may not trust us."""

import os
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from harness.store import nix
from harness.verdict import Verdict
from harness.verify.core.verdict import OutputResult
from harness.verify.perturb import set_up
from harness.verify.rebuild import Options, verify_derivations
from tests.derivations import HOST_STATE, UNSTABLE, Derivations

pytestmark = pytest.mark.nix

Daemon = Callable[[str], AbstractContextManager[int]]
_PATIENCE = 20.0


@pytest.fixture
def daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """Run a daemon that trusts one user only, and use it; the block gets its process id."""
    socket = tmp_path / "socket"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    @contextmanager
    def running(trusted: str) -> Iterator[int]:
        (tmp_path / "nix.conf").write_text(
            f"build-users-group =\nsubstituters =\nsandbox = true\ntrusted-users = {trusted}\n"
        )
        own = {"NIX_CONF_DIR": str(tmp_path), "NIX_DAEMON_SOCKET_PATH": str(socket)}
        log = (tmp_path / "log").open("w")
        with (
            log,
            subprocess.Popen(
                ["nix-daemon"], env={**os.environ, **own}, stdout=log, stderr=log
            ) as process,
        ):
            try:
                _await(socket)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv("NIX_REMOTE", "daemon")
                    patch.setenv("NIX_DAEMON_SOCKET_PATH", str(socket))
                    yield process.pid
            finally:
                process.terminate()
                socket.unlink()

    return running


def _await(path: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while not path.exists():
        assert time.monotonic() < end, "the daemon does not listen"
        time.sleep(0.01)


def _verify(derivation: str, directory: Path) -> OutputResult:
    (result,) = verify_derivations(
        [derivation], Options(), setup=set_up(), kept_below=directory / "kept_below"
    )
    return result


def test_a_daemon_that_trusts_nobody_makes_it_inconclusive(daemon: Daemon, tmp_path: Path) -> None:
    derivation = Derivations(tmp_path).build("echo same > $out")
    with daemon("nobody"):
        result = _verify(derivation, tmp_path)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "sandbox, sandbox-fallback" in result.reason
    assert "trusted-users" in result.reason


def test_a_daemon_that_trusts_us_refuses_nothing(daemon: Daemon, tmp_path: Path) -> None:
    derivation = Derivations(tmp_path).build("echo same > $out")
    with daemon("root"):
        assert nix.refused(derivation) == []
        assert _verify(derivation, tmp_path).verdict is Verdict.SAME


def test_a_difference_is_told_through_a_daemon(daemon: Daemon, tmp_path: Path) -> None:
    derivation = Derivations(tmp_path).build(f"{UNSTABLE} > $out")
    with daemon("root"):
        result = _verify(derivation, tmp_path)
    assert result.verdict is Verdict.DIFFERENT
    assert result.trees


def test_a_failing_rebuild_is_told_through_a_daemon(daemon: Daemon, tmp_path: Path) -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    with daemon("root") as pid:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (200, limit[1]))
        derivation = Derivations(tmp_path).build(f'test "$({HOST_STATE})" = 200; echo > $out')
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (300, limit[1]))
        result = _verify(derivation, tmp_path)
    assert result.verdict is Verdict.FAILS_REBUILT
