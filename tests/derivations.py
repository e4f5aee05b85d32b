"""Small derivations in the machine's own store, built by its shell and told apart by run.

Each test has paths of its own, so it may tamper with them.
"""

import re
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.host.processors import current_system
from harness.store import builds, nix
from harness.store.derivations import read_derivation

_LOADERS = {
    "x86_64-linux": "/lib64/ld-linux-x86-64.so.2",
    "aarch64-linux": "/lib/ld-linux-aarch64.so.1",
}
_PROGRAMS = ("/bin/sh", "/bin/mkdir", "/bin/cat")
_EXPRESSION = """
{ tools, script, outputs, run, system }:
let path = builtins.storePath tools; in
rec {
  it = derivation {
    name = "harness-test";
    inherit system run;
    outputs = builtins.filter builtins.isString (builtins.split " " outputs);
    builder = "${path}/loader";
    args = [ "--library-path" path "${path}/sh" "-euc" script ];
    mkdir = "${path}/loader --library-path ${path} ${path}/mkdir";
  };
  floating = derivation {
    name = "harness-test";
    inherit system run;
    __contentAddressed = true;
    outputHashMode = "recursive";
    outputHashAlgo = "sha256";
    builder = "${path}/loader";
    args = [ "--library-path" path "${path}/sh" "-euc" script ];
  };
  above = derivation {
    name = "harness-test-above";
    inherit system it;
    builder = "${path}/loader";
    args = [ "--library-path" path "${path}/sh" "-euc" "echo $it > $out" ];
  };
}
"""

UNSTABLE = "read unique < /proc/sys/kernel/random/uuid; echo $unique"
"""Shell that prints something else each time."""
HOST_STATE = "ulimit -n"
"""Shell that prints what the test may change between builds (`resource.setrlimit`)."""


@dataclass(frozen=True)
class Derivations:
    """Instantiates and builds; `directory` holds what that needs."""

    directory: Path

    def instantiate(
        self, script: str, outputs: Sequence[str] = ("out",), attribute: str = "it"
    ) -> str:
        """Return the path of a new derivation that runs `script`."""
        file = self.directory / "test.nix"
        file.write_text(_EXPRESSION)
        arguments = {
            "tools": nix.add_fixed_directory(self._tools()),
            "script": script,
            "outputs": " ".join(outputs),
            "run": uuid.uuid4().hex,
            "system": current_system(),
        }
        (path,) = nix.instantiate(file, arguments=arguments, attributes=[attribute])
        return path

    def build(self, script: str, outputs: Sequence[str] = ("out",), attribute: str = "it") -> str:
        """Instantiate, build, and return the derivation's path."""
        path = self.instantiate(script, outputs, attribute)
        completed = builds.realise([path])
        assert completed.status == 0, completed.said
        return path

    def _tools(self) -> Path:
        tools = self.directory / "harness-test-tools"
        if not tools.exists():
            tools.mkdir()
            loader = _LOADERS[current_system()]
            (tools / "loader").write_bytes(Path(loader).read_bytes())
            for program in _PROGRAMS:
                listed = subprocess.run(
                    [loader, "--list", program], capture_output=True, text=True, check=True
                ).stdout
                for file in [program, *re.findall(r"=> (/\S+)", listed)]:
                    (tools / Path(file).name).write_bytes(Path(file).read_bytes())
            for file in tools.iterdir():
                file.chmod(0o755)
        return tools


def output(derivation: str, name: str = "out") -> Path:
    """Return where a derivation's output is."""
    return Path(read_derivation(derivation).outputs[name].path)
