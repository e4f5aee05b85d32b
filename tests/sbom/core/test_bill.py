"""The bill of materials: valid by CycloneDX's strict schema, and the same for the same lock."""

import json
from dataclasses import replace
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from harness.lock.core.required import wheels
from harness.lock.core.values import Lock, LockedProject, Package
from harness.sbom.core.bill import Billed, bill, dependencies
from harness.sbom.core.wheel_metadata import Metadata, decode_metadata
from tests.locks import BUILDING, BY_COMMIT, INTERPRETER, LOCK, file, locks

SYSTEM = "x86_64-linux"


def _metadata(*requires: str, licences: tuple[str, ...] = ()) -> Metadata:
    return Metadata(requires=tuple(map(Requirement, requires)), licences=licences)


KNOWN = {
    "click": _metadata('colorama; platform_system == "Windows"', licences=("BSD-3-Clause",)),
    "numpy": _metadata('click; extra == "cli"', licences=("BSD License", "MIT AND 0BSD")),
    "uvloop": _metadata("numpy[cli]", licences=("MIT OR Apache-2.0",)),
}


def _billed(lock: Lock = LOCK, asked: tuple[str, ...] = ("uvloop",), **known: Metadata) -> Billed:
    names = [parse_wheel_filename(wheel.file)[0] for wheel in wheels(lock, SYSTEM)]
    return Billed(
        environment="serving",
        system=SYSTEM,
        asked=tuple(map(Requirement, asked)),
        lock=lock,
        lock_sha256="a" * 64,
        harness="0.1",
        metadata={name: {**KNOWN, **known}.get(name, _metadata()) for name in names},
    )


def bill_of_sample() -> bytes:
    """The bill of a small lock."""
    return bill(_billed())


def _edges(billed: Billed) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    graph = dependencies(billed, billed.lock.targets[SYSTEM])
    return graph.direct, {name: below for name, below in graph.edges.items() if below}


def _is_valid(made: bytes) -> bool:
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(made.decode()) is None


@given(locks())
def test_every_lock_gives_a_valid_bill_with_each_package_once(lock: Lock) -> None:
    if SYSTEM not in lock.targets:
        return
    made = bill(_billed(lock))

    assert _is_valid(made)
    references = [one["bom-ref"] for one in json.loads(made)["components"]]
    assert len(references) == len(set(references))


def test_a_package_that_is_from_no_usual_index_says_where_it_is_from() -> None:
    click, numpy, *others = LOCK.packages
    url = f"https://wheels.invalid/{click.wheels[0].file}"
    addressed = replace(click, wheels=(replace(click.wheels[0], url=url),))
    lock = replace(LOCK, packages=(addressed, replace(numpy, index="acme"), *others))
    asked = (f"click @ {url}#sha256={click.wheels[0].sha256}", "uvloop")
    made = bill(_billed(lock, asked))

    assert _is_valid(made)
    found = {one["name"]: one for one in json.loads(made)["components"]}
    assert PackageURL.from_string(found["click"]["purl"]).qualifiers["download_url"] == url
    assert found["numpy"]["properties"] == [{"name": "harness:index", "value": "acme"}]
    assert "properties" not in found["uvloop"]
    plain = json.loads(bill(_billed(lock)))["components"]
    assert not [one for one in plain if "download_url" in one["purl"]]


def test_the_bill_has_what_the_lock_names_with_its_hashes() -> None:
    target = LOCK.targets[SYSTEM]
    known = [*wheels(LOCK, SYSTEM), LOCK.installer]
    known += [deb.input for deb in (*target.debs, *target.tools, target.seed.deb)]

    made = json.loads(bill(_billed()))["components"]

    assert {one["hashes"][0]["content"] for one in made} == {one.sha256 for one in known}
    assert len(made) == len(known)


def test_package_urls_are_those_of_the_two_ecosystems() -> None:
    made = {one["name"]: one["purl"] for one in json.loads(bill(_billed()))["components"]}

    assert made["bash"] == "pkg:deb/debian/bash@1.0-1?arch=amd64&distro=bookworm"
    assert PackageURL.from_string(made["click"]).to_dict()["qualifiers"] == {
        "file_name": "click-8.3.1-py3-none-any.whl"
    }


def test_an_interpreter_that_is_none_of_debians_is_billed_for_itself() -> None:
    target = replace(LOCK.targets[SYSTEM], python="3.12.15", interpreter=INTERPRETER)
    lock = replace(LOCK, base="debian:trixie+python3.12", targets={SYSTEM: target})
    made = {one["name"]: one for one in json.loads(bill(_billed(lock)))["components"]}

    python = PackageURL.from_string(made["cpython"]["purl"])
    assert (python.type, python.version) == ("generic", "3.12.15+20261021")
    assert made["cpython"]["hashes"][0]["content"] == INTERPRETER.input.sha256
    assert made["bash"]["purl"].endswith("distro=trixie")


@pytest.mark.parametrize(
    ("lock", "qualifiers"),
    [
        (BUILDING, {"file_name": "own-1.tar.gz"}),
        (BY_COMMIT, {"vcs_url": f"git+https://forge.invalid/own.git@{'1' * 40}"}),
    ],
)
def test_what_is_built_is_billed_by_what_it_is_built_from(
    lock: Lock, qualifiers: dict[str, str]
) -> None:
    own = Metadata(
        requires=(Requirement("click"),), licences=("MIT",), unread=("x",), supplier="Us"
    )
    billed = _billed(lock, ("own",))
    billed = replace(billed, metadata={**billed.metadata, "own": own})
    document = json.loads(bill(billed))
    made = {one["name"]: one for one in document["components"]}
    purl = PackageURL.from_string(made["own"]["purl"])
    assert (purl.version, purl.qualifiers) == ("1", qualifiers)
    assert made["own"]["hashes"][0]["content"] == file("own-1.tar.gz").sha256
    assert {one["name"]: one["value"] for one in made["own"]["properties"]} == {
        "harness:built-from": "own-1.tar.gz",
        "harness:requirement:not-understood": "x",
    }
    assert made["own"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert (made["maker"]["scope"], made["gcc"]["scope"]) == ("excluded", "excluded")
    (below,) = (one for one in document["dependencies"] if one["ref"] == made["own"]["bom-ref"])
    assert below["dependsOn"] == [made["click"]["bom-ref"]]


def test_a_built_package_of_a_named_index_says_so() -> None:
    packages = [replace(one, index="acme") if one.sdist else one for one in BUILDING.packages]
    billed = _billed(replace(BUILDING, packages=tuple(packages)), ("own",))
    billed = replace(billed, metadata={**billed.metadata, "own": _metadata()})
    made = {one["name"]: one for one in json.loads(bill(billed))["components"]}
    assert {"name": "harness:index", "value": "acme"} in made["own"]["properties"]


def test_what_only_the_build_uses_is_excluded() -> None:
    made = json.loads(bill(_billed()))["components"]

    excluded = {one["name"] for one in made if one["scope"] == "excluded"}
    assert excluded == {"patchelf", "busybox-static", "installer"}


def test_ones_own_package_is_a_part_and_what_builds_it_is_not() -> None:
    backend = file("hatchling-1-py3-none-any.whl")
    target = replace(LOCK.targets[SYSTEM], project=(backend.file,))
    own = LockedProject(name="own", editable=True, version="1.5")
    build = tuple(
        Package(name=one.file.partition("-")[0], version="1", wheels=(one,))
        for one in (backend, file("other-1-py3-none-any.whl"))
    )
    lock = replace(LOCK, targets={SYSTEM: target}, project=own, build=build)
    made = json.loads(bill(_billed(lock)))

    scopes = {one["name"]: one["scope"] for one in made["components"]}
    assert (scopes["own"], scopes["hatchling"]) == ("required", "excluded")
    assert "other" not in scopes
    below = {one["ref"]: one.get("dependsOn", []) for one in made["dependencies"]}
    assert "own:own" in below[f"environment:{made['metadata']['component']['name']}"]
    assert _is_valid(bill(_billed(lock)))


def test_what_the_base_has_is_not_excluded_though_the_build_uses_it() -> None:
    target = replace(LOCK.targets[SYSTEM], tools=LOCK.targets[SYSTEM].debs)
    made = json.loads(bill(_billed(replace(LOCK, targets={SYSTEM: target}))))["components"]

    assert {one["scope"] for one in made if one["name"] == "bash"} == {"required"}


def test_licences_are_told_as_spdx_where_they_are_it() -> None:
    made = {one["name"]: one.get("licenses") for one in json.loads(bill(_billed()))["components"]}

    assert made["click"] == [{"license": {"id": "BSD-3-Clause"}}]
    assert made["uvloop"] == [{"expression": "MIT OR Apache-2.0"}]
    assert made["numpy"] == [
        {"license": {"name": "BSD License"}},
        {"license": {"name": "MIT AND 0BSD"}},
    ]
    assert made["bash"] is None


def test_the_same_lock_gives_the_same_bytes_and_another_another_serial_number() -> None:
    one, other = _billed(), replace(_billed(), lock_sha256="b" * 64)

    assert bill(one) == bill(_billed())
    assert json.loads(bill(one))["serialNumber"] != json.loads(bill(other))["serialNumber"]
    assert "timestamp" not in json.loads(bill(one))["metadata"]


def test_the_environment_depends_on_what_it_asks_for_and_on_its_base() -> None:
    made = json.loads(bill(_billed(asked=("click",))))
    graph = {one["ref"]: one.get("dependsOn", []) for one in made["dependencies"]}

    below = {PackageURL.from_string(one).name for one in graph["environment:serving"]}
    assert below == {"click", "bash", "python3.11"}
    assert made["metadata"]["component"]["bom-ref"] == "environment:serving"


def test_an_extra_that_is_asked_for_brings_its_requirements() -> None:
    direct, edges = _edges(_billed())

    assert direct == {"uvloop"}
    assert edges == {"uvloop": {"numpy"}, "numpy": {"click"}}


def test_an_extra_that_nothing_asks_for_brings_nothing() -> None:
    assert _edges(_billed(uvloop=_metadata("numpy")))[1] == {"uvloop": {"numpy"}}


def test_an_extra_may_be_asked_for_after_the_distribution_itself() -> None:
    assert _edges(_billed(asked=("numpy[cli]", "numpy", "click")))[1]["numpy"] == {"click"}


def test_a_circle_of_requirements_ends() -> None:
    billed = _billed(numpy=_metadata("uvloop"), uvloop=_metadata("numpy"))

    assert _edges(billed)[1] == {"numpy": {"uvloop"}, "uvloop": {"numpy"}}


def test_a_requirement_for_another_platform_is_none() -> None:
    direct, edges = _edges(_billed(asked=('uvloop; sys_platform == "win32"', "click")))

    assert direct == {"click"}
    assert edges == {}


def _component(made: bytes, name: str) -> dict[str, Any]:
    components: list[dict[str, Any]] = json.loads(made)["components"]
    return next(one for one in components if one["name"] == name)


def test_what_a_requirement_means_that_cannot_be_understood_is_not_guessed() -> None:
    odd = _metadata('click; python_version ~= "3.11.x" and os_name ~= "posix"', "numpy")
    odd = replace(odd, unread=("x y z",))
    billed = _billed(uvloop=odd)

    assert _edges(billed)[1] == {"uvloop": {"numpy"}}
    assert [one["value"] for one in _component(bill(billed), "uvloop")["properties"]] == [
        'click; python_version ~= "3.11.x" and os_name ~= "posix"',
        "x y z",
    ]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("GPL", {"license": {"name": "GPL"}}),
        ("Apache 2.0", {"license": {"name": "Apache 2.0"}}),
        ("MIT AND", {"license": {"name": "MIT AND"}}),
        ("mit", {"license": {"id": "MIT"}}),
        ("GPL-2.0", {"license": {"id": "GPL-2.0"}}),
        ("LicenseRef-Proprietary", {"expression": "LicenseRef-Proprietary"}),
        ("Apache-2.0+", {"expression": "Apache-2.0+"}),
        ("MIT or bsd-3-clause", {"expression": "MIT OR BSD-3-Clause"}),
        ("(" * 5000, {"license": {"name": "(" * 5000}}),
    ],
)
def test_what_is_no_spdx_expression_stands_as_a_name(written: str, told: dict[str, Any]) -> None:
    made = bill(_billed(click=_metadata(licences=(written,))))

    assert _component(made, "click")["licenses"] == [told]
    assert _is_valid(made)


@given(st.lists(st.text(min_size=1, max_size=30), max_size=3), st.text(max_size=20))
def test_whatever_a_wheel_says_of_itself_gives_a_valid_bill(names: list[str], text: str) -> None:
    data = "\n".join(
        [
            "Metadata-Version: 2.1",
            *(f"Classifier: License :: {name}" for name in names),
            f"License: {text}",
            f"Author: {text}",
            f"Requires-Dist: {text}",
        ]
    )
    assert _is_valid(bill(_billed(click=decode_metadata(data.encode("utf-8", "replace")))))


def test_tool_and_suppliers_are_named() -> None:
    known = replace(KNOWN["numpy"], supplier="NumPy Developers")
    made = bill(_billed(numpy=known))

    (tool,) = json.loads(made)["metadata"]["tools"]["components"]
    assert (tool["name"], tool["version"]) == ("harness", "0.1")
    assert _component(made, "numpy")["supplier"] == {"name": "NumPy Developers"}
    assert _component(made, "bash")["supplier"] == {"name": "Debian"}
    assert "supplier" not in _component(made, "click")
    assert _is_valid(made)
