"""Names of shared libraries: as sources ask for them, and as files have them.

A `*` in a name that is asked for stands for what a source does not tell.
"""

import re
from collections.abc import Collection, Mapping

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+.-]{1,60}")
_OTHER_SYSTEMS = (".dll", ".dylib", ".framework", ".exe", ".pyd")
_SHORTEST = 4
"""Characters of a name that is not known to its end."""


def library_name(text: str) -> str:
    """Return a path or name as a library's name, at most with `*` at its end, if it is one.

    Example: `libMagickWand*.so.6` is `libMagickWand*`, `/usr/lib/libz.so.*` is `libz.so`.
    """
    name = text.rpartition("/")[2]
    stem, star, _ = name.partition("*")
    if stem.endswith(".so."):
        stem, star = stem[:-1], ""
    is_known = not star or len(stem.removeprefix("lib").rstrip("-_.")) >= _SHORTEST
    is_name = is_known and not name.endswith(_OTHER_SYSTEMS) and _NAME.fullmatch(stem.lstrip("_"))
    return stem + star if is_name else ""


def library_stem(name: str) -> str:
    """Return a library's name without `lib` and without what begins with `.so`."""
    return re.sub(r"\.so(?:\.[0-9.]+)?$", "", name).removeprefix("lib")


def is_named(file: str, name: str) -> bool:
    """Return whether a file is a library that is asked for as `magic`, `libmagic.so.1`, `magic*`.

    What follows the name in a wheel's file is a version, a machine, or a hash.
    """
    stem, star, _ = library_stem(name).partition("*")
    bare = file.removeprefix("lib")
    rest = bare.removeprefix(stem)
    return bool(stem) and len(rest) < len(bare) and (bool(star) or not rest[:1].isalnum())


def files_named(names: Collection[str], files: Collection[str]) -> dict[str, list[str]]:
    """Return the libraries that a loader, or a linker, would take for each name, if any."""
    by_stem: dict[str, list[str]] = {}
    for file in files:
        by_stem.setdefault(library_stem(file), []).append(file)
    found = {name: [name] if name in files else _answering(name, by_stem) for name in names}
    return {name: one for name, one in found.items() if one}


def _answering(name: str, by_stem: Mapping[str, list[str]]) -> list[str]:
    stem, star, _ = library_stem(name).partition("*")
    if not star:
        return by_stem.get(stem, [])
    return [one for key, several in by_stem.items() if key.startswith(stem) for one in several]
