"""The `harness` command: verbs are loaded when they are asked for, errors end with one message."""

import io
import sys
import traceback
from contextlib import suppress

import click

from harness import __version__
from harness.commands import GROUPS, VERBS
from harness.commands.line.group import Group
from harness.commands.parts.output import print_json, say
from harness.errors import Exit, HarnessError
from harness.host.interrupts import end_alike
from harness.host.remains import owners
from harness.render.address import redacted
from harness.sources.index_configuration import machine_secrets


@click.group(
    cls=Group,
    package="harness.commands",
    sections=GROUPS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version")
@click.option("--debug", is_flag=True, help="Show tracebacks of errors.")
def cli(debug: bool) -> None:
    """Lock, build, verify and compare data-science environments, bit for bit."""


def main() -> None:
    """Run the command line and exit with the code that harness.errors documents."""
    end_alike()
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    debug = "--debug" in arguments[: _verb_position(arguments)]
    try:
        _make_good(arguments)
        status: int = cli.main(arguments, prog_name="harness", standalone_mode=False) or 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        _print(error.format_message(), error.exit_code, arguments)
        say(shown.getvalue().rstrip("\n"), err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("harness: interrupted; run the same command again to go on", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return 0
    except Exception as error:  # noqa: BLE001 - the last resort of a command line
        return _say(error, arguments, debug=debug)
    return status


def _make_good(arguments: list[str]) -> None:
    """Remove what killed runs of this user left, but containers; doctor is to see it first."""
    verb = arguments[_verb_position(arguments) :][:1]
    if verb and verb != ["doctor"] and owners():
        from harness.doctor.left import clean  # noqa: PLC0415 - slow, and seldom needed

        with suppress(HarnessError, OSError):
            clean()


def _verb_position(arguments: list[str]) -> int:
    return next((i for i, word in enumerate(arguments) if word in VERBS), len(arguments))


def _say(error: Exception, arguments: list[str], *, debug: bool) -> int:
    if isinstance(error, HarnessError):
        code, message = error.exit_code, str(error)
    else:
        code = HarnessError.exit_code
        message = f"a defect in harness: {type(error).__name__}: {error}; --debug shows where"
    secret = machine_secrets()
    message = redacted(message, secret)
    if debug:
        say(redacted("".join(traceback.format_exception(error)), secret), err=True)
    _print(message, code, arguments)
    say(f"harness: {message}", err=True)
    return code


def _print(message: str, code: int, arguments: list[str]) -> None:
    """Tell a script, if one asks."""
    if "--json" in arguments:
        print_json({"error": message, "exit-code": code})


if __name__ == "__main__":
    main()
