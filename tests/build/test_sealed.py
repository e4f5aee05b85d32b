"""Sealing changes the process that asks for it, so another one asks."""

import subprocess
import sys

import pytest

_SCRIPT = """
import os
from pathlib import Path
from harness.build.sealed import seal_store
sealed = seal_store()
flags = os.statvfs("/nix/store").f_flag if Path("/nix/store").is_dir() else 0
print(sealed, bool(flags & os.ST_RDONLY))
"""


@pytest.mark.nix
def test_a_sealed_store_is_read_only_and_what_is_not_sealed_says_so() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    sealed, read_only = done.stdout.split()
    assert sealed == "False" or read_only == "True"
