from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import InputError
from harness.project.core.settings import Settings, decode_settings
from tests.damaged_documents import VALUES, accepted_or_refused_at

_WHERE = "pyproject.toml: tool.harness"


def test_an_empty_table_means_the_defaults() -> None:
    assert decode_settings({}, _WHERE) == Settings(environments="envs", record_urls=False)


def test_reads_every_setting() -> None:
    settings = decode_settings({"environments": "deploy/envs", "record-urls": True}, _WHERE)
    assert settings == Settings(environments="deploy/envs", record_urls=True)


def test_reads_trusted_keys() -> None:
    entry = {"builder": "ci", "public-key": "PEM"}
    (key,) = decode_settings({"trusted-keys": [entry]}, _WHERE).trusted_keys
    assert (key.builder, key.where) == ("ci", f"{_WHERE}.trusted-keys[0].public-key")


@pytest.mark.parametrize("path", ["/srv/envs", "../envs", "a/../../envs"])
def test_environments_stay_inside_the_repository(path: str) -> None:
    with pytest.raises(InputError, match=r"tool\.harness\.environments: .* leads out of"):
        decode_settings({"environments": path}, _WHERE)


def test_an_unknown_setting_is_refused_with_a_suggestion() -> None:
    with pytest.raises(InputError, match=r"record-url: unknown key; did you mean 'record-urls'"):
        decode_settings({"record-url": True}, _WHERE)


@given(
    document=st.dictionaries(
        st.sampled_from(["environments", "record-urls"]) | st.text(max_size=8), VALUES
    )
)
def test_any_table_is_settings_or_refused_with_its_place(document: dict[str, Any]) -> None:
    with accepted_or_refused_at(_WHERE):
        decode_settings(document, _WHERE)
