"""An environment with one package a version on: what a team's next release is."""

import base64
import hashlib
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

from harness.host.processors import current_system
from harness.lock.core.layers import partition
from harness.lock.core.pylock import decode_lock, encode_lock
from harness.lock.core.required import required
from harness.lock.read import read_lock
from harness.project.repository import Environment
from harness.store import nix


def moved(environment: Environment, package: str, directory: Path) -> Environment:
    """Copy an environment below `directory` and move a package; its new wheel is in the store."""
    copy = Environment(environment.name, directory / "envs" / environment.name, directory)
    shutil.copytree(environment.directory, copy.directory)
    wheel = _wheel(environment, package)
    old = _file_name(wheel).split("-")[1]
    new = f"{old}.1"
    repacked = directory / _file_name(wheel).replace(f"-{old}-", f"-{new}-", 1)
    _repack(wheel, repacked, old, new)
    nix.add_fixed([repacked])
    _lock(copy.lock_path, package, wheel, repacked, (old, new))
    return copy


def _wheel(environment: Environment, package: str) -> Path:
    needs = required(read_lock(environment), [current_system()])
    prefix = f"{package.replace('-', '_')}-"
    (path,) = (path for need in needs if _file_name(path := Path(need.path)).startswith(prefix))
    return path


def _file_name(path: Path) -> str:
    """Return a file's name without the store's hash."""
    return path.name.partition("-")[2]


def _repack(wheel: Path, new_wheel: Path, old: str, new: str) -> None:
    """Write the wheel again with another version, modules that say so, and its own RECORD."""
    before, after = f"-{old}.dist-info/", f"-{new}.dist-info/"
    rows, record = list[str](), ""
    with zipfile.ZipFile(wheel) as read, zipfile.ZipFile(new_wheel, "w") as to:
        for entry in read.infolist():
            name, data = entry.filename.replace(before, after), read.read(entry)
            if name.endswith(f"{after}RECORD"):
                record = name
                continue
            if name.endswith(f"{after}METADATA"):
                data = data.replace(f"\nVersion: {old}\n".encode(), f"\nVersion: {new}\n".encode())
            elif name.count("/") == 1 and name.endswith("/__init__.py"):
                data += f"\n# {new}\n".encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(data)}")
            to.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        to.writestr(record, "\n".join([*rows, f"{record},,"]) + "\n")


def _lock(path: Path, package: str, old: Path, new: Path, versions: tuple[str, str]) -> None:
    """Write another version, file, size and hash into the lock, by its text; then its layers."""
    text = path.read_text().replace(_file_name(old), new.name)
    changes = {
        rf'(name = "{package}"\nversion = )"{re.escape(versions[0])}"': rf'\g<1>"{versions[1]}"',
        rf'("{re.escape(new.name)}"\nsize = )\d+': rf"\g<1>{new.stat().st_size}",
        _sha256(old): _sha256(new),
    }
    for pattern, replacement in changes.items():
        text, count = re.subn(pattern, replacement, text)
        assert count == 1, pattern
    lock = decode_lock(text.encode(), path.name)
    sizes = {each.name: wheel.size for each in lock.packages for wheel in each.wheels}
    targets = {
        system: replace(target, layers=partition(sizes, target.layers, [package]))
        for system, target in lock.targets.items()
    }
    path.write_bytes(encode_lock(replace(lock, targets=targets)))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
