"""Run a line of bash where its inputs are, with a PATH that holds only the environment's programs.

An artefact's line writes $out, and any status but 0 fails the build. A check's line may end as it
does: $out says how, and `held.py` fails in a derivation of its own, so that a report is there of
what failed, too. None of it says when or for how long, so that the same run makes the same output:

status      with which status the line ended
absent      programs that it called by name and that are not there, a line each
cases.json  the cases of JUnit files below $HARNESS_JUNIT, and the cells of notebooks that were kept
kept/       the files that it left below $HARNESS_KEEP

In the environment: out, environment, base, python, kind (`artefact` or a check's), line, place (a
directory for a shell that programs start, of as short a name as /bin), and perhaps inputs (a JSON
object: the place of a file or directory -> its store path) and directory (the place among them
where the line runs).
"""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

ENVIRONMENT = Path(os.environ["environment"])
BASE = Path(os.environ["base"])
OUT = Path(os.environ["out"])
SCRATCH = Path(os.environ["TMPDIR"])
HOME, WORK, ABSENT = SCRATCH / "home", SCRATCH / "work", SCRATCH / "absent"
JUNIT, KEPT, PROGRAMS = SCRATCH / "junit", SCRATCH / "kept", SCRATCH / "programs"
SHELL, OWN_SHELL = b"/bin/sh\0", os.fsencode(f"{os.environ['place']}/sh") + b"\0"
THEIR_OWN = re.compile(r"bash|sh|python[0-9.]*")
"""Programs that name /bin/sh and know better, by the base's own doing."""
OUTCOMES = {"error", "failure", "skipped"}
MOST_CASES, LONGEST_TEXT, LONGEST_LINE = 20_000, 20_000, 500
USUAL_PLACE = re.compile(
    rb"#![ \t]*(?:/usr/bin/env[ \t]+(?:-S[ \t]+)?|(?:/usr)?/bin/)(?!env\b)"
    rb"([\w.+-]+)((?:[ \t][^\t ]+)?)\s*"
)
NOT_FOUND = """() {
  printf '%s\\n' "$1" >> PLACE
  printf '%s: %s: command not found\\n' "${BASH_SOURCE[1]:-bash}" "$1" >&2
  return 127
}"""
"""What bash does where a program is not there; scripts of bash that it starts inherit it."""
FOUND_IN = (ENVIRONMENT / "bin", BASE / "usr/bin")
WHERE_FROM = "a package brings it (`harness add`), or one of Debian's: `debian-packages`"
NO_FILE = re.compile(r"No such file or directory: '([A-Za-z0-9][\w.+-]*)'")
ELF = b"\x7fELF"
COLOURS = re.compile("\x1b\\[[0-9;]*m")

Case = dict[str, str]


def main() -> None:
    """Run, and say how that ended."""
    for directory in (HOME, WORK, JUNIT, KEPT, PROGRAMS):
        directory.mkdir()
    lay_out_programs()
    is_artefact = os.environ["kind"] == "artefact"
    given = variables() | ({"out": str(OUT)} if is_artefact else reporting())
    argv = [f"{BASE}/bin/bash", "-eu", "-o", "pipefail", "-c", os.environ["line"]]
    done = subprocess.run(argv, env=given, cwd=place(), check=False)
    if is_artefact:
        require_made(done.returncode)
    else:
        record(done.returncode)


def lay_out_programs() -> None:
    """Copy compiled programs that start /bin/sh, as make does, to start the base's bash."""
    if len(SHELL) != len(OWN_SHELL):
        return
    for directory in reversed(FOUND_IN):
        for program in sorted(directory.iterdir()):
            content = b"" if THEIR_OWN.fullmatch(program.name) else compiled(program)
            if SHELL in content and b"$ORIGIN" not in content:
                copy = PROGRAMS / program.name
                copy.write_bytes(content.replace(SHELL, OWN_SHELL))
                copy.chmod(0o755)
    shell = Path(os.fsdecode(OWN_SHELL[:-1]))
    if any(PROGRAMS.iterdir()) and not shell.exists():
        shell.symlink_to(BASE / "bin/bash")


def compiled(program: Path) -> bytes:
    """Return what a compiled program is; nothing of any other."""
    if not program.is_file():
        return b""
    with program.open("rb") as file:
        return ELF + file.read() if file.read(len(ELF)) == ELF else b""


def require_made(status: int) -> None:
    """Fail where an artefact's line did, or wrote nothing."""
    for name in absent():
        print(f"{name}: not in the sandbox; {WHERE_FROM}")
    if status != 0:
        sys.exit(f"the artefact's command ended with status {status}")
    if not os.path.lexists(OUT):
        sys.exit("the artefact's command did not write $out")


def variables() -> dict[str, str]:
    """Return all the variables that a line sees, but what says where to write."""
    return {
        "PATH": ":".join(map(str, (*([PROGRAMS] if any(PROGRAMS.iterdir()) else []), *FOUND_IN))),
        "HOME": str(HOME),
        "TMPDIR": str(SCRATCH),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",  # Nix lets builders print to a terminal
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "315532800",
        "BASH_FUNC_command_not_found_handle%%": NOT_FOUND.replace("PLACE", str(ABSENT)),
    }


def reporting() -> dict[str, str]:
    """Return where a check may leave JUnit files and what is to be kept; pytest is told at once."""
    return {
        "HARNESS_JUNIT": str(JUNIT),
        "HARNESS_KEEP": str(KEPT),
        "PYTEST_ADDOPTS": f"--junitxml={JUNIT}/pytest.xml",
    }


def place() -> Path:
    """Return where a line runs: among its inputs, as copies that it may change, if any."""
    if "inputs" not in os.environ:
        return HOME
    for path, source in json.loads(os.environ["inputs"]).items():
        target = WORK / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.isdir(source):
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
        for one in (target, *target.rglob("*")):
            if not one.is_symlink():
                one.chmod(one.stat().st_mode | stat.S_IWUSR)
                point_to_program(one)
    directory = WORK / os.environ["directory"]
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def point_to_program(script: Path) -> None:
    """Make a script that names a program by its usual place start the one that is on PATH."""
    if script.is_dir() or not os.access(script, os.X_OK):
        return
    first, newline, rest = script.read_bytes().partition(b"\n")
    usual = USUAL_PLACE.fullmatch(first)
    program = usual and shutil.which(usual[1].decode(), path=variables()["PATH"])
    if usual and program:
        script.write_bytes(b"#!" + os.fsencode(program) + usual[2] + newline + rest)


def record(status: int) -> None:
    """Write what is known of a check."""
    OUT.mkdir()
    keep()
    cases = [*reported(), *cells()]
    if len(cases) > MOST_CASES:
        more = case(f"{len(cases) - MOST_CASES} more", "skipped", "more than are kept")
        cases = [*cases[:MOST_CASES], more]
    missing = {*absent(), *uncalled(cases)}
    (OUT / "absent").write_text("".join(f"{name}\n" for name in sorted(missing)))
    (OUT / "cases.json").write_text(json.dumps({"cases": cases}, indent=1))
    (OUT / "status").write_text(f"{status}\n")


def absent() -> set[str]:
    """Return the programs that bash did not find."""
    return {*ABSENT.read_text(errors="replace").splitlines()} if ABSENT.exists() else set()


def uncalled(cases: list[Case]) -> Iterator[str]:
    """Yield programs that Python did not find, as what failed tells it."""
    for one in cases:
        for name in NO_FILE.findall(one["text"]):
            if not shutil.which(name, path=variables()["PATH"]) and "." not in name:
                yield name


def keep() -> None:
    """Move what is to be kept into the output: regular files, and notebooks without times."""
    for path in sorted(KEPT.rglob("*"), reverse=True):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            path.unlink()
        elif path.suffix == ".ipynb" and path.is_file():
            without_times(path)
    shutil.copytree(KEPT, OUT / "kept")


def without_times(path: Path) -> None:
    """Take out of a notebook when each of its cells ran, as nbclient and papermill write it."""
    notebook = document(path)
    if notebook is None:
        return
    for one in (notebook, *notebook["cells"]):
        metadata = one.get("metadata")
        if isinstance(metadata, dict):
            metadata.pop("execution", None)
            metadata.pop("papermill", None)
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(f"{text}\n", errors="surrogatepass")


def document(path: Path) -> dict[str, Any] | None:
    """Return a notebook, if the file holds one."""
    try:
        notebook = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    sound = isinstance(cells, list) and all(isinstance(one, dict) for one in cells)
    return notebook if sound else None


def case(name: str, outcome: str = "", message: str = "", text: str = "") -> Case:
    """Return a case, of which no part is longer than a person reads."""
    parts = {
        "name": name[:LONGEST_LINE],
        "outcome": outcome,
        "message": message[:LONGEST_LINE],
        "text": text[-LONGEST_TEXT:],
    }
    return {key: part.encode(errors="replace").decode() for key, part in parts.items()}


def reported() -> Iterator[Case]:
    """Yield the cases of JUnit files."""
    for path in sorted(JUNIT.rglob("*.xml")):
        reader = Reader()
        try:
            yield from reader.read(path.read_bytes())
        except (ExpatError, OSError, ValueError) as error:
            yield case(path.name, "error", f"not a JUnit file: {error}")


class Reader:
    """Reads a JUnit file, of whatever suites; one that declares anything of its own is none."""

    def __init__(self) -> None:
        self.found: list[Case] = []
        self.text: list[str] = []

    def read(self, data: bytes) -> list[Case]:
        """Return the cases."""
        parser = ParserCreate()
        parser.StartElementHandler = self.begun
        parser.EndElementHandler = self.ended
        parser.CharacterDataHandler = self.text.append
        parser.StartDoctypeDeclHandler = self.declared
        parser.Parse(data, True)
        return self.found

    def declared(self, name: str, *_: object) -> None:
        """Refuse entities."""
        raise ValueError(f"{name} has a document type of its own")

    def begun(self, tag: str, told: dict[str, str]) -> None:
        """Take a case, or how the last one ended."""
        self.text.clear()
        if tag == "testcase":
            self.found.append(case(".".join(filter(None, map(told.get, ("classname", "name"))))))
        elif tag in OUTCOMES and self.found:
            message = told.get("message") or told.get("type") or tag
            self.found[-1] = case(self.found[-1]["name"], tag, message)

    def ended(self, tag: str) -> None:
        """Add the text of how a case ended."""
        if tag in OUTCOMES and self.found:
            self.found[-1]["text"] = "".join(self.text)[-LONGEST_TEXT:]


def cells() -> Iterator[Case]:
    """Yield a case for each cell of code of the notebooks that were kept."""
    for path in sorted((OUT / "kept").rglob("*.ipynb")):
        notebook = document(path)
        if notebook is None:
            yield case(path.name, "error", "not a notebook")
            continue
        name = path.relative_to(OUT / "kept")
        code = [one for one in notebook["cells"] if one.get("cell_type") == "code"]
        sources = [(whole(one.get("source")).strip(), one) for one in code]
        for number, (source, one) in enumerate(filter(itemgetter(0), sources), 1):
            yield cell(f"{name}, In [{number}]: {source.splitlines()[0]}", one)


def cell(name: str, one: dict[str, Any]) -> Case:
    """Return how a cell ended: an exception that it is tagged to raise is none that fails."""
    metadata, outputs = one.get("metadata"), one.get("outputs")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    for output in outputs if isinstance(outputs, list) else ():
        if output.get("output_type") == "error" and "raises-exception" not in (tags or ()):
            message = f"{output.get('ename')}: {output.get('evalue')}"
            text = "\n".join(map(str, output.get("traceback") or ()))
            return case(name, "failure", message, COLOURS.sub("", text))
    return case(name) if one.get("execution_count") else case(name, "skipped", "not run")


def whole(source: Any) -> str:
    """Return the text of a cell, which may be written as lines."""
    return "".join(map(str, source)) if isinstance(source, list) else str(source or "")


main()
