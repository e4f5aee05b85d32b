import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.builders import Workbench
from tests.nix.builders.test_backend import _tree

_EDITABLE = """
    def build_editable(self, directory, config, metadata=None):
        name = self.build_wheel(directory, config)
        with zipfile.ZipFile(f"{directory}/{name}", "a") as archive:
            archive.writestr("WAY", TEXT.replace("HERE", os.getcwd()))
        return name

backend = Backend()
"""


@pytest.fixture(name="bench")
def _bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def _editable(
    bench: Workbench, tmp_path: Path, way: str, text: str
) -> subprocess.CompletedProcess[str]:
    tree = _tree(tmp_path)
    code = (tree / "made.py").read_text().partition("backend = ")[0]
    more = _EDITABLE.replace("WAY", way).replace("TEXT", repr(text))
    (tree / "made.py").write_text(code + more)
    return bench.backend(tree, hook="build_editable")


_FINDER = "from editables.redirector import RedirectingFinder as F\nF.install()\n"


@pytest.mark.parametrize(
    ("way", "text", "roots"),
    [
        ("own.pth", "HERE/src\n", ["src"]),
        ("own.pth", "HERE\nHERE/lib\n", [".", "lib"]),
        ("finder.py", "MAPPING: dict[str, str] = {'own': 'HERE/own'}\n", ["."]),
        ("finder.py", "MAPPING = {'a.b': 'HERE/src/a/b', 'c': 'HERE/src/c.py'}\n", ["src"]),
        ("impl.py", f"{_FINDER}F.map_module('own', 'HERE/src/own/__init__.py')\n", ["src"]),
    ],
)
def test_an_editable_wheel_leads_to_the_shells_project_and_to_no_build(
    bench: Workbench, tmp_path: Path, way: str, text: str, roots: list[str]
) -> None:
    done = _editable(bench, tmp_path, way, text)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / "built/wheel") as archive:
        assert way not in archive.namelist()
        lines = archive.read("__harness_own.pth").decode()
    assert "own-work" not in lines
    site = tmp_path / "site"
    site.mkdir()
    (site / "own.pth").write_text(lines)
    seen = f"import site, sys; site.addsitedir({str(site)!r}); print(sys.path)"
    for project in ("/the/project", ""):
        told = {"HARNESS_PROJECT": project} if project else {}
        ran = subprocess.run(
            [sys.executable, "-S", "-c", seen], env=told, check=True, capture_output=True, text=True
        )
        path = ast.literal_eval(ran.stdout)
        places = [f"/the/project/{root}".removesuffix("/.") for root in roots]
        assert [one for one in path if one.startswith("/the/")] == (places if project else [])


@pytest.mark.parametrize(
    ("way", "text", "problem"),
    [
        ("own.pth", "/elsewhere\n", "/elsewhere: the editable wheel leads out of the project"),
        ("own.pth", "import os\n", "leads to no directory of the project"),
        ("finder.py", "MAPPING = {'own': 'HERE/code'}\n", "own is in code: a shell can see a"),
    ],
)
def test_an_editable_wheel_that_holds_only_where_it_was_built_is_refused(
    bench: Workbench, tmp_path: Path, way: str, text: str, problem: str
) -> None:
    assert problem in _editable(bench, tmp_path, way, text).stderr


def test_a_backend_without_editable_wheels_says_so(bench: Workbench, tmp_path: Path) -> None:
    said = bench.backend(_tree(tmp_path), hook="build_editable")
    assert "made makes no editable wheels; `harness build` makes a wheel" in said.stdout
