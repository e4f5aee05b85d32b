"""The exported functions of the Nix library, evaluated by Nix itself."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness import __version__
from harness.build.core.image import ImageSpec
from harness.build.core.spec import TreeSpec
from harness.errors import ToolError
from harness.host import process
from harness.lock.core.pylock import encode_lock
from harness.project.core.untracked import LEFT_BEHIND
from harness.store import builds, nix
from tests import locks

pytestmark = pytest.mark.nix

LIBRARY = Path(__file__).parents[2] / "harness/nix"
_SPEC = 'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'


def evaluate(expression: str) -> Any:
    """Evaluate with `harness` and `inputs` in scope."""
    scope = f"let harness = import {LIBRARY}; inputs = import {LIBRARY}/inputs.nix; in "
    argv = ["nix-instantiate", "--eval", "--strict", "--json", *nix.options()]
    text = process.check([*argv, "--expr", scope + expression], env=nix.environment())
    return json.loads(text)


@pytest.fixture
def environments(tmp_path: Path) -> Path:
    """A directory with one locked environment, one unlocked, and something else."""
    for name in ("locked", "unlocked", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "README").touch()
    for name in ("locked", "unlocked"):
        (tmp_path / name / "env.toml").write_text(_SPEC)
    (tmp_path / "locked/pylock.toml").write_bytes(encode_lock(locks.LOCK))
    return tmp_path


def instantiated(environments: Path, what: str, system: str = "x86_64-linux") -> Any:
    """Evaluate something of the locked environment's derivations."""
    return evaluate(
        f"let built = harness.instantiate ({{ name = ''locked''; system = ''{system}''; }} "
        f"// harness.read {environments}/locked); in {what}"
    )


def test_store_names_have_no_character_that_nix_forbids() -> None:
    assert evaluate('harness.storeName "a_1%3a2~b!c:d+e-1.whl"') == "a_1-3a2-b-c-d+e-1.whl"


@pytest.mark.parametrize("lock", [locks.LOCK], ids=["a lock"])
def test_store_names_are_those_that_fetch_adds_inputs_under(lock: Any) -> None:
    for package in lock.packages:
        for wheel in package.wheels:
            assert evaluate(f'harness.storeName "{wheel.file}"') == wheel.store_name


@pytest.mark.parametrize(("version", "short"), [("3.11.2", "3.11"), ("3.13.0rc1", "3.13")])
def test_major_minor(version: str, short: str) -> None:
    assert evaluate(f'harness.majorMinor "{version}"') == short


def test_names_are_the_directories_with_an_env_toml(environments: Path) -> None:
    assert evaluate(f"harness.names {environments}") == ["locked", "unlocked"]


def test_read_gives_what_a_person_and_what_harness_wrote(environments: Path) -> None:
    read = evaluate(f"harness.read {environments}/locked")
    assert read["spec"]["base"] == "debian:bookworm"
    assert read["lock"]["created-by"] == "harness"


def test_a_missing_lock_says_what_to_run(environments: Path) -> None:
    with pytest.raises(ToolError, match=r"has no pylock\.toml: run `harness lock`"):
        evaluate(f"harness.read {environments}/unlocked")


def test_chosen_wheels_are_the_targets(environments: Path) -> None:
    chosen = evaluate(
        f"let lock = (harness.read {environments}/locked).lock; in harness.chosenWheels "
        "{ inherit lock; target = lock.tool.harness.targets.x86_64-linux; }"
    )
    assert {wheel["file"] for wheel in chosen} == {*locks.LOCK.targets["x86_64-linux"].wheels}
    assert all(len(wheel["sha256"]) == 64 for wheel in chosen)


def test_an_input_has_the_path_that_nix_gives_its_hash() -> None:
    sha256 = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
    found = evaluate(f'(inputs.file {{ file = "a-1.whl"; sha256 = "{sha256}"; }}).outPath')
    argv = ["nix-store", "--print-fixed-path", "sha256", sha256, "a-1.whl"]
    assert found == process.check([*argv, *nix.options()], env=nix.environment()).strip()


def test_an_input_without_address_fails_with_the_command_that_fetches_it() -> None:
    expression = (
        f'(import {LIBRARY}/inputs.nix).file {{ file = "no-1.whl"; sha256 = "{"0" * 64}"; }}'
    )
    (drv,) = process.check(
        ["nix-instantiate", *nix.options(), "--expr", expression], env=nix.environment()
    ).split()
    completed = builds.realise([drv])
    assert completed.status != 0
    assert "run: harness fetch" in completed.said


def test_a_shell_finds_a_project_whatever_its_directories_are_called(tmp_path: Path) -> None:
    name = 'it\'s $(touch ran) "`touch ran`"'
    (tmp_path / name / "envs").mkdir(parents=True)
    (tmp_path / name / "envs/env.toml").touch()
    hook = evaluate(
        f"(import {LIBRARY}/shell.nix {{"
        'name = "a"; system = "x86_64-linux"; base = "/b"; python = "3.11"; environment = "/e";'
        f"project = {{ marker = {json.dumps(f'{name}/envs/env.toml')};"
        f"directory = {json.dumps(name)}; }}; }}).shellHook"
    ).rpartition("source ")[0]
    argv = ["bash", "-c", f'{hook}printf %s "${{HARNESS_PROJECT-none}}"']
    assert process.check(argv, cwd=tmp_path / name, env={}) == str(tmp_path / name)
    assert process.check(argv, cwd=Path("/"), env={}) == "none"
    assert [one.name for one in (tmp_path / name).iterdir()] == ["envs"]


def test_instantiate_gives_every_part(environments: Path) -> None:
    assert instantiated(environments, "builtins.attrNames built") == [
        "base",
        "checks",
        "develop",
        "developed",
        "environment",
        "inputs",
        "installer",
        "package",
        "sdists",
        "seed",
        "shell",
        "wheels",
    ]
    wheels = instantiated(environments, "map (wheel: wheel.name) built.wheels")
    assert len(wheels) == len(locks.LOCK.targets["x86_64-linux"].wheels)
    assert instantiated(environments, "builtins.attrNames built.checks") == ["imports", "pip-check"]


def test_an_sdist_is_built_where_other_packages_have_a_wheel(environments: Path) -> None:
    (environments / "locked/pylock.toml").write_bytes(encode_lock(locks.BUILDING))
    wheels = instantiated(environments, "map (wheel: wheel.name) built.wheels")
    assert wheels == sorted(wheels)
    assert "own-1" in wheels
    own = "built.sdists.own"
    names = instantiated(environments, f"map (one: one.name) (builtins.attrValues {own})")
    assert names == ["own-1-metadata", "own-1-requires", "own-1-built"]
    inputs = instantiated(environments, "map (one: one.name) built.inputs")
    assert {"own-1.tar.gz", "maker-2-py3-none-any.whl", "gcc_1.0-1_amd64.deb"} <= {*inputs}
    assert "maker-1-py3-none-any.whl" not in inputs


def test_a_commit_is_built_of_what_was_packed_of_it(environments: Path) -> None:
    drvs = []
    for lock in (locks.BUILDING, locks.BY_COMMIT):
        (environments / "locked/pylock.toml").write_bytes(encode_lock(lock))
        drvs.append(instantiated(environments, "built.sdists.own.wheel.drvPath"))
    assert drvs[0] == drvs[1]


def test_a_system_that_is_not_locked_is_named(environments: Path) -> None:
    with pytest.raises(ToolError, match="locked is not locked for riscv64-linux"):
        instantiated(environments, "built.environment.drvPath", system="riscv64-linux")


def test_the_environments_name_does_not_change_its_wheels(environments: Path) -> None:
    (environments / "locked").rename(environments / "other")
    other = evaluate(
        "map (wheel: wheel.drvPath) (harness.instantiate ({ name = ''other''; system = "
        f"''x86_64-linux''; }} // harness.read {environments}/other)).wheels"
    )
    (environments / "other").rename(environments / "locked")
    assert instantiated(environments, "map (wheel: wheel.drvPath) built.wheels") == other


def test_make_flake_has_what_is_locked_and_says_what_is_left_out(environments: Path) -> None:
    (environments / "foreign").mkdir()
    (environments / "foreign/env.toml").write_text(_SPEC)
    (environments / "foreign/pylock.toml").write_text('lock-version = "1.0"\n')
    expression = f"(import {LIBRARY}).mkFlake {{ environments = {environments}; }}"
    argv = ["nix-instantiate", "--eval", "--strict", *nix.options(), "--expr"]
    named = f"builtins.attrNames ({expression}).devShells.x86_64-linux"
    completed = process.run([*argv, named], env=nix.environment())
    assert completed.stdout.strip() == '[ "locked" ]'
    said = completed.stderr
    assert "unlocked is left out: it has no pylock.toml; run `harness lock unlocked`" in said
    assert "foreign is left out: its pylock.toml is another tool's" in said


@pytest.mark.parametrize(
    ("name", "text", "fits"),
    [
        ("harness.toml", 'requires-harness = ">=0.1.0"', True),
        ("harness.toml", 'requires-harness = ">=0.1, <1"', True),
        ("harness.toml", "record-urls = false", True),
        ("pyproject.toml", '[project]\nname = "a"', True),
        ("pyproject.toml", '[tool.harness]\nrequires-harness = ">=99"', False),
        ("harness.toml", 'requires-harness = ">=0,<0.1"', False),
    ],
)
def test_what_a_repository_requires_of_harness_holds_for_its_flake(
    tmp_path: Path, name: str, text: str, *, fits: bool
) -> None:
    (tmp_path / name).write_text(text)
    expression = f"(import {LIBRARY}).requiring {tmp_path / name} 1"
    argv = ["nix-instantiate", "--eval", *nix.options(), "--expr", expression]
    completed = process.run(argv, env=nix.environment())
    assert (completed.status == 0) is fits
    assert fits or "this repository needs harness" in completed.stderr


def test_the_library_is_of_the_version_that_ships_it() -> None:
    assert evaluate("harness.version") == __version__


def test_make_flake_has_packages_shells_and_checks(environments: Path) -> None:
    flake = evaluate(
        "builtins.mapAttrs (_: systems: builtins.mapAttrs (_: builtins.attrNames) systems) "
        f'(harness.mkFlake {{ environments = {environments}; default = "locked"; }})'
    )
    assert flake["packages"]["x86_64-linux"] == ["default", "locked"]
    assert flake["devShells"]["x86_64-linux"] == ["default", "locked"]
    assert flake["checks"]["x86_64-linux"] == ["locked-imports", "locked-pip-check"]


def test_what_env_toml_says_of_links_reaches_the_environment(environments: Path) -> None:
    with (environments / "locked/env.toml").open("a") as spec:
        spec.write('[links]\ncopy = ["numpy"]\n')
    assert instantiated(environments, "built.environment.copied") == '["numpy"]'


@pytest.mark.parametrize(
    ("inputs", "directory", "places"),
    [
        (["a.csv", "data/b"], "", ["a.csv", "data/b"]),
        (["../../tests", "../../src/own"], "envs/one", ["src/own", "tests"]),
        (
            ["a.csv", "../shared", "../../tests"],
            "envs/one",
            ["envs/one/a.csv", "envs/shared", "tests"],
        ),
        (["../shared"], "one", ["shared"]),
        ([], "", []),
    ],
)
def test_files_lie_to_each_other_as_in_the_repository(
    tmp_path: Path, inputs: list[str], directory: str, places: list[str]
) -> None:
    one = tmp_path / "envs/one"
    one.mkdir(parents=True)
    for path in inputs:
        (one / path).mkdir(parents=True)
    listed = " ".join(f'"{path}"' for path in inputs)
    found = evaluate(f"inputs.layout {{ directory = {one}; }} [ {listed} ]")
    assert found["directory"] == directory
    assert sorted(found["places"]) == sorted(found["files"]) == places
    assert all(path.startswith("/nix/store/") for path in found["files"].values())


def test_what_tools_leave_beside_files_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_a.py").write_text("")
    before = evaluate(f'inputs.source {{ directory = {tmp_path}; }} "tests"')
    (tmp_path / "tests/__pycache__").mkdir()
    (tmp_path / "tests/__pycache__/test_a.pyc").write_text("")
    assert evaluate(f'inputs.source {{ directory = {tmp_path}; }} "tests"') == before
    (tmp_path / "tests/test_b.py").write_text("")
    assert evaluate(f'inputs.source {{ directory = {tmp_path}; }} "tests"') != before


def test_what_git_does_not_track_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "tests/old").mkdir(parents=True)
    (tmp_path / "tests/old/test_a.py").write_text("")
    before = evaluate(f'inputs.source {{ directory = {tmp_path}; }} "tests"')
    (tmp_path / "tests/new").mkdir()
    for name in ("new/test_b.py", "old/test_c.py"):
        (tmp_path / "tests" / name).write_text("")
    left = '{ tests = [ "new" "old/test_c.py" ]; }'
    tree = f"{{ directory = {tmp_path}; untracked = {left}; }}"
    assert evaluate(f'inputs.source {tree} "tests"') == before


def test_both_sides_leave_out_what_tools_leave_behind() -> None:
    assert {*evaluate("inputs.leftBehind")} == LEFT_BEHIND


def test_no_address_reaches_a_derivation(environments: Path) -> None:
    arguments = {"environments": str(environments), "name": "locked", "system": "x86_64-linux"}
    tops = nix.instantiate(
        LIBRARY / "entry.nix", arguments=arguments, attributes=["environment", "shell"]
    )
    derivations = [path for path in nix.requisites(tops) if path.endswith(".drv")]
    assert len(derivations) > len(locks.LOCK.packages)
    assert [path for path in derivations if "://" in Path(path).read_text()] == []


def test_what_env_toml_does_not_say_is_as_the_models_have_it(tmp_path: Path) -> None:
    artefact = '[image.artefacts."/srv/a"]\ncommand = "true"\n'
    notebook = '[checks.notebooks.a]\nnotebook = "a.ipynb"\n'
    (tmp_path / "env.toml").write_text(f"[image]\ncommand = ['true']\n{artefact}{notebook}")
    (tmp_path / "pylock.toml").write_text("")
    found = evaluate(f"(harness.read {tmp_path}).spec")
    tree, image = TreeSpec(), ImageSpec(command=("true",))
    assert found == {
        "collisions": tree.collisions,
        "links": {"copy": [*tree.links.copy]},
        "checks": {
            "commands": tree.checks.commands,
            "imports": [*tree.checks.imports],
            "notebooks": {"a": {"notebook": "a.ipynb", "inputs": []}},
            "skip-imports": [*tree.checks.skip_imports],
            "tests": tree.checks.tests,
        },
        "image": {
            "command": ["true"],
            "user": image.user,
            "working-directory": image.working_directory,
            "environment": image.environment,
            "ports": [*image.ports],
            "labels": image.labels,
            "files": image.files,
            "artefacts": {"/srv/a": {"command": "true", "inputs": []}},
            "read-only": image.read_only,
            "shells": image.shells,
            "writable": [*image.writable],
        },
    }


def test_an_environment_without_image_has_none() -> None:
    assert "image" not in evaluate("harness.withDefaults { }")
