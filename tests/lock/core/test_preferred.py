import tomllib

from harness.lock.core.preferred import preferences
from harness.lock.core.pylock import encode_lock
from tests.locks import LOCK


def test_versions_of_a_file_count_before_those_that_are_locked() -> None:
    name, version = LOCK.packages[0].name, LOCK.packages[0].version
    written = preferences(LOCK, {name: "99", "zz": "1"})
    assert written is not None
    found = tomllib.loads(written.decode())["packages"]
    versions = [(one["name"], one["version"]) for one in found]
    assert (name, version) not in versions
    assert versions[-2:] == [(name, "99"), ("zz", "1")]
    assert {one.name for one in LOCK.packages} | {"zz"} == {one["name"] for one in found}
    assert {one.marker for one in LOCK.packages[1:]} == {one.get("marker") for one in found[:-2]}


def test_without_a_file_it_is_the_lock_itself() -> None:
    assert preferences(LOCK, {}) == encode_lock(LOCK)
    assert preferences(None, {}) is None
    assert b'"1"' in (preferences(None, {"a": "1"}) or b"")
