"""Locks for tests: one that could be real, and a strategy of many."""

import hashlib
from dataclasses import replace

from hypothesis import strategies as st

from harness.lock.core.values import (
    Lock,
    LockedProject,
    LockedSdist,
    LockedTarget,
    Package,
    Seed,
)
from harness.project.core.addressed import Commit
from harness.sources.core.input import Input
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.locked_interpreter import LockedInterpreter


def file(name: str) -> Input:
    """A file whose size and hash follow from its name."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Input(file=name, size=1 + int(digest[:4], 16), sha256=digest)


def deb(package: str, architecture: str = "amd64") -> LockedDeb:
    """A Debian package that suits its name."""
    name = f"{package}_1.0-1_{architecture}.deb"
    return LockedDeb(
        package=package,
        version="1.0-1",
        path=f"pool/main/{package[0]}/{package}/{name}",
        archive="bookworm",
        input=file(name),
    )


def target(
    system: str, wheels: tuple[str, ...], *, glibc: tuple[int, int] = (2, 36)
) -> LockedTarget:
    """A target of the base with these chosen wheels."""
    architecture = {"x86_64-linux": "amd64", "aarch64-linux": "arm64"}[system]
    return LockedTarget(
        system=system,
        python="3.11.2",
        glibc=glibc,
        seed=Seed(deb=deb("busybox-static", architecture), nar_sha256="0" * 64),
        debs=(deb("bash", architecture), deb("python3.11", architecture)),
        tools=(deb("patchelf", architecture),),
        wheels=wheels,
        layers=tuple((name,) for name in sorted(w.split("-")[0].replace("_", "-") for w in wheels)),
    )


INTERPRETER = LockedInterpreter(
    release="20261021",
    input=file("cpython-3.12.15+20261021-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz"),
)

_NUMPY = {
    system: file(f"numpy-2.3.5-cp311-cp311-manylinux_2_28_{machine}.whl")
    for system, machine in (("x86_64-linux", "x86_64"), ("aarch64-linux", "aarch64"))
}
_PURE = file("click-8.3.1-py3-none-any.whl")

LOCK = Lock(
    base="debian:bookworm",
    suites=("bookworm", "bookworm-updates"),
    debian_packages=("libgl1",),
    spec_sha256="1" * 64,
    requires_python="==3.11.*",
    installer=file("installer-0.7.0-py3-none-any.whl"),
    packages=(
        Package(name="click", version="8.3.1", wheels=(_PURE,)),
        Package(
            name="numpy", version="2.3.5", wheels=tuple(_NUMPY[name] for name in sorted(_NUMPY))
        ),
        Package(
            name="uvloop",
            version="0.22.1",
            wheels=(file("uvloop-0.22.1-cp311-cp311-manylinux_2_17_x86_64.whl"),),
            marker='platform_machine == "x86_64"',
        ),
    ),
    targets={
        "aarch64-linux": target("aarch64-linux", (_PURE.file, _NUMPY["aarch64-linux"].file)),
        "x86_64-linux": target(
            "x86_64-linux",
            (
                _PURE.file,
                _NUMPY["x86_64-linux"].file,
                "uvloop-0.22.1-cp311-cp311-manylinux_2_17_x86_64.whl",
            ),
        ),
    },
)
"""Two targets, a package with a wheel for each, one for both, and one for only one of them."""

_SDIST = file("own-1.tar.gz")
_MAKERS = (file("maker-2-py3-none-any.whl"), file("maker-1-py3-none-any.whl"))

BUILDING = replace(
    LOCK,
    packages=(
        *LOCK.packages[:2],
        Package(name="own", version="1", wheels=(), sdist=_SDIST),
        *LOCK.packages[2:],
    ),
    targets={
        "x86_64-linux": replace(
            LOCK.targets["x86_64-linux"],
            layers=(*LOCK.targets["x86_64-linux"].layers, ("own",)),
            compiler=(deb("gcc"),),
            sdists=(
                LockedSdist(
                    name="own",
                    file=_SDIST.file,
                    requires=("maker>1",),
                    build=(_MAKERS[0].file,),
                    compiler=True,
                    extensions=True,
                ),
            ),
        ),
        "aarch64-linux": replace(
            LOCK.targets["aarch64-linux"],
            layers=(*LOCK.targets["aarch64-linux"].layers, ("own",)),
            sdists=(
                LockedSdist(
                    name="own", file=_SDIST.file, requires=("maker",), build=(_MAKERS[1].file,)
                ),
            ),
        ),
    },
    build=(
        Package(name="maker", version="1", wheels=_MAKERS[1:], index="acme"),
        Package(name="maker", version="2", wheels=_MAKERS[:1], index="acme"),
    ),
)
"""The same, and a package that targets build from its sdist by two versions of its maker."""

BY_COMMIT = replace(
    BUILDING,
    packages=tuple(
        replace(one, commit=Commit(url="https://forge.invalid/own.git", commit="1" * 40))
        if one.sdist
        else one
        for one in BUILDING.packages
    ),
)
"""The same, of a commit in place of an index's sdist."""

_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?", fullmatch=True)
_VERSIONS = st.from_regex(r"[1-9][0-9]?\.[1-9][0-9]?(\.post[1-9])?", fullmatch=True)
_URLS = st.none() | st.just("index.invalid")


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    """Draw a lock of one target with any set of pure packages."""
    pins = draw(st.dictionaries(_NAMES, _VERSIONS, max_size=6))
    packages = []
    for name, version in pins.items():
        wheel = file(f"{name.replace('-', '_')}-{version}-py3-none-any.whl")
        if host := draw(_URLS):
            wheel = replace(wheel, url=f"https://{host}/{wheel.file}")
        index = draw(st.sampled_from([None, "acme", "torch.cpu"]))
        packages.append(Package(name=name, version=version, wheels=(wheel,), index=index))
    packages.sort(key=lambda package: package.name)
    chosen = tuple(sorted(package.wheels[0].file for package in packages))
    glibc = draw(st.tuples(st.just(2), st.integers(17, 60)))
    one = target("x86_64-linux", chosen, glibc=glibc)
    build = tuple(
        Package(name=name, version=version, wheels=(file(f"{name}-{version}-py3-none-any.whl"),))
        for name, version in draw(st.sampled_from([(), (("backend", "1"), ("maker", "2"))]))
    )
    project = LockedProject(
        name="own", editable=draw(st.booleans()), version=draw(st.none() | _VERSIONS)
    )
    return replace(
        LOCK,
        packages=tuple(packages),
        targets={
            "x86_64-linux": replace(
                one,
                interpreter=draw(st.sampled_from([None, INTERPRETER])),
                project=tuple(package.wheels[0].file for package in build),
            )
        },
        build=build,
        project=draw(st.none() | st.just(project)),
        dependencies=draw(st.sampled_from([(), ("click", "numpy>=2")])),
    )
