from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.verify.core.factors.conditions import Reach, Reached
from harness.verify.core.factors.setting import Setting
from harness.verify.sandbox import perturbed

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
        assert bound["/dev/harness/locale"] == str(shim.parent / "locale")
        assert (inside / "locale").is_dir()
        assert (inside / "seen").stat().st_mode & 0o777 == 0o777
        assert prepared.under.options["cores"] == "3"
        assert prepared.under.options["sandbox-build-dir"] == "/moved/build"
        assert prepared.under.cpu == 1
    assert not inside.exists()


def test_without_a_shim_nothing_is_bound() -> None:
    with perturbed(_SETTING, shim=None) as prepared:
        assert "sandbox-paths" not in prepared.under.options


@pytest.mark.parametrize(
    ("names", "reached"),
    [
        ([], Reached.NOTHING),
        (["7.0", "12.0"], Reached.CHILDREN),
        (["7.0", "1.0"], Reached.BUILDER),
    ],
)
def test_heartbeats_tell_which_programs_the_shim_ran_in(
    shim: Path, names: list[str], reached: Reached
) -> None:
    with perturbed(_SETTING, shim=shim) as prepared:
        for name in names:
            (prepared.seen / name).touch()
        assert prepared.reach() == Reach(reached=reached)


def test_marks_that_stay_are_of_programs_that_the_shim_did_not_run_in(shim: Path) -> None:
    with perturbed(_SETTING, shim=shim) as prepared:
        (prepared.seen / "1.0").touch()
        for mark, name in (("7-11", "busybox"), ("9-11", "busybox"), ("9-12", "a\x1b[1m/b")):
            (prepared.seen / mark).symlink_to(name)
        (prepared.seen / "9-13").mkdir()
        assert prepared.reach() == Reach(beyond=("?", "a??1m?b", "busybox"))


@pytest.mark.parametrize("answers", [["yes"], ["yes", "no"]])
def test_one_c_library_that_cannot_load_the_locale_is_enough(
    shim: Path, answers: list[str]
) -> None:
    with perturbed(_SETTING, shim=shim) as prepared:
        (prepared.seen / "1.0").touch()
        for inode, answer in enumerate(answers):
            (prepared.seen / f"locale-{inode}").symlink_to(answer)
        assert prepared.reach() == Reach(knows_locale="no" not in answers)


@pytest.mark.parametrize(
    ("note", "reach"),
    [("processors-counted", Reach(counted=True)), ("memory-shared", Reach(shares=True))],
)
def test_whether_processors_were_counted_and_memory_was_shared_is_told(
    shim: Path, note: str, reach: Reach
) -> None:
    with perturbed(_SETTING, shim=shim) as prepared:
        (prepared.seen / "1.0").touch()
        (prepared.seen / note).symlink_to("yes")
        assert prepared.reach() == reach


def test_a_directory_that_nix_cannot_bind_is_an_error(
    shim: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spaced = tmp_path / "a b"
    spaced.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spaced))
    with pytest.raises(ToolError, match="TMPDIR"), perturbed(_SETTING, shim=shim):
        pass
    assert not list(spaced.iterdir())
