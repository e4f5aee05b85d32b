import pytest
import requests
from docker.errors import DockerException

from harness.container.engine_errors import blotted, engine_errors
from harness.errors import InputError, ToolError
from harness.host.metered import LimitError


def test_longer_secrets_are_blotted_out_first() -> None:
    assert blotted("key abcdef, abc and x", ["abc", "abcdef", ""]) == "key ***, *** and x"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DockerException("no\n  socket"), "no socket"),
        (requests.ConnectionError("refused"), "refused"),
        (requests.ConnectionError(LimitError("no answer in 9 s")), "no answer in 9 s"),
        (DockerException("token hunter2"), r"token \*\*\*"),
    ],
)
def test_what_the_engine_fails_at_is_one_line_without_secrets(error: Exception, said: str) -> None:
    with (
        pytest.raises(ToolError, match=f"^starting: the container engine: {said}$"),
        engine_errors("starting", hidden=["hunter2"]),
    ):
        raise error


def test_a_reason_has_an_end() -> None:
    with pytest.raises(ToolError) as caught, engine_errors("x"):
        raise DockerException("y" * 9999)
    assert len(str(caught.value)) < 450


def test_what_is_no_fault_of_the_engine_passes() -> None:
    with pytest.raises(InputError, match="mine"), engine_errors("x"):
        raise InputError("mine")
