"""Unpack one wheel into $out as pip does, and compile its modules.

Rules, which are pip's: there is one .dist-info at the top, of this package and Wheel-Version 1;
files go below site-packages; below a directory whose name ends in .data they go where its second
part says; a script `#!python` gets the interpreter; where a script and an entry point have one
name, the entry point stands. Links do not exist: what the archive calls one is a file. What RECORD
does not say, or says wrongly, is told and does not matter, for the lock holds the wheel's hash; the
RECORD that is written names every file with its own.

An environment has many wheels, most of them small: what only some need is imported for them alone.

In the environment: out, wheel, file (the wheel's name), base, python ("3.11"), and a PYTHONPATH
where PyPA's installer is. Scripts start with the base's interpreter here; the environment gives
them its own.
"""

import csv
import os
import re
import sys
import zipfile

from harness.nix.builders.bytecode import begin
from harness.nix.builders.members import (
    DAMAGED,
    FILE,
    INTERPRETER,
    OUT,
    SITE_PACKAGES,
    WHEEL,
    Row,
    explained,
    in_data,
    in_scripts,
    replaced,
    unpacked,
)

SCHEMES = {
    "purelib": SITE_PACKAGES,
    "platlib": SITE_PACKAGES,
    "scripts": f"{OUT}/bin",
    "headers": f"{OUT}/include/{FILE.partition('-')[0]}",
    "data": OUT,
}
WRITTEN_BY_SETUPTOOLS = (".exe", "-script.py", ".pya")  # wrappers of the entry point before it
OF_RECORD = ("RECORD", "RECORD.jws", "RECORD.p7s")
ALWAYS_ALLOWED = 2**31  # bytes unpacked
MOST_TIMES_LARGER = 200
MOST_LINES = 20


def main() -> None:
    """Unpack, compile and generate scripts."""
    begin()
    os.mkdir(OUT)
    try:
        with zipfile.ZipFile(WHEEL) as archive:
            install(archive)
    except (*DAMAGED, OSError) as error:
        sys.exit(explained(error))


def install(archive: zipfile.ZipFile) -> None:
    """Install an archive's files, then what its entry points ask for."""
    refuse_huge(archive)
    names = [name for name in dict.fromkeys(archive.namelist()) if not name.endswith("/")]
    info = info_directory(names)
    require_metadata(archive, names, info)
    recorded = read_record(archive, info)
    scripts = programs(archive, names, info)
    targets = placed(names, {*scripts})
    for directory in sorted({os.path.dirname(target) for target in targets.values() if target}):
        os.makedirs(directory, exist_ok=True)
    hashes, rows = unpacked(archive, targets, recorded or {})
    if recorded is not None:
        tell_record(recorded, names, hashes, info)
    for name, text in scripts.items():
        rows |= replaced(f"{SCHEMES['scripts']}/{name}", text, mode=0o755)
    rows |= replaced(f"{SITE_PACKAGES}/{info}/INSTALLER", b"harness\n", mode=0o644)
    write_record(rows, f"{info}/RECORD")


def placed(names: list[str], scripts: set[str]) -> dict[str, str]:
    """Return where each member goes; "" where a later one, or a generated script, has its place."""
    targets = {name: place(name) for name in sorted(names, key=order)}
    last = {
        target: name
        for name, target in targets.items()
        if not (in_scripts(name) and wrapped(os.path.basename(target)) in scripts)
    }
    return {name: target if last.get(target) == name else "" for name, target in targets.items()}


def write_record(rows: dict[str, Row], record: str) -> None:
    """Write RECORD, which does not know its own hash."""
    others = sorted((path, *row) for path, row in rows.items() if path != record)
    with open(f"{SITE_PACKAGES}/{record}", "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([*others, (record, "", "")])


def refuse_huge(archive: zipfile.ZipFile) -> None:
    """Refuse what would fill the disk; no member yields more bytes than its header says."""
    size = sum(member.file_size for member in archive.infolist())
    limit = max(ALWAYS_ALLOWED, MOST_TIMES_LARGER * os.path.getsize(WHEEL))
    if size > limit:
        sys.exit(f"{FILE}: unpacked it has {size} bytes; at most {limit} are allowed")


def info_directory(members: list[str]) -> str:
    """Return the name of the one .dist-info."""
    tops = {name.partition("/")[0] for name in members if "/" in name}
    found = sorted(top for top in tops if top.endswith(".dist-info"))
    if len(found) != 1:
        sys.exit(f"{FILE}: needs one .dist-info, and has {', '.join(found) or 'none'}")
    own = FILE.partition("-")[0]
    if not normalised(found[0]).startswith(normalised(own)):
        sys.exit(f"{FILE}: {found[0]} is not of {own}")
    return found[0]


def normalised(name: str) -> str:
    """Return a package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def require_metadata(archive: zipfile.ZipFile, members: list[str], info: str) -> None:
    """Refuse a wheel that lacks what installers read, of a later format, or of another name."""
    for name in ("WHEEL", "METADATA", "RECORD"):
        if f"{info}/{name}" not in members:
            sys.exit(f"{FILE}: has no {info}/{name}")
    version = header(archive.read(f"{info}/WHEEL"), "Wheel-Version")
    if version.partition(".")[0] != "1":
        sys.exit(f"{FILE}: Wheel-Version {version or 'missing'}; only 1 is known")
    name = header(archive.read(f"{info}/METADATA"), "Name")
    if name and normalised(name) != normalised(FILE.partition("-")[0]):
        sys.exit(f"{FILE}: its METADATA is of {name!a}")


def header(text: bytes, name: str) -> str:
    """Return a header's value, "" if it is missing; what comes after an empty line is none."""
    head = re.split(rb"\r?\n[ \t]*\r?\n", text, maxsplit=1)[0]
    found = re.search(rb"(?im)^%s:[ \t]*(.*?)[ \t\r]*$" % name.encode(), head)
    return found[1].decode(errors="replace") if found else ""


def read_record(archive: zipfile.ZipFile, info: str) -> dict[str, str] | None:
    """Return the hash of each member that RECORD names, or None if it cannot be read."""
    text = archive.read(f"{info}/RECORD").decode(errors="replace")
    try:
        read = [row for row in csv.reader(text.splitlines()) if row]
    except csv.Error as error:
        print(f"warning: {FILE}: RECORD cannot be read: {error}")
        return None
    return {row[0]: row[1] if len(row) > 1 else "" for row in read}


def tell_record(
    recorded: dict[str, str], names: list[str], hashes: dict[str, str], info: str
) -> None:
    """Print where RECORD and the archive disagree."""
    own = {f"{info}/{name}" for name in OF_RECORD}
    absent = sorted(recorded.keys() - {*names} - own)
    told = [
        *(f"names {name}, which is not there" for name in absent),
        *(f"does not name {name}" for name in names if name not in recorded and name not in own),
        *(
            f"has another hash of {name}, or none"
            for name in names
            if name in recorded and name not in own and recorded[name].rstrip("=") != hashes[name]
        ),
    ]
    for line in told[:MOST_LINES]:
        print(f"warning: {FILE}: RECORD {line}")
    if len(told) > MOST_LINES:
        print(f"warning: {FILE}: RECORD: {len(told) - MOST_LINES} more")


def order(name: str) -> int:
    """Return when a member is written, as later ones replace earlier ones: scripts last."""
    return in_data(name) + in_scripts(name)


def place(name: str) -> str:
    """Return where a member goes; anywhere but below its own directory is refused."""
    scheme, below = SITE_PACKAGES, os.path.normpath(name)
    if in_data(name):
        _, _, rest = below.partition("/")
        key, _, below = rest.partition("/")
        if key not in SCHEMES or not below:
            sys.exit(f"{FILE}: {name}: below .data there are {', '.join(SCHEMES)} and no other")
        scheme = SCHEMES[key]
    target = os.path.normpath(os.path.join(scheme, below))
    if not target.startswith(f"{scheme}/"):
        sys.exit(f"{FILE}: {name}: reaches outside of where its files go")
    return target


def wrapped(script: str) -> str:
    """Return the name of the entry point that a script may be a wrapper of."""
    lower = script.lower()
    ending = next((one for one in WRITTEN_BY_SETUPTOOLS if lower.endswith(one)), "")
    return script[: len(script) - len(ending)]


def programs(archive: zipfile.ZipFile, names: list[str], info: str) -> dict[str, bytes]:
    """Return the programs that entry points ask for: their names, and what is in them."""
    if f"{info}/entry_points.txt" not in names:
        return {}
    from importlib.metadata import Distribution  # noqa: PLC0415 - slow, and few have any

    directory = f"{os.environ['TMPDIR']}/metadata.dist-info"
    os.mkdir(directory)
    with open(f"{directory}/entry_points.txt", "wb") as file:
        file.write(archive.read(f"{info}/entry_points.txt"))
    try:
        found = Distribution.at(directory).entry_points
    except (TypeError, ValueError) as error:
        sys.exit(f"{FILE}: {info}/entry_points.txt cannot be read: {error}")
    chosen = {
        one.name: one
        for group in ("console_scripts", "gui_scripts")
        for one in found.select(group=group)
    }
    for name, one in chosen.items():
        if not name or "/" in name or name in {".", ".."}:
            sys.exit(f"{FILE}: the entry point {name!r} is no name of a program")
        if not one.pattern.match(one.value) or not one.attr:
            sys.exit(f"{FILE}: the entry point {name!r} names no callable: {one.value!r}")
    return {name: program(name, one.module, one.attr) for name, one in chosen.items()}


def program(name: str, module: str, attribute: str) -> bytes:
    """Return the program that calls an entry point."""
    from installer.scripts import Script  # noqa: PLC0415 - as above

    _, text = Script(name, module, attribute, "console").generate(INTERPRETER, "posix")
    return text
