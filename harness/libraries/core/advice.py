"""What is missing, in words: the packages that need it, and what to add to env.toml."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.libraries.core.missing import Missing
from harness.sources.core.notice import Kind, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Debian packages by the library that each brings; which to add, and what comes with these."""

    packages: Mapping[str, str] = field(default_factory=dict)
    add: Sequence[str] = ()
    count: int = 0
    size: int = 0
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an environment lacks: `needed` by its modules; `opened` by name, if that is used."""

    needed: Sequence[Missing] = ()
    opened: Sequence[tuple[str, str]] = ()
    addition: Addition = Addition()
    unread: Sequence[tuple[str, str]] = ()


def refusal(found: Found, declared: Sequence[str], where: str) -> str:
    """Return the text of an error: what is missing, by package, and how it is mended."""
    lines = []
    for package in dict.fromkeys(one.package for one in found.needed):
        of_one = [one for one in found.needed if one.package == package]
        names = ", ".join(one.library for one in of_one)
        lines.append(f"{package} needs {names} ({of_one[0].module}), which the base does not have")
    return "\n  ".join([*lines, *_remedies(found, declared, where)])


def notices(found: Found) -> list[Notice]:
    """Return what a person should know where nothing is wrong for certain."""
    packages = found.addition.packages
    may_need = [
        Notice(kind=Kind.MAY_NEED, subject=package, detail=f"{name} (Debian: {packages[name]})")
        for package, name in found.opened
    ]
    unread = [Notice(kind=Kind.UNREAD, subject=one, detail=why) for one, why in found.unread]
    return may_need + unread


def _remedies(found: Found, declared: Sequence[str], where: str) -> list[str]:
    addition = found.addition
    if addition.unknown:
        return [f"which packages of Debian have them could not be looked up: {addition.unknown}"]
    lines = []
    wanted = [one.library for one in found.needed]
    if addition.add:
        whole = json.dumps(sorted({*declared, *addition.add}))
        extent = f"{addition.count} packages, {addition.size / 1e6:.1f} MB"
        lines.append(f"add debian-packages = {whole} to {where} ({extent})")
    if none := sorted(name for name in wanted if name not in addition.packages):
        lines.append(f"no package of Debian's suites has {', '.join(none)}")
    lines.append('what is not used: libraries.unused = ["' + wanted[0] + '"] in ' + where)
    return lines


def as_object(found: Found) -> dict[str, object]:
    """Return the facts for scripts."""
    packages = found.addition.packages
    return {
        "missing": [
            {
                "package": one.package,
                "library": one.library,
                "module": one.module,
                "file": one.by,
                "debian-package": packages.get(one.library),
            }
            for one in found.needed
        ],
        "may-need": [
            {"package": package, "library": name, "debian-package": packages.get(name)}
            for package, name in found.opened
        ],
        "add": list(found.addition.add),
        "unread": [{"package": package, "reason": why} for package, why in found.unread],
    }
