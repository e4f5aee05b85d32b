"""What a package's Python source loads: modules that it can do without, and libraries by name.

Nothing is executed. A mention of a module in a `try` that catches what a failing import raises
says that the package can do without it. Names of libraries are constants that are handed to
ctypes and cffi, or look like a library's file in a module that uses these.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

_CATCHES = {"ImportError", "ModuleNotFoundError", "OSError", "Exception", "BaseException"}
_FINDS = re.compile(r"_?find_library|_?find_lib|load_library|_?dlopen")
_USES = re.compile(r"\b(?:ctypes|cffi|find_library|dlopen|CDLL)\b")
_FILE = re.compile(r"lib[A-Za-z0-9_+.-]+?\.so(?:\.[0-9]+)*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+.-]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A module that another one imports; `guarded`: it goes on where that fails."""

    module: str
    guarded: bool


def mentions(tree: ast.Module, module: str, *, is_package: bool) -> Iterator[Mention]:
    """Yield what a module imports, absolute; `from a import b` may mean a module or not."""
    package = module if is_package else module.rpartition(".")[0]
    for node, guarded in _walk(tree):
        for name in _imported(node, package):
            yield Mention(module=name, guarded=guarded)


def _walk(node: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    waiting = [(node, False)]
    while waiting:
        one, is_guarded = waiting.pop()
        yield one, is_guarded
        tried = isinstance(one, ast.Try) and any(map(_catches, one.handlers))
        body = {id(child) for child in one.body} if isinstance(one, ast.Try) and tried else ()
        waiting += [(child, is_guarded or id(child) in body) for child in ast.iter_child_nodes(one)]


def _catches(handler: ast.ExceptHandler) -> bool:
    if any(isinstance(one, ast.Raise) for one in ast.walk(handler)):
        return False
    if handler.type is None:
        return True
    names = {getattr(one, "id", getattr(one, "attr", "")) for one in ast.walk(handler.type)}
    return bool(names & _CATCHES)


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = package.split(".")
        above = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
        origin = ".".join(filter(None, (above, node.module)))
        yield origin
        yield from (f"{origin}.{alias.name}" for alias in node.names)


def required(
    mentioned: Mapping[str, Iterable[Mention]], modules: Collection[str]
) -> frozenset[str]:
    """Return those of `modules` that a package does not say it can do without.

    These are all that nobody mentions, outermost ones, and what they mention unguarded.
    """
    known = {*modules, *mentioned}
    named = {one.module for found in mentioned.values() for one in found}
    waiting = [name for name in known if name not in named or "." not in name]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in known and name not in reached:
            reached.add(name)
            waiting += [one.module for one in mentioned.get(name, ()) if not one.guarded]
    return frozenset(reached & set(modules))


def opened(source: str, tree: ast.Module) -> frozenset[str]:
    """Return libraries that a module opens: `magic` as it is looked for, or `libmagic.so.1`."""
    if not _USES.search(source):
        return frozenset()
    nodes = list(ast.walk(tree))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    found = {one for one in constants if isinstance(one, str) and _FILE.fullmatch(one)}
    loops = {
        node.target.id: list(_texts(node.iter))
        for node in nodes
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.Call) and _FINDS.fullmatch(_called(node.func)):
            texts = (text for one in node.args for text in _given(one, loops))
            found |= {text for text in texts if _NAME.fullmatch(text)}
    return frozenset(name for name in found if not name.endswith((".dll", ".dylib")))


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _given(argument: ast.expr, loops: Mapping[str, list[str]]) -> Iterable[str]:
    if isinstance(argument, ast.Name):
        return loops.get(argument.id, [])
    return _texts(argument)


def _texts(node: ast.expr) -> Iterator[str]:
    for one in getattr(node, "elts", [node]):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value
