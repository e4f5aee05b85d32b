from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from harness.libraries.core.loads import Opened, opened


def _opened(*files: str, **sources: str) -> Opened:
    return opened({name: dedent(text).encode() for name, text in sources.items()}, files)


def _names(source: str) -> frozenset[str]:
    return _opened(m=source).names


def test_libraries_are_told_that_are_looked_for_or_named() -> None:
    assert _names("import ctypes.util\nctypes.util.find_library('magic')") == {"magic"}
    assert _names("import ctypes\nctypes.CDLL(name='libmagic.so.1')") == {"libmagic.so.1"}
    cairo = "import cffi\nlib = dlopen(ffi, ('libcairo.so.2', 'libcairo-2.dll'), 'x y')"
    assert _names(cairo) == {"libcairo.so.2"}
    loop = "import ctypes\nfor one in ('usb-1.0', 'usb'):\n    find_library(one)\nf(1)()"
    assert _names(loop) == {"usb-1.0", "usb"}
    assert _names("import ctypes\nmine.load_my_library('a', name='gsl')") == {"gsl"}


def test_names_count_only_where_libraries_are_opened() -> None:
    assert _names("name = 'libmagic.so.1'") == frozenset()
    assert _names("import ctypes\nname = b'libmagic.so.1'") == frozenset()
    assert _names("import ctypes\nopen('magic')") == frozenset()
    assert _names("import ctypes\nCDLL('omp', mode=os.RTLD_NOLOAD)") == frozenset()


def test_a_function_that_hands_a_name_on_is_followed_to_its_callers_in_other_modules() -> None:
    loader = "from ctypes import *\ndef attach(name, version):\n    return CDLL(f'lib{name}.so')"
    caller = "from loader import attach\nattach('udev', 1)"
    assert _opened(loader=loader, caller=caller, other="udev = 'x'").names == {"libudev.so"}
    assert _opened(loader=loader, caller="attach(").names == frozenset()


def test_callers_of_callers_are_followed_for_a_while() -> None:
    chain = {
        f"m{n}": f"def a{n}(name):\n    return a{n - 1}(name)\na{n}('l{n}')" for n in range(1, 6)
    }
    names = _opened(m0="import ctypes\ndef a0(name):\n    return CDLL(name)", **chain).names
    assert names == {"l1", "l2"}


def test_files_that_are_loaded_while_a_module_is_imported_must_load() -> None:
    file = "p/libgeo.so.4"
    at_once = "import ctypes\nctypes.CDLL(os.path.join(here, 'libgeo.so.4'))"
    assert _opened(file, "p/libother.so", m=at_once).loads == {("m", file)}
    by_call = "import ctypes\ndef load():\n    return ctypes.CDLL(here / 'libgeo.so.4')\n"
    assert _opened(file, m=f"{by_call}_LIB = load()").loads == {("m", file)}


def test_files_that_may_fail_to_load_or_are_loaded_later_need_not() -> None:
    later = "import ctypes\ndef load():\n    return ctypes.CDLL('libgeo.so.4')\n"
    caught = "try:\n    {}\nexcept OSError:\n    pass"
    assert not _opened("libgeo.so.4", m=later).loads
    assert not _opened("libgeo.so.4", m=later + caught.format("load()")).loads
    assert not _opened("libgeo.so.4", m="import ctypes\n" + caught.format("CDLL('geo')")).loads
    assert not _opened("libgeo.so.4", m="import ctypes\nfind_library('geo')").loads


@given(st.text(max_size=200))
def test_no_source_is_too_odd(source: str) -> None:
    opened({"m": b"import ctypes\n" + source.encode()}, ["libx.so"])
