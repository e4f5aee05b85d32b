"""Unpack Debian's compilers into $out and close them: they find nothing of a host.

Rules. Every program has the base's loader, and the base's libraries before its own. gcc's specs say
what it takes from here, so that no flag is needed: headers and libraries; a program that it links
has the base's loader and libraries; no path of the store gets into what is compiled. Programs start
/tmp/sh where they would start /bin/sh, which no sandbox has: who uses them puts a shell there.

In the environment: out, base, python, TMPDIR, debsPath (a file with the packages' paths).
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

OUT, BASE = Path(os.environ["out"]), Path(os.environ["base"])
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
LEFT_OUT = ("usr/share/", "var/", "etc/")
PADDED = 60
ALIASES = {"cc": "gcc", "c++": "g++", "f77": "gfortran", "f95": "gfortran"}
SHELL, OWN_SHELL = b"/bin/sh\0", b"/tmp/sh\0"
ELF, INTERPRETED = b"\x7fELF", b"/ld-linux"


def main() -> None:
    """Unpack, close, and write the specs."""
    for deb in Path(os.environ["debsPath"]).read_text().split():
        with tarfile.open(fileobj=io.BytesIO(data(Path(deb)))) as archive:
            for member in archive:
                unpack(archive, member)
    for name in MERGED:
        if not (OUT / name).exists():
            (OUT / name).symlink_to(f"usr/{name}")
    for alias, program in ALIASES.items():
        if not (OUT / "usr/bin" / alias).exists():
            (OUT / "usr/bin" / alias).symlink_to(program)
    found = [*programs()]
    close(found)
    for path in found:
        write(path, path.read_bytes().replace(SHELL, OWN_SHELL))
    write_specs()


def data(deb: Path) -> bytes:
    """Return the archive of files in a package: the member of an ar archive."""
    content = deb.read_bytes()
    place = 8
    while place + PADDED <= len(content):
        header = content[place : place + PADDED]
        size = int(header[48:58])
        place += PADDED
        if header[:16].startswith(b"data.tar"):
            return content[place : place + size]
        place += size + size % 2
    sys.exit(f"{deb.name}: has no data")


def unpack(archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    """Write one member; directories at the top that Debian has below /usr go there."""
    name = merged(os.path.normpath(member.name))
    if name == "." or name.startswith(LEFT_OUT) or ".." in name.split("/"):
        return
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if member.isdir():
        path.mkdir(exist_ok=True)
    elif member.issym():
        link(path, member.linkname)
    elif member.islnk():
        shutil.copy(OUT / merged(os.path.normpath(member.linkname)), path)
    elif content := archive.extractfile(member):
        path.unlink(missing_ok=True)
        path.write_bytes(content.read())
        path.chmod(0o755 if member.mode & 0o111 else 0o644)


def merged(name: str) -> str:
    """Return where a member goes."""
    return f"usr/{name}" if name.partition("/")[0] in MERGED else name


def link(path: Path, target: str) -> None:
    """Make a link; what is absolute is meant to be of this tree."""
    if target.startswith("/"):
        target = f"{OUT}/{merged(os.path.normpath(target.lstrip('/')))}"
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def programs() -> Iterator[Path]:
    """Yield the programs among the files, in order."""
    for top, directories, names in os.walk(OUT / "usr"):
        directories.sort()
        for name in sorted(names):
            path = Path(top, name)
            if not path.is_symlink() and os.access(path, os.X_OK):
                with path.open("rb") as file:
                    start = file.read(4096)
                if start.startswith(ELF) and INTERPRETED in start:
                    yield path


def close(found: list[Path]) -> None:
    """Give programs the base's loader, and libraries of the base and of this tree."""
    multiarch = sys.implementation._multiarch
    libraries = f"{BASE}/usr/lib/{multiarch}:{OUT}/usr/lib/{multiarch}"
    patchelf = Path(os.environ["TMPDIR"], "patchelf")
    shutil.copy(OUT / "usr/bin/patchelf", patchelf)
    run = [str(loader()), "--library-path", libraries, str(patchelf)]
    for path in found:
        for change in (
            ["--set-interpreter", str(loader())],
            ["--force-rpath", "--set-rpath", libraries],
        ):
            subprocess.run([*run, *change, str(path)], check=True)


def loader() -> Path:
    """Return the base's loader."""
    directory = Path(BASE, "usr/lib", sys.implementation._multiarch)
    return next(directory.glob("ld-linux-*.so.*"))


def write(path: Path, content: bytes) -> None:
    """Write a program in place of another."""
    path.unlink()
    path.write_bytes(content)
    path.chmod(0o755)


def write_specs() -> None:
    """Write what gcc reads besides its own specs, at the place where it looks."""
    libraries = BASE / "usr/lib" / sys.implementation._multiarch
    own = f"-dynamic-linker {loader()} -rpath {libraries} --disable-new-dtags"
    specs = f"""\
*self_spec:
+ --sysroot={OUT} -ffile-prefix-map={OUT}=/compiler -ffile-prefix-map={BASE}=/base

*link:
+ --sysroot={OUT} %{{!shared:%{{!static:%{{!r:{own}}}}}}}

"""
    for cc1 in sorted((OUT / "usr/lib/gcc").glob("*/*/cc1")):
        (cc1.parent / "specs").write_text(specs)


if __name__ == "__main__":
    main()
