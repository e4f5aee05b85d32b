from typing import Any

from harness.diff.core.requirements import compare_requirements
from harness.documents.decode import decode
from harness.project.core.spec import EnvSpec


def _spec(**keys: Any) -> EnvSpec:
    document = {
        "python": "3.11",
        "base": "debian:bookworm",
        "dependencies": ["numpy>=1", "click"],
        **keys,
    }
    return decode(EnvSpec, document, "env.toml")


def said(**keys: Any) -> list[tuple[str, str, str, str]]:
    items = compare_requirements(_spec(), _spec(**keys))
    return [(item.subject, item.field, item.first, item.second) for item in items]


def test_what_is_asked_for_is_the_same_as_itself() -> None:
    assert said() == []
    assert said(dependencies=["click", "numpy>=1"]) == []


def test_requirements_are_told_by_their_package() -> None:
    assert said(dependencies=["NumPy>=2", "scipy"]) == [
        ("requirement click", "removed", "click", ""),
        ("requirement numpy", "moved", "numpy>=1", "NumPy>=2"),
        ("requirement scipy", "added", "", "scipy"),
    ]


def test_several_requirements_of_one_package_are_one() -> None:
    other = ["numpy>=1; python_version < '4'", "numpy>=2; python_version >= '4'", "click"]
    ((subject, field, _, second),) = said(dependencies=other)
    assert (subject, field) == ("requirement numpy", "moved")
    assert second.count("numpy") == 2


def test_other_keys_are_told_by_their_name() -> None:
    assert said(**{"debian-packages": ["libgl1"], "exclude-newer": "2026-01-01T00:00:00Z"}) == [
        ("env.toml debian-packages", "moved", "", "libgl1"),
        ("env.toml exclude-newer", "moved", "", "2026-01-01T00:00:00Z"),
    ]
