from dataclasses import replace

from hypothesis import given

from harness.diff.core.locks import compare_locks, summary
from harness.lock.core.values import Lock
from tests.locks import INTERPRETER, LOCK, deb, file, locks

SYSTEM = "x86_64-linux"


def said(other: Lock) -> list[tuple[str, str, str, str]]:
    return [(one.subject, one.field, one.first, one.second) for one in compare_locks(LOCK, other)]


def with_target(**changes: object) -> Lock:
    target = replace(LOCK.targets[SYSTEM], **changes)  # type: ignore[arg-type]
    return replace(LOCK, targets={**LOCK.targets, SYSTEM: target})


@given(locks())
def test_a_lock_is_the_same_as_itself(lock: Lock) -> None:
    assert compare_locks(lock, lock) == []


@given(locks(), locks())
def test_what_is_added_one_way_is_removed_the_other(one: Lock, other: Lock) -> None:
    there = {item.subject for item in compare_locks(one, other) if item.field == "added"}
    back = {item.subject for item in compare_locks(other, one) if item.field == "removed"}
    assert there == back


def test_packages_added_removed_and_moved() -> None:
    click, numpy, uvloop = LOCK.packages
    other = replace(LOCK, packages=(replace(click, version="8.4"), numpy))
    assert ("package click", "moved", "8.3.1", "8.4") in said(other)
    assert ("package uvloop", "removed", "0.22.1", "") in said(other)
    assert not any("numpy" in subject for subject, *_ in said(other))
    assert compare_locks(other, LOCK)[1].field == "added"
    assert uvloop.name == "uvloop"


def test_a_file_of_one_version_that_has_another_hash_or_name() -> None:
    click, *rest = LOCK.packages
    (wheel,) = click.wheels
    rehashed = replace(click, wheels=(replace(wheel, sha256="f" * 64),))
    renamed = replace(click, wheels=(file("click-8.3.1-py2.py3-none-any.whl"),))
    assert said(replace(LOCK, packages=(rehashed, *rest))) == [
        ("package click 8.3.1", "rehashed", wheel.sha256, "f" * 64)
    ]
    fields = [field for _, field, *_ in said(replace(LOCK, packages=(renamed, *rest)))]
    assert fields == ["added", "removed"]


def test_the_base_of_a_target() -> None:
    bash, python = LOCK.targets[SYSTEM].debs
    newer = replace(bash, version="2.0")
    rehashed = replace(python, input=replace(python.input, sha256="e" * 64))
    other = with_target(debs=(newer, rehashed, deb("tar")), python="3.11.9")
    assert said(other) == [
        (SYSTEM, "python", "3.11.2", "3.11.9"),
        ("deb bash", "moved", "1.0-1", "2.0"),
        ("deb python3.11", "rehashed", python.input.sha256, "e" * 64),
        ("deb tar", "added", "", "1.0-1"),
    ]


def test_an_interpreter_that_is_none_of_the_packages() -> None:
    other = with_target(interpreter=INTERPRETER)
    assert said(other) == [(f"{SYSTEM}, interpreter, file", "added", "", INTERPRETER.input.file)]


def test_targets_settings_and_the_installer() -> None:
    one = replace(LOCK, targets={SYSTEM: LOCK.targets[SYSTEM]})
    assert said(one) == [("target", "removed", "aarch64-linux", "")]
    assert [item.field for item in compare_locks(one, LOCK)] == ["added"]
    other = replace(
        LOCK, base="debian:trixie", spec_sha256="2" * 64, installer=file("installer-1-any.whl")
    )
    assert [(subject, field) for subject, field, *_ in said(other)] == [
        ("lock", "base"),
        ("installer", "moved"),
        ("env.toml", "hash"),
    ]


def test_how_much_of_each_there_is() -> None:
    click, numpy, _ = LOCK.packages
    other = replace(LOCK, base="debian:trixie", packages=(replace(click, version="8.4"), numpy))
    assert summary(compare_locks(LOCK, other)) == "1 moved, 1 removed, 1 other"
