import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import InputError, ToolError
from harness.host.core.architecture import ARCHITECTURES
from harness.sources.core.notice import Kind, Notice
from harness.sources.core.supply import Supply
from harness.sources.core.target import Target
from harness.sources.index import Preferred, find, newer, resolve, why_not
from harness.sources.obtain import complete
from tests import indexes
from tests.indexes import Index

_TARGET = Target(architecture=ARCHITECTURES["x86_64-linux"], python="3.11.2", glibc=(2, 36))
_ARM = Target(architecture=ARCHITECTURES["aarch64-linux"], python="3.11.2", glibc=(2, 41))


@pytest.fixture(autouse=True)
def _private_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give uv a cache and a home of its own."""
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "UV_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.fixture(name="index")
def _index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    with indexes.index() as index:
        monkeypatch.setenv("HARNESS_INDEX_URL", index.url)
        yield index


@pytest.fixture(name="private_index")
def _private_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    with indexes.index("user:s3cret") as index:
        monkeypatch.setenv("HARNESS_INDEX_URL", index.url)
        yield index


def _versions(*requirements: str, preferred: Preferred | None = None) -> dict[str, str]:
    resolved = resolve(requirements, _TARGET, preferred=preferred)
    return {name: version for name, version, _ in resolved}


def _locked(name: str, version: str, *free: str) -> Preferred:
    lines = ['lock-version = "1.0"', 'created-by = "harness"', "[[packages]]"]
    file, digest = f"{name}-{version}-py3-none-any.whl", "0" * 64
    wheel = f'path = "{file}", size = 1, hashes = {{ sha256 = "{digest}" }}'
    lines += [f'name = "{name}"', f'version = "{version}"', f"wheels = [{{ {wheel} }}]"]
    return Preferred(lock="\n".join(lines).encode(), free=free)


def test_resolves_what_is_required_and_what_that_requires(index: Index) -> None:
    index.publish("a", requires=["b>=2", "c; python_version < '3.0'"])
    index.publish("b", "1")
    content = index.publish("b", "2")
    index.publish("c")
    (a, b) = resolve(["a"], _TARGET)
    assert (a[0], b[0], b[1]) == ("a", "b", "2")
    assert b[2][0].hashes["sha256"] == hashlib.sha256(content).hexdigest()


def test_resolves_for_the_target_and_not_for_this_machine(index: Index) -> None:
    index.publish("a", "1", tag="cp311-cp311-manylinux_2_40_aarch64")
    index.publish("a", "2", tag="cp311-cp311-manylinux_2_17_x86_64")
    assert _versions("a") == {"a": "2"}
    ((_, version, (file,)),) = resolve(["a"], _ARM)
    assert (version, file.file) == ("1", "a-1-cp311-cp311-manylinux_2_40_aarch64.whl")


def test_keeps_what_is_locked_while_it_fits(index: Index) -> None:
    index.publish("a", "1")
    index.publish("a", "2")
    assert _versions("a", preferred=_locked("a", "1")) == {"a": "1"}
    assert _versions("a>1", preferred=_locked("a", "1")) == {"a": "2"}


def test_lets_go_what_is_to_be_updated(index: Index) -> None:
    index.publish("a", "1")
    index.publish("a", "2")
    assert _versions("a", preferred=_locked("a", "1", "a")) == {"a": "2"}


def test_finds_exact_versions_without_what_they_require(index: Index) -> None:
    index.publish("a", "1rc1", requires=["nowhere"])
    index.publish("a", "2")
    ((name, version, (file,)),) = find([("a", "1rc1")], _TARGET)
    assert (name, version) == ("a", "1rc1")
    assert file.url == index.server.url("/files/a-1rc1-py3-none-any.whl")


def test_a_version_that_the_index_has_no_more_is_named(index: Index) -> None:
    index.publish("a", "2")
    with pytest.raises(ToolError, match=r"(?s)lacks what is locked.*a==1"):
        find([("a", "1")], _TARGET)


def test_names_the_package_that_has_only_an_sdist_and_who_requires_it(index: Index) -> None:
    index.publish("a", requires=["b"])
    index.publish_sdist("b")
    with pytest.raises(InputError) as error:
        resolve(["a"], _TARGET)
    message = str(error.value)
    assert message.startswith(
        "b: no version with a wheel fits; `sdists` of env.toml names what is built"
    )
    assert re.search(r"a.* depends? on b", message)


def test_requirements_that_exclude_each_other_are_the_user_s_to_solve(index: Index) -> None:
    index.publish("a", requires=["b<2"])
    index.publish("b", "1")
    index.publish("b", "2")
    with pytest.raises(InputError, match=r"(?s)a depend on b<2.*unsatisfiable"):
        resolve(["a", "b>=2"], _TARGET)


def test_an_index_that_does_not_answer_is_not_the_user_s_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HARNESS_INDEX_URL", "http://user:s3cret@127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(ToolError, match="the package index: ") as error:
        resolve(["a"], _TARGET)
    assert "s3cret" not in str(error.value)


def test_a_private_index_gets_its_credentials_and_so_does_a_download(private_index: Index) -> None:
    content = private_index.publish("a")
    ((_, _, (file,)),) = resolve(["a"], _TARGET)
    assert complete(file).size == len(content)
    expected = private_index.server.url("/files/a-1-py3-none-any.whl", "user:s3cret@")
    assert file.url == expected


def test_a_refused_password_is_not_shown(
    private_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    private_index.publish("a")
    wrong = private_index.url.replace("s3cret", "wr0ng")
    monkeypatch.setenv("HARNESS_INDEX_URL", wrong)
    with pytest.raises((InputError, ToolError)) as error:
        resolve(["a"], _TARGET)
    assert "wr0ng" not in str(error.value)


def test_a_project_around_the_temporary_directory_does_not_count(
    index: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    index.publish("a", "1")
    index.publish("a", "2")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "uv.toml").write_text('constraint-dependencies = ["a<2"]\n')
    (tmp_path / "pyproject.toml").write_text('[tool.uv]\nconstraint-dependencies = ["a<2"]\n')
    assert _versions("a") == {"a": "2"}


def test_a_file_that_became_known_later_is_not_chosen(index: Index) -> None:
    index.publish("a", "1")
    with pytest.raises(InputError, match=r"^exclude-newer leaves no version of a: "):
        resolve(["a"], _TARGET, Supply(exclude_newer="2020-01-01T00:00:00Z"))


def test_what_the_index_withdrew_and_an_extra_that_is_not_there_are_told(index: Index) -> None:
    index.publish("a", yanked="broken")
    index.publish("b")
    notices: list[Notice] = []
    resolve(["a==1", "b[nun]"], _TARGET, on_notice=notices.append)
    assert [(one.kind, one.subject, one.detail) for one in notices] == [
        (Kind.NO_EXTRA, "b==1", "nun"),
        (Kind.YANKED, "a==1", "broken"),
    ]
    notices.clear()
    find([("a", "1")], _TARGET, on_notice=notices.append)
    assert [one.kind for one in notices] == [Kind.YANKED]


def test_a_conflict_of_versions_is_not_blamed_on_an_sdist(index: Index) -> None:
    index.publish("a", requires=["b<2"])
    index.publish("b", "2")
    index.publish_sdist("b", "1")
    with pytest.raises(InputError, match=r"^the requirements exclude each other: b <2 and >=2"):
        resolve(["a", "b>=2"], _TARGET)


def test_an_sdist_beside_another_conflict_is_not_its_cause(index: Index) -> None:
    index.publish("a", requires=["b<2"])
    index.publish("b", "1")
    index.publish("b", "2")
    index.publish_sdist("c")
    with pytest.raises(InputError) as error:
        resolve(["c", "a", "b>=2"], _TARGET)
    assert "sdists" not in str(error.value).splitlines()[0]


def test_an_index_that_has_nothing_is_not_blamed_on_a_name(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.publish("installer")
    with pytest.raises(InputError, match="no package nowher: is the name right"):
        resolve(["nowher"], _TARGET)
    monkeypatch.setenv("HARNESS_INDEX_URL", index.server.url("/wrong"))
    with pytest.raises(ToolError, match=r"no a and no installer, which every index has: is its"):
        resolve(["a"], _TARGET)


def test_a_requirement_by_address_is_named(index: Index) -> None:
    index.publish("a", requires=["b @ http://127.0.0.1:9/b-1-py3-none-any.whl"])
    with pytest.raises(InputError, match=r"^the package index: Failed to resolve .*`a==1`: Pack"):
        resolve(["a"], _TARGET)


def test_a_newer_release_and_what_stands_against_it_are_found(index: Index) -> None:
    index.publish("a", "1")
    index.publish("a", "2", requires=["b"])
    index.publish_sdist("b")
    (one,) = newer([("a", "1")])
    assert (one.name, one.chosen, one.newest, one.is_sdist) == ("a", "1", "2", False)
    assert why_not(one, ["a"], _TARGET) == "b has no wheel that fits (see `sdists` of env.toml)"
    index.publish("c", requires=["a<2"])
    assert why_not(one, ["c"], _TARGET) == "the requirements exclude each other: a <2 and ==2"


def test_a_newer_release_that_could_be_had_has_nothing_against_it(index: Index) -> None:
    index.publish("a", "1")
    index.publish("a", "2")
    (one,) = newer([("a", "1")])
    assert why_not(one, ["a"], _TARGET) is None
    assert newer([("a", "2")], Supply(exclude_newer="2020-01-01T00:00:00Z")) == []
