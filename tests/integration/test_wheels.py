"""Wheels become outputs, and outputs one environment, by the real builders in the real sandbox."""

import base64
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.host import process
from harness.store import builds, nix
from harness.store.core.building import Realised
from tests.integration.conftest import ROOT, Shipped

pytestmark = [pytest.mark.nix, pytest.mark.network]

_LIBRARY = ROOT / "harness/nix"


@dataclass(frozen=True)
class Wheel:
    """A wheel of a test: a distribution and its files, with a RECORD that names them."""

    name: str
    files: dict[str, str]
    scripts: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return f"{self.name}-1-py3-none-any.whl"

    def content(self) -> bytes:
        info = f"{self.name}-1.dist-info"
        entry_points = "".join(f"{name} = {where}\n" for name, where in self.scripts.items())
        members = {
            **self.files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {self.name}\nVersion: 1\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": f"[console_scripts]\n{entry_points}",
        }
        record = [f"{path},{_digest(text)},{len(text)}" for path, text in members.items()]
        members[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"])
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for path, text in members.items():
                archive.writestr(zipfile.ZipInfo(path), text)
        return buffer.getvalue()


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return f"sha256={base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


@dataclass(frozen=True)
class Workshop:
    """Builds wheels and environments of wheels on the demo's base."""

    base: Path
    directory: Path

    def environment(self, *wheels: Wheel, **collisions: str) -> Realised:
        """Build an environment; the output's path is on stdout if it could be built."""
        for wheel in wheels:
            self.add(wheel.file, wheel.content())
        packages = [
            {
                "name": wheel.name,
                "version": "1",
                "file": wheel.file,
                "sha256": hashlib.sha256(wheel.content()).hexdigest(),
            }
            for wheel in wheels
        ]
        return self.build(packages, collisions)

    def add(self, name: str, content: bytes) -> None:
        """Put a file into the store as `harness fetch` does."""
        (self.directory / name).write_bytes(content)
        nix.add_fixed([self.directory / name])

    def build(self, packages: list[dict[str, str]], collisions: dict[str, str]) -> Realised:
        """Build an environment of packages whose wheels are in the store."""
        arguments = self.directory / "arguments.json"
        arguments.write_text(json.dumps({"packages": packages, "collisions": collisions}))
        expression = self.directory / "environment.nix"
        expression.write_text(
            f"""
            let
              given = builtins.fromJSON (builtins.readFile {arguments});
              serving = import {_LIBRARY}/entry.nix {{
                environments = "{ROOT}/envs";
                name = "serving";
              }};
              common = {{
                inherit (serving) base;
                python = "3.11";
                system = builtins.currentSystem;
              }};
            in
            import {_LIBRARY}/environment.nix (common // {{
              name = "a";
              inherit (given) collisions;
              wheels = map (package: import {_LIBRARY}/wheel.nix (common // {{
                inherit package;
                inherit (serving) installer;
              }})) given.packages;
            }})
            """
        )
        (top,) = process.check(
            ["nix-instantiate", *nix.options(), str(expression)], env=nix.environment()
        ).split()
        return builds.realise([top])


@pytest.fixture
def workshop(serving: Shipped, tmp_path: Path) -> Workshop:
    return Workshop(base=serving.base, directory=tmp_path)


def _built(realised: Realised) -> Path:
    assert realised.status == 0, realised.said
    (path,) = realised.paths
    return Path(path)


def test_namespace_packages_of_two_wheels_merge(workshop: Workshop) -> None:
    one = Wheel("one", {"space/one/__init__.py": "x = 1\n", "space/plain1.py": "y = 1\n"})
    two = Wheel("two", {"space/two/__init__.py": "x = 2\n", "space/plain2.py": "y = 2\n"})
    tree = _built(workshop.environment(one, two))
    program = (
        "import space.one, space.two, space.plain1, space.plain2; print(space.one.x, space.two.x)"
    )
    assert process.check([f"{tree}/bin/python", "-c", program], env={}).split() == ["1", "2"]
    cached = tree / "lib/python3.11/site-packages/space/__pycache__"
    assert {path.name.partition(".")[0] for path in cached.iterdir()} == {"plain1", "plain2"}


def test_byte_code_is_used_and_names_the_environments_source(workshop: Workshop) -> None:
    one = Wheel("fails", {"fails.py": "def f():\n    raise ValueError\n"})
    tree = _built(workshop.environment(one))
    program = "import fails; print(fails.__cached__); fails.f()"
    completed = process.run([f"{tree}/bin/python", "-v", "-c", program], env={})
    source = f"{tree}/lib/python3.11/site-packages/fails.py"
    assert f'File "{source}", line 2, in f' in completed.stderr
    assert "matches" in completed.stderr
    assert Path(completed.stdout.strip()).exists()


def test_two_wheels_with_different_bytes_for_one_path_are_an_error(workshop: Workshop) -> None:
    one, two = Wheel("one", {"same.py": "x = 1\n"}), Wheel("two", {"same.py": "x = 2\n"})
    completed = workshop.environment(one, two)
    assert completed.status != 0
    (failed,) = completed.failed
    said = nix.read_log(failed.derivation or "")
    assert "lib/python3.11/site-packages/same.py: one and two bring different files" in said
    assert '"lib/python3.11/site-packages/same.py" = "one"' in said


@pytest.mark.parametrize(("owner", "value"), [("one", "1"), ("two", "2")])
def test_env_toml_chooses_whose_file_it_is(workshop: Workshop, owner: str, value: str) -> None:
    one, two = Wheel("one", {"same.py": "x = 1\n"}), Wheel("two", {"same.py": "x = 2\n"})
    chosen = {"lib/python3.11/site-packages/same.py": owner}
    tree = _built(workshop.environment(one, two, **chosen))
    program = "import same; print(same.x)"
    assert process.check([f"{tree}/bin/python", "-c", program], env={}).strip() == value


def test_the_same_bytes_from_two_wheels_are_no_collision(workshop: Workshop) -> None:
    one, two = Wheel("one", {"same.py": "x = 1\n"}), Wheel("two", {"same.py": "x = 1\n"})
    assert (_built(workshop.environment(one, two)) / "bin/python").exists()


def test_a_choice_that_settles_nothing_is_an_error(workshop: Workshop) -> None:
    completed = workshop.environment(Wheel("one", {"a.py": ""}), **{"lib/x.py": "one"})
    assert completed.status != 0
    assert "'lib/x.py' is not brought by two packages" in completed.said


def test_scripts_start_with_the_environments_interpreter(workshop: Workshop) -> None:
    said = "import sys\ndef main():\n    print(sys.prefix)\n"
    tree = _built(workshop.environment(Wheel("tool", {"tool.py": said}, {"say": "tool:main"})))
    assert process.check([f"{tree}/bin/say"], env={}).strip() == str(tree)


@pytest.mark.parametrize(
    "path",
    ["../outside.py", "/tmp/outside.py", "a/../../../../../outside.py"],  # noqa: S108
)
def test_a_wheel_that_reaches_outside_does_not_build(workshop: Workshop, path: str) -> None:
    completed = workshop.environment(Wheel("hostile", {path: "x = 1\n"}))
    assert completed.status != 0
    assert not Path("/tmp/outside.py").exists()  # noqa: S108


@pytest.mark.parametrize("keep", [0, 30, 300])
def test_a_truncated_wheel_does_not_build(workshop: Workshop, keep: int) -> None:
    wheel = Wheel("cut", {"cut.py": "x = 1\n" * 200})
    content = wheel.content()[:keep] or b"\0"
    workshop.add(wheel.file, content)
    sha256 = hashlib.sha256(content).hexdigest()
    package = {"name": "cut", "version": "1", "file": wheel.file, "sha256": sha256}
    assert workshop.build([package], {}).status != 0


def test_a_wheel_without_its_record_does_not_build(workshop: Workshop) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("bare-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: bare\n")
    workshop.add("bare-1-py3-none-any.whl", buffer.getvalue())
    sha256 = hashlib.sha256(buffer.getvalue()).hexdigest()
    package = {"name": "bare", "version": "1", "file": "bare-1-py3-none-any.whl", "sha256": sha256}
    assert workshop.build([package], {}).status != 0
