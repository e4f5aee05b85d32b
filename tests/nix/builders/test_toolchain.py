import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.builders import BUILDERS


def _deb(path: Path, files: dict[str, bytes | str]) -> Path:
    """A package of files, or of links where the content is a text."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:xz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                archive.addfile(member)
            else:
                member.size, member.mode = len(content), 0o755
                archive.addfile(member, io.BytesIO(content))
    parts = b"!<arch>\n"
    for name, content in (("debian-binary", b"2.0\n"), ("data.tar.xz", made.getvalue())):
        parts += f"{name:16}{0:<12}{0:<6}{0:<6}{644:<8}{len(content):<10}`\n".encode()
        parts += content + b"\n" * (len(content) % 2)
    path.write_bytes(parts)
    return path


def test_a_compiler_is_unpacked_and_told_what_to_take_from_where_it_is(tmp_path: Path) -> None:
    multiarch = getattr(sys.implementation, "_multiarch", "")
    base = tmp_path / "base"
    (base / "usr/lib" / multiarch).mkdir(parents=True)
    loader = base / "usr/lib" / multiarch / "ld-linux-x86-64.so.2"
    loader.write_text("#!/bin/sh\n# stands for loader and patchelf\n")
    loader.chmod(0o755)
    program = b"\x7fELF /lib64/ld-linux-x86-64.so.2\0/bin/sh\0end"
    files: dict[str, bytes | str] = {
        "bin/sed": program,
        "usr/bin/gcc": b"#!/bin/sh\n",
        "usr/bin/patchelf": b"",
        "usr/lib/libm.so": "/lib/libm.so.6",
        "usr/lib/gcc/x/12/cc1": program,
        "usr/share/doc/gcc/copyright": b"left out",
        "../escaped": b"left out",
    }
    (tmp_path / "debs").write_text(str(_deb(tmp_path / "gcc.deb", files)))
    variables = {
        "out": str(tmp_path / "out"),
        "base": str(base),
        "python": "3.11",
        "TMPDIR": str(tmp_path),
        "debsPath": str(tmp_path / "debs"),
    }
    argv = [sys.executable, str(BUILDERS / "toolchain.py")]
    done = subprocess.run(
        argv, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    out = tmp_path / "out"
    assert (out / "bin/sed").read_bytes() == program.replace(b"/bin/sh", b"/tmp/sh")
    assert (out / "usr/bin/cc").readlink() == Path("gcc")
    assert (out / "usr/lib/libm.so").readlink() == out / "usr/lib/libm.so.6"
    assert not (out / "usr/share").exists()
    assert not (tmp_path / "escaped").exists()
    specs = (out / "usr/lib/gcc/x/12/specs").read_text()
    assert f"--sysroot={out} -ffile-prefix-map={out}=/compiler" in specs
    assert f"-dynamic-linker {loader}" in specs
