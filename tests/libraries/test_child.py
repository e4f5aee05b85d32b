from pathlib import Path

from harness.libraries.child import answer
from tests.libraries.wheels import deb, wheel


def test_whatever_reading_fails_with_is_an_answer(tmp_path: Path) -> None:
    (tmp_path / "odd.whl").write_bytes(b"no wheel")
    assert "BadZipFile" in str(answer("wheel", str(tmp_path / "odd.whl"), "")["unread"])


def test_wheels_and_debian_packages_are_read(tmp_path: Path) -> None:
    assert answer("wheel", str(wheel(tmp_path / "a.whl", {})), "")["modules"] == []
    assert answer("imports", str(tmp_path / "a.whl"), "") == {"modules": [], "loose": []}
    assert answer("deb", str(deb(tmp_path / "a.deb", {})), "lib/m") == {"names": []}
