import tomllib
from contextlib import suppress
from typing import Any

from hypothesis import given
from packaging.pylock import Pylock

from harness.errors import InputError
from harness.project.core.others.poetry import read_poetry
from tests.damaged_documents import VALUES

_SHA256 = "5" * 64
_LOCK = f"""
[[package]]
name = "a"
version = "1"
optional = false
python-versions = ">=3.9"
groups = ["main", "dev"]
files = [
    {{file = "a-1-py3-none-any.whl", hash = "sha256:{_SHA256}"}},
    {{file = "a-1.tar.gz", hash = "sha256:{_SHA256}"}},
]
markers = {{main = "os_name == 'nt'", dev = "sys_platform == 'linux'"}}

[[package]]
name = "b"
version = "2"
groups = ["main", "dev"]
markers = {{dev = "sys_platform == 'linux'"}}
files = [{{file = "b-2.tar.gz", hash = "sha256:{_SHA256}"}}]

[[package]]
name = "c"
version = "3"
markers = "sys_platform == 'win32'"
files = [{{file = "c-3-py3-none-any.whl", hash = "sha256:{_SHA256}"}}]
source = {{type = "legacy", url = "https://index.invalid/simple"}}

[[package]]
name = "plot"
version = "1"
optional = true

[[package]]
name = "own"
version = "1"
source = {{type = "directory", url = "../own"}}

[metadata]
lock-version = "2.1"
content-hash = "0"
"""


def test_versions_files_and_markers_are_those_of_the_lock() -> None:
    document, losses = read_poetry(tomllib.loads(_LOCK), "poetry.lock")
    packages = Pylock.from_dict(document).packages
    assert [(one.name, str(one.version), one.marker and str(one.marker)) for one in packages] == [
        ("a", "1", 'os_name == "nt" or sys_platform == "linux"'),
        ("b", "2", None),
        ("c", "3", 'sys_platform == "win32"'),
    ]
    (wheel,) = packages[0].wheels or ()
    assert (wheel.filename, wheel.hashes) == ("a-1-py3-none-any.whl", {"sha256": _SHA256})
    assert packages[1].sdist is not None
    assert [(loss.name, loss.reason) for loss in losses] == [
        ("plot", "for an extra"),
        ("own", "is not a release of an index"),
    ]


@given(VALUES)
def test_any_document_is_read_or_refused(value: Any) -> None:
    base = {"name": "a", "version": "1", "files": []}
    for document in (value, [value], [{**base, "files": value}], [{**base, "markers": value}]):
        with suppress(InputError):
            read_poetry({"package": document}, "poetry.lock")
