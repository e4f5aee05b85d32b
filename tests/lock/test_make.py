import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from harness.errors import InputError, IntegrityError
from harness.lock.base import kept_base
from harness.lock.core.pylock import decode_lock, encode_lock
from harness.lock.foreign import read_foreign
from harness.lock.freshness import stale_reasons
from harness.lock.make import lock
from harness.lock.read import read_lock
from harness.lock.requirements import add
from harness.project.repository import Environment, Repository
from tests.indexes import Index
from tests.lock.environments import SPEC, anew, edit, empty, foreign_lock, pins, two_targets


def test_locks_what_env_toml_asks_for(index: Index, environment: Environment) -> None:
    content = index.publish("a", "2.5")
    locked = lock(environment, record_urls=False)
    assert locked.changed
    assert pins(locked.lock) == {"a": "2.5", "b": "1"}
    (wheel,) = locked.lock.packages[0].wheels
    assert (wheel.file, wheel.size) == ("a-2.5-py3-none-any.whl", len(content))
    assert read_lock(anew(environment)) == locked.lock


@pytest.mark.usefixtures("index")
def test_a_fresh_lock_is_left_alone_and_says_so(environment: Environment) -> None:
    assert stale_reasons(environment) == ["envs/serving/env.toml has changed since it was locked"]
    lock(environment, record_urls=False)
    before = environment.lock_path.read_bytes()
    assert stale_reasons(anew(environment)) == []
    assert not lock(anew(environment), record_urls=False).changed
    assert environment.lock_path.read_bytes() == before


@pytest.mark.usefixtures("index")
def test_the_same_facts_give_the_same_bytes(environment: Environment) -> None:
    lock(environment, record_urls=False)
    before = environment.lock_path.read_bytes()
    assert not lock(anew(environment), record_urls=False, update=["a", "b"]).changed
    assert environment.lock_path.read_bytes() == before


def test_keeps_pins_and_base_until_told_otherwise(index: Index, environment: Environment) -> None:
    first = lock(environment, record_urls=False).lock
    index.publish("a", "2.9")
    index.publish("b", "1.5")
    edit(environment, "a<3", "a>=1,<3")
    assert pins(lock(anew(environment), record_urls=False).lock) == {"a": "2", "b": "1"}
    second = lock(anew(environment), record_urls=False, update=["A"]).lock
    assert pins(second) == {"a": "2.9", "b": "1"}
    assert second.targets["x86_64-linux"].debs == first.targets["x86_64-linux"].debs


@pytest.mark.usefixtures("index")
def test_a_package_to_update_must_be_locked(environment: Environment) -> None:
    lock(environment, record_urls=False)
    with pytest.raises(InputError, match=r"--update bb: the lock holds no such package; did you"):
        lock(anew(environment), record_urls=False, update=["bb"])


@pytest.mark.usefixtures("index")
def test_addresses_are_recorded_on_request_and_credentials_never(environment: Environment) -> None:
    lock(environment, record_urls=False)
    assert b"http" not in environment.lock_path.read_bytes()
    edit(environment, "a<3", "a<4")
    lock(anew(environment), record_urls=True)
    data = environment.lock_path.read_bytes()
    assert b"/files/a-2-py3-none-any.whl" in data
    assert b"s3cret" not in data


def test_an_error_names_the_environment_and_changes_nothing(
    index: Index, environment: Environment
) -> None:
    index.publish_sdist("only-source")
    before = environment.lock_path.read_bytes()
    edit(environment, "a<3", "only-source")
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
    edit(environment, "a<3", "only-source")
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


def test_targets_share_a_package_or_are_told_apart_by_marker(
    index: Index, environment: Environment
) -> None:
    index.publish("a", "2.5", tag="cp311-cp311-manylinux_2_17_x86_64")
    index.publish("b", "2", tag="cp311-cp311-manylinux_2_17_x86_64")
    index.publish("b", "2", tag="cp311-cp311-manylinux_2_17_aarch64")
    two_targets(environment)
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


def test_takes_over_the_pins_of_another_tool_s_lock(index: Index, environment: Environment) -> None:
    foreign = foreign_lock(environment)
    index.publish("a", "2.9")
    locked = lock(anew(environment), record_urls=False, foreign=foreign).lock
    assert pins(locked) == {"a": "2", "b": "1"}


@pytest.mark.usefixtures("index")
def test_what_it_does_not_satisfy_is_named(environment: Environment) -> None:
    foreign = foreign_lock(environment)
    edit(environment, "a<3", "a<2")
    with pytest.raises(InputError, match=r"uv\.toml: does not satisfy a<2 of env"):
        lock(anew(environment), record_urls=False, foreign=foreign)


@pytest.mark.usefixtures("index")
def test_a_hash_that_the_index_does_not_have_breaks_integrity(environment: Environment) -> None:
    foreign = foreign_lock(environment, {"sha256": "f" * 64})
    with pytest.raises(IntegrityError, match="a 2: the package index has other files"):
        lock(anew(environment), record_urls=False, foreign=foreign)


def test_a_lock_of_another_tool_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "uv.toml"
    path.write_text('lock-version = "1.0"\n')
    with pytest.raises(
        InputError, match=rf"^{path}: not a lock as PEP 751 has it: .*created-by.*`uv export --fo"
    ):
        read_foreign(path)
    with pytest.raises(InputError, match="No such file"):
        read_foreign(tmp_path / "none.toml")


def test_a_missing_lock_is_stale(tmp_path: Path) -> None:
    directory = tmp_path / "envs" / "new"
    directory.mkdir(parents=True)
    (directory / "env.toml").write_text(SPEC)
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
    assert lock(anew(environment), record_urls=False).changed
    assert environment.lock_path.read_bytes() == whole


def test_packages_that_shared_a_layer_go_on_to_do_so(
    index: Index, environment: Environment
) -> None:
    made = lock(environment, record_urls=False).lock
    target = replace(made.targets["x86_64-linux"], layers=(("a", "b"),))
    environment.lock_path.write_bytes(encode_lock(replace(made, targets={target.system: target})))
    index.publish("a", "2.7")
    moved = lock(anew(environment), record_urls=False, update=["a"]).lock
    assert pins(moved)["a"] == "2.7"
    assert moved.targets["x86_64-linux"].layers == (("a", "b"),)


def test_a_package_that_moves_has_its_layer_above_those_that_stay(
    index: Index, environment: Environment
) -> None:
    made = lock(environment, record_urls=False).lock
    assert made.targets["x86_64-linux"].layers == (("a",), ("b",))
    index.publish("a", "2.7")
    moved = lock(anew(environment), record_urls=False, update=["a"]).lock
    assert moved.targets["x86_64-linux"].layers == (("b",), ("a",))


@pytest.mark.usefixtures("index")
def test_a_package_whose_file_became_another_has_moved(environment: Environment) -> None:
    """An index may publish other bytes by the same name."""
    made = lock(environment, record_urls=False).lock
    (a, b) = made.packages
    other = replace(a, wheels=(replace(a.wheels[0], sha256="0" * 64),))
    environment.lock_path.write_bytes(encode_lock(replace(made, packages=(other, b))))
    moved = lock(anew(environment), record_urls=False, update=["a"]).lock
    assert moved.targets["x86_64-linux"].layers == (("b",), ("a",))


def test_what_should_be_known_of_a_lock_is_told_once_for_all_targets(
    index: Index, environment: Environment
) -> None:
    index.publish("c", yanked="broken")
    two_targets(environment)
    locked = add(environment, ["c==1", "b[nun]"], record_urls=False)
    assert sorted(notice.text for notice in locked.notices) == [
        "b==1 has no extra 'nun', so nothing is installed for it",
        "c==1 was withdrawn by those who published it (yanked): broken",
    ]


def test_a_newer_lock_of_another_tool_is_named(environment: Environment, index: Index) -> None:
    foreign_lock(environment)
    path = environment.repository / "uv.toml"
    path.write_text(path.read_text().replace('lock-version = "1.0"', 'lock-version = "1.1"'))
    assert index.url
    locked = lock(anew(environment), record_urls=False, foreign=read_foreign(path))
    assert [notice.text for notice in locked.notices] == [
        f"{path}: lock-version 1.1 is newer than 1.0, as which it is read"
    ]


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
    edit(environment, '["libgl1"]', '["libgl1", "libpq5"]')
    before = environment.lock_path.read_bytes()
    with pytest.raises(InputError, match=r"bash 1\.0-1 -> 9 would move; `harness lo"):
        lock(anew(environment), record_urls=False)
    assert environment.lock_path.read_bytes() == before
    moved = lock(anew(environment), record_urls=False, update=["base"]).lock
    assert moved.targets["x86_64-linux"].debs[0].version == "9"
    assert index.url


def test_a_package_of_the_repository_s_own_name_is_told_where_others_require_it(
    environment: Environment, private: Index
) -> None:
    (environment.repository / "pyproject.toml").write_text('[project]\nname = "D"\n')
    private.publish("c", requires=["d"])
    private.publish("d")
    empty(environment)
    told = "d 1 is taken from the package index and is not this repository's own (pyproject.toml: "
    (notice,) = add(environment, ["c"], record_urls=False).notices
    assert notice.text.startswith(told)
