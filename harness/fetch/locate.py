"""Where the inputs of a lock can be downloaded: its own addresses, else the machine's mirrors."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from harness.errors import HarnessError, IntegrityError, ToolError
from harness.host.core.architecture import ARCHITECTURES
from harness.lock.core.required import Pin, Required
from harness.lock.core.values import LockedTarget
from harness.project.core.addressed import Commit
from harness.project.core.indexes import by_name
from harness.sources import index
from harness.sources.commits import archived
from harness.sources.core.listed import SHA256, Listed
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.locked_interpreter import LockedInterpreter
from harness.sources.core.supply import Supply
from harness.sources.core.target import Target
from harness.sources.debian import deb_urls
from harness.sources.standalone import interpreter_url

Places = Mapping[Required, Sequence[str] | HarnessError]
"""Addresses in the order of trying, or why there is none."""


def locate_debs(needs: Sequence[Required]) -> Places:
    """Return where the Debian packages among `needs` are; asks nobody."""
    return {
        need: [need.input.url] if need.input.url else _mirrors(need.source)
        for need in needs
        if isinstance(need.source, LockedDeb)
    }


def locate_interpreters(needs: Sequence[Required]) -> Places:
    """Return where the interpreters among `needs` are; asks nobody."""
    return {
        need: [need.input.url or interpreter_url(need.source)]
        for need in needs
        if isinstance(need.source, LockedInterpreter)
    }


def locate_commits(needs: Sequence[Required]) -> Places:
    """Return where the packages by commit among `needs` are: packed here, if they can be had."""
    return {need: _packed(need, need.source) for need in needs if isinstance(need.source, Commit)}


def _packed(need: Required, commit: Commit) -> Sequence[str] | HarnessError:
    """Pack a commit where a download would lie; the address is then asked for nothing."""
    name = need.input.file.rpartition("-")[0]
    try:
        found = archived(name, commit).listed
    except HarnessError as error:
        return error
    if found.hashes[SHA256] != need.input.sha256:
        return IntegrityError(
            f"{need.input.file}: the commit {commit.commit} is packed as sha256 "
            f"{found.hashes[SHA256]}, and the lock has {need.input.sha256}: the lock was not made "
            "from that commit, or by a harness that packs otherwise"
        )
    return [commit.url]


def _mirrors(deb: LockedDeb) -> Sequence[str] | HarnessError:
    return deb_urls(deb) or ToolError(
        f"{deb.input.file}: this machine names no Debian mirror; set HARNESS_DEBIAN_MIRROR"
    )


def locate_wheels(needs: Sequence[Required]) -> Places:
    """Return where wheels and sdists among `needs` are; asks an index once a target, if at all.

    Two environments can pin two versions of a package, so their targets are asked for apart; so are
    the versions of what sdists are built with.
    """
    places: dict[Required, Sequence[str] | HarnessError] = {}
    by_target: dict[tuple[LockedTarget, str | None, int], list[tuple[Required, Pin]]] = {}
    counts = Counter[tuple[LockedTarget, str]]()
    for need in needs:
        if isinstance(need.source, Pin):
            if need.input.url:
                places[need] = [need.input.url]
            else:
                pin = need.source
                group = (pin.target, pin.index, counts[pin.target, pin.name])
                counts[pin.target, pin.name] += 1
                by_target.setdefault(group, []).append((need, pin))
    for (target, named, _), wanted in by_target.items():
        places |= _ask_index(target, named, wanted)
    return places


def _ask_index(
    target: LockedTarget, named: str | None, wanted: Sequence[tuple[Required, Pin]]
) -> Places:
    pins = [(pin.name, pin.version) for _, pin in wanted]
    indexes = by_name({name: named for name, _ in pins}) if named else ()
    sdists = tuple(pin.name for _, pin in wanted if pin.is_sdist)
    try:
        found = index.find(pins, _target(target), Supply(indexes=indexes, sdists=sdists))
    except HarnessError as error:
        return {need: error for need, _ in wanted}
    listed = [wheel for _, _, wheels in found for wheel in wheels]
    return {need: _address(need, listed, named) for need, _ in wanted}


def _address(
    need: Required, listed: Iterable[Listed], named: str | None
) -> Sequence[str] | HarnessError:
    """Return where the index has the file: by its sha256, by name where it tells none."""
    own = [one for one in listed if need.input.sha256 == one.hashes.get(SHA256)]
    own += [one for one in listed if need.input.file == one.file and SHA256 not in one.hashes]
    if own:
        return [one.url for one in own]
    which = f"the index {named!r}" if named else "the package index"
    instead = "" if named else "set HARNESS_INDEX_URL to an index that has, or "
    return ToolError(
        f"{need.input.file}: {which} has no file with the lock's sha256; {instead}run "
        "`harness lock --update` for the package"
    )


def _target(locked: LockedTarget) -> Target:
    return Target(
        architecture=ARCHITECTURES[locked.system], python=locked.python, glibc=locked.glibc
    )
