import pytest
from click.testing import CliRunner

from harness.commands.shadow import command


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name an environment, or a comparison's directory with --from"),
        (
            ["serving", "--from", "kept"],
            "name an environment, or a comparison's directory with --from",
        ),
        (["--from", "kept", "--seed", "0"], "--from judges what was asked"),
        (["--from", "kept", "--production", "service:2"], "--from judges what was asked"),
        (["--from", "kept", "--only", "3"], "--from judges what was asked"),
        (["serving", "--only", "3", "--key", "key.pem"], "--only comes to no verdict"),
        (["serving", "--only", "3", "--json"], "--only comes to no verdict"),
    ],
)
def test_options_that_would_change_nothing_are_refused(words: list[str], said: str) -> None:
    result = CliRunner().invoke(command, words)
    assert result.exit_code == 2
    assert said in result.stderr
