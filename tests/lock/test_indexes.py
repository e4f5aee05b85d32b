"""Locks of packages that come from an index which env.toml names."""

import hashlib
from collections.abc import Iterator, Sequence

import pytest

from harness.errors import HarnessError, IntegrityError, MachineError, ToolError
from harness.fetch.locate import locate_wheels
from harness.lock.core.required import Pin, required
from harness.lock.core.values import Lock
from harness.lock.foreign import read_foreign
from harness.lock.freshness import stale_reasons
from harness.lock.make import lock
from harness.lock.requirements import add
from harness.lock.take_over import take_over
from harness.project.repository import Environment
from tests import indexes
from tests.indexes import Index
from tests.lock.environments import anew, edit, empty, pins

_TABLE = '[[indexes]]\nname = "acme"\npackages = ["acme-*"]\n'


@pytest.fixture(name="acme")
def _acme(
    index: Index, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Index]:
    """The index that env.toml names, whose packages strangers publish on the usual one."""
    with indexes.index("team:hush-hush") as acme:
        monkeypatch.setenv("UV_INDEX", f"acme={acme.url}")
        acme.publish("acme-client", "1", requires=["acme-core"])
        acme.publish("acme-core", "1")
        for name in ("acme-client", "acme-core"):
            index.publish(name, "1", tag="py2.py3-none-any")
        with environment.spec_path.open("a") as spec:
            spec.write(_TABLE)
        yield acme


def _text(environment: Environment) -> str:
    return environment.lock_path.read_text()


def _located(made: Lock) -> dict[str, Sequence[str] | HarnessError]:
    """Return where a fetch looks for the private packages."""
    needs = required(made, ["x86_64-linux"])
    own = [one for one in needs if isinstance(one.source, Pin) and "acme" in one.source.name]
    return {need.input.file: urls for need, urls in locate_wheels(own).items()}


def test_the_lock_has_the_name_of_an_index_and_neither_address_nor_password(
    acme: Index, environment: Environment
) -> None:
    added = add(anew(environment), ["acme-client"], record_urls=True)
    assert pins(added.lock) == {"a": "2", "acme-client": "1", "acme-core": "1", "b": "1"}
    text = _text(environment)
    assert 'acme = [\n    "acme-client",\n    "acme-core",\n]' in text
    assert acme.server.address not in text
    assert "hush" not in text
    assert "hush" not in environment.spec_path.read_text()
    assert not stale_reasons(anew(environment))


def test_a_fetch_asks_the_named_index_and_no_other(
    index: Index, acme: Index, environment: Environment
) -> None:
    made = add(anew(environment), ["acme-client"], record_urls=False).lock
    index.server.seen.clear()
    places = _located(made)
    assert places["acme_core-1-py3-none-any.whl"] == [
        acme.server.url("/files/acme_core-1-py3-none-any.whl", "team:hush-hush@")
    ]
    assert not [path for path, _ in index.server.seen if "acme" in path]


@pytest.mark.usefixtures("acme")
def test_a_fetch_on_a_machine_that_lacks_the_index_says_so(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = add(anew(environment), ["acme-client"], record_urls=False).lock
    monkeypatch.delenv("UV_INDEX")
    problems = {str(one).partition(",")[0] for one in _located(made).values()}
    assert problems == {"indexes: this machine knows no index 'acme'"}
    with pytest.raises(MachineError, match="this machine knows no index 'acme'"):
        lock(anew(environment), record_urls=False, update=["acme-core"])


def test_a_wheel_that_the_named_index_has_no_more_is_told_by_its_name(
    acme: Index, environment: Environment
) -> None:
    made = add(anew(environment), ["acme-core"], record_urls=False).lock
    page = "/simple/acme-core/"
    (own,) = [two.sha256.encode() for one in made.packages for two in one.wheels if one.index]
    acme._serve(page, acme.server.files[page].replace(own, b"0" * 64))
    (problem,) = _located(made).values()
    assert isinstance(problem, ToolError)
    assert "the index 'acme' has no file with the lock's sha256; run" in str(problem)


def test_a_package_moves_to_an_index_that_env_toml_gives_it_to_and_else_not(
    acme: Index, environment: Environment
) -> None:
    edit(environment, _TABLE, "")
    add(anew(environment), ["acme-client"], record_urls=False)
    assert "py2.py3" in _text(environment)
    with environment.spec_path.open("a") as spec:
        spec.write(_TABLE)
    assert stale_reasons(anew(environment))
    lock(anew(environment), record_urls=False)
    assert "py2.py3" not in _text(environment)
    acme.replace("acme_core", "1", b"another")
    edit(environment, '"b",', '"b>=1",')
    with pytest.raises(IntegrityError, match="acme_core-1-py3"):
        lock(anew(environment), record_urls=False)


def test_a_lock_that_is_taken_over_gets_private_packages_from_their_index_alone(
    acme: Index, environment: Environment
) -> None:
    sha256 = hashlib.sha256(acme.server.files["/files/acme_core-1-py3-none-any.whl"]).hexdigest()
    wheel = f'url = "http://i.invalid/acme_core-1-py3-none-any.whl", hashes.sha256 = "{sha256}"'
    text = ['lock-version = "1.0"', 'created-by = "uv"', "[[packages]]", 'name = "acme-core"']
    file = environment.repository / "uv.toml"
    file.write_text("\n".join([*text, 'version = "1"', f"wheels = [{{ {wheel} }}]"]))
    empty(environment)
    with environment.spec_path.open("a") as spec:
        spec.write(_TABLE)
    made = take_over(anew(environment), read_foreign(file), record_urls=False)
    assert [(one.name, one.index) for one in made.lock.packages] == [("acme-core", "acme")]
    assert sha256 in environment.lock_path.read_text()
    assert '"acme-core"' in environment.spec_path.read_text()


def test_a_build_without_cuda_from_a_named_index_is_kept_until_it_may_move(
    index: Index, acme: Index, environment: Environment
) -> None:
    index.publish("torch", "2.5.0", requires=["nvidia-cublas"])
    index.publish("nvidia-cublas")
    index.publish("c")
    acme.publish("torch", "2.5.0+cpu", tag="cp311-cp311-linux_x86_64")
    edit(environment, '"acme-*"', '"acme-*", "torch"')
    first = add(anew(environment), ["torch"], record_urls=False)
    assert pins(first.lock) == {"a": "2", "b": "1", "torch": "2.5.0+cpu"}
    assert first.notices == ()
    acme.publish("torch", "2.5.1+cpu", tag="cp311-cp311-linux_x86_64")
    assert pins(add(anew(environment), ["c"], record_urls=False).lock)["torch"] == "2.5.0+cpu"
    moved = lock(anew(environment), record_urls=False, update=["torch"])
    assert pins(moved.lock)["torch"] == "2.5.1+cpu"
