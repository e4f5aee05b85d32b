from contextlib import suppress
from typing import Any

from hypothesis import given
from packaging.specifiers import SpecifierSet

from harness.documents.yaml import parse_yaml
from harness.errors import InputError
from harness.project.core.others.conda_locks import CondaLock, read_conda_lock, read_pixi
from tests.damaged_documents import VALUES

_A = "a" * 64
_CONDA_LOCK = f"""
version: 1
package:
- {{name: python, version: 3.11.9, manager: conda, platform: linux-64, dependencies: {{}}}}
- {{name: libblas, version: 3.9, manager: conda, platform: linux-64, dependencies: {{}}}}
- {{name: numpy, version: 1.26.4, manager: conda, platform: linux-64,
   dependencies: {{libblas: ''}}}}
- {{name: pandas, version: 2.2.2, manager: conda, platform: linux-64,
   dependencies: {{numpy: ''}}}}
- {{name: pandas, version: 2.2.2, manager: conda, platform: osx-64, dependencies: {{}}}}
- {{name: idna, version: '3.7', manager: pip, platform: linux-64, dependencies: {{}},
   hash: {{sha256: {_A}}}}}
"""
_URL = "https://conda.invalid/conda-forge"
_PIXI = f"""
version: 6
environments: {{}}
packages:
- conda: {_URL}/linux-64/python-3.11.9-hb806964_0_cpython.conda
  sha256: {_A}
- conda: {_URL}/linux-64/libblas-3.9-1_openblas.conda
- conda: {_URL}/linux-64/numpy-1.26.4-py311h64a7726_0.conda
  depends: [libblas >=3.9, python]
- conda: {_URL}/noarch/pandas-2.2.2-pyh1_0.tar.bz2
  depends: [numpy >=1.22, ' ']
- conda: {_URL}/osx-64/scipy-1.13.0-py311h64a7726_0.conda
- pypi: https://index.invalid/idna-3.7-py3-none-any.whl
  name: idna
  version: '3.7'
  sha256: {_A}
- pypi: ./own
  name: own
  requires_dist: [idna>=2]
- other: x
"""


def _read(text: str) -> Any:
    return parse_yaml(text.encode(), "x")


def test_a_lock_of_conda_lock_says_what_was_asked_for_and_which_versions() -> None:
    found = read_conda_lock(_read(_CONDA_LOCK), "x")
    assert found == CondaLock(
        python=SpecifierSet("==3.11.*"),
        requirements=("idna", "pandas"),
        versions={"numpy": "1.26.4", "pandas": "2.2.2", "idna": "3.7"},
        hashes={"idna": frozenset({f"sha256:{_A}"})},
        losses=found.losses,
    )
    assert [loss.name for loss in found.losses] == ["libblas 3.9"]


def test_a_lock_of_pixi_says_the_same() -> None:
    found = read_pixi(_read(_PIXI), "x")
    assert (found.requirements, found.python) == (("idna", "pandas"), SpecifierSet("==3.11.*"))
    assert found.versions["numpy"] == "1.26.4"
    assert "scipy" not in found.versions
    assert [loss.reason for loss in found.losses][1:] == ["comes from a directory"]
    assert found.hashes == {"idna": frozenset({f"sha256:{_A}"})}
    assert [loss.name for loss in found.losses] == ["libblas 3.9", "own"]


@given(VALUES)
def test_any_document_is_read_or_refused(value: Any) -> None:
    for document in (value, {"package": value}, {"packages": value}, {"packages": [value]}):
        for read in (read_conda_lock, read_pixi):
            with suppress(InputError):
                read(document, "x")


def test_a_python_that_is_no_version_is_not_asked_for() -> None:
    package = {"name": "python", "version": "x", "platform": "noarch", "manager": "conda"}
    found = read_conda_lock({"package": [package]}, "x")
    assert (found.python, found.requirements) == (None, ())
    assert read_pixi({"packages": []}, "x").python is None
