import os
from pathlib import Path

import pytest

from harness.adapters.perturbation import perturbed
from harness.core.factor import Setting
from harness.errors import ToolError

_SETTING = Setting(shim="umask 0077\n", build_directory="/moved/build", cores=3, alone=True)


@pytest.fixture
def shim(tmp_path: Path) -> Path:
    file = tmp_path / "shim.so"
    file.write_bytes(b"\x7fELF")
    file.chmod(0o400)
    return file


def test_the_sandbox_gets_the_shim_its_settings_and_room_for_heartbeats(shim: Path) -> None:
    with perturbed(_SETTING, shim=shim, cpu=1) as prepared:
        bound = dict(part.split("=") for part in prepared.under.options["sandbox-paths"].split(" "))
        inside = Path(bound["/dev/harness"])
        assert (inside / "shim.so").read_bytes() == b"\x7fELF"
        assert (inside / "conf").read_text() == "umask 0077\n"
        assert Path(bound["/etc/ld.so.preload"]).read_text() == "/dev/harness/shim.so\n"
        assert bound["/etc/ld-nix.so.preload"] == bound["/etc/ld.so.preload"]
        assert (inside / "seen").stat().st_mode & 0o777 == 0o777
        assert prepared.under.options["cores"] == "3"
        assert prepared.under.options["sandbox-build-dir"] == "/moved/build"
        assert prepared.under.cpu == 1
    assert not inside.exists()


def test_without_a_shim_nothing_is_bound() -> None:
    with perturbed(_SETTING, shim=None) as prepared:
        assert "sandbox-paths" not in prepared.under.options


def test_heartbeats_are_the_programs_and_the_levers_they_called(shim: Path) -> None:
    with perturbed(_SETTING, shim=shim) as prepared:
        (prepared.seen / "1.0").write_text("/bin/bash\numask\n")
        (prepared.seen / "2.0").write_text("/bin/python\nclock\n")
        (prepared.seen / "3.0").write_text("/bin/python\nrandom\n")
        assert prepared.heartbeats() == {
            "/bin/bash": {"umask"},
            "/bin/python": {"clock", "random"},
        }


def test_what_a_build_leaves_among_the_heartbeats_is_not_followed(
    shim: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("/secret\n")
    with perturbed(_SETTING, shim=shim) as prepared:
        (prepared.seen / "link").symlink_to(secret)
        (prepared.seen / "directory").mkdir()
        os.mkfifo(prepared.seen / "pipe")
        (prepared.seen / "large").write_bytes(b"x" * 10**6)
        found = prepared.heartbeats()
    assert found == {"x" * 4096: frozenset()}


def test_a_directory_that_nix_cannot_bind_is_an_error(
    shim: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaced = tmp_path / "a b"
    spaced.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spaced))
    with pytest.raises(ToolError, match="TMPDIR"), perturbed(_SETTING, shim=shim):
        pass
    assert not list(spaced.iterdir())
