"""Add requirements to env.toml, or remove them, and lock again; comments and order stay.

The new env.toml is written after its lock: if it cannot be locked, both files stay as they were.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Unpack, cast

import tomlkit
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from harness.documents.toml import parse_toml
from harness.errors import InputError
from harness.lock.foreign import Wishes
from harness.lock.make import How, Locked, lock
from harness.lock.sdists import Ask, nobody
from harness.project.core.others.losses import Loss, listed
from harness.project.core.proposal import is_for
from harness.project.core.spec import EnvSpec, join, parse_requirement, read_requirement
from harness.project.repository import Environment, OnWait, decoded, read
from harness.sources.addressed import hashed
from harness.sources.core.notice import Kind, Notice


def add(
    environment: Environment,
    requirements: Sequence[str] | Wishes,
    *,
    record_urls: bool,
    on_wait: OnWait = lambda: None,
    ask: Ask = nobody,
) -> Locked:
    """Declare requirements, in place of those of the same package and marker, and lock again.

    Versions that are declared stay where the new requirement names none, and so do extras.
    Those of a file may say which files of packages are meant.
    `on_wait` is called where another process changes the environment: that is waited for.

    Raises:
        InputError: not a requirement, or env.toml can then not be met; it stays as it was.
        ToolError, IntegrityError: as `harness.lock.make.lock`.

    """
    asked = requirements if isinstance(requirements, Wishes) else Wishes(requirements=requirements)
    notices = [_not_kept(asked)] if asked.losses else []
    edit = _adding([_requirement(one.strip(), notices) for one in asked.requirements], notices)
    how: How = {"record_urls": record_urls, "ask": ask}
    with environment.changing(on_wait):
        locked = _edited(environment, edit, _within(asked, how))
    return replace(locked, notices=(*notices, *locked.notices))


def _within(wishes: Wishes, how: How) -> How:
    """Return how to lock, within what a file says besides."""
    return {**how, "foreign": wishes} if wishes.hashes or wishes.versions else how


def declare(environment: Environment, wishes: Wishes, **how: Unpack[How]) -> Locked:
    """Declare what a file asks for, as `add` does, and lock again; nobody else may change it now.

    Raises:
        InputError, ToolError, IntegrityError: as `add`.

    """
    asked = replace(wishes, losses=(*_other_python(environment, wishes), *wishes.losses))
    notices = [_not_kept(asked)] if asked.losses else []
    wanted = [_requirement(text, notices) for text in asked.requirements]
    locked = _edited(environment, _adding(wanted, notices), _within(asked, how))
    where, names = environment.shown(environment.spec_path), ", ".join(text for text, _ in wanted)
    notices.append(Notice(kind=Kind.DECLARED, subject=where, detail=names or "nothing more"))
    return replace(locked, notices=(*notices, *locked.notices))


def _other_python(environment: Environment, wishes: Wishes) -> Iterator[Loss]:
    """Yield the Python that a file asks for, where the environment has another."""
    has = environment.table(EnvSpec).python
    if wishes.python is not None and not is_for(wishes.python, has):
        yield Loss(name=f"python{wishes.python}", reason=f"the environment's base has {has}")


def _not_kept(wishes: Wishes) -> Notice:
    kept = len(wishes.requirements)
    count = f"{kept} of {kept + len(wishes.losses)} entries"
    detail = f"{count}; not kept: {listed(wishes.losses)}"
    return Notice(kind=Kind.NOT_KEPT, subject=wishes.where, detail=detail)


def _adding(
    wanted: Sequence[tuple[str, Requirement]], notices: list[Notice]
) -> Callable[[Array], None]:
    def edit(dependencies: Array) -> None:
        for text, requirement in wanted:
            same = [index for index, one in enumerate(dependencies) if _is_same(requirement, one)]
            if not same:
                dependencies.append(text)
                continue
            declared = Requirement(dependencies[same[0]])
            joined = join(declared, requirement)
            said_less = _said(joined) != _said(requirement)
            if said_less:
                notices.append(_kept(declared, joined))
            if str(joined) != str(declared):
                dependencies[same[0]] = str(joined) if said_less else text

    return edit


def remove(
    environment: Environment,
    names: Sequence[str],
    *,
    record_urls: bool,
    on_wait: OnWait = lambda: None,
    ask: Ask = nobody,
) -> Locked:
    """Take back every requirement of these packages and lock again; the rest is as in `add`.

    Raises:
        InputError: a package that env.toml does not declare.
        ToolError, IntegrityError: as `harness.lock.make.lock`.

    """

    def edit(dependencies: Array) -> None:
        for name in names:
            found = [index for index, text in enumerate(dependencies) if _names(name, text)]
            if not found:
                raise _undeclared(name, dependencies, environment)
            for index in reversed(found):
                del dependencies[index]

    with environment.changing(on_wait):
        return _edited(environment, edit, How(record_urls=record_urls, ask=ask))


def _edited(environment: Environment, edit: Callable[[Array], None], how: How) -> Locked:
    where = environment.shown(environment.spec_path)
    data = edited(environment, edit)
    spec = environment.whole(decoded(EnvSpec, parse_toml(data, where), where))
    whole: How = {**how, "spec": spec}
    locked = lock(environment, **whole)
    environment.write_spec(data)
    return locked


def edited(environment: Environment, edit: Callable[[Array], None]) -> bytes:
    """Return env.toml with other dependencies; comments and order stay.

    Raises:
        InputError: it is not valid, or cannot be edited.

    """
    environment.spec()  # refuses what the lines below rely on
    where = environment.shown(environment.spec_path)
    try:
        document = tomlkit.parse(read(environment.spec_path, where))
    except (TOMLKitError, RecursionError) as error:
        raise InputError(f"{where}: cannot be edited: {error}") from error
    edit(cast("Array", document["dependencies"]))
    return tomlkit.dumps(document).encode()


def _said(requirement: Requirement) -> tuple[object, object]:
    return requirement.specifier, requirement.extras


def _kept(declared: Requirement, joined: Requirement) -> Notice:
    if str(declared) == str(joined):
        return Notice(kind=Kind.KEPT, subject=str(declared))
    return Notice(kind=Kind.JOINED, subject=str(declared), detail=str(joined))


def _requirement(text: str, notices: list[Notice]) -> tuple[str, Requirement]:
    """Return a requirement as env.toml is to have it; a wheel by address gets its hash."""
    try:
        requirement, computed = hashed(read_requirement(text))
        told = str(requirement) if computed else text
        made = Requirement(parse_requirement(told))
    except ValueError as error:
        raise InputError(f"{text!r}: {error}") from error
    if computed:
        notices.append(Notice(kind=Kind.HASHED, subject=requirement.name, detail=computed))
    return told, made


def _is_same(requirement: Requirement, declared: str) -> bool:
    marker = str(Requirement(declared).marker)
    return _names(requirement.name, declared) and marker == str(requirement.marker)


def _names(name: str, text: str) -> bool:
    return canonicalize_name(Requirement(text).name) == canonicalize_name(name)


def _undeclared(name: str, dependencies: Array, environment: Environment) -> InputError:
    where = environment.shown(environment.spec_path)
    declared = [Requirement(text).name for text in dependencies]
    near = get_close_matches(name, declared, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return InputError(f"{where}: dependencies: {name!r} is not declared{hint}")
