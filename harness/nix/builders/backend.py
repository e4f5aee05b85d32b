"""Make a wheel of a source tree by its backend, and normalise it; or ask the backend something.

Rules. The tree is copied to a directory that may be written. Times, hash seed, home and locale are
fixed. The wheel's members are sorted, RECORD is last and written anew, times are 1980-01-01, modes
0644 or 0755, and nothing is compressed, so that Nix sees what it refers to: nothing of the store.
A wheel for one platform that holds no compiled code lacks what its author meant to be there, and
is refused; so is one for any, where extensions are expected.

All stands at one place, whatever directory the build was given, since compilers write paths into
what they make. The backend's interpreter is there too, as a virtual environment of an installation
that has the headers. With a compiler, the place has what scripts and programs start: `sh`, `env`.

In the environment: out, source (an sdist or a directory), directory (the project's, below it),
package, version and pretend ("" where unknown), hook, config (JSON), hooks and editable (scripts),
environment (the backend's), base, python ("3.11"), place (a directory), extensions ("1" if they are
expected), and compiler, if there is one.
"""

import base64
import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

EPOCH = 315532800
"""1980-01-01, the first moment that a zip archive knows."""
DATE = (1980, 1, 1, 0, 0, 0)
ELF = b"\x7fELF"
IN_STORE = re.compile(rb"/nix/store/[0-9a-z]{32}-[A-Za-z0-9+._?=-]+")
SIGNED = ("RECORD.jws", "RECORD.p7s")
DOWNLOADS = re.compile(
    r"name resolution|Name or service not known|[Cc]ould ?n.t resolve host|urlopen error|"
    r"NewConnectionError|puccinialin|Network is unreachable"
)
CARGO = re.compile(r"\b(cargo|rustc)\b.*(not found|not installed|No such file)|can't find Rust")
STARTED = {b"/usr/bin/env": "env", b"/bin/bash": "bash", b"/bin/sh": "sh"}
"""What scripts begin with, and where it is in place of that."""
VERSIONS = (
    "SETUPTOOLS_SCM_PRETEND_VERSION",
    "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_{0}",
    "PDM_BUILD_SCM_VERSION",
    "POETRY_DYNAMIC_VERSIONING_BYPASS",
    "PBR_VERSION",
)
"""Where backends take a version from that would else ask git."""


PLACE, COMPILER = Path(os.environ["place"]), os.environ.get("compiler", "")


def main() -> None:
    """Lay out the tree, call the hook, and write what it made."""
    PLACE.mkdir(exist_ok=True)
    top = PLACE / "source"
    lay_out(Path(os.environ["source"]), top)
    lay_out_interpreter()
    project = project_directory(top)
    answer = call(os.environ["hook"], project)
    out = Path(os.environ["out"])
    if os.environ["hook"] == "get_requires_for_build_wheel":
        out.write_text(json.dumps(answer))
    elif os.environ["hook"] == "prepare_metadata_for_build_wheel":
        out.write_bytes(metadata(answer, project))
    else:
        wheel = made() / require_name(answer)
        if os.environ["hook"] == "build_editable":
            lead(wheel, project)
        deliver(wheel, out)


def lead(wheel: Path, project: Path) -> None:
    """Make an editable wheel lead to a shell's files, in place of those of this build."""
    script, package = os.environ["editable"], os.environ["package"]
    argv = [sys.executable, "-s", "-B", script, str(wheel), str(project), package]
    if subprocess.run(argv, check=False).returncode:
        sys.exit("the backend's editable wheel holds only where it was built")


def made() -> Path:
    """Return the directory where hooks put what they make."""
    return PLACE / "made"


def require_name(answer: object) -> str:
    """Return the bare file name that a hook answered with."""
    if not isinstance(answer, str) or os.path.basename(answer) != answer or not answer:
        sys.exit(f"the backend answers with {answer!a}, which is no name of a file")
    return answer


def lay_out(source: Path, top: Path) -> None:
    """Copy or unpack the source to where it may be changed."""
    if source.is_dir():
        shutil.copytree(source, top, symlinks=True)
    elif zipfile.is_zipfile(source):
        shutil.unpack_archive(source, top, "zip")
    else:
        unpack(source, top)
    for directory, _, names in os.walk(top):
        os.chmod(directory, 0o700)
        for path in (f"{directory}/{name}" for name in names):
            if not os.path.islink(path):
                os.chmod(path, 0o644 | os.stat(path).st_mode & 0o111)
                os.utime(path, (EPOCH, max(EPOCH, int(os.stat(path).st_mtime))))
                if COMPILER and os.access(path, os.X_OK):
                    start_here(Path(path))


def start_here(script: Path) -> None:
    """Let a script begin with a program that is there."""
    content = script.read_bytes()
    for program, name in STARTED.items():
        if re.match(rb"#! *%s\b" % program, content):
            changed = content.replace(program, bytes(PLACE / name), 1)
            times = script.stat()
            script.write_bytes(changed)
            os.utime(script, ns=(times.st_atime_ns, times.st_mtime_ns))


def started_elsewhere(content: bytes) -> bytes:
    """Return a script as it was before `start_here`."""
    for program, name in STARTED.items():
        if re.match(rb"#! *%s\b" % re.escape(bytes(PLACE / name)), content):
            return content.replace(bytes(PLACE / name), program, 1)
    return content


def lay_out_interpreter() -> None:
    """Make the backend's virtual environment, of an installation that has headers."""
    base, environment = Path(os.environ["base"]), Path(os.environ["environment"])
    installed, own = PLACE / "installed/usr", PLACE / "python"
    installed.mkdir(parents=True)
    (own / "bin").mkdir(parents=True)
    for name in ("bin", "lib", "share"):
        (installed / name).symlink_to(base / "usr" / name)
    (own / "lib").symlink_to(environment / "lib")
    (own / "pyvenv.cfg").write_text(f"home = {installed}/bin\n")
    interpreter = f"python{os.environ['python']}"
    for program in sorted((environment / "bin").iterdir()):
        link = own / "bin" / program.name
        if program.name in {"python", "python3", interpreter}:
            link.symlink_to(installed / "bin" / interpreter)
        elif not COMPILER or not lay_out_program(program, link):
            link.symlink_to(program)
    (PLACE / "sh").symlink_to(base / "bin/bash")
    (PLACE / "bash").symlink_to(base / "bin/bash")
    if COMPILER:
        (installed / "include").symlink_to(f"{COMPILER}/usr/include")
        (PLACE / "env").symlink_to(f"{COMPILER}/usr/bin/env")


def lay_out_program(program: Path, copy: Path) -> bool:
    """Copy a compiled program that starts /bin/sh, to start the one that is there."""
    content = program.read_bytes()
    shell = bytes(PLACE / "sh")
    if not content.startswith(ELF) or b"/bin/sh\0" not in content or len(shell) != len("/bin/sh"):
        return False
    copy.write_bytes(content.replace(b"/bin/sh\0", shell + b"\0"))
    copy.chmod(0o755)
    return True


def unpack(source: Path, top: Path) -> None:
    """Unpack a tar archive: directories, files, and links that stay inside."""
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                require_inside(member, source.name)
        shutil.unpack_archive(source, top, "tar")
    except (tarfile.TarError, shutil.ReadError, EOFError, OSError) as error:
        sys.exit(f"{source.name}: not an sdist: {error}")


def require_inside(member: tarfile.TarInfo, file: str) -> None:
    """Refuse what would be written, or lead, out of the tree, and devices."""
    places = [member.name]
    if member.issym():
        places.append(os.path.join(os.path.dirname(member.name), member.linkname))
    elif member.islnk():
        places.append(member.linkname)
    if member.isdev():
        sys.exit(f"{file}: {member.name} is a device")
    for place in places:
        if os.path.isabs(place) or os.path.normpath(place).split(os.sep)[0] == os.pardir:
            sys.exit(f"{file}: {member.name} reaches out of the tree")


def project_directory(top: Path) -> Path:
    """Return where the project stands: an sdist has one directory at its top."""
    inside = [*top.iterdir()]
    if not Path(os.environ["source"]).is_dir():
        if len(inside) != 1 or not inside[0].is_dir():
            sys.exit("not an sdist: it needs one directory at its top")
        top = inside[0]
    project = top / os.environ["directory"]
    if not any((project / name).is_file() for name in ("pyproject.toml", "setup.py")):
        sys.exit(f"{os.environ['directory']}: has neither pyproject.toml nor setup.py")
    return project


def call(hook: str, project: Path) -> object:
    """Run a hook by the environment's interpreter; say what it would have downloaded."""
    made().mkdir(exist_ok=True)
    result = made() / "result.json"
    argv = [
        *(str(PLACE / "python/bin/python"), "-s", "-B", os.environ["hooks"]),
        *(hook, os.environ["config"], str(result)),
    ]
    ran = subprocess.run(
        argv,
        cwd=project,
        env=variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    said = ran.stdout.decode(errors="replace")
    print(said, end="", flush=True)
    if ran.returncode:
        sys.exit("\n".join([*reasons(said), f"{hook} of the backend failed"]))
    answer: object = json.loads(result.read_text())
    result.unlink()
    return answer


def reasons(said: str) -> list[str]:
    """Say what is known of why a backend failed."""
    found = []
    if CARGO.search(said):
        found.append("it is written in Rust, which harness does not build: take a wheel of it")
    for line in said.splitlines():
        if DOWNLOADS.search(line):
            found.append(f"it would download something, and builds have no network: {line[:300]}")
            break
    return found


def variables() -> dict[str, str]:
    """Return what a backend runs in."""
    home, scratch = PLACE / "home", PLACE / "scratch"
    home.mkdir(exist_ok=True)
    scratch.mkdir(exist_ok=True)
    base, pretend = os.environ["base"], os.environ["pretend"]
    programs = (f"{PLACE}/python/bin", f"{base}/usr/bin")
    name = re.sub(r"[-_.]+", "_", os.environ["package"]).upper()
    return {
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "PATH": ":".join((*programs, *((f"{COMPILER}/usr/bin",) if COMPILER else ()))),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SOURCE_DATE_EPOCH": str(EPOCH),
        **({one.format(name): pretend for one in VERSIONS} if pretend else {}),
    }


def metadata(answer: object, project: Path) -> bytes:
    """Return METADATA; a backend without the hook has it in the wheel that it builds."""
    if answer is not None:
        return (made() / require_name(answer) / "METADATA").read_bytes()
    with zipfile.ZipFile(made() / require_name(call("build_wheel", project))) as archive:
        return archive.read(next(one for one in archive.namelist() if is_info(one, "METADATA")))


def is_info(member: str, name: str) -> bool:
    """Tell whether a member is a file of .dist-info."""
    directory, _, file = member.partition("/")
    return directory.endswith(".dist-info") and file == name


def deliver(wheel: Path, out: Path) -> None:
    """Write the wheel, normalised, and the link by which it is found."""
    with zipfile.ZipFile(wheel) as archive:
        members = {
            one.filename: (
                started_elsewhere(archive.read(one)),
                0o755 if one.external_attr >> 16 & 0o111 else 0o644,
            )
            for one in archive.infolist()
            if not one.is_dir()
        }
    require_whole(wheel.name, {name: content for name, (content, _) in members.items()})
    out.mkdir()
    with zipfile.ZipFile(out / wheel.name, "w", zipfile.ZIP_STORED) as archive:
        for name, content, mode in normalised(members):
            member = zipfile.ZipInfo(name, DATE)
            member.create_system, member.external_attr = 3, (0o100000 | mode) << 16
            archive.writestr(member, content)
    (out / "wheel").symlink_to(wheel.name)


def normalised(members: dict[str, tuple[bytes, int]]) -> list[tuple[str, bytes, int]]:
    """Return members in order, RECORD written anew and last."""
    record = next(name for name in members if is_info(name, "RECORD"))
    dropped = {record, *(name for name in members if name.rpartition("/")[2] in SIGNED)}
    kept = [(name, *members[name]) for name in sorted(members.keys() - dropped)]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for name, content, _ in kept:
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.writerow((name, f"sha256={digest}", len(content)))
    rows.writerow((record, "", ""))
    return [*kept, (record, text.getvalue().encode(), 0o644)]


def require_whole(file: str, members: dict[str, bytes]) -> None:
    """Refuse a wheel of another version, without what it is tagged for, or that names the store."""
    _, version, *_ = file.split("-")
    wanted = os.environ["version"]
    if wanted and plain(version) != plain(wanted):
        sys.exit(f"{file}: the backend makes version {version}, and {wanted} is wanted")
    if not any(is_info(name, "RECORD") for name in members):
        sys.exit(f"{file}: the backend makes a wheel without RECORD")
    compiled = any(content.startswith(ELF) for content in members.values())
    if not file.endswith("-any.whl") and not compiled:
        sys.exit(
            f"{file}: is for one platform and holds no compiled code: what it lacked to compile "
            "its extensions is in the log"
        )
    if os.environ["extensions"] and not compiled:
        sys.exit(
            f"{file}: holds no compiled code, and the index has wheels of it that do: what it "
            "lacked to compile its extensions is in the log; without-extensions of env.toml "
            "takes it as it is"
        )
    for name, content in members.items():
        if found := IN_STORE.search(content):
            sys.exit(f"{file}: {name} names {found[0].decode()}, which is there for the build only")


def plain(version: str) -> str:
    """Return a version as far as it is compared: names of wheels spell some signs otherwise."""
    return re.sub(r"[-_.]+", ".", version.lower()).replace("+", ".")


if __name__ == "__main__":
    main()
