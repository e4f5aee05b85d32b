"""Which texts an expression may have, as far as its sources tell; `*` stands for what they do not.

Functions are not executed: what they return may be each of the results that their sources name.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice, product

from harness.libraries.core.scopes import Call, Program, Scope, called

_MOST = 200
_DEEPEST = 40
_PLACES = re.compile(r"\{[^{}]*\}|%(?:\(\w+\))?[-+ #0-9.]*[a-zA-Z]")
_SAME = {"str", "list", "tuple", "set", "sorted", "reversed", "iter", "next", "filter", "enumerate"}
_PATHS = {"Path", "PurePath", "fspath", "fsencode", "fsdecode", "abspath", "realpath", "normpath"}
_METHODS = {"encode", "decode", "resolve", "absolute", "as_posix", "strip", "items"}
_DEFAULTS = {"get", "getenv", "pop", "setdefault", "getattr"}
_JOINS = {"join", "joinpath", "with_name"}
UNKNOWN = ("*",)


class Texts:
    """Texts of a program's expressions.

    `asked` are the functions whose callers decide: a text may come from sources that are not read.
    """

    def __init__(self, program: Program) -> None:
        self.asked: set[str] = set()
        self._program = program
        self._depth = 0
        self._found: dict[int, tuple[str, ...]] = {}
        self._calls: dict[str, list[Call]] = defaultdict(list)
        for one in program.calls:
            self._calls[one.name].append(one)

    def of(self, expression: ast.expr, scope: Scope) -> tuple[str, ...]:
        """Return the texts that an expression may have, in order."""
        key = id(expression)
        if key not in self._found and self._depth < _DEEPEST:
            self._found[key] = ()  # what refers to itself adds nothing
            self._depth += 1
            self._found[key] = tuple(sorted({*islice(self._texts(expression, scope), _MOST)}))
            self._depth -= 1
        return self._found.get(key, UNKNOWN)

    def _texts(self, expression: ast.expr, scope: Scope) -> Iterator[str]:
        match expression:
            case ast.Constant(value=str() as text):
                yield text
            case ast.JoinedStr(values=parts):
                yield from self._joined(parts, scope)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                yield from self._joined([left, right], scope)  # of texts
                yield from self._each([left, right], scope)  # of lists
            case ast.BinOp(left=left, op=ast.Mod()):
                yield from (_PLACES.sub("*", text) for text in self.of(left, scope))
            case ast.Name(id=name):
                yield from self._named(name, scope)
            case ast.Attribute(attr=name):
                yield from self._shared(name, scope)
            case ast.Call():
                yield from self._result(expression, scope)
            case _:
                yield from self._each(_parts(expression), scope)

    def _each(self, several: Iterable[ast.expr], scope: Scope) -> Iterator[str]:
        for one in several:
            yield from self.of(one, scope)

    def _joined(self, parts: Iterable[ast.expr], scope: Scope) -> Iterator[str]:
        every = [self.of(one, scope) or UNKNOWN for one in parts]
        return map("".join, product(*every))

    def _named(self, name: str, scope: Scope) -> Iterator[str]:
        at: Scope | None = scope
        while at and name not in at.bound and name not in at.parameters:
            at = at.above
        if at is None:
            return self._shared(name, scope)
        return self._here(name, at)

    def _here(self, name: str, scope: Scope) -> Iterator[str]:
        yield from self._each(scope.bound.get(name, ()), scope)
        if name in scope.parameters:
            yield from UNKNOWN
            if not scope.is_method:
                self.asked.add(scope.function)
            for call in self._calls[scope.function]:
                if call.scope.module == scope.module or not scope.is_method:
                    position = scope.parameters.index(name)
                    given = [*call.arguments[position : position + 1]]
                    yield from self._each(given or _keyword(call, name), call.scope)

    def _shared(self, name: str, scope: Scope) -> Iterator[str]:
        shared = self._program.shared
        found = shared.get((scope.module, name)) or shared.get(("", name))
        if not found:
            yield from UNKNOWN
        for value, at in found or ():
            yield from self.of(value, at)

    def _result(self, call: ast.Call, scope: Scope) -> Iterator[str]:
        name = called(call.func)
        receiver = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        if name in _JOINS:
            yield from self._each(call.args[-1:], scope)
        elif name == "format":
            yield from (_PLACES.sub("*", one) for one in self._each(receiver, scope))
        elif name in _DEFAULTS:
            yield from self._each([*receiver, *call.args[1:]], scope)
        elif name in _SAME | _PATHS:
            yield from self._each(call.args, scope)
        elif name == "split":
            yield from (part for one in self._each(receiver, scope) for part in one.split())
        elif name in _METHODS:
            yield from self._each(receiver, scope)
        else:
            yield from self._returned(name, scope)

    def _returned(self, name: str, scope: Scope) -> Iterator[str]:
        results = self._program.results
        found = results.get((scope.module, name)) or results.get(("", name))
        if not found:
            yield from UNKNOWN
        for value, at in found or ():
            yield from self.of(value, at)


def _keyword(call: Call, name: str) -> list[ast.expr]:
    return [call.keywords[name]] if name in call.keywords else []


def _parts(expression: ast.expr) -> list[ast.expr]:
    """Return the expressions, one of which an expression is, or consists of."""
    match expression:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return parts
        case ast.Dict(values=parts) | ast.BoolOp(values=parts):
            return parts
        case ast.IfExp(body=first, orelse=second):
            return [first, second]
        case ast.BinOp(right=one):  # of paths
            return [one]
        case (
            ast.Subscript(value=one)
            | ast.Starred(value=one)
            | ast.NamedExpr(value=one)
            | ast.FormattedValue(value=one)
            | ast.ListComp(elt=one)
            | ast.SetComp(elt=one)
            | ast.GeneratorExp(elt=one)
        ):
            return [one]
    return []
