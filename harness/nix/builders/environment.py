"""Merge wheels into one tree that behaves as a virtual environment of the base's interpreter.

A directory that one wheel alone brings is one link, so that what is in it resolves to a place
inside it; unless a library in it looks, by a RUNPATH or RPATH, out of it to where another wheel
brings files. Elsewhere there are real directories and a link per file: namespace packages and the
loader's $ORIGIN then see one tree. The packages that env.toml names under `links.copy` are copied.

Two wheels that bring different contents for one path are an error that names both, once a pair,
unless env.toml says whose the path, or a directory above it, is. A directory that is somebody's has
nothing of those who bring other contents there.

In the environment: out, base, python ("3.11"), wheelsPath, collisionsPath and copiedPath (files:
the wheels' store paths; a JSON object of path -> package; a JSON list of packages).
"""

import filecmp
import json
import mmap
import os
import re
import shutil
import struct
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import Distribution
from pathlib import Path

OUT = Path(os.environ["out"])
PYTHON = os.environ["python"]
HOME = Path(os.environ["base"]) / "usr/bin"
LIBRARY = f"lib/python{PYTHON}"
SITE_PACKAGES = f"{LIBRARY}/site-packages"
BASE_SHEBANG = f"#!{HOME}/python{PYTHON}".encode()
OWN_SHEBANG = f"#!{OUT}/bin/python{PYTHON}".encode()
OF_THE_SYSTEM = re.compile(
    rb"#!\s*(?:/usr)?/bin/(?:env\s+)?(sh|bash|python3?|python%s)(?=\s)" % re.escape(PYTHON.encode())
)
LONGEST_FIRST_LINE = 4096
INTERPRETER = "python"
OF_INTERPRETER = ("bin/python", "bin/python3", f"bin/python{PYTHON}", "pyvenv.cfg")
NEVER_WHOLE = {"", "bin", "lib", LIBRARY, SITE_PACKAGES}
MOST_NAMED = 3
ELF = b"\x7fELF\x02\x01"
PT_LOAD, PT_DYNAMIC, DT_STRTAB, DT_RPATH, DT_RUNPATH = 1, 2, 5, 15, 29

PIP = """\
import sys
from pathlib import Path

sys.path.insert(0, str(next(Path(sys.base_prefix, "share/python-wheels").glob("pip-*.whl"))))
from pip._internal.cli.main import main

sys.exit(main())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel's output: the package's normalised name and its files, relative and sorted."""

    root: str
    name: str
    files: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Merged:
    """Whose file each path is, which wheel's directories lack files of it, and what is wrong."""

    files: dict[str, Wheel] = field(default_factory=dict)
    incomplete: set[tuple[str, str]] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def main() -> None:
    """Read every wheel's files, settle collisions, then make the tree."""
    wheels = [read(root) for root in text("wheels").split()]
    collisions = {path: normalised(name) for path, name in json.loads(text("collisions")).items()}
    copied = {normalised(name) for name in json.loads(text("copied"))}
    merged = merge(wheels, collisions)
    counts = Counter(wheel.name for wheel in wheels)
    merged.problems += [f"{name}: {n} wheels are of it" for name, n in counts.items() if n > 1]
    merged.problems += [
        f"links.copy: {name!r} is no package of this environment"
        for name in sorted(copied - {wheel.name for wheel in wheels})
    ]
    if merged.problems:
        sys.exit("\n".join(merged.problems))
    make_tree(merged, copied)
    make_virtual_environment()


def text(name: str) -> str:
    """Return what Nix passed as a file."""
    return Path(os.environ[f"{name}Path"]).read_text()


def read(root: str) -> Wheel:
    """Return what a wheel's output brings."""
    info = min(Path(root, SITE_PACKAGES).glob("*.dist-info"))
    name = Distribution.at(info).metadata["Name"] or info.name.partition("-")[0]
    return Wheel(root=root, name=normalised(name), files=tuple(files_below(root)))


def normalised(name: str) -> str:
    """Return a package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def files_below(root: str) -> list[str]:
    """List files and links below `root`, relative, sorted."""
    found = []
    for directory, _, names in os.walk(root):
        below = directory[len(root) + 1 :]
        found += [f"{below}/{name}" if below else name for name in names]
    return sorted(found)


def above(path: str) -> tuple[str, ...]:
    """Return the directories that a path is in, the nearest first, "" last."""
    return with_above(path.rpartition("/")[0]) if path else ()


@cache
def with_above(directory: str) -> tuple[str, ...]:
    """Return a directory and those that it is in; most paths share theirs with others."""
    return (directory, *above(directory))


def source_of(path: str) -> str:
    """Return the module a byte code file belongs to (it goes where its source goes), or itself."""
    directory, _, name = path.rpartition("/")
    if not directory.endswith("__pycache__"):
        return path
    return f"{directory.removesuffix('__pycache__')}{name.split('.')[0]}.py"


def merge(wheels: list[Wheel], collisions: dict[str, str]) -> Merged:
    """Decide whose file each path is."""
    brought: dict[str, list[Wheel]] = {path: [] for path in OF_INTERPRETER}
    for wheel in wheels:
        for path in wheel.files:
            brought.setdefault(path, []).append(wheel)
    rivals = contested(brought)
    keys = {path: key_of(path, collisions) for path in rivals}
    losers = lost(rivals, keys, collisions)
    merged = Merged(problems=problems(rivals, keys, losers, collisions))
    for path, bringing in brought.items():
        key = key_of(path, collisions)
        for wheel in bringing:
            if wheel.name not in losers.get(key, ()):
                merged.files.setdefault(path, wheel)
            else:
                merged.incomplete |= {(wheel.root, directory) for directory in above(path)}
    return merged


def contested(brought: dict[str, list[Wheel]]) -> dict[str, list[str]]:
    """Return the packages that bring different things for a path, by the path."""
    found: dict[str, set[str]] = {}
    for path, bringing in brought.items():
        names = holders(path, bringing)
        if len(names) > 1 and not same(bringing, path):
            found[path] = {*names}
        for directory in above(path):
            if directory in brought:
                others = holders(directory, brought[directory])
                found.setdefault(directory, set()).update(names | others)
    return {path: sorted(names) for path, names in sorted(found.items())}


def holders(path: str, bringing: list[Wheel]) -> set[str]:
    """Return the packages that a path is from; the interpreter's own count as a package's."""
    own = {INTERPRETER} if path in OF_INTERPRETER else set()
    return {wheel.name for wheel in bringing} | own


def same(bringing: list[Wheel], path: str) -> bool:
    """Tell whether all bring the same bytes, in which case it does not matter whose they are."""
    first, *others = (f"{wheel.root}/{path}" for wheel in bringing)
    return path not in OF_INTERPRETER and all(
        filecmp.cmp(first, other, shallow=False) for other in others
    )


def key_of(path: str, collisions: dict[str, str]) -> str | None:
    """Return the entry of env.toml that a path falls under: its own, or the nearest directory's."""
    source = source_of(path)
    return next((one for one in (source, *above(source)) if one in collisions), None)


def lost(
    rivals: dict[str, list[str]], keys: dict[str, str | None], collisions: dict[str, str]
) -> dict[str | None, set[str]]:
    """Return by entry of env.toml which packages have nothing there."""
    losers: dict[str | None, set[str]] = {}
    for path, names in rivals.items():
        key = keys[path]
        if key is not None and collisions[key] in names:
            losers.setdefault(key, set()).update({*names} - {collisions[key]})
    return losers


def problems(
    rivals: dict[str, list[str]],
    keys: dict[str, str | None],
    losers: dict[str | None, set[str]],
    collisions: dict[str, str],
) -> list[str]:
    """Say what env.toml does not settle, and which of its entries settle nothing."""
    unsettled: dict[tuple[str, ...], list[str]] = {}
    said = []
    for path, names in rivals.items():
        key = keys[path]
        if key is None:
            unsettled.setdefault(tuple(names), []).append(path)
        elif INTERPRETER in names and collisions[key] != INTERPRETER:
            said.append(f"collisions: {path!r} is the interpreter's, and no package's")
        elif len({*names} - losers.get(key, set())) > 1:
            said.append(
                f"collisions: {key!r} is given to {collisions[key]}, but {listed(names)} bring it"
            )
    used = {*keys.values()}
    return [
        *(described(names, paths) for names, paths in unsettled.items()),
        *dict.fromkeys(said),
        *(f"collisions: {k!r} is not brought by two packages" for k in collisions if k not in used),
    ]


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence has them."""
    *others, last = names
    return f"{', '.join(others)} and {last}"


def described(names: tuple[str, ...], paths: list[str]) -> str:
    """Say in one message what some packages do not agree about, and what env.toml can say."""
    sources = sorted({source_of(path) for path in paths})
    owner = INTERPRETER if INTERPRETER in names else names[0]
    count = f" and {len(sources) - MOST_NAMED} more" if len(sources) > MOST_NAMED else ""
    entries = "".join(f'\n  "{place}" = "{owner}"' for place in places(sources))
    return (
        f"{', '.join(sources[:MOST_NAMED])}{count}: {listed(names)} bring different files; "
        f"say in env.toml whose it is:\n  [collisions]{entries}"
    )


def places(paths: list[str]) -> list[str]:
    """Return the paths, or where they are many of one package, the directory that holds them."""
    tops: dict[str, list[str]] = {}
    for path in paths:
        top = path.removeprefix(f"{SITE_PACKAGES}/")
        tops.setdefault(top if top == path else top.partition("/")[0], []).append(path)
    return [
        place
        for below in tops.values()
        for place in (below if len(below) <= MOST_NAMED else [os.path.commonpath(below)])
    ]


def make_tree(merged: Merged, copied: set[str]) -> None:
    """Make the directories, then a link for each file, or one for a whole directory."""
    whole = whole_directories(merged, copied)
    taken = {*whole}
    files = {p: w for p, w in merged.files.items() if not taken & {*above(p)}}
    for directory in sorted({os.path.dirname(path) for path in (*files, *whole)}):
        os.makedirs(OUT / directory, exist_ok=True)
    for directory, wheel in whole.items():
        os.symlink(f"{wheel.root}/{directory}", OUT / directory)
    for path, wheel in files.items():
        place(f"{wheel.root}/{path}", OUT / path, copy=wheel.name in copied)


def whole_directories(merged: Merged, copied: set[str]) -> dict[str, Wheel]:
    """Return the directories that can be one link, the highest ones only."""
    bringing: dict[str, set[str]] = {}
    for path, wheel in merged.files.items():
        for directory in above(path):
            bringing.setdefault(directory, set()).add(wheel.root)
    climbed = climbed_out_of(merged.files, bringing)
    found: dict[str, Wheel] = {}
    for path, wheel in merged.files.items():
        if wheel.name in copied and not is_info(path):
            continue
        for directory in reversed(above(path)):
            if directory in found:
                break
            alone = len(bringing[directory]) == 1 and directory not in NEVER_WHOLE
            complete = (wheel.root, directory) not in merged.incomplete
            if alone and complete and directory not in climbed:
                found[directory] = wheel
                break
    return found


def is_info(path: str) -> bool:
    """Tell whether it is metadata, which is a link also where code is copied."""
    return path.removeprefix(f"{SITE_PACKAGES}/").partition("/")[0].endswith(".dist-info")


def climbed_out_of(files: dict[str, Wheel], bringing: dict[str, set[str]]) -> set[str]:
    """Return the directories that a library in them looks out of, to where others bring files to.

    Where a directory is one link, the kernel takes `$ORIGIN/..` to be the wheel's own output.
    """
    found: set[str] = set()
    for path, wheel in files.items():
        for entry in search_paths(f"{wheel.root}/{path}"):
            if not entry.startswith(("$ORIGIN", "${ORIGIN}")):
                continue
            origin = os.path.dirname(path)
            _, _, below = entry.partition("ORIGIN")
            wanted = os.path.normpath(f"/{origin}/{below.lstrip('}')}").lstrip("/")
            if bringing.get(wanted, set()) - {wheel.root}:
                found |= {one for one in (origin, *above(origin)) if not is_below(wanted, one)}
    return found


def is_below(path: str, directory: str) -> bool:
    """Tell whether a path is a directory or in it."""
    return path == directory or path.startswith(f"{directory}/") or not directory


def search_paths(path: str) -> list[str]:
    """Return the RPATH and RUNPATH of an ELF file; none of what is none, or damaged."""
    with open(path, "rb", buffering=0) as file:
        if file.read(len(ELF)) != ELF:
            return []
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                return [*elf_search_paths(data)]
            except (struct.error, ValueError):
                return []


def elf_search_paths(data: mmap.mmap) -> Iterator[str]:
    """Read DT_RPATH and DT_RUNPATH (System V ABI, 64 bits, least significant byte first)."""
    (start,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    headers = [struct.unpack_from("<IIQQQQ", data, start + n * size) for n in range(count)]
    dynamic = next((one for one in headers if one[0] == PT_DYNAMIC), None)
    if dynamic is None:
        return
    _, _, offset, _, _, length = dynamic
    entries = [*struct.iter_unpack("<qQ", data[offset : offset + length // 16 * 16])]
    strings = dict(entries).get(DT_STRTAB, 0)
    for kind, _, offset, address, _, length in headers:
        if kind == PT_LOAD and address <= strings < address + length:
            for tag, value in entries:
                if tag in {DT_RPATH, DT_RUNPATH}:
                    at = offset + strings - address + value
                    yield from data[at : data.find(b"\0", at)].decode().split(":")


def place(source: str, target: Path, *, copy: bool) -> None:
    """Link or copy a file; a program that is a script gets an interpreter that is there."""
    if target.parent == OUT / "bin":
        with open(source, "rb") as file:
            first, rest = file.readline(LONGEST_FIRST_LINE), file.read()
        if changed := with_interpreter(first):
            write_program(target, changed + rest)
            return
    if copy:
        shutil.copy(source, target)
    else:
        os.symlink(source, target)


def with_interpreter(first: bytes) -> bytes | None:
    """Return a script's first line with this environment's Python or the base's shell, if wanted.

    Where it is built, and in images, there is neither /bin nor /usr/bin.
    """
    if first.startswith(BASE_SHEBANG):
        return OWN_SHEBANG + first.removeprefix(BASE_SHEBANG)
    match = OF_THE_SYSTEM.match(first)
    if match is None:
        return None
    program = OUT / "bin" if match[1].startswith(b"python") else HOME
    return b"#!" + os.fsencode(program) + b"/" + match[1] + first[match.end() :]


def write_program(target: Path, content: bytes) -> None:
    """Write what may be executed; the store makes it 0555."""
    target.write_bytes(content)
    target.chmod(0o755)


def make_virtual_environment() -> None:
    """Add what `python -m venv` would: the interpreter and pip under their names, pyvenv.cfg."""
    binaries = OUT / "bin"
    binaries.mkdir(parents=True, exist_ok=True)
    (OUT / SITE_PACKAGES).mkdir(parents=True, exist_ok=True)
    for name in ("python", "python3", f"python{PYTHON}"):
        (binaries / name).symlink_to(HOME / f"python{PYTHON}")
    if not (binaries / "pip").exists():
        write_program(binaries / "pip", OWN_SHEBANG + b"\n" + PIP.encode())
    for name in ("pip3", f"pip{PYTHON}"):
        if not os.path.lexists(binaries / name):
            (binaries / name).symlink_to("pip")
    version = ".".join(map(str, sys.version_info[:3]))
    (OUT / "pyvenv.cfg").write_text(
        f"home = {HOME}\ninclude-system-site-packages = false\nversion = {version}\n"
    )


main()
