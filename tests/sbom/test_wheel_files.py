"""METADATA is read from wheels as their names say; what is not a wheel is refused."""

import zipfile
from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.sbom.core.wheel_metadata import LARGEST
from harness.sbom.wheel_files import read_metadata

_NAME = "Some_Thing-1.0-py3-none-any.whl"


def _wheel(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("directory", ["Some_Thing-1.0", "some_thing-1.0", "some.thing-1.0.0"])
def test_the_directory_may_be_spelt_otherwise(tmp_path: Path, directory: str) -> None:
    members = {
        f"{directory}.dist-info/METADATA": b"own",
        "other-1.0.dist-info/METADATA": b"another's",
        "odd.dist-info/METADATA": b"no name and version",
        f"vendored/{directory}.dist-info/METADATA": b"below",
    }

    assert read_metadata(_wheel(tmp_path / "wheel", **members), _NAME) == b"own"


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({}, "no wheel with one METADATA"),
        (
            {f"{name}-1.0.dist-info/METADATA": b"" for name in ("Some_Thing", "some_thing")},
            "no wheel with one METADATA",
        ),
    ],
)
def test_refuses_none_and_two(tmp_path: Path, members: dict[str, bytes], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read_metadata(_wheel(tmp_path / "wheel", **members), _NAME)


def test_a_large_one_is_read_as_far_as_a_long_description_matters(tmp_path: Path) -> None:
    members = {"Some_Thing-1.0.dist-info/METADATA": bytes(LARGEST + 1)}
    assert len(read_metadata(_wheel(tmp_path / "wheel", **members), _NAME)) == LARGEST


def test_the_only_directory_of_that_name_is_the_wheel_s_whatever_version_it_says(
    tmp_path: Path,
) -> None:
    members = {"some.thing-1.0+local.dist-info/METADATA": b"own", "other-1.dist-info/METADATA": b""}
    assert read_metadata(_wheel(tmp_path / "wheel", **members), _NAME) == b"own"


def test_refuses_what_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "wheel").write_bytes(b"no zip")

    with pytest.raises(InputError, match="no wheel"):
        read_metadata(tmp_path / "wheel", _NAME)


def test_says_when_a_wheel_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ToolError):
        read_metadata(tmp_path / "wheel", _NAME)


def test_damage_in_compressed_data_names_the_wheel(tmp_path: Path) -> None:
    member = "Some_Thing-1.0.dist-info/METADATA"
    wheel = _wheel(tmp_path / "wheel", **{member: b"Name: Some_Thing\n" * 50})
    data = bytearray(wheel.read_bytes())
    data[30 + len(member) : 38 + len(member)] = b"\xff" * 8
    wheel.write_bytes(data)

    with pytest.raises(InputError, match=f"^{_NAME}: no wheel with one METADATA: damaged"):
        read_metadata(wheel, _NAME)
