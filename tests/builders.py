"""The builders' scripts, run by this machine's Python as Nix runs them by the base's."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BUILDERS = Path(__file__).parents[1] / "harness/nix/builders"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
SITE_PACKAGES = f"lib/python{VERSION}/site-packages"


@dataclass(frozen=True)
class Workbench:
    """A directory with a base, which is this machine's Python, and what the builders make."""

    directory: Path

    @property
    def base(self) -> Path:
        """The base: its interpreter is ours."""
        base = self.directory / "base"
        if not base.exists():
            (base / "usr/bin").mkdir(parents=True)
            (base / f"usr/bin/python{VERSION}").symlink_to(sys.executable)
            (base / "bin").mkdir()
            (base / "bin/bash").symlink_to("/bin/bash")
        return base

    def wheel(self, wheel: Path, name: str = "out") -> subprocess.CompletedProcess[str]:
        """Unpack a wheel; the output is below `name`."""
        program = "from harness.nix.builders.wheel import main; main()"
        return self._run(
            ["-c", program],
            name,
            wheel=str(wheel),
            file=wheel.name,
        )

    def environment(
        self,
        wheels: Mapping[str, Mapping[str, str | bytes]],
        collisions: Mapping[str, str] | None = None,
        copied: tuple[str, ...] = (),
    ) -> subprocess.CompletedProcess[str]:
        """Merge outputs of wheels, each given as package -> path -> content, into `environment`."""
        given = {
            "wheels": " ".join(str(self._output(name, files)) for name, files in wheels.items()),
            "collisions": json.dumps(collisions or {}),
            "copied": json.dumps(copied),
        }
        paths = {}
        for name, text in given.items():
            (self.directory / name).write_text(text)
            paths[f"{name}Path"] = str(self.directory / name)
        return self._run([str(BUILDERS / "environment.py")], "environment", **paths)

    def backend(self, source: Path, **given: str) -> subprocess.CompletedProcess[str]:
        """Make a wheel of a source tree below `built`, by an interpreter that has no wheels."""
        environment = self.directory / "backend"
        (environment / "bin").mkdir(parents=True)
        (environment / "bin/python").symlink_to(sys.executable)
        known = {"directory": ".", "hook": "build_wheel", "config": "{}", "version": "1"}
        known |= {"extensions": "", "place": str(self.directory / "place")}
        return self._run(
            [str(BUILDERS / "backend.py")],
            "built",
            source=str(source),
            package="own",
            hooks=str(BUILDERS / "hooks.py"),
            editable=str(BUILDERS / "editable.py"),
            environment=str(environment),
            **{**known, "pretend": "", **given},
        )

    def check(
        self, dependencies: list[str], imports: list[str] | None = None, *skipped: str
    ) -> subprocess.CompletedProcess[str]:
        """Import what dependencies bring of `environment`; what is warned of is in `check`."""
        return self._run(
            [str(BUILDERS / "check.py")],
            "check",
            kind="imports",
            environment=str(self.directory / "environment"),
            dependencies=json.dumps(dependencies),
            imports=json.dumps(imports or []),
            skipped=json.dumps(skipped),
        )

    def command(
        self,
        line: str,
        inputs: Mapping[str, Path] | None = None,
        *,
        kind: str = "test-unit",
        directory: str = "",
        place: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Run a line of bash where inputs are, by the place of each; what is known is in `ran`."""
        return self._run(
            [str(BUILDERS / "command.py")],
            "ran",
            kind=kind,
            environment=str(self.directory / "environment"),
            line=line,
            place=place or str(self.directory),
            directory=directory,
            inputs=json.dumps({path: str(source) for path, source in (inputs or {}).items()}),
        )

    def held(self) -> subprocess.CompletedProcess[str]:
        """Hold a check by what is in `ran`; `check` leads there."""
        programs = tomllib.loads((BUILDERS.parent / "programs.toml").read_text())
        return self._run(
            [str(BUILDERS / "held.py")],
            "check",
            kind="test-unit",
            ran=str(self.directory / "ran"),
            log="/nix/store/x-run.drv",
            programs=json.dumps(programs),
        )

    def root(self, *, shells: bool) -> subprocess.CompletedProcess[str]:
        """Make what an image has outside of the store below `root`."""
        given = {"user": "app", "number": "1000", "home": "/tmp"}  # noqa: S108 - in the image
        return self._run([str(BUILDERS / "root.py")], "root", shells=str(shells).lower(), **given)

    def _output(self, name: str, files: Mapping[str, str | bytes]) -> Path:
        root = self.directory / f"{name}-1"
        info = f"{SITE_PACKAGES}/{name}-1.dist-info"
        record = "".join(f"{os.path.relpath(path, SITE_PACKAGES)},,\n" for path in files)
        own = {f"{info}/METADATA": f"Name: {name}\n", f"{info}/RECORD": record}
        for path, content in {**files, **own}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            data = content if isinstance(content, bytes) else content.encode()
            (root / path).write_bytes(data)
        return root

    def _run(
        self, script: list[str], name: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        work = self.directory / f"{name}-work"
        work.mkdir()
        return subprocess.run(
            [sys.executable, "-s", "-B", *script],
            env={
                **variables,
                "out": str(self.directory / name),
                "base": str(self.base),
                "python": VERSION,
                "TMPDIR": str(work),
                "PATH": os.environ["PATH"],
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=self.directory if "line" in variables else None,
        )


def written(path: Path, members: Mapping[str, tuple[bytes, int]]) -> Path:
    """Write an archive of contents and modes, in the order given."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (content, mode) in members.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, content)
    return path
