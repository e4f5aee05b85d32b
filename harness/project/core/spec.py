"""An environment as a person writes it: env.toml as a value that is valid from birth."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name

from harness.documents.table import Table
from harness.host.core.architecture import ARCHITECTURES
from harness.image.core.spec import ImageSpec, decode_image
from harness.shadow.core.spec import ShadowSpec, decode_shadow
from harness.verify.core.benign import Benign, decode_benign


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """Where the interpreter and the shared libraries come from."""

    name: str
    python: str
    suites: tuple[str, ...]


BASES = {
    base.name: base
    for base in (
        Base(
            name="debian:bookworm",
            python="3.11",
            suites=("bookworm", "bookworm-updates", "bookworm-security"),
        ),
        Base(
            name="debian:trixie",
            python="3.13",
            suites=("trixie", "trixie-updates", "trixie-security"),
        ),
    )
}
"""Every base there is, by its name in env.toml."""

_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_CHECK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_MISTAKES = (
    (
        re.compile(r"://|^[./~]|\.(whl|tar\.gz|zip)$"),
        "name a package of an index",
    ),
    (re.compile(r"=[<>]"), "write >= or <="),
    (re.compile(r"(?<![=<>!~])=(?!=)"), "write == for a version"),
)
"""What people write in place of a requirement, and what they may have meant."""
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What `harness test` runs besides importing the declared dependencies and `pip check`."""

    imports: tuple[str, ...]
    skip_imports: tuple[str, ...]
    commands: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvSpec:
    """env.toml, decoded; docs/env-toml.md says what each key means."""

    python: str
    base: Base
    targets: tuple[str, ...]
    dependencies: tuple[str, ...]
    debian_packages: tuple[str, ...]
    suites: tuple[str, ...]
    exclude_newer: str | None
    collisions: Mapping[str, str]
    checks: Checks
    copied: tuple[str, ...] = ()
    benign: tuple[Benign, ...] = ()
    image: ImageSpec | None = None
    shadow: ShadowSpec | None = None


def decode_spec(document: Mapping[str, Any], where: str) -> EnvSpec:
    """Decode a parsed env.toml; `where` is the file as errors should name it.

    Raises:
        InputError: names the key path, what was found and what was expected.

    """
    table = Table(document, where)
    base = _base(table)
    spec = EnvSpec(
        python=_python(table, base),
        base=base,
        targets=_chosen(table, "targets", tuple(ARCHITECTURES), ("x86_64-linux",)),
        dependencies=table.mapped("dependencies", parse_requirement),
        debian_packages=tuple(sorted(set(table.mapped("debian-packages", _debian_package, ())))),
        suites=_chosen(table, "suites", base.suites, base.suites),
        exclude_newer=_moment(table, "exclude-newer"),
        collisions=_collisions(table.table("collisions")),
        checks=_checks(table.table("checks")),
        copied=_copied(table.table("links")),
        benign=decode_benign(table.tables("benign") if "benign" in table else []),
        image=decode_image(table.table("image")) if "image" in table else None,
        shadow=decode_shadow(table.table("shadow")) if "shadow" in table else None,
    )
    table.finish()
    return spec


def spec_sha256(spec: EnvSpec) -> str:
    """Return the hash of what determines the lock, so that a stale lock is told without network.

    Collisions, links, checks and the image are not part of it, for Nix reads them from env.toml
    itself; nor are benign differences and the shadow comparison, for nothing is built from them.
    """
    return hashlib.sha256(json.dumps(determining(spec), sort_keys=True).encode()).hexdigest()


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
    }


def _base(table: Table) -> Base:
    name = table.text("base")
    if name not in BASES:
        raise table.error("base", f"no base {name!r}; there are {', '.join(BASES)}")
    return BASES[name]


def _python(table: Table, base: Base) -> str:
    version = table.text("python")
    if version != base.python:
        found = f"{base.name} has Python {base.python}, not {version!r}"
        raise table.error("python", f"{found}; {_way_on(version, base)}")
    return version


def _way_on(version: str, base: Base) -> str:
    """Say which Python may stand there, or with which base."""
    if version.startswith(f"{base.python}."):
        return f"write {base.python}: the base decides about the rest"
    others = [f'base = "{one.name}"' for one in BASES.values() if one.python == version]
    known = ", ".join(f"{one.name} {one.python}" for one in BASES.values())
    return f"{others[0]} has it" if others else f"there are {known}"


def _chosen(
    table: Table, key: str, known: tuple[str, ...], default: tuple[str, ...]
) -> tuple[str, ...]:
    values = table.texts(key, default)
    for index, value in enumerate(values):
        if value not in known:
            raise table.error(f"{key}[{index}]", f"{value!r} is none of {', '.join(known)}")
    if not values:
        raise table.error(key, f"empty; name at least one of {', '.join(known)}")
    return tuple(value for value in known if value in values)


def parse_requirement(text: str) -> str:
    """Return a PEP 508 requirement in packaging's spelling.

    Raises:
        ValueError: it is none, or names an address instead of versions.

    """
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        problem = str(error).splitlines()[0]
        hints = (f"; {hint}" for pattern, hint in _MISTAKES if pattern.search(text))
        raise ValueError(f"not a PEP 508 requirement: {problem}{next(hints, '')}") from error
    except RecursionError as error:
        raise ValueError("its marker is nested too deeply") from error
    if requirement.url:
        raise ValueError("a requirement by URL is not locked by version; use an index")
    return str(requirement)


def join(declared: Requirement, added: Requirement) -> Requirement:
    """Return the added requirement with the extras of the declared one, and its versions if none.

    Both are of one package and one marker.
    """
    joined = Requirement(str(added if added.specifier else declared))
    joined.extras = declared.extras | added.extras
    return joined


def _debian_package(text: str) -> str:
    if not _PACKAGE.fullmatch(text):
        raise ValueError("not the name of a Debian package")
    return text


def _moment(table: Table, key: str) -> str | None:
    if key not in table:
        return None
    text = table.text(key)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        is_a_time = False
    else:
        is_a_time = _RFC_3339.fullmatch(text) is not None
    if not is_a_time:
        raise table.error(key, f"{text!r} is not a time like 2026-11-20T00:00:00Z")
    return text


def _collisions(table: Table) -> Mapping[str, str]:
    chosen = {}
    for path in table.names():
        parts = path.split("/")
        if not all(parts) or {".", ".."} & set(parts):
            raise table.error(f"{path!r}", "not a path inside the environment")
        chosen[path] = canonicalize_name(table.text(path))
    return chosen


def _copied(table: Table) -> tuple[str, ...]:
    copied = table.mapped("copy", _package_name, ())
    table.finish()
    return copied


def _package_name(text: str) -> str:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName as error:
        raise ValueError("not the name of a package") from error


def _checks(table: Table) -> Checks:
    commands = table.table("commands")
    for name in commands.names():
        if not _CHECK_NAME.fullmatch(name):
            raise commands.error(repr(name), "a check's name has letters, digits, - and _ only")
    checks = Checks(
        imports=table.texts("imports", ()),
        skip_imports=table.texts("skip-imports", ()),
        commands={name: commands.text(name) for name in commands.names()},
    )
    table.finish()
    return checks
