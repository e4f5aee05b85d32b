import ast
from textwrap import dedent

import pytest

from harness.libraries.core.python_source import Mention, mentions, opened, required


def _mentions(source: str, module: str = "p", *, is_package: bool = True) -> list[Mention]:
    return [*mentions(ast.parse(dedent(source)), module, is_package=is_package)]


def _opened(source: str) -> frozenset[str]:
    return opened(dedent(source), ast.parse(dedent(source)))


def test_imports_are_named_from_the_top() -> None:
    found = {one.module for one in _mentions("import a.b\nfrom . import _c\nfrom ..x import y")}
    assert {"a.b", "p._c"} <= found
    within = _mentions("from . import c\nfrom .d import e", "p.q", is_package=False)
    assert {"p", "p.c", "p.d", "p.d.e"} == {one.module for one in within}


@pytest.mark.parametrize(
    ("handler", "guarded"),
    [
        ("except ImportError: pass", True),
        ("except (OSError, builtins.ImportError): pass", True),
        ("except: pass", True),
        ("except KeyError: pass", False),
        ("except ImportError as e: raise RuntimeError from e", False),
    ],
)
def test_an_import_is_guarded_where_its_failure_is_caught(handler: str, guarded: bool) -> None:
    source = f"try:\n    import a\n{handler}\nelse:\n    import b"
    found = {one.module: one.guarded for one in _mentions(source)}
    assert found == {"a": guarded, "b": False}


def test_modules_are_required_unless_every_way_to_them_is_guarded() -> None:
    mentioned = {
        "p": [Mention(module="p._a", guarded=False), Mention(module="p.gl", guarded=True)],
        "p.gl": [Mention(module="p._gl", guarded=False)],
    }
    found = required(mentioned, {"p._a", "p._gl", "p._unmentioned"})
    assert found == {"p._a", "p._unmentioned"}


def test_libraries_are_told_that_are_looked_for_or_named() -> None:
    assert _opened("import ctypes.util\nctypes.util.find_library('magic')") == {"magic"}
    assert _opened("import ctypes\nctypes.CDLL('libmagic.so.1')") == {"libmagic.so.1"}
    assert _opened("from cffi import FFI\nffi.dlopen(*['a'])") == frozenset()
    cairo = "import cffi\nlib = dlopen(ffi, ('cairo', 'x y'), ('libcairo.so.2', 'libcairo-2.dll'))"
    assert _opened(cairo) == {"cairo", "libcairo.so.2"}
    loop = "import ctypes\nfor one in ('usb-1.0', 'usb'):\n    find_library(one, other)\nf(1)()"
    assert _opened(loop) == {"usb-1.0", "usb"}


def test_names_count_only_where_libraries_are_opened() -> None:
    assert _opened("name = 'libmagic.so.1'") == frozenset()
    assert _opened("import ctypes\nname = b'libmagic.so.1'") == frozenset()
