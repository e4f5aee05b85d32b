"""Close an unpacked Debian tree: nothing in it may look outside for a library, data or answer.

Runs on the tree's own Python, through its own loader, before anything is patched. In the
environment: out, TMPDIR (tools unpacked in `tools`), loader, multiarch, python ("3.11"), redirect
and bytecode (paths of the scripts that point the C library into the tree and that compile).
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

OUT = Path(os.environ["out"])
TOOLS = Path(os.environ["TMPDIR"]) / "tools"
LOADER = Path(os.environ["loader"])
LIBRARIES = OUT / "usr/lib" / os.environ["multiarch"]
PYTHON = os.environ["python"]
INTERPRETER = OUT / f"usr/bin/python{PYTHON}"
SHELL = OUT / "usr/bin/sh"
STDLIB = OUT / f"usr/lib/python{PYTHON}"
CERTIFICATES = OUT / "etc/ssl/certs/ca-certificates.crt"
ZONES = OUT / "usr/share/zoneinfo"
WHEELS = OUT / "usr/share/python-wheels"

# Absolute paths that Debian compiled in, which would answer with the host's files. A store path is
# longer than they are, so they are made to lead nowhere: nothing can exist below /dev/null.
COMPILED_IN = {
    "usr/lib/*/ld-linux-*.so.*": [
        rb"/etc/ld\.so\.cache",
        rb"/lib/[a-z0-9_]+-linux-gnu/",
        rb"/usr/lib/[a-z0-9_]+-linux-gnu/",
        rb"/lib/",
        rb"/usr/lib/",
    ],
    "usr/lib/*/libc.so.6": [
        rb"/usr/lib/locale",
        rb"/usr/lib/locale/locale-archive",
        rb"/usr/lib/[a-z0-9_]+-linux-gnu/gconv",
        rb"/usr/lib/[a-z0-9_]+-linux-gnu/gconv/gconv-modules\.cache",
    ],
    "usr/lib/*/libcrypto.so.*": [
        rb"/usr/lib/ssl",
        rb"/usr/lib/ssl/(?:certs|private|cert\.pem|ct_log_list\.cnf)",
        rb"/usr/lib/[a-z0-9_]+-linux-gnu/(?:engines-[0-9.]+|ossl-modules)",
    ],
}

# A library with a RUNPATH of its own never sees the executable's RPATH. What such libraries need is
# therefore loaded with the interpreter: the compiler's runtimes, which wheels take from their host
# by the manylinux policies, and the parts of the C library that have names of their own.
LOADED_WITH_PYTHON = [
    "libstdc++.so.6",
    "libgcc_s.so.1",
    "libgomp.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libutil.so.1",
]

KEPT_DOCUMENTS = "copyright"
UNUSED = [
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
    "usr/share/lintian",
    "usr/share/bash-completion",
    "usr/share/menu",
    "usr/share/pixmaps",
    "usr/share/applications",
    "usr/share/bug",
    "usr/share/binfmts",
    "etc/skel",
    "var",
]

FIND_LIBRARY = '''

def find_library(name):
    """Find a library in LD_LIBRARY_PATH or in the base; the host's are not ours to load."""
    import re
    import sys

    directories = os.environ.get("LD_LIBRARY_PATH", "").split(":")
    directories.append(os.path.join(sys.base_prefix, "lib", sys.implementation._multiarch))
    named = re.compile(rf"lib{re.escape(name)}\\.so(\\.[0-9.]+)?")
    for directory in filter(None, directories):
        try:
            found = sorted(filter(named.fullmatch, os.listdir(directory)))
        except OSError:
            continue
        if found:
            return found[0]
    return None
'''

DEFAULT_CERTIFICATES = '''

def _default_verify_paths():
    """Answer with the base's certificates unless SSL_CERT_FILE or SSL_CERT_DIR say otherwise."""
    cafile = os.environ.get("SSL_CERT_FILE", {certificates!r})
    capath = os.environ.get("SSL_CERT_DIR")
    return DefaultVerifyPaths(
        cafile if os.path.isfile(cafile) else None,
        capath if capath and os.path.isdir(capath) else None,
        "SSL_CERT_FILE", {certificates!r}, "SSL_CERT_DIR", {directory!r},
    )


def _set_default_verify_paths(self):
    paths = get_default_verify_paths()
    if paths.cafile or paths.capath:
        self.load_verify_locations(paths.cafile, paths.capath)


get_default_verify_paths = _default_verify_paths
SSLContext.set_default_verify_paths = _set_default_verify_paths
'''

ENVIRONMENT_BELOW = '''

_create_configuration = EnvBuilder.create_configuration


def _create_configuration_above_environment(self, context):
    """Let `--system-site-packages` see the environment that the new one is made from."""
    _create_configuration(self, context)
    if self.system_site_packages and sys.prefix != sys.base_prefix:
        python = "python%d.%d" % sys.version_info[:2]
        below = os.path.join(sys.prefix, "lib", python, "site-packages")
        site_packages = os.path.join(context.env_dir, "lib", python, "site-packages")
        with open(os.path.join(site_packages, "environment-below.pth"), "w") as file:
            file.write(f"import site; site.addsitedir({below!r})\\n")


EnvBuilder.create_configuration = _create_configuration_above_environment
'''

LOCALES = '''

_libc_setlocale = _setlocale


def _setlocale(category, locale=None):
    """Find locales in the base, whatever the machine has installed."""
    import os

    if locale is None or "LOCPATH" in os.environ:
        return _libc_setlocale(category, locale)
    os.environ["LOCPATH"] = {locales!r}
    try:
        return _libc_setlocale(category, locale)
    finally:
        del os.environ["LOCPATH"]
'''

TIME_ZONES = """
# The C library's own default is the host's directory, and it may have been read already.
import os
import time

if "TZDIR" not in os.environ:
    os.environ["TZDIR"] = {zones!r}
    if "TZ" in os.environ:
        zone = os.environ.pop("TZ")
        time.tzset()
        os.environ["TZ"] = zone
        time.tzset()
"""

LOCKED = """

def _refuse_to_install():
    words = sys.orig_argv[1:]
    while words and words[0].startswith("-") and words[0] != "-m":
        words = words[1:]
    words = words[1:] if words[:1] == ["-m"] else words
    program, *rest = [os.path.basename(word) for word in words[:1]] + words[1:] or [""]
    elsewhere = {"-t", "--target", "--prefix", "--root", "--python", "--dry-run", "-h", "--help"}
    is_pip = program.rstrip("0123456789.") == "pip" and {"install", "uninstall"} & {*rest}
    if not is_pip and program != "ensurepip" or elsewhere & {word.split("=")[0] for word in rest}:
        return
    if {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON"} & {*os.environ}:
        return
    sys.stderr.write(
        f"{program}: the environment {sys.prefix} is locked: nothing is installed into it.\\n"
        "`harness add ENV PACKAGE` locks another package. For code of your own, make a virtual "
        "environment that sees this one:\\n"
        "  python -m venv --system-site-packages .venv\\n"
        "  .venv/bin/pip install --editable .\\n"
    )
    sys.stderr.flush()
    os._exit(1)


import sys

if sys.prefix != sys.base_prefix and os.path.dirname(sys.prefix) == STORE:
    _refuse_to_install()
"""


def main() -> None:
    """Close the tree, step by step; once it is closed, its interpreter runs by itself."""
    remove_unused()
    make_links_relative()
    join_certificates()
    patch_standard_library()
    link_interpreter()
    patch_executables()
    subprocess.run([str(INTERPRETER), "-s", os.environ["redirect"]], check=True)
    close_compiled_in_paths()
    compile_standard_library()


def remove_unused() -> None:
    """Drop what no program reads; the copyright files stay."""
    for name in UNUSED:
        shutil.rmtree(OUT / name, ignore_errors=True)
    for directory, _, names in os.walk(OUT / "usr/share/doc", topdown=False):
        for name in names:
            if name != KEPT_DOCUMENTS:
                (Path(directory) / name).unlink()
        if not any(Path(directory).iterdir()):
            Path(directory).rmdir()


def make_links_relative() -> None:
    """Make absolute links, which mean Debian's root, point into this tree; drop dangling ones."""
    for path in sorted(OUT.rglob("*")):
        if path.is_symlink() and os.readlink(path).startswith("/"):
            target = OUT / os.readlink(path).lstrip("/")
            path.unlink()
            path.symlink_to(os.path.relpath(target, path.parent))
    for path in sorted(OUT.rglob("*")):
        if path.is_symlink() and not path.exists():
            path.unlink()


def join_certificates() -> None:
    """Do what ca-certificates' maintainer script would do: one file of all certificates."""
    CERTIFICATES.parent.mkdir(parents=True, exist_ok=True)
    with CERTIFICATES.open("wb") as bundle:
        for path in sorted((OUT / "usr/share/ca-certificates").rglob("*.crt")):
            bundle.write(path.read_bytes().rstrip(b"\n") + b"\n")


def patch_standard_library() -> None:
    """Replace the answers that the standard library takes from the host's directories."""
    directory = str(CERTIFICATES.parent)
    append(STDLIB / "ctypes/util.py", FIND_LIBRARY, before="if __name__")
    append(
        STDLIB / "ssl.py",
        DEFAULT_CERTIFICATES.format(certificates=str(CERTIFICATES), directory=directory),
    )
    append(STDLIB / "venv/__init__.py", ENVIRONMENT_BELOW, before="def create(")
    locales = LOCALES.format(locales=str(OUT / "usr/lib/locale"))
    append(STDLIB / "locale.py", locales, before="if __name__")
    append(STDLIB / "sitecustomize.py", TIME_ZONES.format(zones=str(ZONES)))
    append(STDLIB / "sitecustomize.py", LOCKED.replace("STORE", repr(str(OUT.parent))))
    starts_shells = STDLIB / "subprocess.py"
    starts_shells.write_text(starts_shells.read_text().replace("'/bin/sh'", repr(str(SHELL))))
    for path in STDLIB.glob("_sysconfigdata_*.py"):
        text = path.read_text()
        for name, value in (("TZPATH", ZONES), ("WHEEL_PKG_DIR", WHEELS)):
            text, count = re.subn(rf"'{name}': '[^']*'", f"'{name}': '{value}'", text)
            if count != 1:
                sys.exit(f"{path}: {count} entries for {name}, expected 1")
        path.write_text(text)


def append(path: Path, text: str, before: str | None = None) -> None:
    """Put `text` at the end of a module, or before the line that starts with `before`."""
    source = path.read_text()
    if before is None:
        path.write_text(source + text)
        return
    head, found, tail = source.partition(f"\n{before}")
    if not found:
        sys.exit(f"{path}: no line starts with {before!r}")
    path.write_text(head + text + "\n" + found + tail)


def link_interpreter() -> None:
    """Give the interpreter and the shell the names that scripts ask for."""
    for link in (OUT / "usr/bin/python3", OUT / "usr/bin/python", SHELL):
        link.unlink(missing_ok=True)
        link.symlink_to("bash" if link == SHELL else INTERPRETER.name)


def compile_standard_library() -> None:
    """Compile with the interpreter as it will be used."""
    subprocess.run([str(INTERPRETER), "-s", os.environ["bytecode"], str(STDLIB)], check=True)


def patch_executables() -> None:
    """Give every executable this tree's loader and an RPATH, which dlopen follows as well.

    DT_RPATH and not DT_RUNPATH: only the former also serves what a wheel's libraries need.
    """
    libraries = f"{LIBRARIES}:{TOOLS}/usr/lib/{os.environ['multiarch']}"
    patchelf = [str(LOADER), "--library-path", libraries, str(TOOLS / "usr/bin/patchelf")]
    for path in sorted(p for d in ("usr/bin", "usr/sbin") for p in (OUT / d).iterdir()):
        if path.is_symlink() or not has_interpreter(path):
            continue
        patched = path.with_name(f".{path.name}")  # this very process runs one of them
        shutil.copyfile(path, patched)
        shutil.copymode(path, patched)
        added = LOADED_WITH_PYTHON if path.name == f"python{PYTHON}" else []
        # One kind of change a call, in this order: patchelf 0.14 mixes up the strings of several
        # kinds, 0.18 cannot grow some files once more after it has set their interpreter.
        for change in (
            [part for name in added for part in ("--add-needed", name)],
            ["--force-rpath", "--set-rpath", str(LIBRARIES)],
            ["--set-interpreter", str(LOADER)],
        ):
            if change:
                subprocess.run([*patchelf, *change, str(patched)], check=True)
        patched.rename(path)


def has_interpreter(path: Path) -> bool:
    """Tell whether a file is a dynamic executable: ELF whose start names a loader."""
    with path.open("rb") as file:
        head = file.read(4096)
    return head.startswith(b"\x7fELF") and b"/ld-linux" in head


def close_compiled_in_paths() -> None:
    """Make each path of COMPILED_IN lead nowhere, keeping its length; one not found is an error."""
    for pattern, paths in COMPILED_IN.items():
        for file in sorted(p for p in OUT.glob(pattern) if not p.is_symlink()):
            data = file.read_bytes()
            for path in paths:
                data, count = re.subn(rb"(?<=\0)" + path + rb"(?=\0)", nowhere, data)
                if count == 0:
                    print(f"{file.name}: {path.decode()} is not compiled in")
            file.chmod(0o755)
            replacement = file.with_name(f".{file.name}")
            replacement.write_bytes(data)
            replacement.chmod(0o755)
            replacement.rename(file)


def nowhere(match: re.Match[bytes]) -> bytes:
    """Return a path of the same length below /dev/null, where nothing can exist."""
    path = match.group(0)
    tail = b"/" if path.endswith(b"/") else b""
    if len(path) <= len(b"/dev/null/"):
        return b"/".ljust(len(path) - len(tail), b"-") + tail
    return b"/dev/null/".ljust(len(path) - len(tail), b"-") + tail


main()
