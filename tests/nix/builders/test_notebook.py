"""A notebook runs to its end or to the cell that fails; a stand-in for nbclient runs its cells."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import BUILDERS

_STAND_IN = {
    "nbformat.py": """
import json
class NotebookNode(dict):
    __getattr__ = dict.__getitem__
def read(path, as_version):
    assert as_version == 4
    return NotebookNode(json.loads(path.read_text()))
def write(notebook, path):
    path.write_text(json.dumps(notebook))
""",
    "jupyter_client/kernelspec.py": """
import os
class KernelSpecManager:
    def find_kernel_specs(self):
        return dict.fromkeys(os.environ["KERNELS"].split())
""",
    "nbclient/exceptions.py": "class CellExecutionError(Exception): pass\n",
    "nbclient/__init__.py": """
from nbclient.exceptions import CellExecutionError
class NotebookClient:
    def __init__(self, notebook, timeout, kernel_name, record_timing, resources):
        assert timeout is None and not record_timing
        self.notebook, self.place = notebook, resources["metadata"]["path"]
        print(kernel_name, self.place)
    def execute(self):
        for number, cell in enumerate(self.notebook["cells"], 1):
            cell["execution_count"] = number
            try:
                exec(cell["source"], {})
            except Exception as error:
                raise CellExecutionError(f"{cell['source']}: {error}") from error
""",
}


def _run(
    directory: Path,
    *cells: str,
    kernels: str = "python3",
    named: dict[str, str] | None = None,
    without: str = "",
) -> subprocess.CompletedProcess[str]:
    for name, text in _STAND_IN.items():
        path = directory / "modules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not without or not name.startswith(without):
            path.write_text(text)
    (directory / "kept").mkdir()
    (directory / "below").mkdir()
    made = {"cells": [{"source": one} for one in cells], "metadata": {"kernelspec": named or {}}}
    (directory / "below/a.ipynb").write_text(json.dumps(made))
    return subprocess.run(
        [sys.executable, "-B", str(BUILDERS / "notebook.py"), "below/a.ipynb"],
        env={
            "PYTHONPATH": str(directory / "modules"),
            "KERNELS": kernels,
            "HARNESS_KEEP": str(directory / "kept"),
        },
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def _counts(directory: Path) -> list[int | None]:
    cells = json.loads((directory / "kept/a.ipynb").read_text())["cells"]
    return [cell.get("execution_count") for cell in cells]


def test_it_is_kept_as_it_is_at_its_end(tmp_path: Path) -> None:
    completed = _run(tmp_path, "a = 1", "b = 2")
    assert (completed.returncode, completed.stdout) == (0, "python3 below\n"), completed.stderr
    assert _counts(tmp_path) == [1, 2]


def test_it_is_kept_where_a_cell_fails_and_the_cell_is_named(tmp_path: Path) -> None:
    completed = _run(tmp_path, "a = 1", "1 / 0", "b = 2")
    assert completed.returncode == 1
    assert "a.ipynb: 1 / 0: division by zero" in completed.stderr
    assert _counts(tmp_path) == [1, 2, None]


@pytest.mark.parametrize(
    ("kernels", "named", "said"),
    [
        ("python3 own", {"name": "own"}, "own below"),
        ("python3", {"name": "my-venv", "language": "python"}, "python3 below"),
        ("python3", {}, "python3 below"),
        ("python3", {"name": "ir", "language": "R"}, "there is no kernel ir"),
        ("", {}, "`harness add nbclient ipykernel` (there is no kernel)"),
    ],
)
def test_the_kernel_is_the_one_it_names_or_the_environments_python(
    tmp_path: Path, kernels: str, named: dict[str, str], said: str
) -> None:
    completed = _run(tmp_path, "a = 1", kernels=kernels, named=named)
    assert said in completed.stdout + completed.stderr


def test_what_the_environment_lacks_is_said(tmp_path: Path) -> None:
    completed = _run(tmp_path, "a = 1", without="nbclient/exceptions")
    assert completed.returncode == 1
    assert "`harness add nbclient ipykernel`" in completed.stderr
