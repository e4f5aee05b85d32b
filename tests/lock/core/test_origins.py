from dataclasses import replace
from typing import Any

from harness.documents.decode import decode
from harness.lock.core.origins import by_address, has_address, index_of, moved
from harness.project.core.spec import EnvSpec
from tests.locks import BY_COMMIT, LOCK

_CLICK = LOCK.packages[0]
_SHA256 = _CLICK.wheels[0].sha256


def _spec(*dependencies: str, **packages: list[str]) -> EnvSpec:
    indexes = [{"name": name, "packages": served} for name, served in packages.items()]
    document: dict[str, Any] = {"python": "3.11", "base": "debian:bookworm"}
    return decode(EnvSpec, {**document, "dependencies": [*dependencies], "indexes": indexes}, "")


def _click(sha256: str) -> str:
    return f"Click @ https://h.invalid/click-8.3.1-py3-none-any.whl#sha256={sha256}"


def test_an_address_precedes_an_index_and_that_the_usual_one() -> None:
    spec = _spec(_click(_SHA256), "numpy", acme=["click", "numpy"])
    assert by_address(spec) == {"click": {_SHA256}}
    assert [index_of(name, spec) for name in ("click", "numpy", "uvloop")] == [None, "acme", None]
    told = {
        name: [has_address(name, spec, usual=usual) for usual in (False, True)]
        for name in ("click", "numpy", "uvloop")
    }
    assert told == {"click": [True, True], "numpy": [False, False], "uvloop": [False, True]}


def test_a_commit_precedes_an_index_and_its_address_is_not_a_file_s() -> None:
    named = f"own @ git+https://forge.invalid/own.git@{'1' * 40}"
    spec = _spec(named, acme=["own"])
    assert index_of("own", spec) is None
    assert has_address("own", spec, usual=True) is False
    assert [*moved(spec, BY_COMMIT)] == []
    assert [*moved(_spec("own"), BY_COMMIT)] == ["own"]
    assert [*moved(_spec(named.replace("1" * 40, "2" * 40)), BY_COMMIT)] == ["own"]


def test_what_comes_from_another_place_may_move() -> None:
    assert [*moved(_spec(), None)] == []
    assert [*moved(_spec("click"), LOCK)] == []
    assert [*moved(_spec(acme=["numpy"]), LOCK)] == ["numpy"]
    assert [*moved(_spec(_click(_SHA256)), LOCK)] == []
    assert [*moved(_spec(_click("0" * 64)), LOCK)] == ["click"]
    named = replace(LOCK, packages=(replace(_CLICK, index="acme"), *LOCK.packages[1:]))
    assert [*moved(_spec("click", acme=["click"]), named)] == []
    assert [*moved(_spec("click"), named)] == ["click"]
