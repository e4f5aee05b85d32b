from pathlib import Path

import pytest

from harness.build.core.check import CheckResult
from harness.build.keep import keep
from harness.errors import InputError, ToolError


def _result(kept: Path | str, name: str = "notebook-a") -> CheckResult:
    return CheckResult(name=name, holds=False, kept=str(kept))


def test_files_are_copied_and_links_are_left(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "below").mkdir(parents=True)
    (kept / "a.ipynb").write_text("{}")
    (kept / "below/b").write_text("b")
    (kept / "link").symlink_to("/etc/passwd")
    (kept / "directory").symlink_to("/etc")
    target = tmp_path / "out/dev"
    assert keep([_result(kept), _result("", "imports")], target) == [target / "notebook-a"]
    found = sorted(str(one.relative_to(target)) for one in target.rglob("*") if one.is_file())
    assert found == ["notebook-a/a.ipynb", "notebook-a/below/b"]


def test_what_was_kept_before_is_replaced_and_no_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/a").write_text("new")
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "out/notebook-a").mkdir(parents=True)
    (tmp_path / "out/notebook-a/a").symlink_to("../../mine")
    keep([_result(tmp_path / "kept")], tmp_path / "out")
    assert (tmp_path / "out/notebook-a/a").read_text() == "new"
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "out").write_text("")
    with pytest.raises(ToolError, match="out/notebook-a: Not a directory"):
        keep([_result(tmp_path / "kept")], tmp_path / "out")


@pytest.mark.parametrize("link", ["out", "out/notebook-a", "out/notebook-a/below"])
def test_nothing_is_kept_behind_a_link_that_a_repository_brought(tmp_path: Path, link: str) -> None:
    (tmp_path / "kept/below").mkdir(parents=True)
    (tmp_path / "kept/below/.profile").write_text("theirs")
    (tmp_path / "home").mkdir()
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / "home")
    with pytest.raises(InputError, match=f"{link}: a link"):
        keep([_result(tmp_path / "kept")], tmp_path / "out")
    assert not [*(tmp_path / "home").iterdir()]
