"""Environments that are locked from a package index on loopback."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from harness.lock.core.pylock import decode_lock, encode_lock
from harness.lock.core.values import Lock
from harness.lock.foreign import Foreign, Wishes, read_foreign
from harness.lock.make import lock
from harness.project.repository import Environment
from tests.indexes import Index
from tests.locks import LOCK

SPEC = """\
# What the team serves.
python = "3.11"
base = "debian:bookworm"
targets = ["x86_64-linux"]  # more later
suites = ["bookworm", "bookworm-updates"]
debian-packages = ["libgl1"]
dependencies = [
    "b",  # needed by all
    # pinned since May
    "a<3",
]
"""


def anew(environment: Environment) -> Environment:
    """Return the environment as the next command sees it."""
    return Environment(environment.name, environment.directory, environment.repository)


def edit(environment: Environment, old: str, new: str) -> None:
    text = environment.spec_path.read_text()
    assert old in text
    environment.spec_path.write_text(text.replace(old, new))


def pins(locked: Lock) -> dict[str, str]:
    return {package.name: package.version for package in locked.packages}


def two_targets(environment: Environment) -> None:
    """Give the lock a base for a second target and ask for both."""
    before = decode_lock(environment.lock_path.read_bytes(), "pylock.toml")
    arm = replace(LOCK.targets["aarch64-linux"], wheels=(), layers=())
    both = replace(before, targets={**before.targets, "aarch64-linux": arm})
    environment.lock_path.write_bytes(encode_lock(both))
    edit(environment, '["x86_64-linux"]', '["x86_64-linux", "aarch64-linux"]')


def foreign_lock(
    environment: Environment, digests: Mapping[str, str] | None = None
) -> Foreign | Wishes:
    """Return a uv-like lock of a and b, by the addresses that the index has."""
    locked = lock(environment, record_urls=True).lock
    text = 'lock-version = "1.0"\ncreated-by = "uv"\n'
    for package in locked.packages:
        (wheel,) = package.wheels
        hashes = digests or {"sha256": wheel.sha256}
        listed = ", ".join(f'{name} = "{digest}"' for name, digest in hashes.items())
        text += f'[[packages]]\nname = "{package.name}"\nversion = "{package.version}"\n'
        text += f'wheels = [{{ url = "http://index.invalid/{wheel.file}", '
        text += "upload-time = 2026-01-01T00:00:00Z, "
        text += f"hashes = {{ {listed} }} }}]\n"
    path = environment.repository / "uv.toml"
    path.write_text(text)
    return read_foreign(path)


def pinned_lock(environment: Environment, index: Index, *more: str) -> Foreign | Wishes:
    """Return a lock of another tool with every wheel that the index has, and packages besides."""
    lines = ['lock-version = "1.0"', 'created-by = "uv"']
    for path, content in index.server.files.items():
        if path.endswith(".whl") and "installer" not in path:
            name, version = path.removeprefix("/files/").split("-")[:2]
            digest = hashlib.sha256(content).hexdigest()
            wheel = f'url = "http://index.invalid{path}", hashes = {{ sha256 = "{digest}" }}'
            lines += ["[[packages]]", f'name = "{name}"', f'version = "{version}"']
            lines += [f"wheels = [{{ {wheel} }}]"]
    file = environment.repository / "uv.toml"
    file.write_text("\n".join([*lines, *(more or ("packages = []",))]))
    return read_foreign(file)


def empty(environment: Environment) -> None:
    text = environment.spec_path.read_text()
    environment.spec_path.write_text(text.partition("dependencies")[0] + "dependencies = []\n")
