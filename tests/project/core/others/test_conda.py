from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.documents.yaml import parse_yaml
from harness.errors import InputError
from harness.project.core.others.conda import CondaFile, read_conda
from tests.damaged_documents import VALUES

_WRITTEN = """
name: scoring
channels: [conda-forge, defaults]
dependencies:
  - python=3.11
  - conda-forge::numpy=1.26
  - pandas>=2,<3
  - scikit-learn
  - pytorch::pytorch ==2.4.0
  - scipy[version='>=1.11,<1.14']
  - pip
  - libgomp
  - cudatoolkit=11.8
  - pip:
      - requests==2.32.3
      - -r more.txt
      - -e .
variables:
  A: b
"""


def _read(*specs: str) -> CondaFile:
    return read_conda({"dependencies": [*specs]}, "environment.yml")


def test_what_a_person_wrote_is_asked_of_the_index() -> None:
    found = read_conda(parse_yaml(_WRITTEN.encode(), "environment.yml"), "environment.yml")
    assert found.python == SpecifierSet("==3.11.*")
    assert found.requirements == (
        "numpy==1.26.*",
        "pandas<3,>=2",
        "scikit-learn",
        "torch==2.4.0",
        "scipy<1.14,>=1.11",
    )
    assert found.versions == {}
    assert [line.requirement for line in found.pip.lines] == ["requests==2.32.3"]
    assert [one.path for one in found.pip.further] == ["more.txt"]
    assert [loss.name for loss in found.losses] == ["libgomp", "cudatoolkit=11.8", "variables"]
    assert found.pip.losses[0].name == "environment.yml: pip:3: -e"


def test_what_conda_exported_is_kept_to_where_it_fits() -> None:
    found = _read(
        "python=3.11.9=hb806964_0_cpython",
        "numpy=1.26.4=py311h64a7726_0",
        "dask-core==2024.5.1=pyhd8ed1ab_0",
        "scipy 1.13.0 py311h517d4fd_0",
        "rich[version='==13.7',build='x_0']",
        "libgcc-ng=13.2.0=h807b86a_5",
    )
    assert found.python == SpecifierSet("==3.11.*")
    assert found.requirements == ("numpy", "dask", "scipy", "rich")
    assert found.versions == {
        "numpy": "1.26.4",
        "dask": "2024.5.1",
        "scipy": "1.13.0",
        "rich": "13.7",
    }
    assert [loss.name for loss in found.losses] == ["libgcc-ng=13.2.0=h807b86a_5"]


@pytest.mark.parametrize(
    ("spec", "fits", "not_"),
    [
        ("numpy=1.26", "1.26.4", "1.27"),
        ("numpy=1.26.*", "1.26.4", "1.27"),
        ("numpy 1.26.*", "1.26.4", "1.27"),
        ("numpy 1.26*", "1.26.4", "1.27"),
        ("numpy 1.26", "1.26", "1.26.4"),
        ("numpy==1.26.4", "1.26.4", "1.26.5"),
        ("numpy>=1.26.*,!=1.27.*", "1.26", "1.27.1"),
        ("numpy >=1.26 , <2", "1.27", "2"),
        ("numpy~=1.26.2", "1.26.4", "1.27"),
        ("NumPy *", "9", ""),
    ],
)
def test_conda_s_versions_mean_what_conda_s_page_says(spec: str, fits: str, not_: str) -> None:
    (requirement,) = _read(spec).requirements
    wanted = SpecifierSet(requirement.removeprefix("numpy"))
    assert wanted.contains(fits)
    assert not_ == "" or not wanted.contains(not_)


@pytest.mark.parametrize("spec", ["numpy 1.2|1.3", "numpy=a b c", "a b: [", "numpy=>1", ""])
def test_what_the_index_cannot_be_asked_for_is_named(spec: str) -> None:
    found = _read(spec)
    assert found.requirements == ()
    assert [loss.name for loss in found.losses] == [spec]


def test_a_password_of_a_channel_is_not_repeated() -> None:
    for spec in ("https://u:s3cret-pw@x/t::numpy=1 2 3", "https://u:s3cret-pw@x/t::mine [["):
        (loss,) = _read(spec).losses
        assert "s3cret-pw" not in loss.name


def test_the_base_s_python_is_asked_for_by_minor_version() -> None:
    assert _read("python>=3.10,<3.13").python == SpecifierSet(">=3.10,<3.13")
    assert _read("python").python == SpecifierSet()
    assert _read("numpy").python is None


@pytest.mark.parametrize(
    ("spec", "meant"),
    [("3.12.1+own", "3.12"), ("3rc1", "3"), ("3.post1", "3")],
)
def test_a_python_that_is_exact_to_more_than_a_patch_means_the_minor_version_too(
    spec: str, meant: str
) -> None:
    assert _read(f"python=={spec}").python == SpecifierSet(f"=={meant}.*")


def test_a_python_that_has_no_minor_version_is_asked_for_as_it_is() -> None:
    assert _read("python==v3.11.2").python == SpecifierSet("==v3.11.2")


@pytest.mark.parametrize("spec", [f"python=={'9' * 5000}", f"{'a' * 200_000}]"])
def test_what_is_longer_than_any_package_is_named_and_not_read(spec: str) -> None:
    found = _read(spec)
    assert (found.python, found.requirements) == (None, ())
    assert [loss.name for loss in found.losses] == [spec[:80]]


def test_other_things_among_the_packages_are_named() -> None:
    document = {"dependencies": [{"pip": "numpy"}, {"sel(linux)": "numpy"}, ["numpy"]]}
    assert [loss.name for loss in read_conda(document, "e.yml").losses] == [
        "dependencies[0]",
        "dependencies[1]",
        "dependencies[2]",
    ]
    with pytest.raises(InputError, match=r"^e\.yml: dependencies: expected an array"):
        read_conda({"dependencies": "numpy"}, "e.yml")
    with pytest.raises(InputError, match=r"^e\.yml: dependencies: expected an array"):
        read_conda("numpy", "e.yml")


_VERSIONS = st.lists(st.integers(0, 30), min_size=2, max_size=4).map(
    lambda parts: ".".join(map(str, parts))
)


@given(_VERSIONS, st.sampled_from(["==", ">=", "<=", "!=", ">", "<"]), _VERSIONS)
def test_plain_comparisons_are_those_of_packaging(version: str, operator: str, other: str) -> None:
    (requirement,) = _read(f"numpy{operator}{version}").requirements
    wanted = SpecifierSet(requirement.removeprefix("numpy"))
    assert wanted.contains(Version(other)) == SpecifierSet(f"{operator}{version}").contains(other)


@given(VALUES)
def test_any_document_is_read_or_refused(value: Any) -> None:
    with suppress(InputError):
        read_conda({"dependencies": [value, {"pip": value}]}, "e.yml")
