import ast
from textwrap import dedent

import pytest

from harness.libraries.core.imports import Mention, mentions, reach


def _mentions(source: str, module: str = "p", *, is_package: bool = True) -> list[Mention]:
    return [*mentions(ast.parse(dedent(source)), module, is_package=is_package)]


def _of(**sources: str) -> dict[str, list[Mention]]:
    return {
        name.replace("__", "."): _mentions(
            source, name.replace("__", "."), is_package=name in {"p", "p__gl"}
        )
        for name, source in sources.items()
    }


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


@pytest.mark.parametrize(
    "block",
    ["if TYPE_CHECKING:", "if __name__ == '__main__':", "with contextlib.suppress(ImportError):"],
)
def test_what_an_import_does_not_execute_or_does_not_fail_for_is_guarded(block: str) -> None:
    found = {one.module: one.guarded for one in _mentions(f"{block}\n    import a\nimport b")}
    assert found == {"a": True, "b": False}


def test_other_blocks_guard_nothing() -> None:
    assert not any(one.guarded for one in _mentions("if x:\n    import a"))
    assert not any(one.guarded for one in _mentions("with suppress(KeyError):\n    import a"))
    assert not any(one.guarded for one in _mentions("with open(x):\n    import a"))


def test_imports_by_function_count_with_a_star_where_the_name_is_put_together() -> None:
    found = _mentions("import_module('.a', x)\n__import__('b')\nimport_module(f'c{d}')\nf('e')")
    assert [one.module for one in found[::-1]] == ["p.a", "b", "p.*"]


def test_modules_are_imported_unless_every_way_to_them_is_guarded() -> None:
    sources = _of(
        p="from . import _a\ntry:\n    from . import gl\nexcept ImportError: pass",
        p__gl="from . import _gl",
    )
    found = reach(sources, {"p._a", "p._gl", "p.other", "top"}, {"p"})
    assert found.modules == {"p", "p._a", "p.other", "top"}


def test_private_modules_are_imported_only_by_others() -> None:
    assert reach(_of(p=""), {"p._a", "p.b"}, {"p"}).modules == {"p", "p.b"}


def test_modules_outside_of_a_package_are_imported_if_another_wheel_makes_it_one() -> None:
    found = reach(_of(p=""), {"p.a", "data.b"}, {"p"})
    assert found.modules == {"p", "p.a"}
    assert found.loose == {"data.b"}


def test_plugins_that_a_package_looks_for_by_name_are_not_required() -> None:
    looks = "try:\n    import_module(f'p.gl.{name}')\nexcept ImportError: pass"
    found = reach(_of(p="", p__gl=looks), {"p.gl.x", "p.y"}, {"p", "p.gl"})
    assert found.modules == {"p", "p.gl", "p.y"}


def test_a_module_imports_the_packages_above_it_and_what_lies_beside_it_by_its_bare_name() -> None:
    sources = {
        "a": [Mention(module="p.q.m", guarded=False)],
        "p": [],
        "p.q": [Mention(module="_c", guarded=False)],
        "p.q.m": [Mention(module="_d", guarded=False), Mention(module="p.q.m", guarded=False)],
    }
    found = reach(sources, {"p.q._c", "p.q._d"}, ())
    assert found.modules == {"a", "p", "p.q", "p.q.m", "p.q._c", "p.q._d"}
