"""Which modules of a package are imported, or are there to be: what its Python source tells.

Nothing is executed. An import in a `try` that goes on where it fails says that the package can do
without the module; so does one by a name that is put together, of all that lies below the package.
"""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.libraries.core.scopes import called, guarded_body

_IMPORTS = {"import_module", "__import__"}
_NOT_RUN = {"TYPE_CHECKING", "__name__"}
"""What an `if` asks for, whose body is not executed by an import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A module that another one imports, with `*` all below it; `guarded`: it can do without."""

    module: str
    guarded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Modules that are imported, or that users import; `loose` ones if they lie in a package."""

    modules: frozenset[str]
    loose: frozenset[str]


def mentions(tree: ast.Module, module: str, *, is_package: bool) -> Iterator[Mention]:
    """Yield what a module imports, absolute; `from a import b` may mean a module or not."""
    package = module if is_package else module.rpartition(".")[0]
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, guarded = waiting.pop()
        for name in _imported(node, package):
            yield Mention(module=name, guarded=guarded)
        body = guarded_body(node) | _not_run(node)
        children = ast.iter_child_nodes(node)
        waiting += [(child, guarded or id(child) in body) for child in children]


def _not_run(node: ast.AST) -> frozenset[int]:
    if isinstance(node, ast.If) and _NOT_RUN & {called(one) for one in ast.walk(node.test)}:
        return frozenset(map(id, node.body))
    return frozenset()


def _imported(node: ast.AST, package: str) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            origin = _absolute(module or "", level, package)
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in names)
        case ast.Call(func=function, args=[ast.Constant(value=str() as name), *_]) if (
            called(function) in _IMPORTS
        ):
            bare = name.lstrip(".")
            yield _absolute(bare, len(name) - len(bare), package)
        case ast.Call(func=function) if called(function) in _IMPORTS:
            yield f"{package}.*"


def _absolute(name: str, level: int, package: str) -> str:
    parts = package.split(".")
    above = ".".join(parts[: len(parts) - level + 1]) if level else ""
    return ".".join(filter(None, (above, name)))


def reach(
    mentioned: Mapping[str, Iterable[Mention]],
    modules: Collection[str],
    packages: Collection[str],
) -> Reach:
    """Return which modules are imported, of `modules` in machine code and of those with source.

    It begins at all that nobody mentions, for these are there for users; but for private ones,
    those that lie outside of `packages`, and plug-ins: those of a package that goes on where an
    import by a name that is put together fails. What these mention unguarded is imported, too.
    """
    known = {*modules, *mentioned}
    every = [
        (one, found)
        for module, told in mentioned.items()
        for one in told
        for found in _meant(one.module, module, modules)
    ]
    named = {found for _, found in every}
    plugins = {one.module[:-1] for one, _ in every if one.guarded and one.module.endswith(".*")}
    free = [
        name
        for name in known
        if "." not in name
        or (name not in named and not _is_private(name) and not name.startswith(tuple(plugins)))
    ]
    begin = [name for name in free if _package(name) in packages or not _package(name)]
    return Reach(
        modules=_closure(begin, known, mentioned, modules),
        loose=frozenset({*free} & {*modules} - {*begin}),
    )


def _closure(
    begin: Iterable[str],
    known: Collection[str],
    mentioned: Mapping[str, Iterable[Mention]],
    modules: Collection[str],
) -> frozenset[str]:
    """Return what is reached from the beginning; to import a module imports those above it."""
    waiting = [*begin]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached and name in known:
            reached.add(name)
            waiting.append(_package(name))
            for one in mentioned.get(name, ()):
                waiting += () if one.guarded else _meant(one.module, name, modules)
    return frozenset(reached)


def _meant(name: str, module: str, modules: Collection[str]) -> list[str]:
    """Return what a name may mean: a module in machine code may lie beside who imports it."""
    beside = (f"{one}.{name}" for one in (module, _package(module)))
    return [name, *(one for one in beside if one in modules)]


def _package(name: str) -> str:
    return name.rpartition(".")[0]


def _is_private(name: str) -> bool:
    return any(part.startswith("_") for part in name.split("."))
