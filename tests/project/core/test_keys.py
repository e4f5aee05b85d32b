import tomllib

import pytest

from harness.errors import InputError
from harness.project.core.keys import ENV_TOML, SETTINGS, Key
from harness.project.core.settings import decode_settings
from harness.project.core.spec import decode_spec

_REQUIRED = "\n".join(key.example for key in ENV_TOML if not key.default)


@pytest.mark.parametrize("key", ENV_TOML, ids=lambda key: key.path)
def test_the_example_of_each_key_of_env_toml_is_valid(key: Key) -> None:
    text = _REQUIRED if not key.default else f"{_REQUIRED}\n{key.example}"
    decode_spec(tomllib.loads(text), "env.toml")


@pytest.mark.parametrize("key", [key for key in ENV_TOML if not key.default], ids=lambda k: k.path)
def test_a_key_without_default_must_be_there(key: Key) -> None:
    text = "\n".join(k.example for k in ENV_TOML if not k.default and k is not key)
    with pytest.raises(InputError, match=f"{key.path}: missing"):
        decode_spec(tomllib.loads(text), "env.toml")


@pytest.mark.parametrize("key", SETTINGS, ids=lambda key: key.path)
def test_the_example_of_each_setting_is_valid(key: Key) -> None:
    decode_settings(tomllib.loads(key.example), "harness.toml")
