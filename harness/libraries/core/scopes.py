"""What names stand for in Python sources: bindings, calls and results, by function.

Nothing is executed, and order does not count: a name stands for all that is bound to it anywhere
in its function, or else around it. `self.x`, and names of a module that another one imports, are
known by the last part of their name alone.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import repeat

_CATCHES = {"ImportError", "ModuleNotFoundError", "OSError", "IOError", "Exception"}
_GROWS = {"append", "extend", "insert", "add", "update"}
_RECEIVERS = ("self", "cls")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scope:
    """A function, or what is executed when a module is imported (`function` is empty)."""

    module: str
    function: str = ""
    owner: str = ""
    is_method: bool = False
    above: "Scope | None" = None
    parameters: tuple[str, ...] = ()
    bound: dict[str, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))


Bindings = dict[tuple[str, str], list[tuple[ast.expr, Scope]]]
"""Expressions by module, or nothing, and name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of `name`; `guarded`: what calls goes on where that fails."""

    name: str
    arguments: tuple[ast.expr, ...]
    keywords: dict[str, ast.expr]
    scope: Scope
    guarded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Sources that were read together; `texts` are all their constants.

    `shared` is what is bound to attributes, by module and name, or at the top of a module, by name
    alone; `results` what functions return, likewise.
    """

    calls: list[Call] = field(default_factory=list)
    shared: Bindings = field(default_factory=lambda: defaultdict(list))
    results: Bindings = field(default_factory=lambda: defaultdict(list))
    texts: set[str] = field(default_factory=set)

    def add(self, module: str, tree: ast.Module) -> None:
        """Read one more module."""
        waiting: list[tuple[ast.AST, Scope, bool]] = [(tree, Scope(module=module), False)]
        while waiting:
            node, scope, guarded = waiting.pop()
            self._note(node, scope, guarded=guarded)
            if isinstance(node, ast.ClassDef):
                scope = Scope(module=module, function=scope.function, owner=node.name, above=scope)
            elif isinstance(node, _Function):
                scope = _function(node, scope)
            body = guarded_body(node)
            waiting += [
                (child, scope, guarded or id(child) in body) for child in ast.iter_child_nodes(node)
            ]

    def _note(self, node: ast.AST, scope: Scope, *, guarded: bool) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                self._bind(targets, repeat(value), scope)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind([target], [value], scope)
            case (
                ast.AugAssign(target=target, value=value)
                | ast.NamedExpr(target=target, value=value)
            ):
                self._bind([target], [value], scope)
            case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
                self._bind([target], [value], scope)
            case ast.Return(value=ast.expr() as value) | ast.Yield(value=ast.expr() as value):
                for module in (scope.module, "") if not scope.is_method else (scope.module,):
                    self.results[module, scope.function].append((value, scope))
            case ast.Call():
                self._call(node, scope, guarded=guarded)
            case ast.Subscript(value=value, slice=text) if _is_loader(value):
                self._opened(text, scope, guarded=guarded)
            case ast.Constant(value=str() as text):
                self.texts.add(text)

    def _bind(self, targets: Iterable[ast.expr], values: Iterable[ast.expr], scope: Scope) -> None:
        for target, value in zip(targets, values, strict=False):
            match target:
                case ast.Name(id=name):
                    scope.bound[name].append(value)
                    if scope.owner:
                        self.shared[scope.module, name].append((value, scope))
                    elif not scope.function:
                        self.shared["", name].append((value, scope))
                case ast.Attribute(attr=name):
                    self.shared[scope.module, name].append((value, scope))
                case ast.Subscript(value=inner) | ast.Starred(value=inner):
                    self._bind([inner], [value], scope)
                case ast.Tuple(elts=several) | ast.List(elts=several):
                    same = isinstance(value, ast.Tuple) and len(value.elts) == len(several)
                    parts = value.elts if same and isinstance(value, ast.Tuple) else repeat(value)
                    self._bind(several, parts, scope)

    def _call(self, node: ast.Call, scope: Scope, *, guarded: bool) -> None:
        name = called(node.func)
        if name == "getattr" and len(node.args) > 1 and _is_loader(node.args[0]):
            self._opened(node.args[1], scope, guarded=guarded)
        if name in _GROWS and isinstance(node.func, ast.Attribute) and node.args:
            self._bind([node.func.value], [node.args[-1]], scope)
        keywords = {one.arg: one.value for one in node.keywords if one.arg}
        self.calls.append(
            Call(
                name=name,
                arguments=tuple(node.args),
                keywords=keywords,
                scope=scope,
                guarded=guarded,
            )
        )

    def _opened(self, text: ast.expr, scope: Scope, *, guarded: bool) -> None:
        one = Call(name="CDLL", arguments=(text,), keywords={}, scope=scope, guarded=guarded)
        self.calls.append(one)


def _function(node: _Function, scope: Scope) -> Scope:
    """Return the scope of a function; a constructor has its class's name."""
    arguments = node.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    defaults = zip(reversed(names), reversed(arguments.defaults), strict=False)
    kept = tuple(name for name in names if name not in _RECEIVERS)
    inner = Scope(
        module=scope.module,
        function=scope.owner if node.name == "__init__" and scope.owner else node.name,
        is_method=bool(scope.owner) and node.name != "__init__",
        above=scope,
        parameters=(*kept, *(one.arg for one in arguments.kwonlyargs)),
    )
    by_keyword = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    for name, default in (*defaults, *((one.arg, default) for one, default in by_keyword)):
        if default:
            inner.bound[name].append(default)
    return inner


def _is_loader(value: ast.expr) -> bool:
    return ast.unparse(value) in {"cdll", "ctypes.cdll"} if called(value) == "cdll" else False


def called(function: ast.AST) -> str:
    """Return the last part of a dotted name, nothing of another expression."""
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def guarded_body(node: ast.AST) -> frozenset[int]:
    """Return the `id` of those children whose failed import, or load, is gone over."""
    match node:
        case ast.Try(body=body, handlers=handlers) if any(map(_catches, handlers)):
            return frozenset(map(id, body))
        case ast.With(items=[ast.withitem(context_expr=ast.Call() as call)], body=body) if (
            called(call.func) == "suppress" and _names(*call.args) & _CATCHES
        ):
            return frozenset(map(id, body))
    return frozenset()


def _catches(handler: ast.ExceptHandler) -> bool:
    if any(isinstance(one, ast.Raise) for one in ast.walk(handler)):
        return False
    return handler.type is None or bool(_names(handler.type) & {*_CATCHES, "BaseException"})


def _names(*nodes: ast.AST) -> set[str]:
    return {called(one) for node in nodes for one in ast.walk(node)}
