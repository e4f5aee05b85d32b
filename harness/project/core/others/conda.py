"""conda's environment.yml: what it asks of conda, as far as the package index has it, and of pip.

A version that a person wrote (`numpy=1.26`, `pandas>=2,<3`) is asked of the index, too. One with a
build of conda's beside it was written by `conda env export`: the package index may not have it, so
it is kept to where it fits.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from harness.documents.table import describe
from harness.errors import InputError
from harness.project.core.others.conda_names import index_name
from harness.project.core.others.losses import Loss
from harness.project.core.others.requirements import RequirementsFile, read_requirements
from harness.render.address import redacted

UNKNOWN = (
    "conda's alone, as far as is known: `harness add` it if the package index has it, or name a "
    "package of Debian in debian-packages"
)
_NO_VERSION = "its version is none that the package index can be asked for; `harness add` it"
_NO_SPEC = "not a package of conda with a version"
_KEYS = {"variables": "set in [shell] or [image] where they are needed"}
"""What else such a file may say, and what becomes of it."""
_SPEC = re.compile(
    r"(?:[^\s:]+::?)?(?P<name>[A-Za-z0-9_.-]+)\s*(?P<rest>[^\[\]]*)(?:\[(?P<more>.*)\])?"
)
_MORE = re.compile(r"(\w+)\s*=\s*(?:'([^']*)'|\"([^\"]*)\"|([^,\s]+))")
_WITH_BUILD = re.compile(r"(?:==?\s*)?([^\s=<>!~,|]+)(?:\s*=\s*|\s+)([^\s,]+)")
_CLAUSE = re.compile(r"(==|>=|<=|!=|~=|=|>|<|)\s*([^\s=<>!~]+?)(\.?\*)?")
_PIP = "pip"
_LONGEST = 200
_MINOR = re.compile(r"\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class CondaFile:
    """What an environment.yml asks for; `python` is None where it says nothing of that.

    `versions` are kept to where they fit; `pip` is what it asks of pip, with `-r` and all.
    """

    python: SpecifierSet | None
    requirements: tuple[str, ...]
    versions: Mapping[str, str]
    pip: RequirementsFile
    losses: tuple[Loss, ...]


@dataclass(slots=True)
class _Found:
    python: SpecifierSet | None = None
    requirements: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)

    def lose(self, name: str, reason: str) -> None:
        self.losses.append(Loss(name=name, reason=reason))


def read_conda(document: Any, where: str) -> CondaFile:
    """Read a decoded environment.yml.

    Raises:
        InputError: it has no list of dependencies, or pip would not read what is for it.

    """
    listed = document.get("dependencies") if isinstance(document, Mapping) else None
    if not isinstance(listed, list):
        raise InputError(f"{where}: dependencies: expected an array, found {describe(listed)}")
    found, lines = _Found(), list[str]()
    for index, one in enumerate(listed):
        if isinstance(one, str):
            _take(one, found)
        elif isinstance(one, dict) and [*one] == [_PIP] and _is_texts(one[_PIP]):
            lines += one[_PIP]
        else:
            found.lose(f"dependencies[{index}]", "neither a package nor a list for pip")
    for key, reason in _KEYS.items():
        if document.get(key):
            found.lose(key, reason)
    return CondaFile(
        python=found.python,
        requirements=tuple(dict.fromkeys(found.requirements)),
        versions=found.versions,
        pip=read_requirements("\n".join(lines).encode(), f"{where}: pip"),
        losses=tuple(found.losses),
    )


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _take(text: str, found: _Found) -> None:
    """Take one package of conda: as a requirement, for the version of Python, or as a loss."""
    spec = _SPEC.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if spec is None:
        found.lose(redacted(text)[:80], _NO_SPEC)
        return
    name, wanted = spec["name"].lower(), _wanted(spec["rest"], spec["more"] or "")
    if wanted is None:
        found.lose(redacted(text)[:80], _NO_VERSION)
    elif name == "python":
        found.python = _minor(wanted.asked)
    elif name != _PIP:
        _require(text, name, wanted, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What versions are asked for; `exported` is the one that was there with a build."""

    asked: SpecifierSet
    exported: str = ""


def _require(text: str, name: str, wanted: _Wanted, found: _Found) -> None:
    known = index_name(name)
    if known is None:
        found.lose(redacted(text)[:80], UNKNOWN)
        return
    if wanted.exported:
        found.requirements.append(known)
        found.versions[canonicalize_name(known)] = wanted.exported
    else:
        found.requirements.append(f"{known}{wanted.asked}")


def _wanted(rest: str, more: str) -> _Wanted | None:
    """Return the versions of what stands behind a name; None if they mean nothing to the index."""
    keys = {key: one or two or three for key, one, two, three in _MORE.findall(more)}
    version, build = _apart(keys.get("version", rest.strip()))
    try:
        asked = SpecifierSet(",".join(_clause(one) for one in version.split(",")))
    except ValueError:  # what packaging raises of a specifier, too
        return None
    exact = [one.version for one in asked if one.operator == "==" and not one.version.endswith("*")]
    is_exported = bool(exact) and bool(build or keys.get("build"))
    return _Wanted(asked=asked, exported=exact[0] if is_exported else "")


def _apart(text: str) -> tuple[str, str]:
    """Return version and build: `=1.2=py_0`, `==1.2=py_0` and `1.2 py_0` have both."""
    found = _WITH_BUILD.fullmatch(text)
    return (f"=={found[1]}", found[2]) if found else (text, "")


def _clause(text: str) -> str:
    """Return one condition of a version as PEP 440 has it."""
    if text.strip() in {"", "*"}:
        return ""
    found = _CLAUSE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    operator, version, star = found.groups()
    is_prefix = operator == "=" or (star and operator in {"", "==", "!="})
    return f"{'==' if operator in {'', '='} else operator}{version}{'.*' if is_prefix else ''}"


def _minor(asked: SpecifierSet) -> SpecifierSet:
    """Return which Pythons are meant: what is exact to a patch means the minor version."""
    return SpecifierSet(
        ",".join(
            f"=={found[0]}.*" if one.operator == "==" and found else str(one)
            for one in asked
            for found in [_MINOR.match(one.version)]
        )
    )
