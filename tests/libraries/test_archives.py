from pathlib import Path

from harness.libraries.archives import installed, read_deb, read_imports, read_wheel
from tests.elf import library
from tests.libraries.wheels import deb, wheel

SOURCE = b"""import ctypes.util
ctypes.CDLL(here / 'libx.so')
try:
    from . import _o
except ImportError:
    _o = None
"""


def test_a_wheel_tells_its_libraries_its_modules_and_what_it_opens(tmp_path: Path) -> None:
    members = {
        "p/__init__.py": SOURCE + b"ctypes.util.find_library('magic')",
        "p/_d.abi3.so": library(needed=("libGL.so.1",)) + b"\0PyInit__d\0",
        "p/_o.abi3.so": library() + b"\0PyInit__o\0",
        "p.libs/libx.so": library(soname="libx.so"),
        "p/data.bin": b"no library",
        "p/_d.debug": library()[:70],
        "p/odd.py": b"not ( python",
        "p/odd_name.py": b"",
        "p/tests/test_a.py": b"import ctypes\nctypes.CDLL('libodd.so')",
    }
    found = read_wheel(wheel(tmp_path / "p.whl", members))
    assert {*found["files"]} == {"p/_d.abi3.so", "p/_o.abi3.so", "p.libs/libx.so"}
    assert found["modules"] == ["p/_d.abi3.so", "p/_o.abi3.so"]
    assert found["packages"] == ["p"]
    assert found["loads"] == [("p", "p.libs/libx.so")]
    assert found["opens"] == ["libx.so", "magic"]
    imports = read_imports(tmp_path / "p.whl")
    assert imports == {"modules": ["p", "p.odd_name"], "loose": []}


def test_members_are_where_installers_put_them() -> None:
    assert installed("p-1.data/platlib/p/a.so") == "p/a.so"
    assert installed("p-1.data/data/lib/libp.so") == "../../../lib/libp.so"
    assert installed("p/a.so") == "p/a.so"


def test_a_debian_package_tells_the_libraries_of_the_directory(tmp_path: Path) -> None:
    members = {"./usr/lib/m/libz.so.1": b"", "./lib/m/libc.so.6": b"", "./usr/lib/m/d/libn.so": b""}
    found = read_deb(deb(tmp_path / "z.deb", members), "lib/m")
    assert found == {"names": ["libc.so.6", "libz.so.1"]}
