import hashlib
from functools import partial

import pytest

from harness.errors import IntegrityError
from harness.lock.make import lock
from harness.lock.requirements import add, remove
from harness.project.repository import Environment
from tests.indexes import Index
from tests.lock.environments import (
    SPEC,
    anew,
    edit,
    foreign_lock,
)


def test_a_file_that_the_index_replaced_is_refused_until_it_may_move(
    index: Index, environment: Environment
) -> None:
    before = lock(environment, record_urls=False).lock.packages[0].wheels[0]
    index.publish("c")
    index.replace("a", "2", b"something else")
    data = environment.lock_path.read_bytes()
    new = hashlib.sha256(b"something else").hexdigest()
    told = (
        rf"a-2-py3-none-any\.whl: the lock has sha256 {before.sha256}, the package index has {new}"
    )
    changes = [
        partial(add, anew(environment), ["c"], record_urls=False),
        partial(remove, anew(environment), ["b"], record_urls=False),
        partial(lock, anew(environment), record_urls=False, update=["b"]),
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match=told):
            change()
        assert environment.lock_path.read_bytes() == data
        assert environment.spec_path.read_text() == SPEC
    moved = lock(anew(environment), record_urls=False, update=["a"]).lock
    assert moved.packages[0].wheels[0].sha256 == new


def test_a_better_wheel_of_a_locked_version_waits_for_an_update(
    index: Index, environment: Environment
) -> None:
    before = lock(environment, record_urls=False).lock.packages[0].wheels
    index.publish("a", "2", tag="cp311-cp311-manylinux_2_17_x86_64")
    index.publish("c")
    kept = add(anew(environment), ["c"], record_urls=False).lock
    assert kept.packages[0].wheels == before
    moved = lock(anew(environment), record_urls=False, update=["a"]).lock
    assert "x86_64" in moved.packages[0].wheels[0].file


def test_another_kind_of_hash_is_held_against_the_file(
    index: Index, environment: Environment
) -> None:
    edit(environment, '    "b",  # needed by all\n', "")
    content = index.server.files["/files/a-2-py3-none-any.whl"]
    foreign = foreign_lock(environment, {"sha512": hashlib.sha512(content).hexdigest()})
    locked = lock(anew(environment), record_urls=False, foreign=foreign).lock
    assert locked.packages[0].wheels[0].sha256 == hashlib.sha256(content).hexdigest()
    foreign = foreign_lock(
        environment, {"md5": hashlib.md5(content, usedforsecurity=False).hexdigest()}
    )
    told = lock(anew(environment), record_urls=False, foreign=foreign).notices
    assert [one.text for one in told] == [
        f"{foreign.where}: a 2: told by md5 alone, by which two files can be made alike"
    ]
    foreign = foreign_lock(environment, {"sha512": "f" * 128})
    with pytest.raises(IntegrityError, match="tells sha512 f"):
        lock(anew(environment), record_urls=False, foreign=foreign)
