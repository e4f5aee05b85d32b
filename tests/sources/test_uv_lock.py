import tomllib

import pytest

from harness.errors import InputError
from harness.sources.uv_lock import Part, exported

_LOCK = """
version = 1
revision = 2
requires-python = ">=3.11"
"""
_FILE = "https://index.invalid/{0}-1-py3-none-any.whl"


def _lock() -> bytes:
    text = _LOCK
    for name in ("a", "b", "c", "d"):
        wheel = f'url = "{_FILE.format(name)}", hash = "sha256:{"5" * 64}", size = 1'
        text += f'[[package]]\nname = "{name}"\nversion = "1"\n'
        text += 'source = { registry = "https://index.invalid/simple" }\n'
        text += f"wheels = [{{ {wheel} }}]\n"
    text += '[[package]]\nname = "me"\nversion = "1"\nsource = { virtual = "." }\n'
    text += 'dependencies = [{ name = "a", marker = "sys_platform == \'linux\'" }]\n'
    text += '[package.optional-dependencies]\nplot = [{ name = "b" }]\n'
    text += '[package.dev-dependencies]\ndev = [{ name = "c" }]\nlint = [{ name = "d" }]\n'
    return text.encode()


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (Part(project="me"), ["a", "c"]),
        (Part(project="me", groups=[]), ["a"]),
        (Part(project="me", groups=["lint"], extras=["plot"]), ["a", "b", "d"]),
    ],
)
def test_the_part_that_is_asked_for_is_a_lock_by_the_standard(part: Part, names: list[str]) -> None:
    document = tomllib.loads(exported(_lock(), part, "uv.lock").decode())
    assert [one["name"] for one in document["packages"]] == names
    assert document["packages"][0]["marker"] == "sys_platform == 'linux'"


def test_a_lock_that_uv_does_not_read_is_named() -> None:
    with pytest.raises(InputError, match=r"^uv\.lock: uv does not export it: "):
        exported(b"version = 1\n[[package]]\n", Part(project="me"), "uv.lock")


def test_a_password_in_a_lock_that_uv_does_not_read_is_not_repeated() -> None:
    lock = _lock().replace(b"https://", b"https://u:s3cret-pw@").replace(b"5" * 64, b"55", 1)
    with pytest.raises(InputError, match=r"^u: uv does not export it: .*index\.invalid") as caught:
        exported(lock, Part(project="me"), "u")
    assert "s3cret-pw" not in str(caught.value)
