"""Compile each module of a directory to byte code that is the same on every machine.

Usage: bytecode.py DIRECTORY. Rules: hash-based and never checked (a source in the store does not
change, its time stamp is meaningless), names relative to the directory (the import system sets the
real ones), sorted order, and one process for the whole, since which references a marshalled object
shares depends on what the process compiled before it.
"""

import os
import py_compile
import sys
import warnings
from pathlib import Path


def main(root: Path) -> None:
    """Compile; a module that does not compile (a template, another Python's syntax) is left."""
    warnings.simplefilter("ignore")
    for source in sorted(root.rglob("*.py")):
        try:
            py_compile.compile(
                os.fspath(source),
                dfile=os.fspath(source.relative_to(root)),
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except (py_compile.PyCompileError, ValueError, RecursionError) as error:
            print(f"not compiled: {source.relative_to(root)}: {type(error).__name__}")


main(Path(sys.argv[1]))
