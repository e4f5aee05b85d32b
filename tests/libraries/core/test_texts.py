import ast
from textwrap import dedent

import pytest

from harness.libraries.core.scopes import Program
from harness.libraries.core.texts import Texts


def _texts(source: str, **others: str) -> set[str]:
    """Return the texts of what is given to `f` in a module."""
    program = Program()
    for name, other in others.items():
        program.add(name, ast.parse(dedent(other)))
    program.add("m", ast.parse(dedent(source)))
    texts = Texts(program)
    return {
        text
        for call in program.calls
        if call.name == "f" and call.scope.module == "m"
        for one in call.arguments
        for text in texts.of(one, call.scope)
    }


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("'a'", {"a"}),
        ("1", set()),
        ("f'lib{x}.so.{1}'", {"lib*.so.*"}),
        ("'lib' + x", {"lib*", "lib", "*"}),
        ("'lib%s.so.%d' % x", {"lib*.so.*"}),
        ("'lib{0}.so'.format(x)", {"lib*.so"}),
        ("here / 'a'", {"a"}),
        ("os.path.join(here, 'a')", {"a"}),
        ("os.environ.get('X', 'a')", {"*", "a"}),
        ("str(Path('a'))", {"a"}),
        ("'a'.encode()", {"a"}),
        ("'a b'.split()", {"a", "b"}),
        ("unknown(x, 'a')", {"*"}),
        ("('a', ['b'], {'c'}, {'k': 'd'})", {"a", "b", "c", "d"}),
        ("'a' if x else 'b'", {"a", "b"}),
        ("x or 'a'", {"*", "a"}),
        ("[one for one in ('a', 'b')]", {"a", "b"}),
        ("*('a', 'b')", {"a", "b"}),
        ("(n := 'a')", {"a"}),
        ("{'k': 'a'}[x]", {"a"}),
        ("lambda: 'a'", set()),
        ("x.y", {"*"}),
    ],
)
def test_texts_of_an_expression(expression: str, found: set[str]) -> None:
    assert _texts(f"f({expression})") == found


def test_a_name_stands_for_what_is_bound_in_its_function_or_around_it() -> None:
    assert _texts("a = 'x'\ndef g():\n    b = 'y'\n    f(a, b)\ndef h():\n    b = 'z'") == {
        "x",
        "y",
    }
    assert _texts("self.a = 'x'\nf(self.a)") == {"x"}
    assert _texts("from n import A\nf(A)", n="A = 'x'") == {"x"}
    assert _texts("a = a\nf(a)") == set()


def test_a_parameter_stands_for_what_callers_give() -> None:
    callers = "g('x')\ng(a='y')\ng()"
    assert _texts(f"def g(a='z'):\n    f(a)\n{callers}") == {"*", "x", "y", "z"}
    assert _texts("def g(a):\n    f(a)", n="g('x')") == {"*", "x"}
    method = "class C:\n    def g(self, a):\n        f(a)\nc.g('y')"
    assert _texts(method, n="g('x')") == {"*", "y"}
    assert _texts("class C:\n    def __init__(self, a):\n        f(a)", n="C('x')") == {"*", "x"}


def test_a_call_stands_for_what_its_function_returns() -> None:
    assert _texts("def g():\n    return 'x'\nf(g())") == {"x"}
    assert _texts("f(g())", n="def g():\n    yield 'x'") == {"x"}


def test_functions_whose_callers_decide_are_told() -> None:
    program = Program()
    program.add("m", ast.parse("def g(a):\n    f(a)"))
    texts = Texts(program)
    (call,) = program.calls
    texts.of(call.arguments[0], call.scope)
    assert texts.asked == {"g"}


def test_what_is_nested_without_end_is_not_followed() -> None:
    names = "\n".join(f"a{n} = a{n + 1}" for n in range(100))
    assert _texts(f"{names}\na100 = 'x'\nf(a0)") == {"*"}
