"""Compile each module of a directory to byte code that is the same on every machine.

Usage: bytecode.py DIRECTORY [SHARE]. Rules: hash-based and never checked (a source in the store
does not change, its time stamp is meaningless), names relative to the directory (the import system
sets the real ones), sorted order. Which references a marshalled object shares depends on what the
process compiled before it, so a large directory is dealt out to a fixed number of processes, each
of which compiles the same modules in the same order wherever it runs.
"""

import os
import py_compile
import subprocess
import sys
import warnings

SHARES = 4
LARGE = 200


def main(root: str, share: int | None) -> None:
    """Compile one share, or all of them."""
    modules = modules_below(root)
    if share is not None:
        compile_all(root, modules[share::SHARES])
    elif len(modules) < LARGE:
        compile_all(root, modules)
    else:
        command = [sys.executable, *sys.orig_argv[1:]]
        running = [subprocess.Popen([*command, str(n)]) for n in range(SHARES)]
        if sum(process.wait() for process in running):
            sys.exit("a share of the modules could not be compiled")


def modules_below(root: str) -> list[str]:
    """List the modules below `root`, sorted."""
    return sorted(
        f"{directory}/{name}"
        for directory, _, names in os.walk(root)
        for name in names
        if name.endswith(".py")
    )


def compile_all(root: str, modules: list[str]) -> None:
    """Compile; a module that does not compile (a template, another Python's syntax) is left."""
    warnings.simplefilter("ignore")
    for source in modules:
        name = os.path.relpath(source, root)
        try:
            py_compile.compile(
                source,
                dfile=name,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except (py_compile.PyCompileError, ValueError, RecursionError) as error:
            print(f"not compiled: {name}: {type(error).__name__}")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None)  # noqa: PLR2004
