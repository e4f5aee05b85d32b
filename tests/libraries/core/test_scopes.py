import ast
from textwrap import dedent

from harness.libraries.core.scopes import Program


def _program(source: str) -> Program:
    program = Program()
    program.add("m", ast.parse(dedent(source)))
    return program


def _bound(source: str) -> dict[str, list[str]]:
    shared = _program(source).shared
    return {name: [ast.unparse(one) for one, _ in found] for (_, name), found in shared.items()}


def test_names_stand_for_all_that_is_bound_to_them() -> None:
    assert _bound("a = 1\na: int = 2\na: int\na += 3\nfor a in b: pass") == {
        "a": ["b", "3", "2", "1"]
    }
    assert _bound("(a := 1)") == {"a": ["1"]}
    assert _bound("[a for a in b]") == {"a": ["b"]}


def test_parts_of_what_is_bound_are_bound_to_parts() -> None:
    assert _bound("a, (b, *c) = 1, x") == {"a": ["1"], "b": ["x"], "c": ["x"]}
    assert _bound("[a, b] = x") == {"a": ["x"], "b": ["x"]}
    assert _bound("a['k'] = 1\na.append(2)\na.clear()\nf().append(3)") == {"a": ["2", "1"]}


def test_attributes_are_known_by_their_last_name() -> None:
    assert _bound("self.x = 1\nclass C:\n    y = 2") == {"x": ["1"], "y": ["2"]}


def test_names_of_a_function_are_its_own() -> None:
    program = _program("def f(a, b=1, *, c, d=2):\n    e = 3\n    return e")
    assert not program.shared
    ((value, scope),) = program.results["m", "f"]
    assert ast.unparse(value) == "e"
    assert scope.parameters == ("a", "b", "c", "d")
    assert {*scope.bound} == {"b", "d", "e"}


def test_a_constructor_has_the_name_of_its_class_and_a_method_is_its_modules_own() -> None:
    program = _program(
        """
        class C:
            def __init__(self, a):
                f(a)
            def m(self):
                g()
                yield 1
        def __init__(): h()
        """
    )
    scopes = {call.name: call.scope for call in program.calls}
    assert (scopes["f"].function, scopes["f"].is_method) == ("C", False)
    assert (scopes["g"].function, scopes["g"].is_method) == ("m", True)
    assert scopes["h"].function == "__init__"
    assert [*program.results] == [("m", "m")]


def test_what_ctypes_opens_by_attribute_and_by_key_is_a_call() -> None:
    program = _program("cdll['a']\ngetattr(ctypes.cdll, b)\ngetattr(self.cdll, c)\nx['d']")
    opened = [call.arguments for call in program.calls if call.name == "CDLL"]
    assert {ast.unparse(one) for (one,) in opened} == {"'a'", "b"}


def test_a_call_is_guarded_where_its_failure_is_caught() -> None:
    program = _program("try:\n    f(k=1)\nexcept OSError: pass\ng()(**x)")
    assert {call.name: call.guarded for call in program.calls} == {"f": True, "g": False, "": False}
    assert program.calls[-1].keywords or program.calls[0].keywords
