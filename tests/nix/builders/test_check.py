"""What a dependency brings is imported, each module by itself."""

from pathlib import Path

import pytest

from tests.builders import SITE_PACKAGES, Workbench

_EXTEND = "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"


@pytest.fixture
def workbench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


def _made(workbench: Workbench, **wheels: dict[str, str]) -> Workbench:
    made = {
        name: {f"{SITE_PACKAGES}/{path}": text for path, text in files.items()}
        for name, files in wheels.items()
    }
    completed = workbench.environment(made)
    assert completed.returncode == 0, completed.stderr
    return workbench


def _holds(workbench: Workbench, *dependencies: str, skipped: tuple[str, ...] = ()) -> list[str]:
    completed = workbench.check([*dependencies], [], *skipped)
    assert completed.returncode == 0, completed.stdout + completed.stderr
    first, *warnings = (workbench.directory / "check").read_text().splitlines()
    assert first == "imports holds"
    return warnings


def _fails(workbench: Workbench, *dependencies: str, imports: tuple[str, ...] = ()) -> str:
    completed = workbench.check([*dependencies], [*imports])
    assert completed.returncode == 1
    assert not (workbench.directory / "check").exists()
    return completed.stdout + completed.stderr


@pytest.mark.parametrize(
    "files",
    [
        {"big/one/__init__.py": "import absent"},
        {"big/one/two/__init__.py": "import absent"},
        {"big/plain.py": "import absent"},
        {"big/__init__.py": _EXTEND, "big/one/__init__.py": "import absent"},
        {"other/one.py": "import absent"},
        {"big/one.abi3.so": "not a library"},
    ],
)
def test_what_is_in_a_namespace_is_imported(workbench: Workbench, files: dict[str, str]) -> None:
    said = _fails(_made(workbench, big_one=files), "big-one")
    assert "absent" in said or "big/one.abi3.so" in said
    assert "1 of 1 modules cannot be imported" in said


def test_the_first_cause_stands_last(workbench: Workbench) -> None:
    _made(workbench, a={"a.py": "1 / 0"}, b={"b.py": "b = {}['key']"})
    *_, one, two = _fails(workbench, "a", "b").splitlines()
    assert (one, two) == ("  a: ZeroDivisionError: division by zero", "  b: KeyError: 'key'")


def test_an_optional_module_is_a_warning_with_the_line_to_write(workbench: Workbench) -> None:
    _made(workbench, duck={"duck/__init__.py": "", "adbc_duck/__init__.py": "import absent.part"})
    (warning,) = _holds(workbench, "duck")
    assert "adbc_duck is not imported, for it needs absent" in warning
    assert '[checks] skip-imports = ["adbc_duck"]' in warning
    assert _holds(_again(workbench), "duck", skipped=("adbc_duck",)) == []


def _again(workbench: Workbench) -> Workbench:
    (workbench.directory / "check").unlink()
    for path in sorted((workbench.directory / "check-work").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (workbench.directory / "check-work").rmdir()
    return workbench


def test_a_module_that_env_toml_names_is_no_option(workbench: Workbench) -> None:
    _made(workbench, duck={"duck/__init__.py": "", "adbc_duck/__init__.py": "import absent"})
    assert "adbc_duck" in _fails(workbench, "duck", imports=("adbc_duck",))


def test_the_module_that_is_called_as_the_package_is_no_option(workbench: Workbench) -> None:
    files = {"duck_db/__init__.py": "import absent", "duck_stubs.py": ""}
    assert "duck_db: ModuleNotFoundError" in _fails(_made(workbench, Duck_db=files), "duck-db")


def test_what_is_lacking_in_a_namespace_is_anothers(workbench: Workbench) -> None:
    store = {"cloud/store/__init__.py": "", "cloud/_v2/__init__.py": "import cloud.iam.policy"}
    (warning,) = _holds(_made(workbench, cloud_store=store), "cloud-store")
    assert "cloud._v2 is not imported, for it needs cloud.iam" in warning


def test_a_module_of_another_system_is_an_option(workbench: Workbench) -> None:
    _made(workbench, duck={"duck/__init__.py": "", "duck_windows.py": "import winreg"})
    (warning,) = _holds(workbench, "duck")
    assert "duck_windows is not imported, for it needs winreg" in warning


@pytest.mark.parametrize(
    "text", ["import part.missing", "raise ImportError", "import json.missing"]
)
def test_what_fails_for_another_reason_is_no_option(workbench: Workbench, text: str) -> None:
    _made(workbench, duck={"duck/__init__.py": "", "other.py": text, "part/__init__.py": ""})
    assert "1 of 3 modules cannot be imported" in _fails(workbench, "duck")


def test_each_module_has_a_process_of_its_own(workbench: Workbench) -> None:
    alone = "import sys\nassert not {'a', 'b', 'pip', 'setuptools'} & {*sys.modules} - {__name__}"
    _made(workbench, a={"a.py": alone}, b={"b.py": alone})
    assert _holds(workbench, "a", "b") == []


def test_what_belongs_to_a_project_and_not_to_its_package_is_left(workbench: Workbench) -> None:
    files = {"big/__init__.py": "", "docs/conf.py": "1 / 0", "examples/train.py": "1 / 0"}
    assert _holds(_made(workbench, big=files), "big") == []


def test_below_a_module_that_is_skipped_nothing_is_imported(workbench: Workbench) -> None:
    files = {"big/one/__init__.py": "", "big/two/__init__.py": "1 / 0"}
    assert _holds(_made(workbench, big=files), "big", skipped=("big.two",)) == []


def test_a_dependency_of_another_platform_is_not_wanted(workbench: Workbench) -> None:
    _made(workbench, a={"a.py": ""})
    assert _holds(workbench, "a>=1", 'gone[x]>2; sys_platform == "win32"') == []


def test_a_dependency_that_is_not_there_is_said(workbench: Workbench) -> None:
    assert "gone is not in the environment" in _fails(_made(workbench, a={"a.py": ""}), "gone")
