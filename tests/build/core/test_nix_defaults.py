import tomllib
from importlib.resources import files

from harness.build.core.image import Artefact, ImageSpec
from harness.build.core.nix_defaults import nix_defaults
from harness.build.core.spec import TreeSpec


def test_nix_reads_the_defaults_of_the_models() -> None:
    tree, image, artefact = TreeSpec(), ImageSpec(command=("true",)), Artefact(command="true")
    assert tomllib.loads(nix_defaults()) == {
        "collisions": tree.collisions,
        "links": {"copy": [*tree.links.copy]},
        "checks": {
            "imports": [*tree.checks.imports],
            "skip-imports": [*tree.checks.skip_imports],
            "commands": tree.checks.commands,
            "tests": tree.checks.tests,
            "notebooks": tree.checks.notebooks,
        },
        "notebook": {"inputs": []},
        "image": {
            "user": image.user,
            "working-directory": image.working_directory,
            "environment": image.environment,
            "ports": [*image.ports],
            "labels": image.labels,
            "files": image.files,
            "artefacts": image.artefacts,
            "read-only": image.read_only,
            "shells": image.shells,
            "writable": [*image.writable],
        },
        "artefact": {"inputs": [*artefact.inputs]},
    }


def test_the_file_beside_the_library_is_that_text() -> None:
    assert (files("harness") / "nix" / "defaults.toml").read_text() == nix_defaults()
