"""What determines the lock of an environment, as env.toml says it."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name

from harness.documents.key import Checked, Flag, Key, Keys, Parsed, PlacedError, matching, one_of
from harness.host.core.architecture import ARCHITECTURES
from harness.project.core.addressed import Commit, addressed, commits
from harness.project.core.bases import BASES, Base, base_of, with_python
from harness.project.core.indexes import NamedIndex, twice
from harness.project.core.own import Own, Project
from harness.project.core.within import InputPath

_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_MISTAKES = (
    (
        re.compile(r"://|^[./~]|\.(whl|tar\.gz|zip)$"),
        "name a package of an index, or a wheel as NAME @ https://.../FILE.whl#sha256=HASH",
    ),
    (re.compile(r"=[<>]"), "write >= or <="),
    (re.compile(r"(?<![=<>!~])=(?!=)"), "write == for a version"),
)
"""What people write in place of a requirement, and what they may have meant."""
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)

_ADDED = frozenset(
    {"compiler-packages", "constraints", "indexes", "project", "sdists", "without-extensions"}
)
"""Keys that locks may be older than: where they say nothing, such a lock stays fresh."""


def parse_requirement(text: str) -> str:
    """Return a PEP 508 requirement in packaging's spelling.

    Raises:
        ValueError: it is none, or names an address of anything but a wheel with its hash.

    """
    requirement = read_requirement(text)
    wheel = addressed(requirement)
    if wheel and wheel.sha256 is None:
        raise ValueError(
            "a wheel by address is locked by its hash: write #sha256=HASH behind it; "
            "`harness add` computes the hash"
        )
    return str(requirement)


def read_requirement(text: str) -> Requirement:
    """Return a PEP 508 requirement.

    Raises:
        ValueError: it is none; says what may have been meant.

    """
    try:
        requirement = Requirement(text)
        str(requirement)
    except InvalidRequirement as error:
        problem = str(error).splitlines()[0]
        hints = (f"; {hint}" for pattern, hint in _MISTAKES if pattern.search(text))
        raise ValueError(f"not a PEP 508 requirement: {problem}{next(hints, '')}") from error
    except RecursionError as error:
        raise ValueError("its marker is nested too deeply") from error
    return requirement


def join(declared: Requirement, added: Requirement) -> Requirement:
    """Return the added requirement with the extras of the declared one, and its versions if none.

    Both are of one package and one marker.
    """
    joined = Requirement(str(added if added.specifier or added.url else declared))
    joined.extras = declared.extras | added.extras
    return joined


def _moment(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        is_a_time = False
    else:
        is_a_time = _RFC_3339.fullmatch(text) is not None
    if not is_a_time:
        raise ValueError("not a time like 2026-11-20T00:00:00Z")
    return text


def package_name(text: str) -> str:
    """Return the normalised name of a package.

    Raises:
        ValueError: it is none.

    """
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName as error:
        raise ValueError("not the name of a package") from error


def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))


def _targets(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError(f"empty; name at least one of {', '.join(ARCHITECTURES)}")
    return tuple(name for name in ARCHITECTURES if name in names)


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("empty; name at least one, or leave it out")
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class DependenciesFrom(Keys):
    """A pyproject.toml of the repository whose requirements are the environment's, too."""

    file: Annotated[
        InputPath, Key("The pyproject.toml, relative to env.toml.", "../../pyproject.toml")
    ]
    project: Annotated[
        Flag, Key("Whether what the project itself requires is meant.", example=False)
    ] = True
    extras: Annotated[
        tuple[str, ...], Key("Extras of the project whose requirements are meant.", ["serve"])
    ] = ()
    groups: Annotated[
        tuple[str, ...],
        Key("Dependency groups (PEP 735) whose requirements are meant.", ["dev"]),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvSpec(Keys):
    """What determines the lock: other keys of env.toml are those of who uses them."""

    base: Annotated[
        Base,
        Parsed(base_of, known=BASES),
        Key("Where the interpreter and the shared libraries come from.", "debian:bookworm"),
    ]
    python: Annotated[str, Key("The interpreter, as MAJOR.MINOR; the base must have it.", "3.11")]
    dependencies: Annotated[
        tuple[Annotated[str, Parsed(parse_requirement)], ...],
        Key(
            "What the environment is for: PEP 508 requirements; of addresses, wheels with their "
            "sha256 (`name @ https://.../name-1-py3-none-any.whl#sha256=...`) and commits of git "
            "(`name @ git+https://.../name.git@COMMIT`) alone.",
            ["pandas>=2", "scikit-learn"],
        ),
    ]
    dependencies_from: Annotated[
        tuple[DependenciesFrom, ...],
        Key(
            "Where more requirements are declared. The lock is stale when they change there.",
            [{"file": "../../pyproject.toml", "groups": ["dev"]}],
        ),
    ] = ()
    project: Project | None = None
    targets: Annotated[
        tuple[Annotated[str, one_of(ARCHITECTURES)], ...],
        Checked(_targets, {"minItems": 1}),
        Key("The platforms to lock for.", ["x86_64-linux", "aarch64-linux"]),
    ] = ("x86_64-linux",)
    debian_packages: Annotated[
        tuple[Annotated[str, matching(_PACKAGE, "not the name of a Debian package")], ...],
        Checked(_in_order),
        Key(
            "Packages of the base besides what each base has: for wheels that need a system "
            "library.",
            ["libgl1"],
        ),
    ] = ()
    suites: Annotated[
        tuple[str, ...],
        Checked(_some, {"minItems": 1}),
        Key(
            "The parts of Debian's archive that the base is taken from. Superseded packages of a "
            "-security suite leave the mirrors soon; without it a lock stays fetchable longer, "
            "and the base without security updates.",
            ["bookworm", "bookworm-updates"],
            default="every suite of the base",
        ),
    ] = ()
    exclude_newer: Annotated[
        str | None,
        Parsed(_moment, {"format": "date-time"}),
        Key("Files that were uploaded to the index later are not chosen.", "2026-11-20T00:00:00Z"),
    ] = None
    constraints: Annotated[
        tuple[InputPath, ...],
        Key(
            "Files of the repository, written as requirements files are, that say which versions "
            "of packages may be chosen, for those that are needed. Several environments may share "
            "them. The lock is stale when they change.",
            ["../../constraints.txt"],
        ),
    ] = ()
    indexes: Annotated[
        tuple[NamedIndex, ...],
        Key(
            "Package indexes besides the usual one, by name: addresses and credentials are this "
            "machine's (see [lock.md](lock.md#indexes)).",
            [{"name": "acme", "packages": ["acme-*"]}],
        ),
    ] = ()

    sdists: Annotated[
        tuple[Annotated[str, Parsed(package_name)], ...],
        Checked(_in_order),
        Key(
            "Packages that are built from their sdist, by their own backend, in the sandbox: those "
            "that have no wheel, and those whose wheel is not wanted (see "
            "[lock.md](lock.md#sdists)).",
            ["docopt", "numpy"],
        ),
    ] = ()
    compiler_packages: Annotated[
        tuple[Annotated[str, matching(_PACKAGE, "not the name of a Debian package")], ...],
        Checked(_in_order),
        Key(
            "Debian packages that sdists are compiled with, besides the compilers: headers of "
            "libraries. What is linked with is wanted in `debian-packages`, too.",
            ["libyaml-dev"],
        ),
    ] = ()
    without_extensions: Annotated[
        tuple[Annotated[str, Parsed(package_name)], ...],
        Checked(_in_order),
        Key(
            "Packages of `sdists` that may be built without the compiled extensions that their "
            "wheels have.",
            ["simplejson"],
        ),
    ] = ()

    @property
    def own(self) -> Own | None:
        """The repository's own package, as its pyproject.toml has it, once that was read."""
        return self.project if isinstance(self.project, Own) else None

    @property
    def declares_elsewhere(self) -> bool:
        """Whether other files declare some of the dependencies, or constrain them."""
        return bool(self.dependencies_from or self.project or self.constraints)

    def __post_init__(self) -> None:
        """Hold the interpreter and the suites against the base, and indexes against each other."""
        if self.python != self.base.python:
            found = f"{self.base.name} has Python {self.base.python}, not {self.python!r}"
            raise PlacedError(f"{found}; {with_python(self.python, self.base)}", "python")
        place = twice(self.indexes)
        if place is not None:
            name = self.indexes[place].name
            raise PlacedError(f"{name!r}: an index of that name stands above", "indexes", place)
        known = self.base.suites
        for index, name in enumerate(self.suites):
            if name not in known:
                raise PlacedError(f"{name!r}: none of {', '.join(known)}", "suites", index)
        chosen = tuple(name for name in known if name in (self.suites or known))
        object.__setattr__(self, "suites", chosen)

    @property
    def commits(self) -> dict[str, Commit]:
        """The packages that are named by a commit of a repository."""
        return commits(self.dependencies)

    @property
    def built(self) -> tuple[str, ...]:
        """The packages whose wheels are built: of sdists, and of commits."""
        return (*self.sdists, *(name for name in self.commits if name not in self.sdists))


def spec_sha256(spec: EnvSpec) -> str:
    """Return the hash of what determines the lock, so that a stale lock is told without network."""
    facts = {key: value for key, value in determining(spec).items() if value or key not in _ADDED}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def determining(spec: EnvSpec) -> dict[str, Any]:
    """Return what determines the lock, by the keys of env.toml."""
    return {
        "python": spec.python,
        "base": spec.base.name,
        "targets": sorted(spec.targets),
        "dependencies": sorted(spec.dependencies),
        "debian-packages": spec.debian_packages,
        "suites": spec.suites,
        "exclude-newer": spec.exclude_newer,
        "constraints": sorted(spec.constraints),
        "indexes": [f"{one.name}: {', '.join(one.packages)}" for one in spec.indexes],
        "sdists": spec.sdists,
        "compiler-packages": spec.compiler_packages,
        "without-extensions": spec.without_extensions,
        "project": [spec.own.name, *sorted(spec.own.requires)] if spec.own else [],
    }
