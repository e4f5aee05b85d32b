import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.store.core.log import Begun, BuildLog, Failure

_DRV = f"/nix/store/{'a' * 32}-t.drv"
_RED, _PLAIN = "\x1b[35;1m", "\x1b[0m"


def _line(**message: object) -> str:
    return f"@nix {json.dumps(message)}"


def _error(text: str, level: int = 0) -> str:
    return _line(action="msg", level=level, msg=f"error: {text}", raw_msg=text)


def _read(*lines: str) -> BuildLog:
    log = BuildLog()
    for line in lines:
        log.feed(line)
    return log


# What Nix 2.8 and 2.34 print, less what is not read.
@pytest.mark.parametrize(
    "text",
    [
        f"builder for '{_RED}{_DRV}{_PLAIN}' failed with exit code 1",
        f"Cannot build '{_RED}{_DRV}{_PLAIN}'.\nReason: builder failed with exit code 1.",
        f"hash mismatch in fixed-output derivation '{_RED}{_DRV}{_PLAIN}':\n got: b",
    ],
)
def test_a_builder_that_fails_is_named_by_its_derivation(text: str) -> None:
    (failure,) = _read(_error(text)).failures
    assert (failure.derivation, failure.killed) == (_DRV, False)
    assert "\x1b" not in failure.message


@pytest.mark.parametrize(
    "text",
    [
        f"builder for '{_DRV}' failed due to signal 9 (Killed)",
        f"Cannot build '{_DRV}'.\nReason: builder failed due to signal 9 (Killed).",
    ],
)
def test_a_builder_that_was_killed_is_told_from_one_that_failed(text: str) -> None:
    assert _read(_error(text)).failures == (Failure(message=text, derivation=_DRV, killed=True),)


@pytest.mark.parametrize(
    "text",
    [
        f"1 dependencies of derivation '{_DRV}' failed to build",
        f"Cannot build '{_DRV}'.\nReason: 1 dependency failed.",
        f"oh: builder for '{_DRV}' failed with exit code 1",
    ],
)
def test_other_errors_name_no_builder(text: str) -> None:
    assert _read(_error(text)).failures == (Failure(message=text),)


def test_warnings_are_no_failures() -> None:
    assert _read(_error(f"builder for '{_DRV}' failed with exit code 1", level=1)).failures == ()


@given(st.text())
def test_nothing_that_a_builder_prints_is_a_failure_or_a_build(text: str) -> None:
    said = (
        text,
        f"builder for '{_DRV}' failed due to signal 9 (Killed)",
        _error(f"builder for '{_DRV}' failed due to signal 9 (Killed)"),
        _line(action="start", id=1, type=105, fields=[_DRV]),
    )
    passed_on = [_line(action="result", id=7, type=101, fields=[line]) for line in said]
    spoken = [_line(action="msg", level=0, msg=line) for line in said]
    log = BuildLog()
    assert [log.feed(line) for line in (*passed_on, *spoken)] == [None] * 8
    assert log.failures == ()
    assert log.lines == tuple(line[:2000] for line in said)


def test_tells_how_many_builds_have_begun_of_how_many() -> None:
    log = BuildLog()
    start = _line(action="start", id=5, type=105, fields=[_DRV, "", 1, 1], text="building")
    assert log.feed(start) == Begun(derivation=_DRV, begun=1, planned=1)
    log.feed(_line(action="start", id=2, type=104))
    log.feed(_line(action="result", id=2, type=105, fields=[0, 7, 1, 0]))
    log.feed(_line(action="result", id=3, type=105, fields=[0, 99, 1, 0]))
    assert log.feed(start) == Begun(derivation=_DRV, begun=2, planned=7)


def test_keeps_what_nix_says_outside_its_log_and_the_last_lines_alone() -> None:
    printed = [_line(action="result", id=1, type=101, fields=[str(i)]) for i in range(100)]
    log = _read(*printed, "nix-store: killed", "x" * 5000)
    assert log.lines[-2:] == ("nix-store: killed", "x" * 2000)
    assert len(log.lines) == 50


@given(st.one_of(st.text(), st.text().map("@nix {}".format)))
def test_any_line_is_read(line: str) -> None:
    assert BuildLog().feed(line) is None


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "action": st.sampled_from(["msg", "start", "stop", "result"]) | st.none(),
            "id": st.integers() | st.text(),
            "type": st.sampled_from([101, 104, 105]) | st.text(),
            "level": st.integers(0, 1) | st.text(),
            "raw_msg": st.text() | st.integers(),
            "fields": st.lists(st.integers() | st.text(), max_size=4) | st.text(),
        },
    )
)
def test_any_message_is_read(message: dict[str, object]) -> None:
    BuildLog().feed(_line(**message))


def test_messages_nested_without_end_are_lines() -> None:
    deep = f"@nix {'[' * 100_000}"
    assert _read(deep).lines == (deep[:2000],)
