"""An environment behaves as a virtual environment does, on two interpreters, on any host."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from harness.host import process
from harness.sources.deb import read_deb_file
from harness.store import builds, nix
from tests.integration.conftest import ROOT, Shipped

pytestmark = [pytest.mark.nix, pytest.mark.network]

_TOP_LEVEL_MODULES = """
import importlib, importlib.metadata, sys, warnings
warnings.simplefilter("ignore")
modules = set()
for distribution in importlib.metadata.distributions():
    for path in distribution.files or ():
        first = path.parts[0].partition(".")[0]
        if path.suffix in (".py", ".so") and first.isidentifier():
            modules.add(first)
failed = []
for module in sorted(modules - {"this", "antigravity"}):
    try:
        importlib.import_module(module)
    except Exception as error:  # not all modules agree to be in one process
        failed.append(f"{module}: {error}")
print(len(modules))
print("\\n".join(failed))
"""
_LOADED = re.compile(r"calling init: (\S+)")


def test_the_interpreter_says_where_it_is(environment: Shipped) -> None:
    facts = json.loads(
        environment.python(
            "import json, site, sys, sysconfig\n"
            "print(json.dumps([sys.prefix, sys.executable, sys.base_prefix,\n"
            "    sysconfig.get_path('purelib'), site.ENABLE_USER_SITE]))"
        )
    )
    prefix, executable, base, purelib, user_site = facts
    assert prefix == str(environment.tree)
    assert executable == f"{prefix}/bin/python"
    assert base == f"{environment.base}/usr"
    assert Path(purelib).parent.parent.parent == environment.tree
    assert user_site is False


def test_console_scripts_run_the_environments_interpreter(serving: Shipped) -> None:
    assert "Usage" in serving.run("mlserver", "--help")
    first = (serving.tree / "bin/mlserver").read_text().splitlines()[0]
    assert first.startswith(f"#!{serving.tree}/bin/python")


def test_metadata_and_pip_list_know_what_the_lock_names(environment: Shipped) -> None:
    lock = (ROOT / f"envs/{environment.name}/pylock.toml").read_text()
    named = set(re.findall(r'^\[\[packages\]\]\nname = "(.+)"', lock, re.MULTILINE))
    listed = json.loads(environment.run("pip", "list", "--format", "json"))
    normal = {re.sub(r"[-_.]+", "-", package["name"]).lower() for package in listed}
    assert normal == named
    counted = environment.python(
        "import importlib.metadata as m; print(len(list(m.distributions())))"
    )
    assert int(counted) == len(named)


def test_a_virtual_environment_on_top_sees_the_packages(
    environment: Shipped, tmp_path: Path
) -> None:
    environment.run("python", "-m", "venv", "--system-site-packages", str(tmp_path / "top"))
    program = "import numpy, sys; print(numpy.__file__); print(sys.prefix)"
    found = process.check([str(tmp_path / "top/bin/python"), "-c", program], env={})
    assert found.splitlines() == [
        str(next(environment.tree.glob("lib/python*/site-packages/numpy/__init__.py"))),
        str(tmp_path / "top"),
    ]
    assert "numpy" in process.check([str(tmp_path / "top/bin/pip"), "list"], env={})


def test_the_pip_of_a_virtual_environment_on_top_is_the_bases(
    environment: Shipped, tmp_path: Path
) -> None:
    environment.run("python", "-m", "venv", str(tmp_path / "top"))
    (wheel,) = environment.base.glob("usr/share/python-wheels/pip-*.whl")
    version = process.check([str(tmp_path / "top/bin/pip"), "--version"], env={}).split()[1]
    assert wheel.name.startswith(f"pip-{version}-")


def test_a_plain_virtual_environment_on_top_sees_none(environment: Shipped, tmp_path: Path) -> None:
    environment.run("python", "-m", "venv", "--without-pip", str(tmp_path / "top"))
    program = "import importlib.util; print(importlib.util.find_spec('numpy'))"
    python = str(tmp_path / "top/bin/python")
    assert process.check([python, "-c", program], env={}).strip() == "None"


def test_workers_are_spawned_with_the_same_interpreter(
    environment: Shipped, tmp_path: Path
) -> None:
    script = tmp_path / "spawn.py"
    script.write_text(
        "import multiprocessing, sys, subprocess\n"
        "def prefix(_): return sys.prefix\n"
        "if __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n"
        "        print(*set(pool.map(prefix, range(4))))\n"
        "    print(subprocess.check_output(\n"
        "        [sys.executable, '-c', 'import sys; print(sys.prefix)'], text=True), end='')\n"
    )
    assert environment.run("python", str(script)).split() == [str(environment.tree)] * 2


def test_certificates_come_from_the_base(environment: Shipped) -> None:
    program = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    known = len(re.findall("BEGIN CERT", _certificates(environment)))
    assert int(environment.python(program)) == known > 100
    program = "import ssl; print(ssl.get_default_verify_paths().cafile)"
    assert environment.python(program).startswith(str(environment.base))


def test_the_users_certificates_go_before_the_bases(environment: Shipped, tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    own.write_text(
        _certificates(environment).partition("-----END CERTIFICATE-----")[0]
        + "-----END CERTIFICATE-----\n"
    )
    program = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    assert environment.python(program, SSL_CERT_FILE=str(own)) == "1"


def _certificates(environment: Shipped) -> str:
    return (environment.base / "etc/ssl/certs/ca-certificates.crt").read_text()


def test_time_zones_come_from_the_base(environment: Shipped) -> None:
    program = "import zoneinfo; print(zoneinfo.TZPATH); print(zoneinfo.ZoneInfo('Asia/Tokyo'))"
    assert environment.python(program).splitlines() == [
        f"('{environment.base}/usr/share/zoneinfo',)",
        "Asia/Tokyo",
    ]
    program = "import os, time; print(time.localtime(0).tm_gmtoff, os.environ['TZDIR'])"
    assert environment.python(program, TZ="Asia/Tokyo") == (
        f"32400 {environment.base}/usr/share/zoneinfo"
    )


@pytest.mark.parametrize("name", ["c", "sqlite3", "stdc++", "gomp"])
def test_find_library_answers_from_the_base(environment: Shipped, name: str) -> None:
    program = f"import ctypes.util; print(ctypes.util.find_library({name!r}))"
    found = environment.python(program)
    assert list(environment.base.glob(f"usr/lib/*/{found}"))
    program = f"import ctypes; ctypes.CDLL({found!r}); print(open('/proc/self/maps').read())"
    maps = environment.python(program)
    assert f"{environment.base}/usr/lib" in maps
    assert not re.findall(r" /(?:usr/)?lib\S*", maps)


def test_find_library_does_not_know_the_hosts(environment: Shipped) -> None:
    program = "import ctypes.util; print(ctypes.util.find_library('systemd'))"
    assert environment.python(program) == "None"


def test_sqlite_and_the_c_utf_8_locale_work(environment: Shipped) -> None:
    program = (
        "import locale, sqlite3\n"
        "print(sqlite3.connect(':memory:').execute('select 6 * 7').fetchone()[0])\n"
        "print(locale.setlocale(locale.LC_ALL, 'C.UTF-8'))\n"
        "print('\\u00e4')"
    )
    for variables in ({}, {"LANG": "C.UTF-8"}, {"LC_ALL": "C.UTF-8"}):
        assert environment.python(program, **variables).split() == ["42", "C.UTF-8", "ä"]


def test_no_library_of_the_host_is_loaded_outside_a_sandbox(
    environment: Shipped, tmp_path: Path
) -> None:
    """With its own programs alone: the host's load the host's (Matplotlib asks for fc-list)."""
    bin_directory = f"{environment.tree}/bin"
    completed = process.run(
        [f"{bin_directory}/python", "-c", _TOP_LEVEL_MODULES],
        env={"LD_DEBUG": "libs", "HOME": str(tmp_path), "PATH": bin_directory},
        timeout=300,
    )
    assert completed.status == 0
    _assert_closed(completed.stdout, completed.stderr)


def test_no_library_of_the_host_is_loaded_inside_the_sandbox(
    environment: Shipped, tmp_path: Path
) -> None:
    expression = tmp_path / "imports.nix"
    expression.write_text(
        """
        { environment, base, program }:
        derivation {
          name = "imports";
          system = builtins.currentSystem;
          builder = "${builtins.storePath base}/bin/bash";
          environment = builtins.storePath environment;
          inherit program;
          HOME = "/tmp";
          LD_DEBUG = "libs";
          args = [
            "-c"
            "$environment/bin/python -c \\"$program\\" > $out 2>&1"
          ];
        }
        """
    )
    (derivation,) = process.check(
        [
            "nix-instantiate",
            *nix.options(),
            str(expression),
            "--argstr",
            "environment",
            str(environment.tree),
            "--argstr",
            "base",
            str(environment.base),
            "--argstr",
            "program",
            _TOP_LEVEL_MODULES,
        ],
        env=nix.environment(),
    ).split()
    completed = builds.realise([derivation])
    assert completed.status == 0, completed.said
    text = Path(*completed.paths).read_text(errors="replace")
    assert "calling init" in text
    _assert_closed("", text)


def _assert_closed(stdout: str, trace: str) -> None:
    loaded = set(_LOADED.findall(trace))
    assert len(loaded) > 20
    assert {path for path in loaded if not path.startswith("/nix/store/")} == set()
    assert "cannot open shared object" not in stdout


def test_a_cpp_library_with_a_runpath_of_its_own_gets_the_bases_runtime(
    serving: Shipped, tmp_path: Path
) -> None:
    """Its RUNPATH hides the executable's RPATH: nothing but the loader's own places is left."""
    library = next(
        path
        for path in sorted(serving.tree.glob("lib/python*/site-packages/**/*.so"))
        if b"libstdc++.so.6" in path.read_bytes() and b"$ORIGIN" not in path.read_bytes()
    )
    own = tmp_path / "own.so"
    own.write_bytes(library.read_bytes())
    patchelf = tmp_path / "patchelf"
    deb = next(Path("/nix/store").glob("*-patchelf_*.deb"))
    patchelf.write_bytes(read_deb_file(deb, "bin/patchelf", limit=2**24))
    loader = next(serving.base.glob("usr/lib/*/ld-linux-*.so.*"))
    run = [str(loader), "--library-path", str(loader.parent), str(patchelf)]
    process.check([*run, "--set-rpath", "/nowhere", str(own)], env={})
    assert process.check([*run, "--print-rpath", str(own)], env={}).strip() == "/nowhere"
    maps = serving.python(
        f"import ctypes; ctypes.CDLL({str(own)!r}); print(open('/proc/self/maps').read())"
    )
    assert f"{loader.parent}/libstdc++.so.6" in maps
    assert not re.findall(r" /(?:usr/)?lib\S*", maps)


def test_shells_that_programs_start_are_the_bases(environment: Shipped) -> None:
    """system(3) and popen(3), which the C library fixes to /bin/sh, and subprocess."""
    program = (
        "import ctypes, os, subprocess, sys\n"
        "ask = 'read -r first < /proc/$$/maps; echo ${first##* }'\n"
        "assert os.system(ask) == 0 == ctypes.CDLL(None).system(ask.encode())\n"
        "print(subprocess.check_output(ask, shell=True, text=True), end='')"
    )
    shells = environment.python(program, PYTHONUNBUFFERED="1").splitlines()
    assert shells == [f"{environment.base}/usr/bin/bash"] * 3


def test_ldconfig_reads_the_loaders_cache(environment: Shipped) -> None:
    cache = f"{environment.base}/etc/ld.so.cache"
    listed = process.check([f"{environment.base}/usr/sbin/ldconfig", "-p", "-C", cache], env={})
    found = dict(re.findall(r"^\t(\S+) \(libc6,x86-64\) => (\S+)$", listed, re.MULTILINE))
    assert {"libc.so.6", "libz.so.1", "libstdc++.so.6"} <= found.keys()
    (libc,) = environment.base.glob("usr/lib/*/libc.so.6")
    assert found == {name: f"{libc.parent}/{name}" for name in found}
    environment.python("import ctypes; ctypes.CDLL('libz.so.1')")


def test_nothing_is_installed_into_an_environment(environment: Shipped) -> None:
    for argv in (
        ["-m", "pip", "install", "six"],
        [f"{environment.tree}/bin/pip", "uninstall", "x"],
        ["-m", "ensurepip"],
    ):
        said = process.run([f"{environment.tree}/bin/python", *argv], env={})
        assert said.status == 1
        assert f"the environment {environment.tree} is locked" in said.stderr


def test_namespace_packages_of_several_wheels_are_one(serving: Shipped) -> None:
    program = (
        "import opentelemetry.sdk.trace, opentelemetry.exporter.otlp.proto.grpc\n"
        "import google.protobuf, google.rpc.status_pb2, zope.event, zope.interface"
    )
    serving.python(program)


def test_the_closure_holds_no_compiler_and_one_interpreter(environment: Shipped) -> None:
    closure = nix.requisites([str(environment.tree)])
    programs = {program.name for path in closure for program in Path(path).glob("usr/bin/*")}
    assert not {"gcc", "cc", "ld", "as", "perl", "gawk", "mawk"} & programs
    interpreters = {name for name in programs if re.fullmatch(r"python\d\.\d+", name)}
    assert len(interpreters) == 1


def test_a_shell_enters_the_environment(serving: Shipped) -> None:
    program = f'source {serving.enter}; python -c "import sys; print(sys.prefix)"; echo $TZDIR'
    found = process.run(
        [f"{serving.base}/bin/bash", "-c", program],
        env={"PATH": "/usr/bin", "LD_LIBRARY_PATH": "/host", "PYTHONPATH": "/host"},
    )
    assert found.stdout.split() == [str(serving.tree), f"{serving.base}/usr/share/zoneinfo"]
    assert "LD_LIBRARY_PATH and LD_PRELOAD of the host are not used" in found.stderr


def test_nix_develop_enters_the_environment_offline(serving: Shipped, tmp_path: Path) -> None:
    for name in ("flake.nix", "flake.lock"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("envs", "harness"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for argv in (["init", "-q"], ["add", "-A"]):
        process.check(["git", "-C", str(tmp_path), *argv])
    flake = ["nix", "--extra-experimental-features", "nix-command flakes", *nix.options()]
    program = "import sys, sklearn; print(sys.prefix)"
    enter = [*flake, "develop", f"{tmp_path}#serving", "--command", "python", "-c", program]
    without_network = ["unshare", "--net"] if os.geteuid() == 0 else []
    found = process.run([*without_network, *enter], env=nix.environment(), timeout=300)
    assert found.stdout.strip() == str(serving.tree), found.stderr
