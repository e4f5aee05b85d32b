"""No verb lets a repository steer the terminal: everything printed goes through one place."""

import io
import re
import unicodedata
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

import harness
from harness.__main__ import _run
from harness.commands import VERBS
from harness.commands.parts.output import print_json, say, say_each
from harness.govern import assess
from harness.verdict import Verdict
from harness.verify.core.verdict import OutputResult, Verification
from tests.attest.core.samples import CONDITIONS

_HOSTILE = "a\x1b]0;OWNED\x07\x1b[2J\x9b\u202e\u2066x"
_FORBIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_PRINTS = re.compile(r"click\.s?echo\(|(?<![\w.])print\(|sys\.std(out|err)\.write|print_exception")
_ONLY = {"commands/parts/output.py"}


def _steering(said: str) -> set[str]:
    return {one for one in said if unicodedata.category(one) in _FORBIDDEN} - {"\n", "\t"}


def test_only_one_module_prints() -> None:
    top = Path(harness.__file__).parent
    for path in sorted([*top.glob("*.py"), *top.glob("[!n]*/**/*.py")]):
        if str(path.relative_to(top)) not in _ONLY:
            assert not _PRINTS.search(path.read_text()), path


@pytest.fixture(name="repository")
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "envs" / _HOSTILE
    directory.mkdir(parents=True)
    (tmp_path / "harness.toml").touch()
    (directory / "env.toml").write_text('python = "3.11"\nbase = "debian:bookworm"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("HARNESS_DEBIAN_MIRROR", "file:///none")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


_ARGUMENTS = {
    "init": ["init", _HOSTILE],
    "add": ["add", _HOSTILE, f"six{_HOSTILE}"],
    "remove": ["remove", _HOSTILE, "six"],
    "lock": ["lock", "--check"],
    "fetch": ["fetch", _HOSTILE],
    "build": ["build", f"z{_HOSTILE}"],
    "image": ["image", _HOSTILE],
    "sbom": ["sbom", _HOSTILE],
    "shell": ["shell", _HOSTILE, "--", "true"],
    "test": ["test", _HOSTILE],
    "verify": ["verify", f"z{_HOSTILE}"],
    "diff": ["diff", f"{_HOSTILE}@{_HOSTILE}", "harness.toml"],
    "shadow": ["shadow", _HOSTILE],
    "record": ["record", "--import", _HOSTILE, "--output", f"{_HOSTILE}.rec"],
    "attest": ["attest", f"z{_HOSTILE}"],
    "clean": ["clean", f"z{_HOSTILE}"],
    "doctor": ["doctor", _HOSTILE],
    "tool": ["tool", "kernel", _HOSTILE],
}


def test_every_verb_is_tried() -> None:
    assert _ARGUMENTS.keys() == VERBS.keys()


def test_no_name_of_an_environment_begins_a_line_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "envs" / "a\nharness: all is well"
    directory.mkdir(parents=True)
    (directory / "env.toml").touch()
    (tmp_path / "harness.toml").touch()
    monkeypatch.chdir(tmp_path)
    assert _run(["lock", "--check"]) == 2
    out, err = capfd.readouterr()
    assert "is not a valid environment name" in err
    assert not [line for line in (out + err).splitlines() if line.startswith("harness: all")]


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("more", [[], ["--json"], ["--debug"]], ids=["", "json", "debug"])
@pytest.mark.parametrize("verb", VERBS)
def test_no_name_of_a_repository_steers_the_terminal(
    verb: str, more: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = _ARGUMENTS[verb]
    front, behind = (more, []) if more == ["--debug"] else ([], more)
    status = _run([*front, arguments[0], *behind, *arguments[1:]])
    out, err = capfd.readouterr()
    assert status != 0 or verb in {"lock", "doctor", "shell"}
    assert out + err
    assert not _steering(out + err)


@pytest.mark.parametrize("text", ['"\\u001b[2Jk" = 1\n', f'a = "{_HOSTILE}"\n', f"{_HOSTILE}\n"])
def test_no_setting_of_a_repository_steers_the_terminal(
    repository: Path, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (repository / "harness.toml").write_text(text)
    assert _run(["lock", "--check"]) != 0
    out, err = capfd.readouterr()
    assert "harness.toml" in err
    assert not _steering(out + err)


_ODD = ["user:s3cr/et@127.0.0.1:1", "user:s3cr et@127.0.0.1:1", "user:s3cr#et@127.0.0.1:1"]
_ODD += ["us@er:s3cr?et@127.0.0.1:1"]


@pytest.mark.parametrize("address", [*(f"http://{odd}" for odd in _ODD), _ODD[0]])
@pytest.mark.parametrize(
    ("variable", "arguments"),
    [
        ("HARNESS_DEBIAN_MIRROR", ["lock", "x"]),
        ("DOCKER_HOST", ["shadow", "x", "--candidate", "a"]),
        ("", ["record", "--listen", "1", "--upstream", "{}", "--output", "a.rec"]),
        ("", ["verify", "git+{}#b"]),
    ],
)
def test_no_verb_prints_a_password_of_an_odd_address(
    repository: Path, address: str, variable: str, arguments: list[str]
) -> None:
    directory = repository / "envs/x"
    directory.mkdir()
    spec = 'python = "3.11"\nbase = "debian:bookworm"\ndependencies = ["six"]\n'
    shadow = '[shadow]\nproduction = "a"\nprotocol = "json"\nrecording = "a.rec"\n'
    (directory / "env.toml").write_text(spec + (shadow if arguments[0] == "shadow" else ""))
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setenv(variable or "UNUSED", f"{address}/simple")
        _run(["--debug", *(one.format(address) for one in arguments)])
    assert said.getvalue()
    assert "s3cr" not in said.getvalue()


def test_what_is_said_and_what_scripts_read_keep_their_meaning(
    capfd: pytest.CaptureFixture[str],
) -> None:
    say("a\x1b\n\tb", err=True)
    print_json({"a": "\x1b\x7f\u202e\udcff"})
    out, err = capfd.readouterr()
    assert err == "a\\x1b\n\tb\n"
    assert out == '{\n  "a": "\\u001b\\u007f\\u202e\\\\xff"\n}\n'


_BROKEN = Verification(
    environment="x",
    conditions=CONDITIONS,
    jobs=1,
    results=(
        OutputResult(
            derivation=f"/nix/store/1-{_HOSTILE}.drv",
            output="out",
            path=f"/nix/store/2-{_HOSTILE}",
            verdict=Verdict.FAILS_REBUILT,
            reason=f"{_HOSTILE}\n\tred \N{SNOWMAN}\udc80",
            verified_at="2026-11-23T07:54:34+00:00",
            networked=(f"/nix/store/3-{_HOSTILE}.drv",),
        ),
    ),
)


@pytest.mark.parametrize("more", [[], ["--explain", "--verbose"], ["--json"]])
def test_no_log_of_a_builder_steers_the_terminal_or_a_report(
    repository: Path,
    more: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (repository / "envs" / _HOSTILE).rename(repository / "envs/x")
    spec = 'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'
    (repository / "envs/x/env.toml").write_text(spec)
    monkeypatch.setattr(assess, "verify", lambda *_, **__: _BROKEN)
    reports = [f"--{kind}={kind}" for kind in ("junit", "html", "sarif")]
    with pytest.raises(SystemExit) as ended:
        _run(["verify", "x", *reports, *more])
    assert ended.value.code == 1
    out, err = capfd.readouterr()
    written = [(repository / kind).read_text() for kind in ("junit", "html", "sarif")]
    assert "red \N{SNOWMAN}\\x80" in out or "--json" in more
    assert all("OWNED" in text and not _steering(text) for text in (out + err, *written))


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _shown(lines: list[str], stdout: io.StringIO) -> str:
    with redirect_stdout(stdout):
        say_each(lines)
    return stdout.getvalue()


def test_verdicts_have_colours_on_a_terminal_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    lines = ["serving: SAME (3 SAME)", "  FAIL  outputs: differ", "INCONCLUSIVE: too little"]
    red, green, yellow, plain = "\x1b[31m\x1b[1m", "\x1b[32m\x1b[1m", "\x1b[33m\x1b[1m", "\x1b[0m"
    assert _shown(lines, _Terminal()).split("\n") == [
        f"serving: {green}SAME{plain} (3 SAME)",
        f"  {red}FAIL{plain}  outputs: differ",
        f"{yellow}INCONCLUSIVE{plain}: too little",
        "",
    ]
    assert "\x1b" not in _shown(lines, io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in _shown(lines, _Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in _shown(lines, _Terminal())


def test_what_others_say_gets_no_colour_and_steers_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    lines = ["    SAME is what the builder printed", "SAMENESS", f"  why: SAME {_HOSTILE}"]
    assert not _steering(_shown(lines, _Terminal()))
