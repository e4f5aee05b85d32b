from pathlib import Path

import pytest

from harness.errors import InputError
from harness.sources.index_configuration import (
    address_of,
    credentials,
    entry_of,
    indexes_of,
    machine_secrets,
    not_asked,
    secrets,
    uv_environment,
    with_credentials,
)

_VARIABLES = (
    "HARNESS_INDEX_URL",
    "HARNESS_EXTRA_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_CONFIG_FILE",
    "UV_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_CONFIG_FILE",
)


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "named.conf"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _pip(path: Path, address: str) -> None:
    _write(path, f"[global]\nindex-url = {address}\nextra-index-url = file:///opt/wheels\n")


def test_pip_s_index_serves_where_uv_names_none(tmp_path: Path) -> None:
    _pip(tmp_path / "config/pip/pip.conf", "https://pip.invalid/simple")
    assert uv_environment()["UV_DEFAULT_INDEX"] == "https://pip.invalid/simple"
    assert "UV_INDEX" not in uv_environment()


def test_pip_s_variable_precedes_its_files_and_a_named_file_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _pip(tmp_path / ".pip/pip.conf", "https://user.invalid/simple")
    _pip(tmp_path / "named.conf", "https://named.invalid/simple")
    assert uv_environment()["UV_DEFAULT_INDEX"] == "https://named.invalid/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable.invalid/simple")
    assert uv_environment()["UV_DEFAULT_INDEX"] == "https://variable.invalid/simple"


@pytest.mark.parametrize("text", ["no section = 1", "[global]\nx = 1", "\x00[", "[global"])
def test_a_file_of_pip_s_that_names_no_index_is_passed_over(tmp_path: Path, text: str) -> None:
    _write(tmp_path / "named.conf", text)
    _pip(tmp_path / ".pip/pip.conf", "https://user.invalid/simple")
    assert uv_environment()["UV_DEFAULT_INDEX"] == "https://user.invalid/simple"


@pytest.mark.parametrize(
    "text",
    [
        'index-url = "https://uv.invalid/simple"',
        '[pip]\nindex-url = "https://uv.invalid/simple"',
        '[[index]]\nurl = "https://uv.invalid/simple"',
    ],
)
def test_uv_s_own_configuration_precedes_pip_s(tmp_path: Path, text: str) -> None:
    _pip(tmp_path / ".pip/pip.conf", "https://pip.invalid/simple")
    _write(tmp_path / "config/uv/uv.toml", text)
    assert "UV_DEFAULT_INDEX" not in uv_environment()


@pytest.mark.parametrize(
    "text", ["index = 1", "index = [1]", "[[index]]\nurl = 1", "pip = 1", "index-url = [", ""]
)
def test_a_uv_toml_that_names_no_index_leaves_it_to_pip(tmp_path: Path, text: str) -> None:
    _pip(tmp_path / ".pip/pip.conf", "https://pip.invalid/simple")
    _write(tmp_path / "config/uv/uv.toml", text)
    assert uv_environment()["UV_DEFAULT_INDEX"] == "https://pip.invalid/simple"


def test_a_named_uv_toml_counts_instead_of_the_user_s(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _pip(tmp_path / ".pip/pip.conf", "https://pip.invalid/simple")
    _write(tmp_path / "other.toml", 'index-url = "https://uv.invalid/simple"')
    monkeypatch.setenv("UV_CONFIG_FILE", str(tmp_path / "other.toml"))
    assert "UV_DEFAULT_INDEX" not in uv_environment()


def test_uv_s_variables_precede_pip_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.invalid/simple")
    monkeypatch.setenv("UV_INDEX", "private=https://uv.invalid/simple")
    environment = uv_environment()
    assert "UV_DEFAULT_INDEX" not in environment
    assert environment["UV_INDEX"] == "private=https://uv.invalid/simple"


def test_harness_s_own_variable_counts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX", "https://uv.invalid/simple")
    monkeypatch.setenv("UV_CONFIG_FILE", "/etc/other.toml")
    monkeypatch.setenv("UV_FIND_LINKS", "/opt/wheels")
    monkeypatch.setenv("HARNESS_INDEX_URL", "https://own.invalid/simple")
    monkeypatch.setenv("HARNESS_EXTRA_INDEX_URL", "https://extra.invalid/simple")
    environment = uv_environment()
    assert environment["UV_DEFAULT_INDEX"] == "https://own.invalid/simple"
    assert environment["UV_INDEX"] == "https://extra.invalid/simple"
    assert environment["UV_NO_CONFIG"] == "1"
    assert not {"UV_CONFIG_FILE", "UV_FIND_LINKS"} & environment.keys()


def test_nothing_else_of_ours_reaches_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_EXCLUDE_NEWER", "UV_PRERELEASE", "UV_CONSTRAINT", "PYTHONPATH", "AWS_SECRET"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("https_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("UV_HTTP_TIMEOUT", "5")
    environment = uv_environment()
    assert environment["https_proxy"] == "http://proxy.invalid:3128"
    assert environment["UV_HTTP_TIMEOUT"] == "5"
    assert not {
        "UV_EXCLUDE_NEWER",
        "UV_PRERELEASE",
        "UV_CONSTRAINT",
        "PYTHONPATH",
        "AWS_SECRET",
    } & {*environment}


@pytest.mark.parametrize(
    ("configured", "file", "expected"),
    [
        ("https://u:p@i.invalid/simple", "https://i.invalid/a.whl", "https://u:p@i.invalid/a.whl"),
        ("n=https://u@i.invalid:443/s", "https://i.invalid/a.whl", "https://u@i.invalid/a.whl"),
        ("https://u:p@i.invalid/simple", "http://i.invalid/a.whl", "http://i.invalid/a.whl"),
        ("https://u:p@i.invalid/simple", "https://i.invalid:1/a.whl", "https://i.invalid:1/a.whl"),
        ("https://u:p@i.invalid/simple", "https://files.invalid/a", "https://files.invalid/a"),
        ("https://u:p@i.invalid/simple", "https://x@i.invalid/a", "https://x@i.invalid/a"),
        ("https://i.invalid/simple", "https://i.invalid/a.whl", "https://i.invalid/a.whl"),
    ],
)
def test_only_the_index_s_own_host_gets_its_credentials(
    configured: str, file: str, expected: str
) -> None:
    assert (
        with_credentials(file, indexes_of({"UV_INDEX": configured, "UV_NO_CONFIG": "1"}))
        == expected
    )


def test_a_cache_of_uv_that_others_may_write_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    assert uv_environment()["UV_CACHE_DIR"] == str(tmp_path / "uv")
    (tmp_path / "uv").mkdir()
    assert uv_environment()["UV_CACHE_DIR"] == str(tmp_path / "uv")
    (tmp_path / "uv").chmod(0o777)
    assert uv_environment()["UV_CACHE_DIR"] == str(tmp_path / "own/harness/uv")


def _not_asked() -> list[str]:
    return [notice.text for notice in not_asked()]


def test_an_index_besides_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_EXTRA_INDEX_URL", "https://extra.invalid/simple")
    with pytest.raises(InputError, match=r"^HARNESS_EXTRA_INDEX_URL counts beside HARNESS_INDEX_"):
        uv_environment()


def test_what_pip_has_besides_its_index_is_said_not_to_be_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert _not_asked() == []
    file = tmp_path / ".pip/pip.conf"
    _write(file, "[global]\nextra-index-url = https://u:s3cret@extra.invalid/simple\n")
    monkeypatch.setenv("PIP_FIND_LINKS", "/opt/wheels")
    (index, links) = _not_asked()
    assert index.startswith(f"pip's extra-index-url ({file}) is not asked: a package that only")
    assert "s3cret" not in index
    assert links.startswith("pip's find-links (PIP_FIND_LINKS) is not asked: ")
    monkeypatch.setenv("HARNESS_INDEX_URL", "https://own.invalid/simple")
    assert len(_not_asked()) == 2


@pytest.mark.parametrize("variable", ["UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_who_names_indexes_for_uv_is_not_told_of_pip_s(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://extra.invalid/simple")
    monkeypatch.setenv(variable, "https://uv.invalid/simple")
    assert _not_asked() == []


def test_what_harness_s_own_variable_stands_for_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_EXTRA_INDEX_URL", "https://extra.invalid/simple")
    monkeypatch.setenv("HARNESS_INDEX_URL", "https://own.invalid/simple")
    (text,) = _not_asked()
    assert text.startswith("UV_EXTRA_INDEX_URL is not asked: HARNESS_INDEX_URL stands for every")


@pytest.mark.parametrize(
    "address",
    [
        "http://user:s3cr/et@host/simple",
        "http://user:s3cr et@host/simple",
        "http://user:s3cr#et@host/simple",
        "user:s3cret@host/simple",
        "http://user:12 s3cret@host/simple",
    ],
)
@pytest.mark.parametrize(
    "variable",
    ["HARNESS_INDEX_URL", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_INDEX_URL"],
)
def test_an_address_that_uv_would_repeat_with_its_password_is_refused(
    monkeypatch: pytest.MonkeyPatch, variable: str, address: str
) -> None:
    monkeypatch.setenv(variable, address)
    with pytest.raises(InputError) as error:
        uv_environment()
    assert variable.partition("_")[2] in str(error.value) or "index-url" in str(error.value)
    assert "s3cr" not in str(error.value)


def test_indexes_may_be_named_and_be_directories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX", "own=https://me:p%2Fw@host/simple /srv/wheels ./wheels")
    assert secrets(uv_environment()) >= {"p%2Fw", "p/w"}


def test_credentials_of_this_machine_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:s3cret@proxy")
    assert "s3cret" in machine_secrets()


def test_the_environment_s_user_and_password_are_those_of_the_index_of_that_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert credentials("my.index-2") == (
        "UV_INDEX_MY_INDEX_2_USERNAME",
        "UV_INDEX_MY_INDEX_2_PASSWORD",
    )
    monkeypatch.setenv("UV_INDEX_ACME_USERNAME", "u")
    monkeypatch.setenv("UV_INDEX_ACME_PASSWORD", "p@ss")
    settings = '[[index]]\nname = "acme"\nurl = "https://i.invalid/simple"\n'
    _write(tmp_path / "config/uv/uv.toml", settings)
    assert address_of("acme") == "https://u:p%40ss@i.invalid/simple"
    monkeypatch.setenv("UV_INDEX", "acme=https://own:word@j.invalid/s other=https://k.invalid")
    assert address_of("acme") == "https://own:word@j.invalid/s"
    assert (address_of("other"), address_of("nobody")) == ("https://k.invalid", None)
    assert {"p@ss", "p%40ss"} <= secrets(uv_environment())
    assert "p@ss" in machine_secrets()


def test_a_named_index_is_known_also_where_harness_names_the_usual_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HARNESS_INDEX_URL", "https://usual.invalid/simple")
    monkeypatch.setenv("HARNESS_EXTRA_INDEX_URL", "acme=https://extra.invalid/simple")
    monkeypatch.setenv("UV_INDEX", "acme=https://uv.invalid/simple b=https://b.invalid")
    assert address_of("acme") == "https://extra.invalid/simple"
    assert address_of("b") == "https://b.invalid"


def test_an_index_that_env_toml_names_is_not_said_not_to_be_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HARNESS_INDEX_URL", "https://usual.invalid/simple")
    monkeypatch.setenv("UV_INDEX", "acme=https://acme.invalid/simple")
    assert [one.subject for one in not_asked()] == ["UV_INDEX"]
    assert [one.subject for one in not_asked({"acme"})] == []
    monkeypatch.setenv("UV_INDEX", "acme=https://acme.invalid/simple https://other.invalid/simple")
    assert [one.subject for one in not_asked({"acme"})] == ["UV_INDEX"]


def test_what_uv_s_settings_say_of_an_index_besides_its_address_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "config/uv/uv.toml"
    assert entry_of("acme") == {}
    _write(file, "index = 3\n")
    assert entry_of("acme") == {}
    entry = (
        'name = "acme"\nurl = "https://u:p@i.invalid"\ndefault = true\nauthenticate = "always"\n'
    )
    _write(file, f"[[index]]\nurl = 'https://other.invalid'\n[[index]]\n{entry}")
    assert entry_of("acme") == {"name": "acme", "authenticate": "always"}
