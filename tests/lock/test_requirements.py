import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.errors import InputError
from harness.lock.freshness import stale_reasons
from harness.lock.make import lock
from harness.lock.read import read_lock
from harness.lock.requirements import add, remove
from harness.project.repository import Environment
from tests.indexes import Index
from tests.lock.environments import SPEC, anew, pins


@pytest.mark.usefixtures("index")
def test_added_requirements_are_locked_and_comments_stay(environment: Environment) -> None:
    lock(environment, record_urls=False)
    added = ["A>=1", "Installer ; python_version>'3'"]
    locked = add(anew(environment), added, record_urls=False)
    expected = SPEC.replace('"a<3",', f'"{added[0]}",\n    "{added[1]}",')
    assert environment.spec_path.read_text() == expected
    assert pins(locked.lock) == {"a": "2", "b": "1", "installer": "1.0"}
    assert stale_reasons(anew(environment)) == []


def test_a_requirement_for_another_target_stands_beside_the_first(
    index: Index, environment: Environment
) -> None:
    index.publish("b", "2")
    added = "b>=2; platform_machine == 'aarch64'"
    add(environment, [added], record_urls=False)
    assert environment.spec().dependencies == ("b", "a<3", 'b>=2; platform_machine == "aarch64"')


@pytest.mark.usefixtures("index")
def test_removed_requirements_are_gone_and_comments_stay(environment: Environment) -> None:
    locked = remove(environment, ["B"], record_urls=False)
    assert environment.spec_path.read_text() == SPEC.replace('    "b",  # needed by all\n', "")
    assert pins(locked.lock) == {"a": "2"}


@pytest.mark.usefixtures("index")
def test_only_a_declared_requirement_is_removed(environment: Environment) -> None:
    with pytest.raises(InputError, match=r"env\.toml: dependencies: 'bb' is not declared; did you"):
        remove(environment, ["a", "bb"], record_urls=False)
    assert environment.spec_path.read_text() == SPEC


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("requirement", ["nowhere", "a>9", "not a requirement", "c @ http://x/"])
def test_what_cannot_be_added_changes_nothing(environment: Environment, requirement: str) -> None:
    before = environment.lock_path.read_bytes()
    with pytest.raises(InputError):
        add(environment, ["b", requirement], record_urls=False)
    assert environment.spec_path.read_text() == SPEC
    assert environment.lock_path.read_bytes() == before


def test_two_who_add_at_once_wait_for_each_other_and_neither_is_lost(
    index: Index, environment: Environment
) -> None:
    names = ("c", "d")
    for name in names:
        index.publish(name, "1")
    waiting = threading.Barrier(len(names) + 1, timeout=30)

    def wait() -> None:
        waiting.wait()

    with ThreadPoolExecutor(len(names)) as pool:
        with environment.changing():
            added = [
                pool.submit(add, anew(environment), [name], record_urls=False, on_wait=wait)
                for name in names
            ]
            wait()
        for one in added:
            assert one.result(timeout=60).changed
    declared = tomllib.loads(environment.spec_path.read_text())["dependencies"]
    assert {"b", "a<3", *names} == {*declared}
    assert pins(read_lock(anew(environment))).keys() == {"a", "b", *names}
    assert stale_reasons(anew(environment)) == []


@pytest.mark.usefixtures("index")
def test_adding_what_is_declared_already_keeps_its_versions(environment: Environment) -> None:
    locked = add(environment, ["A", "b"], record_urls=False)
    assert environment.spec_path.read_text() == SPEC
    assert [notice.text for notice in locked.notices] == [
        "a<3 was declared already and stays; name versions to change it"
    ]
    (joined,) = add(anew(environment), ["a[x]"], record_urls=False).notices[:1]
    assert joined.text == "a<3 was declared already and is a[x]<3 now; name versions to change them"
