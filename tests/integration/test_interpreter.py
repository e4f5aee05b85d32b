"""A base whose Python is none of Debian's: an archive, closed with the packages around it.

The archive is made here, of Debian's own interpreter; python-build-standalone's was not tried.
"""

import hashlib
import json
from pathlib import Path

import pytest

from harness.host import process
from harness.host.processors import current_system
from harness.lock.core.pylock import decode_lock
from harness.store import nix
from harness.store.core import storepath
from tests.integration.conftest import ROOT, Shipped
from tests.interpreters import archive

pytestmark = pytest.mark.nix

_OWN = (
    "python3.11",
    "python3.11-minimal",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
    "python3-pip-whl",
    "python3.11-venv",
)
_GONE = (*_OWN, "libpython3.11")
_PROGRAM = """import ctypes, glob, sqlite3, ssl, sys, zoneinfo
print(sys.base_prefix)
print(ssl.get_default_verify_paths().cafile)
print(len(glob.glob(f"{sys.base_prefix}/share/python-wheels/pip-*.whl")))
zoneinfo.ZoneInfo("Europe/Paris")
"""
_BASE = """let
  lock = builtins.fromTOML (builtins.readFile {lock});
  target = lock.tool.harness.targets.{system};
  left = builtins.filter (deb: !(builtins.elem deb.package {gone})) target.debs;
  base = import {root}/harness/nix/base.nix;
in base {{
  system = "{system}";
  target = target // {{
    debs = left;
    interpreter = {{ file = "{file}"; sha256 = "{sha256}"; }};
  }};
}}
"""


def test_an_archive_takes_the_place_of_debians_interpreter(
    serving: Shipped, tmp_path: Path
) -> None:
    assert serving.base.exists()  # its packages are in the store
    lock, system = ROOT / "envs/serving/pylock.toml", current_system()
    debs = {d.package: d for d in decode_lock(lock.read_bytes(), "l").targets[system].debs}
    files = [debs[name].input for name in _OWN if name in debs]
    places = [Path(storepath.flat(one.store_name, one.sha256)) for one in files]
    made = archive(places, "3.11", tmp_path / "cpython-3.11.2.tar.gz")
    process.check(["nix-store", "--add-fixed", "sha256", str(made)], env=nix.environment())
    (tmp_path / "base.nix").write_text(
        _BASE.format(
            lock=lock,
            system=system,
            gone=json.dumps(_GONE).replace(",", ""),
            root=ROOT,
            file=made.name,
            sha256=hashlib.sha256(made.read_bytes()).hexdigest(),
        )
    )
    argv = ["nix-build", "--no-out-link", *nix.options(), str(tmp_path / "base.nix")]
    base = process.check(argv, env=nix.environment(), timeout=300).strip()
    said = process.check([f"{base}/usr/bin/python3.11", "-c", _PROGRAM], env={})
    assert said.splitlines() == [f"{base}/usr", f"{base}/etc/ssl/certs/ca-certificates.crt", "1"]
