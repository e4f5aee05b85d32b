"""How long `harness diff` takes and how much memory, against diffoscope on the same trees.

Usage: ci/bench diff. Makes two trees of about 280 MB with 5 differing files, two equal ones of 600
MB, and two graphs of 300 derivations with a changed leaf. diffoscope is run if it is installed
(apt-get install diffoscope-minimal).
"""

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_HARNESS = [sys.executable, "-m", "harness", "diff"]
_GRAPH = """
{ flag }:
let
  leaf = derivation {
    name = "leaf"; system = builtins.currentSystem; builder = "/bin/sh"; inherit flag;
  };
  level = n: if n == 0 then leaf else derivation {
    name = "level-${toString n}"; system = builtins.currentSystem; builder = "/bin/sh";
    input = level (n - 1);
  };
in level 299
"""


def main() -> None:
    """Print a line a measurement: seconds, MB of memory at most, exit status."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        pair = [str(_tree(directory / side, 280, different=side == "b")) for side in "ab"]
        _measure("280 MB, 5 files differ", [*_HARNESS, *pair])
        equal = [str(_tree(directory / side, 600)) for side in "cd"]
        _measure("600 MB, the same", [*_HARNESS, *equal])
        graph = directory / "graph.nix"
        graph.write_text(_GRAPH)
        tops = [
            subprocess.check_output(
                ["nix-instantiate", str(graph), "--argstr", "flag", flag],
                text=True,
                stderr=subprocess.DEVNULL,
            ).strip()
            for flag in ("-O2", "-O3")
        ]
        _measure("300 derivations, the leaf changed", [*_HARNESS, *tops])
        if shutil.which("diffoscope"):
            _measure("diffoscope, 280 MB", ["diffoscope", "--text", os.devnull, *pair])


def _tree(root: Path, megabytes: int, *, different: bool = False) -> Path:
    """Write files of many sizes, the same each time; in five of them a byte may be another."""
    count, written = 0, 0
    while written < megabytes * 10**6:
        size = 300 * (1 + count % 997) if count % 10 else 600_000
        block = hashlib.sha256(str(count).encode()).digest()
        content = bytearray((block * (size // 32 + 1))[:size])
        if different and count in {10, 200, 400, 800, 1000}:
            content[size // 2] ^= 1
        file = root / f"d{count % 37}" / f"f{count}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        count, written = count + 1, written + size
    return root


def _measure(title: str, argv: Sequence[str]) -> None:
    started = time.perf_counter()
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    output = running.stdout.read() if running.stdout else ""
    _, status, usage = os.wait4(running.pid, 0)
    seconds = time.perf_counter() - started
    lines = output.splitlines()
    print(f"{title}: {seconds:.2f} s, {usage.ru_maxrss / 1000:.0f} MB, exit {status >> 8}")
    print("".join(f"    {line[:110]}\n" for line in lines[:6]), end="", flush=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
