from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documents.decode import decode, decode_whole
from harness.errors import InputError
from harness.project.core.settings import USUAL, Settings
from tests.damaged_documents import VALUES, accepted_or_refused_at

_WHERE = "pyproject.toml: tool.harness"


def test_an_empty_table_means_the_defaults() -> None:
    assert decode(Settings, {}, _WHERE) == Settings(environments="envs", record_urls=False)


def test_reads_every_setting() -> None:
    settings = decode(Settings, {"environments": "deploy/envs", "record-urls": True}, _WHERE)
    assert settings == Settings(environments="deploy/envs", record_urls=True)


def test_what_is_usually_written_is_the_defaults_so_that_it_need_not_be_decoded() -> None:
    assert decode(Settings, USUAL, _WHERE) == Settings()


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
