from harness.store.core.builder_log import readable


def _text(text: str) -> str:
    """Return a text as Nix's processes hand it to one another."""
    return chr(len(text)) + "\0" * 7 + text + "\0" * (-len(text) % 8)


def test_what_a_builder_printed_stays_as_it_is() -> None:
    assert readable("compiling\n\x01\n") == "compiling\n\x01\n"


def test_what_a_builder_coloured_is_read_without_colours() -> None:
    assert readable("\x1b[31m\x1b[1mF\x1b[0m. \x1b[K\n") == "F. \x1b[K\n"


def test_why_a_builder_could_not_be_started_is_said() -> None:
    message = "executing '\x1b[35;1m/nonexistent/sh\x1b[0m': \x1b[35;1mNo such file\x1b[0m"
    error = f"\x01\n{_text('Error')}{chr(0) * 8}{_text('Error')}{_text(message)}{chr(0) * 16}"
    said = "the builder could not be started: executing '/nonexistent/sh': No such file\n"
    assert readable(f"first\n{error}") == f"first\n{said}"


def test_an_error_without_a_message_is_one_all_the_same() -> None:
    assert readable(f"\x01\n{_text('Error')}") == "the builder could not be started: \n"
