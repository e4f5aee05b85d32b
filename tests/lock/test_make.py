import hashlib
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from harness.errors import InputError, IntegrityError
from harness.lock.base import kept_base
from harness.lock.core.pylock import decode_lock, encode_lock
from harness.lock.core.values import Lock
from harness.lock.freshness import stale_reasons
from harness.lock.make import Foreign, Locked, lock, read_foreign
from harness.lock.read import read_lock
from harness.lock.requirements import add, remove
from harness.lock.take_over import take_over
from harness.project.repository import Environment, Repository
from tests import indexes
from tests.indexes import Index
from tests.locks import LOCK

_SPEC = """\
# What the team serves.
python = "3.11"
base = "debian:bookworm"
targets = ["x86_64-linux"]  # more later
suites = ["bookworm", "bookworm-updates"]
debian-packages = ["libgl1"]
dependencies = [
    "b",  # needed by all
    # pinned since May
    "a<3",
]
"""


@pytest.fixture(name="index")
def _index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Index]:
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "UV_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with indexes.index("user:s3cret") as index:
        monkeypatch.setenv("HARNESS_INDEX_URL", index.url)
        for name, version in (("a", "1"), ("a", "2"), ("b", "1"), ("installer", "1.0")):
            index.publish(name, version)
        yield index


@pytest.fixture(name="private")
def _private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Index]:
    """An index with nothing but the installer."""
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "UV_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with indexes.index() as index:
        monkeypatch.setenv("HARNESS_INDEX_URL", index.url)
        index.publish("installer", "1.0")
        yield index


@pytest.fixture(name="environment")
def _environment(tmp_path: Path) -> Environment:
    """Return an environment whose lock has a base and, of the wheels, only a 1."""
    directory = tmp_path / "repository" / "envs" / "serving"
    directory.mkdir(parents=True)
    (directory / "env.toml").write_text(_SPEC)
    target = replace(LOCK.targets["x86_64-linux"], wheels=(), layers=())
    before = replace(LOCK, packages=(), targets={"x86_64-linux": target})
    (directory / "pylock.toml").write_bytes(encode_lock(before))
    return _anew(Environment("serving", directory, tmp_path / "repository"))


def _anew(environment: Environment) -> Environment:
    """Return the environment as the next command sees it."""
    return Environment(environment.name, environment.directory, environment.repository)


def _edit(environment: Environment, old: str, new: str) -> None:
    text = environment.spec_path.read_text()
    assert old in text
    environment.spec_path.write_text(text.replace(old, new))


def _pins(locked: Lock) -> dict[str, str]:
    return {package.name: package.version for package in locked.packages}


def test_locks_what_env_toml_asks_for(index: Index, environment: Environment) -> None:
    content = index.publish("a", "2.5")
    locked = lock(environment, record_urls=False)
    assert locked.changed
    assert _pins(locked.lock) == {"a": "2.5", "b": "1"}
    (wheel,) = locked.lock.packages[0].wheels
    assert (wheel.file, wheel.size) == ("a-2.5-py3-none-any.whl", len(content))
    assert read_lock(_anew(environment)) == locked.lock


@pytest.mark.usefixtures("index")
def test_a_fresh_lock_is_left_alone_and_says_so(environment: Environment) -> None:
    assert stale_reasons(environment) == ["envs/serving/env.toml has changed since it was locked"]
    lock(environment, record_urls=False)
    before = environment.lock_path.read_bytes()
    assert stale_reasons(_anew(environment)) == []
    assert not lock(_anew(environment), record_urls=False).changed
    assert environment.lock_path.read_bytes() == before


@pytest.mark.usefixtures("index")
def test_the_same_facts_give_the_same_bytes(environment: Environment) -> None:
    lock(environment, record_urls=False)
    before = environment.lock_path.read_bytes()
    assert not lock(_anew(environment), record_urls=False, update=["a", "b"]).changed
    assert environment.lock_path.read_bytes() == before


def test_keeps_pins_and_base_until_told_otherwise(index: Index, environment: Environment) -> None:
    first = lock(environment, record_urls=False).lock
    index.publish("a", "2.9")
    index.publish("b", "1.5")
    _edit(environment, "a<3", "a>=1,<3")
    assert _pins(lock(_anew(environment), record_urls=False).lock) == {"a": "2", "b": "1"}
    second = lock(_anew(environment), record_urls=False, update=["A"]).lock
    assert _pins(second) == {"a": "2.9", "b": "1"}
    assert second.targets["x86_64-linux"].debs == first.targets["x86_64-linux"].debs


@pytest.mark.usefixtures("index")
def test_a_package_to_update_must_be_locked(environment: Environment) -> None:
    lock(environment, record_urls=False)
    with pytest.raises(InputError, match=r"--update bb: the lock holds no such package; did you"):
        lock(_anew(environment), record_urls=False, update=["bb"])


@pytest.mark.usefixtures("index")
def test_addresses_are_recorded_on_request_and_credentials_never(environment: Environment) -> None:
    lock(environment, record_urls=False)
    assert b"http" not in environment.lock_path.read_bytes()
    _edit(environment, "a<3", "a<4")
    lock(_anew(environment), record_urls=True)
    data = environment.lock_path.read_bytes()
    assert b"/files/a-2-py3-none-any.whl" in data
    assert b"s3cret" not in data


def test_an_error_names_the_environment_and_changes_nothing(
    index: Index, environment: Environment
) -> None:
    index.publish_sdist("only-source")
    before = environment.lock_path.read_bytes()
    _edit(environment, "a<3", "only-source")
    with pytest.raises(
        InputError, match=r"^envs/serving/env\.toml: only-source: no version with a"
    ):
        lock(environment, record_urls=False)
    assert environment.lock_path.read_bytes() == before


def test_no_code_of_a_package_is_run(
    index: Index, environment: Environment, tmp_path: Path
) -> None:
    trap = tmp_path / "run"
    index.publish_sdist("only-source", build=f"open({str(trap)!r}, 'w')".encode())
    _edit(environment, "a<3", "only-source")
    with pytest.raises(InputError):
        lock(environment, record_urls=False)
    assert not trap.exists()
    assert not [path for path, _ in index.server.seen if path.endswith(".tar.gz")]


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("damage", [b"<<<<<<< ours\n", b'lock-version = "1.0"\n'])
def test_a_lock_that_cannot_be_read_does_not_give_up_its_pins(
    environment: Environment, damage: bytes
) -> None:
    environment.lock_path.write_bytes(damage + environment.lock_path.read_bytes())
    with pytest.raises(InputError, match=r"^envs/serving/pylock\.toml: .*`--update all` makes it"):
        lock(environment, record_urls=False)


@pytest.mark.usefixtures("index")
def test_a_lock_with_a_conflict_is_told_how_its_pins_are_kept(environment: Environment) -> None:
    before = environment.lock_path.read_bytes()
    environment.lock_path.write_bytes(before + b"<<<<<<< HEAD\n=======\n>>>>>>> other\n")
    with pytest.raises(InputError, match=r"`git checkout --ours envs/serving/pylock\.toml` and"):
        lock(environment, record_urls=False)


def _two_targets(environment: Environment) -> None:
    """Give the lock a base for a second target and ask for both."""
    before = decode_lock(environment.lock_path.read_bytes(), "pylock.toml")
    arm = replace(LOCK.targets["aarch64-linux"], wheels=(), layers=())
    both = replace(before, targets={**before.targets, "aarch64-linux": arm})
    environment.lock_path.write_bytes(encode_lock(both))
    _edit(environment, '["x86_64-linux"]', '["x86_64-linux", "aarch64-linux"]')


def test_targets_share_a_package_or_are_told_apart_by_marker(
    index: Index, environment: Environment
) -> None:
    index.publish("a", "2.5", tag="cp311-cp311-manylinux_2_17_x86_64")
    index.publish("b", "2", tag="cp311-cp311-manylinux_2_17_x86_64")
    index.publish("b", "2", tag="cp311-cp311-manylinux_2_17_aarch64")
    _two_targets(environment)
    locked = lock(environment, record_urls=False).lock
    assert [(one.name, one.version, one.marker, len(one.wheels)) for one in locked.packages] == [
        ("a", "2", 'platform_machine == "aarch64"', 1),
        ("a", "2.5", 'platform_machine == "x86_64"', 1),
        ("b", "2", None, 2),
    ]
    assert locked.targets["aarch64-linux"].wheels == (
        "a-2-py3-none-any.whl",
        "b-2-cp311-cp311-manylinux_2_17_aarch64.whl",
    )
    read = decode_lock(environment.lock_path.read_bytes(), "pylock.toml")
    assert encode_lock(read) == environment.lock_path.read_bytes()


def _foreign(environment: Environment, digests: Mapping[str, str] | None = None) -> Foreign:
    """Return a uv-like lock of a and b, by the addresses that the index has."""
    locked = lock(environment, record_urls=True).lock
    text = 'lock-version = "1.0"\ncreated-by = "uv"\n'
    for package in locked.packages:
        (wheel,) = package.wheels
        hashes = digests or {"sha256": wheel.sha256}
        listed = ", ".join(f'{name} = "{digest}"' for name, digest in hashes.items())
        text += f'[[packages]]\nname = "{package.name}"\nversion = "{package.version}"\n'
        text += f'wheels = [{{ url = "http://index.invalid/{wheel.file}", '
        text += "upload-time = 2026-01-01T00:00:00Z, "
        text += f"hashes = {{ {listed} }} }}]\n"
    path = environment.repository / "uv.toml"
    path.write_text(text)
    return read_foreign(path)


def test_takes_over_the_pins_of_another_tool_s_lock(index: Index, environment: Environment) -> None:
    foreign = _foreign(environment)
    index.publish("a", "2.9")
    locked = lock(_anew(environment), record_urls=False, foreign=foreign).lock
    assert _pins(locked) == {"a": "2", "b": "1"}


@pytest.mark.usefixtures("index")
def test_what_it_does_not_satisfy_is_named(environment: Environment) -> None:
    foreign = _foreign(environment)
    _edit(environment, "a<3", "a<2")
    with pytest.raises(InputError, match=r"uv\.toml: does not satisfy a<2 of env"):
        lock(_anew(environment), record_urls=False, foreign=foreign)


@pytest.mark.usefixtures("index")
def test_a_hash_that_the_index_does_not_have_breaks_integrity(environment: Environment) -> None:
    foreign = _foreign(environment, {"sha256": "f" * 64})
    with pytest.raises(IntegrityError, match="a 2: the package index has other files"):
        lock(_anew(environment), record_urls=False, foreign=foreign)


def test_another_kind_of_hash_is_held_against_the_file(
    index: Index, environment: Environment
) -> None:
    _edit(environment, '    "b",  # needed by all\n', "")
    content = index.server.files["/files/a-2-py3-none-any.whl"]
    foreign = _foreign(environment, {"sha512": hashlib.sha512(content).hexdigest()})
    locked = lock(_anew(environment), record_urls=False, foreign=foreign).lock
    assert locked.packages[0].wheels[0].sha256 == hashlib.sha256(content).hexdigest()
    foreign = _foreign(
        environment, {"md5": hashlib.md5(content, usedforsecurity=False).hexdigest()}
    )
    told = lock(_anew(environment), record_urls=False, foreign=foreign).notices
    assert [one.text for one in told] == [
        f"{foreign.where}: a 2: told by md5 alone, by which two files can be made alike"
    ]
    foreign = _foreign(environment, {"sha512": "f" * 128})
    with pytest.raises(IntegrityError, match="tells sha512 f"):
        lock(_anew(environment), record_urls=False, foreign=foreign)


def test_a_lock_of_another_tool_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "uv.toml"
    path.write_text('lock-version = "1.0"\n')
    with pytest.raises(
        InputError, match=rf"^{path}: not a lock as PEP 751 has it: .*created-by.*`uv export --fo"
    ):
        read_foreign(path)
    with pytest.raises(InputError, match="No such file"):
        read_foreign(tmp_path / "none.toml")


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
    changes: list[Callable[[], Locked]] = [
        lambda: add(_anew(environment), ["c"], record_urls=False),
        lambda: remove(_anew(environment), ["b"], record_urls=False),
        lambda: lock(_anew(environment), record_urls=False, update=["b"]),
    ]
    for change in changes:
        with pytest.raises(IntegrityError, match=told):
            change()
        assert environment.lock_path.read_bytes() == data
        assert environment.spec_path.read_text() == _SPEC
    moved = lock(_anew(environment), record_urls=False, update=["a"]).lock
    assert moved.packages[0].wheels[0].sha256 == new


def test_a_better_wheel_of_a_locked_version_waits_for_an_update(
    index: Index, environment: Environment
) -> None:
    before = lock(environment, record_urls=False).lock.packages[0].wheels
    index.publish("a", "2", tag="cp311-cp311-manylinux_2_17_x86_64")
    index.publish("c")
    kept = add(_anew(environment), ["c"], record_urls=False).lock
    assert kept.packages[0].wheels == before
    moved = lock(_anew(environment), record_urls=False, update=["a"]).lock
    assert "x86_64" in moved.packages[0].wheels[0].file


@pytest.mark.usefixtures("index")
def test_added_requirements_are_locked_and_comments_stay(environment: Environment) -> None:
    lock(environment, record_urls=False)
    added = ["A>=1", "Installer ; python_version>'3'"]
    locked = add(_anew(environment), added, record_urls=False)
    expected = _SPEC.replace('"a<3",', f'"{added[0]}",\n    "{added[1]}",')
    assert environment.spec_path.read_text() == expected
    assert _pins(locked.lock) == {"a": "2", "b": "1", "installer": "1.0"}
    assert stale_reasons(_anew(environment)) == []


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
    assert environment.spec_path.read_text() == _SPEC.replace('    "b",  # needed by all\n', "")
    assert _pins(locked.lock) == {"a": "2"}


@pytest.mark.usefixtures("index")
def test_only_a_declared_requirement_is_removed(environment: Environment) -> None:
    with pytest.raises(InputError, match=r"env\.toml: dependencies: 'bb' is not declared; did you"):
        remove(environment, ["a", "bb"], record_urls=False)
    assert environment.spec_path.read_text() == _SPEC


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize("requirement", ["nowhere", "a>9", "not a requirement", "c @ http://x/"])
def test_what_cannot_be_added_changes_nothing(environment: Environment, requirement: str) -> None:
    before = environment.lock_path.read_bytes()
    with pytest.raises(InputError):
        add(environment, ["b", requirement], record_urls=False)
    assert environment.spec_path.read_text() == _SPEC
    assert environment.lock_path.read_bytes() == before


def test_a_missing_lock_is_stale(tmp_path: Path) -> None:
    directory = tmp_path / "envs" / "new"
    directory.mkdir(parents=True)
    (directory / "env.toml").write_text(_SPEC)
    (environment,) = Repository(root=tmp_path).select(["new"])
    assert stale_reasons(environment) == ["envs/new/pylock.toml is missing"]
    environment.lock_path.write_text("x")
    (reason,) = stale_reasons(environment)
    assert reason.startswith("envs/new/pylock.toml: not TOML")


def test_the_shipped_environments_are_fresh() -> None:
    root = Path(__file__).parents[2]
    stale = {one.name: stale_reasons(one) for one in Repository(root=root).select(())}
    assert {"harness": [], "science": [], "serving": []}.items() <= stale.items()


@pytest.mark.usefixtures("index")
def test_a_lock_from_before_there_were_layers_gets_them(environment: Environment) -> None:
    whole = encode_lock(lock(environment, record_urls=False).lock)
    document = tomllib.loads(whole.decode())
    del document["tool"]["harness"]["targets"]["x86_64-linux"]["layers"]
    environment.lock_path.write_text(tomli_w.dumps(document))
    assert lock(_anew(environment), record_urls=False).changed
    assert environment.lock_path.read_bytes() == whole


def test_packages_that_shared_a_layer_go_on_to_do_so(
    index: Index, environment: Environment
) -> None:
    made = lock(environment, record_urls=False).lock
    target = replace(made.targets["x86_64-linux"], layers=(("a", "b"),))
    environment.lock_path.write_bytes(encode_lock(replace(made, targets={target.system: target})))
    index.publish("a", "2.7")
    moved = lock(_anew(environment), record_urls=False, update=["a"]).lock
    assert _pins(moved)["a"] == "2.7"
    assert moved.targets["x86_64-linux"].layers == (("a", "b"),)


def test_a_package_that_moves_has_its_layer_above_those_that_stay(
    index: Index, environment: Environment
) -> None:
    made = lock(environment, record_urls=False).lock
    assert made.targets["x86_64-linux"].layers == (("a",), ("b",))
    index.publish("a", "2.7")
    moved = lock(_anew(environment), record_urls=False, update=["a"]).lock
    assert moved.targets["x86_64-linux"].layers == (("b",), ("a",))


@pytest.mark.usefixtures("index")
def test_a_package_whose_file_became_another_has_moved(environment: Environment) -> None:
    """An index may publish other bytes by the same name."""
    made = lock(environment, record_urls=False).lock
    (a, b) = made.packages
    other = replace(a, wheels=(replace(a.wheels[0], sha256="0" * 64),))
    environment.lock_path.write_bytes(encode_lock(replace(made, packages=(other, b))))
    moved = lock(_anew(environment), record_urls=False, update=["a"]).lock
    assert moved.targets["x86_64-linux"].layers == (("b",), ("a",))


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
                pool.submit(add, _anew(environment), [name], record_urls=False, on_wait=wait)
                for name in names
            ]
            wait()
        for one in added:
            assert one.result(timeout=60).changed
    declared = tomllib.loads(environment.spec_path.read_text())["dependencies"]
    assert {"b", "a<3", *names} == {*declared}
    assert _pins(read_lock(_anew(environment))).keys() == {"a", "b", *names}
    assert stale_reasons(_anew(environment)) == []


def test_what_should_be_known_of_a_lock_is_told_once_for_all_targets(
    index: Index, environment: Environment
) -> None:
    index.publish("c", yanked="broken")
    _two_targets(environment)
    locked = add(environment, ["c==1", "b[nun]"], record_urls=False)
    assert sorted(notice.text for notice in locked.notices) == [
        "b==1 has no extra 'nun', so nothing is installed for it",
        "c==1 was withdrawn by those who published it (yanked): broken",
    ]


def test_a_newer_lock_of_another_tool_is_named(environment: Environment, index: Index) -> None:
    _foreign(environment)
    path = environment.repository / "uv.toml"
    path.write_text(path.read_text().replace('lock-version = "1.0"', 'lock-version = "1.1"'))
    assert index.url
    locked = lock(_anew(environment), record_urls=False, foreign=read_foreign(path))
    assert [notice.text for notice in locked.notices] == [
        f"{path}: lock-version 1.1 is newer than 1.0, as which it is read"
    ]


@pytest.mark.usefixtures("index")
def test_adding_what_is_declared_already_keeps_its_versions(environment: Environment) -> None:
    locked = add(environment, ["A", "b"], record_urls=False)
    assert environment.spec_path.read_text() == _SPEC
    assert [notice.text for notice in locked.notices] == [
        "a<3 was declared already and stays; name versions to change it"
    ]
    (joined,) = add(_anew(environment), ["a[x]"], record_urls=False).notices[:1]
    assert joined.text == "a<3 was declared already and is a[x]<3 now; name versions to change them"


def _pinned(environment: Environment, index: Index, *more: str) -> Foreign:
    """Return a lock of another tool with every wheel that the index has, and packages besides."""
    lines = ['lock-version = "1.0"', 'created-by = "uv"']
    for path, content in index.server.files.items():
        if path.endswith(".whl") and "installer" not in path:
            name, version = path.removeprefix("/files/").split("-")[:2]
            digest = hashlib.sha256(content).hexdigest()
            wheel = f'url = "http://index.invalid{path}", hashes = {{ sha256 = "{digest}" }}'
            lines += ["[[packages]]", f'name = "{name}"', f'version = "{version}"']
            lines += [f"wheels = [{{ {wheel} }}]"]
    file = environment.repository / "uv.toml"
    file.write_text("\n".join([*lines, *(more or ("packages = []",))]))
    return read_foreign(file)


def _emptied(environment: Environment) -> None:
    text = environment.spec_path.read_text()
    environment.spec_path.write_text(text.partition("dependencies")[0] + "dependencies = []\n")


def test_what_another_tool_was_asked_for_becomes_a_dependency_and_stays(
    environment: Environment, private: Index
) -> None:
    private.publish("c", requires=["d"])
    private.publish("d")
    private.publish("e")
    _emptied(environment)
    foreign = _pinned(
        environment,
        private,
        "[[packages]]",
        'name = "w"',
        'version = "1"',
        "marker = \"sys_platform == 'win32'\"",
        "directory = { path = '.' }",
    )
    locked = take_over(environment, foreign, record_urls=False)
    assert environment.spec().dependencies == ("c", "e")
    assert stale_reasons(_anew(environment)) == []
    (left, filled) = [notice.text for notice in locked.notices]
    assert (
        left
        == f'{foreign.where}: kept 3 of 4 packages; not kept: w 1 (for sys_platform == "win32")'
    )
    assert filled.startswith("envs/serving/env.toml: dependencies now name c, e; what versions of")
    private.publish("f")
    private.publish("d", "2")
    more = add(_anew(environment), ["f"], record_urls=False)
    assert _pins(more.lock) == {"c": "1", "d": "1", "e": "1", "f": "1"}


def test_what_is_declared_already_stands_as_it_is(environment: Environment, private: Index) -> None:
    private.publish("c", "2")
    _emptied(environment)
    _edit(environment, "[]", '["C>=1"]')
    before = environment.spec_path.read_text()
    foreign = _pinned(environment, private, "")
    assert take_over(environment, foreign, record_urls=False).notices == ()
    assert environment.spec_path.read_text() == before


def test_packages_that_do_not_fit_together_were_all_asked_for(
    environment: Environment, private: Index
) -> None:
    private.publish("c", requires=["d>=2"])
    private.publish("d")
    _emptied(environment)
    locked = take_over(environment, _pinned(environment, private, ""), record_urls=False)
    assert environment.spec().dependencies == ("c", "d")
    assert locked.notices[0].text.startswith("which packages were asked for cannot be told, so all")


def test_what_only_one_target_has_is_required_for_it_alone(
    environment: Environment, private: Index
) -> None:
    private.publish("c")
    _two_targets(environment)
    _emptied(environment)
    foreign = _pinned(environment, private, "marker = \"platform_machine == 'x86_64'\"")
    take_over(environment, foreign, record_urls=False)
    assert environment.spec().dependencies == ('c; platform_machine == "x86_64"',)


def test_nothing_is_asked_of_an_empty_lock(environment: Environment, private: Index) -> None:
    _emptied(environment)
    locked = take_over(environment, _pinned(environment, private), record_urls=False)
    assert (locked.lock.packages, locked.notices) == ((), ())


def test_a_newer_release_that_was_left_out_is_told_with_the_reason(
    index: Index, environment: Environment
) -> None:
    index.publish("c", "1rc1", requires=["e"])
    index.publish_sdist("c", "1")
    index.publish("d", "1")
    index.publish("d", "2", requires=["f"])
    index.publish_sdist("f")
    index.publish("e", "1")
    index.publish_sdist("e", "2")
    locked = add(environment, ["c", "d"], record_urls=False)
    assert sorted(notice.text for notice in locked.notices) == [
        "c 1rc1 is a pre-release: no final release fits",
        "c 1rc1 is not the newest: 1 was left out, c has no wheel that fits",
        "d 1 is not the newest: 2 was left out, f has no wheel that fits",
        "e 1 is not the newest: 2 was left out, e has no wheel that fits",
    ]
    assert lock(_anew(environment), record_urls=False, update=["b"]).notices == ()


def test_a_version_that_env_toml_itself_rules_out_is_not_told(
    index: Index, environment: Environment
) -> None:
    index.publish("a", "4")
    index.publish("c", "1rc1")
    locked = add(environment, ["c>=1rc1", "b; platform_machine == 'aarch64'"], record_urls=False)
    assert locked.notices == ()


@pytest.mark.usefixtures("index")
def test_what_this_machine_is_configured_with_is_not_blamed_on_env_toml(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_INDEX_URL", "ftp://index.invalid/")
    with pytest.raises(InputError, match=r"^HARNESS_INDEX_URL, "):
        lock(environment, record_urls=False)


def test_more_debian_packages_do_not_move_the_base_unasked(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, index: Index
) -> None:
    made = lock(environment, record_urls=False).lock.targets["x86_64-linux"]
    newer = replace(made.debs[0], version="9", input=replace(made.debs[0].input, sha256="9" * 64))
    base = replace(kept_base(made), debs=(newer, *made.debs[1:]))
    monkeypatch.setattr("harness.lock.make.lock_base", lambda *_: base)
    _edit(environment, '["libgl1"]', '["libgl1", "libpq5"]')
    before = environment.lock_path.read_bytes()
    with pytest.raises(InputError, match=r"bash 1\.0-1 -> 9 would move; `harness lo"):
        lock(_anew(environment), record_urls=False)
    assert environment.lock_path.read_bytes() == before
    moved = lock(_anew(environment), record_urls=False, update=["base"]).lock
    assert moved.targets["x86_64-linux"].debs[0].version == "9"
    assert index.url


def test_a_package_of_the_repository_s_own_name_is_told_where_others_require_it(
    environment: Environment, private: Index
) -> None:
    (environment.repository / "pyproject.toml").write_text('[project]\nname = "D"\n')
    private.publish("c", requires=["d"])
    private.publish("d")
    _emptied(environment)
    told = "d 1 is taken from the package index and is not this repository's own (pyproject.toml: "
    (notice,) = add(environment, ["c"], record_urls=False).notices
    assert notice.text.startswith(told)


def test_the_repository_s_own_name_does_not_become_a_dependency(
    environment: Environment, private: Index
) -> None:
    (environment.repository / "pyproject.toml").write_text('[project]\nname = "D"\n')
    private.publish("c")
    private.publish("d")
    _emptied(environment)
    take_over(environment, _pinned(environment, private, ""), record_urls=False)
    assert environment.spec().dependencies == ("c",)
