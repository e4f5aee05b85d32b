import json
from pathlib import Path

import pytest

from harness.nix.builders import hooks


def test_a_project_that_names_no_backend_has_setuptools_which_runs_setup_py(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "setuptools").mkdir()
    (tmp_path / "setuptools/__init__.py").touch()
    (tmp_path / "setuptools/build_meta.py").write_text("class __legacy__: pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("setuptools", "setuptools.build_meta"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    monkeypatch.chdir(tmp_path)
    hooks.main("get_requires_for_build_wheel", "{}", str(tmp_path / "result"))
    assert json.loads((tmp_path / "result").read_text()) == []
