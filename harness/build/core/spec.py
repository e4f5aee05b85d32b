"""What env.toml says of the tree of an environment and of its checks; Nix reads it there.

None of it influences the lock.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from harness.documents.key import Key, Keys, Parsed, Said, matching
from harness.project.core.spec import package_name
from harness.project.core.within import InputPath

_CHECK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def _inside(path: str) -> str:
    parts = path.split("/")
    if not all(parts) or {".", ".."} & set(parts):
        raise ValueError("not a path inside the environment")
    return path


_CheckName = Annotated[
    str, matching(_CHECK_NAME, "a check's name has letters, digits, - and _ only")
]
_Package = Annotated[str, Parsed(package_name)]
_Inside = Annotated[str, Parsed(_inside)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Links(Keys):
    """Which files of an environment are not links to the packages that bring them."""

    copy: Annotated[
        tuple[_Package, ...],
        Key(
            "Packages whose files are copied into the environment. Others are linked: a directory "
            "where one package alone brings it, else each file; so a path that is resolved "
            "(`os.path.realpath(__file__)`) leads to the package's own output, where its "
            "neighbours are not. An image holds a copied package twice. Does not influence the "
            "lock.",
            ["zope-interface"],
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Keys):
    """A command that sees files of the repository."""

    command: Annotated[
        Said,
        Key(
            "A bash command line that must end with status 0. It runs in the highest directory "
            "that `inputs` lead up to: with `../../tests`, that is the repository's root.",
            "pytest tests",
        ),
    ]
    inputs: Annotated[
        tuple[InputPath, ...],
        Key(
            "Files and directories of the repository that the command sees, as copies that it may "
            "change, at the places where they are to each other. They are named relative to "
            "env.toml. Caches of Python, pytest, mypy and ruff are left out.",
            ["../../src", "../../tests"],
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook(Keys):
    """A notebook whose cells must run to the end."""

    notebook: Annotated[
        InputPath,
        Key(
            "A notebook of the repository, relative to env.toml. Its cells run in order, in its "
            "own directory; it is kept as it is then, also if a cell fails. The environment has "
            "to have `nbclient` and `ipykernel`.",
            "../../report.ipynb",
        ),
    ]
    inputs: Annotated[
        tuple[InputPath, ...],
        Key("Files and directories that it reads, as those of a test.", ["../../data"]),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks(Keys):
    """What `harness test` runs besides importing the declared dependencies and `pip check`."""

    imports: Annotated[
        tuple[str, ...],
        Key(
            "Modules that `harness test` imports besides the outermost modules of the "
            "dependencies, each in a process of its own.",
            ["mlserver.cli"],
        ),
    ] = ()
    skip_imports: Annotated[
        tuple[str, ...], Key("Modules that are not imported, with what is in them.", ["uv"])
    ] = ()
    commands: Annotated[
        Mapping[_CheckName, str],
        Key(
            "Commands that must end with status 0, each in a sandbox with the environment on "
            "PATH, an empty home and no network. There are bash, as `sh` too, and Python, but "
            "neither /bin/sh nor coreutils, unless `debian-packages` names those.",
            {"smoke": "python -c 'import sklearn'"},
            kind="table: name -> bash command line",
        ),
    ] = field(default_factory=dict)
    tests: Annotated[
        Mapping[_CheckName, Test],
        Key(
            "Commands that see files of the repository, and otherwise run as `commands` do.",
            {"unit": {"command": "pytest tests", "inputs": ["../../src", "../../tests"]}},
            kind="table: name -> command and inputs",
        ),
    ] = field(default_factory=dict)

    notebooks: Annotated[
        Mapping[_CheckName, Notebook],
        Key(
            "Notebooks that must run to their end. `harness test --keep DIR` copies them, as they "
            "are then.",
            {"report": {"notebook": "../../report.ipynb", "inputs": ["../../data"]}},
            kind="table: name -> notebook and inputs",
        ),
    ] = field(default_factory=dict)

    @property
    def sources(self) -> list[tuple[str, str]]:
        """The key of each path relative to the environment's directory, and the path."""
        return [
            (f"checks.tests.{name}.inputs", path)
            for name, test in self.tests.items()
            for path in test.inputs
        ] + [
            (f"checks.notebooks.{name}", path)
            for name, one in self.notebooks.items()
            for path in (one.notebook, *one.inputs)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeSpec(Keys):
    """The keys of env.toml that say how what is locked is put together, and is checked."""

    collisions: Annotated[
        Mapping[_Inside, _Package],
        Key(
            "Where two wheels bring different files for one path of the environment: whose it is. "
            "A directory that is given to a package holds nothing of those that bring other files "
            "there. `bin/python` and the like can only be given to `python`, the interpreter. Does "
            "not influence the lock.",
            {
                "bin/tool": "some-package",
                "lib/python3.11/site-packages/cv2": "opencv-python-headless",
            },
            kind="table: path -> package",
        ),
    ] = field(default_factory=dict)
    links: Links = Links()
    checks: Checks = Checks()
