"""The bill of materials of an environment: what its lock names, as CycloneDX 1.6 in JSON.

Rules kept here: the same lock gives the same bytes, for nothing comes from a clock or from chance
(the serial number is a UUID made of the lock's hash); what only the build uses has the scope
"excluded"; the graph has the requirements that apply to the target, extras included.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseExpression
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.spdx import is_supported_id
from packageurl import PackageURL
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from harness.host.core.architecture import ARCHITECTURES
from harness.lock.core.required import sdists, wheels
from harness.lock.core.values import Lock, LockedProject, LockedTarget, Package
from harness.lock.core.wheels import marker_environment
from harness.sbom.core.wheel_metadata import Metadata
from harness.sources.core.input import Input
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.locked_interpreter import LockedInterpreter
from harness.sources.core.target import Target

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://cyclonedx.org/bom")
_UNREAD = "harness:requirement:not-understood"
_INDEX = "harness:index"
"""The name of the index that a package comes from: an advisory for its name may be a stranger's."""
_BUILT = "harness:built-from"
"""The file that a package is built from here; its hash is that file's."""
_LONGEST = 200
"""Characters of a requirement that is not understood."""
Edges = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """An environment on one system: what env.toml asks for, and what each wheel says of itself.

    `lock_sha256` is the hash (hex) of the lock's bytes. `metadata` has every wheel of the system,
    by the normalised name of its distribution. `harness` is the version that makes the bill.
    """

    environment: str
    system: str
    asked: tuple[Requirement, ...]
    lock: Lock
    lock_sha256: str
    metadata: Mapping[str, Metadata]
    harness: str


def bill(billed: Billed) -> bytes:
    """Return the bill, lines indented by two spaces."""
    target = billed.lock.targets[billed.system]
    chosen = {_name(wheel): wheel for wheel in wheels(billed.lock, billed.system)}
    graph = dependencies(billed, target)
    indexes = {one.name: one.index for one in billed.lock.packages if one.index}
    by_address = {canonicalize_name(one.name) for one in billed.asked if one.url}
    components = {
        name: _wheel(
            one if name in by_address else replace(one, url=None),
            billed.metadata[name],
            index=indexes.get(name, ""),
            unread=graph.unread[name],
        )
        for name, one in chosen.items()
    }
    for package, file in sdists(billed.lock, billed.system):
        unread = graph.unread[package.name]
        own = _sdist(package, file, billed.metadata[package.name], unread=unread)
        components[package.name] = own
    debs = [_deb(deb, billed.lock.base) for deb in target.debs]
    debs += [_interpreter(one, target) for one in (target.interpreter,) if one]
    ours = [_own(billed.lock.project)] if billed.lock.project else []
    top = _top(billed, target)
    bom = Bom(
        serial_number=uuid.uuid5(_NAMESPACE, f"{billed.system}:{billed.lock_sha256}"),
        metadata=BomMetaData(component=top, tools=_tools(billed.harness)),
        components=_once([*ours, *components.values(), *debs, *_of_the_build(billed.lock, target)]),
    )
    bom.metadata.timestamp = None  # type: ignore[assignment] # the format lets it be left out
    direct = [components[name] for name in sorted(graph.direct)]
    bom.register_dependency(top, [*ours, *direct, *debs])
    for name, below in graph.edges.items():
        bom.register_dependency(components[name], [components[one] for one in sorted(below)])
    return f"{JsonV1Dot6(bom).output_as_string(indent=2)}\n".encode()


def _name(wheel: Input) -> str:
    return parse_wheel_filename(wheel.file)[0]


def _top(billed: Billed, target: LockedTarget) -> Component:
    known = {
        "harness:lock:sha256": billed.lock_sha256,
        "harness:system": billed.system,
        "harness:python": target.python,
        "harness:base": billed.lock.base,
    }
    return Component(
        name=billed.environment,
        type=ComponentType.APPLICATION,
        bom_ref=f"environment:{billed.environment}",
        properties=[Property(name=name, value=value) for name, value in known.items()],
    )


def _tools(version: str) -> ToolRepository:
    tool = Component(name="harness", version=version, type=ComponentType.APPLICATION)
    return ToolRepository(components=[tool])


def _wheel(
    wheel: Input,
    metadata: Metadata | None,
    scope: ComponentScope | None = None,
    *,
    index: str = "",
    unread: Iterable[str] = (),
) -> Component:
    """Return a wheel; one that is from no usual index says where it is from."""
    name, version, *_ = parse_wheel_filename(wheel.file)
    address = {"download_url": wheel.url} if wheel.url else {}
    purl = PackageURL("pypi", None, name, str(version), {"file_name": wheel.file, **address})
    component = _component(purl, wheel.sha256, scope)
    if metadata:
        component.licenses = _licences(metadata.licences)
        component.supplier = _supplier(metadata.supplier)
    told = [*((_INDEX, one) for one in filter(None, (index,))), *((_UNREAD, one) for one in unread)]
    component.properties = [Property(name=name, value=text) for name, text in told]
    return component


def _sdist(
    package: Package, file: Input, metadata: Metadata, *, unread: Iterable[str]
) -> Component:
    """Return a package that is built from its sdist, or from a commit: by what it is built from."""
    qualifiers = {"file_name": file.file}
    if package.commit:
        qualifiers = {"vcs_url": package.commit.requirement}
    purl = PackageURL("pypi", None, package.name, package.version, qualifiers)
    component = _component(purl, file.sha256, None)
    component.licenses = _licences(metadata.licences)
    component.supplier = _supplier(metadata.supplier)
    index = ((_INDEX, package.index),) if package.index else ()
    told = [*index, (_BUILT, file.file), *((_UNREAD, one) for one in unread)]
    component.properties = [Property(name=name, value=text) for name, text in told]
    return component


def _supplier(name: str) -> OrganizationalEntity | None:
    return OrganizationalEntity(name=name) if name else None


def _licences(names: Sequence[str]) -> list[License]:
    """Return one as SPDX if it is that; several by name, beside which no expression may stand."""
    if len(names) != 1:
        return [DisjunctiveLicense(name=name) for name in names]
    try:
        expression = canonicalize_license_expression(names[0])
    except (InvalidLicenseExpression, RecursionError):
        return [DisjunctiveLicense(name=names[0])]
    if is_supported_id(expression):
        return [DisjunctiveLicense(id=expression)]
    return [LicenseExpression(expression)]


def _deb(deb: LockedDeb, base: str, scope: ComponentScope | None = None) -> Component:
    architecture = deb.input.file.removesuffix(".deb").rpartition("_")[2]
    vendor, _, suite = base.partition(":")
    qualifiers = {"arch": architecture, "distro": suite.partition("+")[0]}
    purl = PackageURL("deb", vendor, deb.package, deb.version, qualifiers)
    return _component(purl, deb.input.sha256, scope, vendor.capitalize())


def _interpreter(one: LockedInterpreter, target: LockedTarget) -> Component:
    version = f"{target.python}+{one.release}"
    purl = PackageURL("generic", None, "cpython", version, {"file_name": one.input.file})
    return _component(purl, one.input.sha256, None, "python-build-standalone")


def _component(
    purl: PackageURL, sha256: str, scope: ComponentScope | None, supplier: str = ""
) -> Component:
    return Component(
        name=purl.name,
        version=purl.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=purl.to_string(),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)],
        supplier=_supplier(supplier),
        scope=scope or ComponentScope.REQUIRED,
    )


def _own(project: LockedProject) -> Component:
    """Return one's own package; the lock holds no hash of it, for it is made of what git tracks."""
    purl = PackageURL("generic", None, project.name, project.version)
    return Component(
        name=project.name,
        version=project.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=f"own:{project.name}",
        scope=ComponentScope.REQUIRED,
    )


def _of_the_build(lock: Lock, target: LockedTarget) -> Iterator[Component]:
    for deb in (*target.tools, *target.compiler, target.seed.deb):
        yield _deb(deb, lock.base, ComponentScope.EXCLUDED)
    files = {*target.project, *(file for one in target.sdists for file in one.build)}
    for package in lock.build:
        for wheel in package.wheels:
            if wheel.file in files:
                index = package.index or ""
                one = replace(wheel, url=None)
                yield _wheel(one, None, ComponentScope.EXCLUDED, index=index)
    yield _wheel(replace(lock.installer, url=None), None, ComponentScope.EXCLUDED)


def _once(components: Iterable[Component]) -> list[Component]:
    """Return each package once; what the environment has, the build may use as well."""
    found: dict[str | None, Component] = {}
    for component in components:
        found.setdefault(component.bom_ref.value, component)
    return list(found.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What the environment asks for, and who requires whom, by normalised name.

    `unread` are the requirements of a distribution that say nothing that could be followed.
    """

    direct: frozenset[str]
    edges: Edges
    unread: Mapping[str, tuple[str, ...]]


def dependencies(billed: Billed, target: LockedTarget) -> Graph:
    """Return what env.toml asks for, and what each distribution requires, as the target has them.

    A distribution's extras count as soon as anything asks for them. What the lock leaves out
    (another tool made it, or `pip` itself) is not an edge.
    """
    variables = marker_environment(
        Target(architecture=ARCHITECTURES[target.system], python=target.python, glibc=target.glibc)
    )
    edges: dict[str, set[str]] = {name: set() for name in billed.metadata}
    unread = {name: list(one.unread) for name, one in billed.metadata.items()}
    direct, seen = set[str](), set[tuple[str, str]]()
    waiting = [(direct, one) for one in billed.asked if _applies(one, variables, "")]
    while waiting:
        owner, requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name not in edges:
            continue
        owner.add(name)
        new = {(name, extra) for extra in ("", *requirement.extras)} - seen
        seen |= new
        for one in billed.metadata[name].requires:
            applies = [_applies(one, variables, extra) for _, extra in new]
            if None in applies:
                unread[name].append(str(one)[:_LONGEST])
            waiting += [(edges[name], one) for yes in applies if yes]
    return Graph(
        direct=frozenset(direct),
        edges={name: frozenset(below) for name, below in edges.items()},
        unread={name: tuple(dict.fromkeys(texts)) for name, texts in unread.items()},
    )


def _applies(requirement: Requirement, variables: Mapping[str, str], extra: str) -> bool | None:
    """Return whether a requirement is for the target; None where its marker has no meaning."""
    if requirement.marker is None:
        return True
    try:
        return requirement.marker.evaluate({**variables, "extra": extra})
    except (UndefinedComparison, UndefinedEnvironmentName, RecursionError):
        return None
