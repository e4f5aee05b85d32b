from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from harness.documents.decode import decode, decode_whole
from harness.errors import InputError
from harness.project.core.settings import Settings, require_version, usual
from tests.damaged_documents import VALUES, accepted_or_refused_at

_WHERE = "pyproject.toml: tool.harness"


def test_an_empty_table_means_the_defaults() -> None:
    assert decode(Settings, {}, _WHERE) == Settings(environments="envs", record_urls=False)


def test_reads_every_setting() -> None:
    settings = decode(Settings, {"environments": "deploy/envs", "record-urls": True}, _WHERE)
    assert settings == Settings(environments="deploy/envs", record_urls=True)


def test_what_is_usually_written_is_the_defaults_so_that_it_need_not_be_decoded() -> None:
    written = {"environments": "envs", "record-urls": False, "requires-harness": ">=0.1.0"}
    assert usual(written) == decode(Settings, written, _WHERE)
    assert usual({}) == Settings()
    assert usual({"environments": "deploy"}) is None


@pytest.mark.parametrize("text", [">=0.1", ">=0", ">=0.1.0,<0.2", ">=0.0.9, <1"])
def test_a_version_that_fits_is_let_through(text: str) -> None:
    require_version({"requires-harness": text}, _WHERE, "0.1.0")


@pytest.mark.parametrize("text", [">=0.1.1", ">=0.2", ">=0.0.1,<0.1", ">=0,<0.1.0", ">=1"])
def test_another_version_of_harness_is_refused_before_any_other_mistake(text: str) -> None:
    with pytest.raises(InputError, match=rf"needs harness {text}, this is 0\.1\.0"):
        require_version({"requires-harness": text, "unknown": 1}, _WHERE, "0.1.0")


@given(
    low=st.tuples(*[st.integers(0, 12)] * 3),
    high=st.tuples(*[st.integers(0, 12)] * 3),
    version=st.tuples(*[st.integers(0, 12)] * 3),
)
def test_versions_are_compared_as_packages_are(
    low: tuple[int, ...], high: tuple[int, ...], version: tuple[int, ...]
) -> None:
    shown = [".".join(map(str, one)) for one in (low, high, version)]
    text = f">={shown[0]},<{shown[1]}"
    try:
        require_version({"requires-harness": text}, _WHERE, shown[2])
    except InputError:
        assert shown[2] not in SpecifierSet(text)
    else:
        assert shown[2] in SpecifierSet(text)


@pytest.mark.parametrize("text", ["0.1", "~=0.1", ">=0.1,!=0.2", "==0.1", ">=1.0rc1", "", 1, ["x"]])
def test_a_requirement_that_the_flake_could_not_compare_is_refused(text: object) -> None:
    with pytest.raises(InputError, match=r"requires-harness: .*expected >=1\.2"):
        require_version({"requires-harness": text}, _WHERE, "0.1.0")


@pytest.mark.parametrize("path", ["/srv/envs", "../envs", "a/../../envs"])
def test_environments_stay_inside_the_repository(path: str) -> None:
    with pytest.raises(InputError, match=r"tool\.harness\.environments: .*: leads out of"):
        decode(Settings, {"environments": path}, _WHERE)


def test_an_unknown_setting_is_refused_with_a_suggestion() -> None:
    with pytest.raises(InputError, match=r"record-url: unknown key; did you mean 'record-urls'"):
        decode_whole(Settings, {"record-url": True}, _WHERE)


@given(
    document=st.dictionaries(
        st.sampled_from(["environments", "record-urls"]) | st.text(max_size=8), VALUES
    )
)
def test_any_table_is_settings_or_refused_with_its_place(document: dict[str, Any]) -> None:
    with accepted_or_refused_at(_WHERE):
        decode_whole(Settings, document, _WHERE)
