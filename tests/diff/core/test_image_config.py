"""What differs between the configurations and histories of two images."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diff.core.image_config import config_level, history_level


def _config(**settings: object) -> dict[str, Any]:
    return {"architecture": "amd64", "os": "linux", "config": settings}


def _told(first: Any, second: Any) -> list[tuple[str, str, str]]:
    level = config_level(first, second)
    return [(item.field, item.first, item.second) for item in level.items] if level else []


def test_variables_labels_and_ports_are_compared_one_by_one() -> None:
    first = _config(
        Env=["A=1", "B=2", "C="], Labels={"a": "1"}, ExposedPorts={"80/tcp": {}}, User="app"
    )
    second = _config(Env=["B=2", "A=3"], Labels={"a": "2"}, Cmd=["run", "it"], Volumes=None)

    assert _told(first, second) == [
        ("Cmd", "", '["run", "it"]'),
        ("Env A", "1", "3"),
        ("Env C", "(empty)", ""),
        ("ExposedPorts 80/tcp", "{}", ""),
        ("Labels a", "1", "2"),
        ("User", "app", ""),
    ]


def test_the_platform_is_a_setting() -> None:
    assert _told(_config(), {"architecture": "arm64", "os": "linux", "variant": "v8"}) == [
        ("architecture", "amd64", "arm64"),
        ("variant", "", "v8"),
    ]


def test_what_a_secret_variable_holds_is_not_shown() -> None:
    assert _told(_config(Env=["API_TOKEN=abc"]), _config(Env=["API_TOKEN=def"])) == [
        ("Env API_TOKEN", "(hidden)", "(hidden)")
    ]
    assert _told(_config(), _config(Env=["db_password=x"])) == [
        ("Env db_password", "(none)", "(hidden)")
    ]


def test_empty_settings_are_as_good_as_none() -> None:
    assert config_level(_config(User="", Cmd=None), _config()) is None


def test_steps_that_one_image_alone_has_are_told_in_their_order() -> None:
    first = {"history": [{"created_by": "base"}, {"created_by": "pip"}]}
    second = {"history": [{"created_by": "base"}, {"comment": "conda"}, {}]}

    level = history_level(first, second)

    assert level is not None
    assert [(item.field, item.first or item.second) for item in level.items] == [
        ("removed", "pip"),
        ("added", "conda"),
        ("added", "None"),
    ]
    assert level.summary == "2 → 3 steps, 3 of them in one image only"


def test_the_same_history_does_not_differ() -> None:
    assert (
        history_level({"history": [{"created_by": "a"}]}, {"history": [{"created_by": "a"}]})
        is None
    )


def test_a_label_with_the_name_of_a_secret_is_not_told() -> None:
    labels = {"build.token": "abc", "org.example.authors": "x"}
    assert _told(_config(), _config(Labels=labels)) == [
        ("Labels build.token", "(none)", "(hidden)"),
        ("Labels org.example.authors", "", "x"),
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("ENV A=1 API_TOKEN=abc", "ENV A=1 API_TOKEN=(hidden)"),
        ("RUN db_password='x y' make", "RUN db_password=(hidden) make"),
        ('ENV MY_PWD="x y" B=1', "ENV MY_PWD=(hidden) B=1"),
        ("git clone https://me:abc@host/a", "git clone https://(hidden)@host/a"),
        ('["a", "--api-key", "abc", "b"]', '["a", "--api-key", (hidden), "b"]'),
        ('["a", "--password=abc", "b"]', '["a", "--password=(hidden)", "b"]'),
        ("LABEL authors bob", "LABEL authors bob"),
        ("x" * 2000, "x" * 1000),
    ],
)
def test_neither_settings_nor_steps_tell_a_secret(value: str, told: str) -> None:
    level = history_level({"history": [{"created_by": value}]}, {})

    assert level is not None
    assert [item.first for item in level.items] == [told]
    assert _told(_config(), _config(Cmd=value)) == [("Cmd", "", told)]
    assert _told(_config(), _config(Env=[f"A={value}"])) == [("Env A", "", told)]


def test_steps_that_differ_by_a_secret_alone_differ() -> None:
    pair = [{"history": [{"created_by": f"ENV TOKEN={value}"}]} for value in "ab"]

    level = history_level(*pair)

    assert level is not None
    assert [item.first or item.second for item in level.items] == ["ENV TOKEN=(hidden)"] * 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["config", "history", "Env", "os", "created_by"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_any_document_is_the_same_as_itself(config: Any) -> None:
    assert config_level(config, config) is None
    assert history_level(config, config) is None


@given(_JSON, _JSON)
def test_any_documents_are_compared(first: Any, second: Any) -> None:
    assert isinstance(_told(first, second), list)
    history_level(first, second)
