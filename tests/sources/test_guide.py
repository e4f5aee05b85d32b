"""Named indexes with real uv: a stranger's package of a private name is never taken."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import InputError, IntegrityError, MachineError, ToolError
from harness.host.core.architecture import ARCHITECTURES
from harness.project.core.indexes import NamedIndex
from harness.sources.core.listed import Listed
from harness.sources.core.supply import Supply
from harness.sources.core.target import Target
from harness.sources.guide import Guide
from harness.sources.index import find, newer, requirers, resolve
from harness.sources.obtain import complete
from harness.sources.uv_command import resolution
from tests import indexes
from tests.fakes import status
from tests.indexes import Index

_TARGET = Target(architecture=ARCHITECTURES["x86_64-linux"], python="3.11.2", glibc=(2, 36))
_ACME = Supply(indexes=(NamedIndex(name="acme", packages=("acme-*",)),))


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PIP_FIND_LINKS", "UV_INDEX", "UV_CONFIG_FILE", "HARNESS_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_CONFIG_HOME", "UV_CACHE_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))


@pytest.fixture(name="public")
def _public(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """The usual index, on which strangers publish."""
    with indexes.index() as public:
        monkeypatch.setenv("HARNESS_INDEX_URL", public.url)
        for name in ("acme-client", "acme-core"):
            public.publish(name, "9")
        public.publish("thing", "1")
        yield public


@pytest.fixture(name="private")
def _private(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """The index that env.toml names; it asks for a password."""
    with indexes.index("user:s3cret") as private:
        monkeypatch.setenv("UV_INDEX", f"acme={private.url}")
        private.publish("acme-client", "1", requires=["acme-core", "thing"])
        private.publish("acme-core", "1")
        private.publish("thing", "9")
        yield private


def _versions(*requirements: str, supply: Supply = _ACME) -> dict[str, str]:
    return {name: version for name, version, _ in resolve(requirements, _TARGET, supply)}


def _asked(index: Index) -> set[str]:
    return {path for path, _ in index.server.seen if path.startswith("/simple/")}


def test_a_private_name_never_comes_from_the_usual_index_which_is_not_even_asked(
    public: Index, private: Index
) -> None:
    found = resolve(["acme-client"], _TARGET, _ACME)
    assert {name: version for name, version, _ in found} == {
        "acme-client": "1",
        "acme-core": "1",
        "thing": "1",
    }
    assert _asked(public) == {"/simple/thing/"}
    assert _asked(private) == {"/simple/acme-client/", "/simple/acme-core/"}
    ((_, _, (file,)), *_) = found
    assert complete(file).size
    assert file.url == private.server.url("/files/acme_client-1-py3-none-any.whl", "user:s3cret@")


@pytest.mark.parametrize("where", ["user", "named", "variables", "netrc"])
def test_address_and_credentials_may_stand_where_uv_has_them(
    public: Index, private: Index, where: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("UV_INDEX")
    address = private.url
    if where in {"variables", "netrc"}:
        address = private.server.url("/simple")
    if where == "netrc":
        netrc = tmp_path / "HOME/.netrc"
        netrc.parent.mkdir()
        netrc.write_text("machine 127.0.0.1 login user password s3cret\n")
        netrc.chmod(0o600)
    if where == "variables":
        monkeypatch.setenv("UV_INDEX_ACME_USERNAME", "user")
        monkeypatch.setenv("UV_INDEX_ACME_PASSWORD", "s3cret")
    file = tmp_path / ("named.toml" if where == "named" else "XDG_CONFIG_HOME/uv/uv.toml")
    file.parent.mkdir(parents=True, exist_ok=True)
    usual = f'[[index]]\nname = "usual"\nurl = "{public.url}"\ndefault = true\n'
    more = 'authenticate = "always"\n'
    file.write_text(f'[[index]]\nname = "acme"\nurl = "{address}"\n{more}{usual}')
    if where == "named":
        monkeypatch.setenv("UV_CONFIG_FILE", str(file))
    if where != "variables":
        monkeypatch.delenv("HARNESS_INDEX_URL")
    assert _versions("acme-client") == {"acme-client": "1", "acme-core": "1", "thing": "1"}


def test_a_keyring_has_the_password_where_uv_is_told_to_ask_one(
    public: Index, private: Index, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "bin/keyring"
    program.parent.mkdir()
    host = private.server.address.partition(":")[0]
    program.write_text(f'#!/bin/sh\n[ "$*" = "get {host} user" ] && echo s3cret\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("UV_INDEX", f"acme={private.server.url('/simple', 'user@')}")
    with pytest.raises(ToolError, match="401"):
        _versions("acme-core")
    monkeypatch.setenv("UV_KEYRING_PROVIDER", "subprocess")
    ((_, _, (file,)),) = resolve(["acme-core"], _TARGET, _ACME)
    assert "user:s3cret@" in file.url
    assert _asked(public) == set()


@pytest.mark.usefixtures("private")
def test_what_a_named_index_lacks_comes_from_nowhere_else(public: Index) -> None:
    public.publish("acme-lost")
    with pytest.raises(InputError, match=r"^the index 'acme' has no package acme-lost, which env"):
        _versions("acme-lost")
    with pytest.raises(InputError, match="acme-core"):
        _versions("acme-core>1")


def test_an_index_that_this_machine_does_not_know_is_an_error(public: Index) -> None:
    with pytest.raises(MachineError, match=r"no index 'acme'.*UV_INDEX_ACME_USERNAME and UV_INDEX"):
        _versions("acme-core")
    with pytest.raises(MachineError, match="no index 'acme'"):
        find([("acme-core", "9")], _TARGET, _ACME)
    assert public.server.seen == []


@pytest.mark.usefixtures("public")
def test_an_address_that_cannot_be_asked_is_an_error_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("UV_INDEX", "acme=file://user:s3cret@/srv")
    with pytest.raises(MachineError, match="the address of the index 'acme': ") as error:
        _versions("acme-core")
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("answer", [401, 403])
def test_a_named_index_that_refuses_is_not_the_user_s_fault(
    public: Index, private: Index, answer: int
) -> None:
    private.server.script["/simple/acme-core/"] = [status(answer)] * 50
    with pytest.raises(ToolError, match=r"the index 'acme': http://\S+/acme-core/: ") as error:
        _versions("acme-core")
    assert "s3cret" not in str(error.value)
    assert _asked(public) == set()


def test_versions_that_are_locked_are_found_on_their_index(public: Index, private: Index) -> None:
    ((_, _, (file,)),) = find([("acme-core", "1")], _TARGET, _ACME)
    assert private.server.address in file.url
    with pytest.raises(ToolError, match="lacks what is locked"):
        find([("acme-core", "9")], _TARGET, _ACME)
    assert _asked(public) == set()


def test_newer_releases_and_who_requires_whom_are_asked_of_it_too(
    public: Index, private: Index
) -> None:
    private.publish("acme-core", "2")
    assert [one.newest for one in newer([("acme-core", "1")], _ACME)] == ["2"]
    wanted = [("acme-client", "1"), ("acme-core", "2"), ("thing", "1")]
    assert requirers(wanted, _TARGET, _ACME)["acme-core"] == frozenset({"acme-client"})
    assert _asked(public) == {"/simple/thing/"}


@pytest.mark.usefixtures("public", "private")
def test_other_indexes_of_the_machine_and_a_proxy_do_not_come_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with indexes.index() as stranger:
        stranger.publish("acme-core", "7")
        stranger.publish("thing", "2")
        monkeypatch.setenv("HARNESS_EXTRA_INDEX_URL", stranger.url)
        monkeypatch.setenv("UV_INDEX_STRATEGY", "unsafe-best-match")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert _versions("acme-client") == {"acme-client": "1", "acme-core": "1", "thing": "2"}


def test_a_wheel_with_a_local_version_is_taken_and_kept(public: Index, private: Index) -> None:
    for name in ("2.5.0", "2.5.1"):
        public.publish("torch", name, requires=["nvidia-cublas"])
        private.publish("torch", f"{name}+cpu", tag="cp311-cp311-linux_x86_64")
    public.publish("nvidia-cublas")
    supply = Supply(indexes=(NamedIndex(name="acme", packages=("torch",)),))
    assert _versions("torch", supply=supply) == {"torch": "2.5.1+cpu"}
    assert _versions("torch==2.5.0", supply=supply) == {"torch": "2.5.0+cpu"}
    ((_, version, (file,)),) = find([("torch", "2.5.1+cpu")], _TARGET, supply)
    assert (version, file.file) == ("2.5.1+cpu", "torch-2.5.1+cpu-cp311-cp311-linux_x86_64.whl")
    assert _versions("torch", supply=Supply()) == {"torch": "2.5.1", "nvidia-cublas": "1"}


@pytest.mark.usefixtures("public", "private")
def test_settings_that_are_no_toml_are_told_by_their_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "uv.toml").write_text("[")
    monkeypatch.delenv("HARNESS_INDEX_URL")
    monkeypatch.setenv("UV_CONFIG_FILE", str(tmp_path / "uv.toml"))
    with pytest.raises(MachineError, match="UV_CONFIG_FILE names it, and it is no TOML"):
        _versions("acme-core")


def test_a_file_that_the_named_index_does_not_list_is_refused() -> None:
    guide = Guide(environment={}, indexes=_ACME.indexes)
    guide.pages["acme-a"] = b'<a href="acme_a-1%2Bcpu.whl#sha256=12">'

    def found(file: str, sha256: str = "") -> list[Listed]:
        hashes = {"sha256": sha256} if sha256 else {}
        return [Listed(file=file, hashes=hashes, url="https://u:p@elsewhere.invalid/a.whl")]

    guide.require_own("acme-a", found("acme_a-1.whl", "12"))
    guide.require_own("acme-a", found("acme_a-1+cpu.whl"))
    guide.require_own("other", found("other-1.whl"))
    for name, files in (
        ("acme-a", found("acme_a-1.whl", "34")),
        ("acme-a", found("acme_a-2.whl")),
        ("acme-b", found("acme_b-1.whl", "12")),
    ):
        with pytest.raises(IntegrityError, match="does not list this file") as error:
            guide.require_own(name, files)
        assert "u:p" not in str(error.value)


@pytest.mark.usefixtures("public", "private")
def test_whoever_asks_the_guide_beside_uv_learns_nothing() -> None:
    made = resolution(["acme-core"], _TARGET, supply=_ACME)
    assert made.status == 0
    assert "s3cret" not in made.guide.environment["UV_CONFIG_FILE"]
    assert "s3cret" not in made.guide.environment["UV_INDEX"]
    assert "s3cret" in made.guide.environment.values()
