"""Byte code that is the same on every machine, and work dealt out to processes that are alike.

Usage: bytecode.py DIRECTORY, which compiles each module below. Rules: hash-based and never checked
(a source in the store does not change, its time stamp is meaningless), names relative to the
directory (the import system sets the real ones), sorted order. Which references a marshalled object
shares depends on what the process compiled before it, so what is large is dealt out to a fixed
number of processes, each of which compiles the same modules in the same order wherever it runs.
"""

import gc
import json
import marshal
import os
import sys
import warnings
from collections.abc import Callable, Iterable
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from typing import Any

SHARES = 4
LARGE = 2**21  # bytes of source: about half a second
NEVER_CHECKED = (1).to_bytes(4, "little")  # PEP 552: by hash, and not checked


def main(root: str) -> None:
    """Compile all modules below a directory."""
    begin()
    sizes = {path: os.path.getsize(path) for path in modules_below(root)}
    if sum(sizes.values()) < LARGE:
        compile_all(root, sizes)
    else:
        apart(dealt(sizes), lambda share: compile_all(root, share))


def begin() -> None:
    """Do without what only costs time here: warnings, and a search for cycles."""
    warnings.simplefilter("ignore")
    gc.disable()


def modules_below(root: str) -> list[str]:
    """List the modules below `root`, sorted."""
    return sorted(
        f"{directory}/{name}"
        for directory, _, names in os.walk(root)
        for name in names
        if name.endswith(".py")
    )


def compile_all(root: str, modules: Iterable[str]) -> None:
    """Compile modules, each to where the import system looks for its byte code."""
    for source in modules:
        with open(source, "rb") as file:
            made = byte_code(file.read(), os.path.relpath(source, root))
        if made is not None:
            target = cache_from_source(source)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(made)


def byte_code(source: bytes, name: str) -> bytes | None:
    """Compile; of a module that cannot be (a template, another Python's syntax) nothing is made."""
    try:
        code = marshal.dumps(compile(source, name, "exec", dont_inherit=True))
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
        print(f"not compiled: {name}: {type(error).__name__}")
        return None
    return MAGIC_NUMBER + NEVER_CHECKED + source_hash(source) + code


def dealt(weights: dict[str, int]) -> list[list[str]]:
    """Deal out names by their weight, the heaviest first; each share is sorted."""
    shares: list[list[str]] = [[] for _ in range(SHARES)]
    loads = [0] * SHARES
    for name in sorted(weights, key=lambda name: (-weights[name], name)):
        least = loads.index(min(loads))
        shares[least].append(name)
        loads[least] += weights[name]
    return [sorted(share) for share in shares]


def apart(shares: list[list[str]], work: Callable[[list[str]], object]) -> list[Any]:
    """Do each share's work in a process of its own, and return what it returned."""
    sys.stdout.flush()
    begun = [started(share, work) for share in shares]
    said = []
    for _, reading in begun:
        with open(reading) as file:
            said.append(file.read())
    ended = [os.waitpid(process, 0)[1] for process, _ in begun]
    if any(ended):
        sys.exit("one of the processes that share the work did not end well")
    return [json.loads(text) for text in said]


def started(share: list[str], work: Callable[[list[str]], object]) -> tuple[int, int]:
    """Fork a process that does a share's work; return it, and where it writes its result."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    status = 1
    try:
        result = json.dumps(work(share))
        with open(writing, "w") as file:
            file.write(result)
        sys.stdout.flush()
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1])
