from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.attest.core.trust import Trust
from harness.build.realise import OnProgress
from harness.errors import InputError
from harness.govern import assess as flow
from harness.govern.assess import Wanted, Watch, assess
from harness.govern.core.assessment import UNBUILT, UNWANTED, Assessment, Comparison
from harness.govern.declared import select
from harness.project.repository import Environment
from harness.verdict import Judgement, Verdict
from harness.verify.core.benign import NOTHING_EXPECTED
from harness.verify.core.verdict import OutputResult, Verification
from harness.verify.rebuild import Options
from harness.verify.subjects import Target
from tests.attest.core.samples import CONDITIONS

_SPEC = """
python = "3.11"
base = "debian:bookworm"
dependencies = []
"""
_SHADOW = """
[shadow]
production = "service:1"
protocol = "json"
recording = "traffic.jsonl"
"""


def environment(directory: Path, text: str) -> Environment:
    (directory / "envs" / "scorer").mkdir(parents=True)
    (directory / "envs" / "scorer" / "env.toml").write_text(text)
    return Environment("scorer", directory / "envs" / "scorer", directory)


def found(name: str, verdict: Verdict = Verdict.SAME) -> Verification:
    one = OutputResult(derivation="", output="out", path=f"/nix/store/{name}", verdict=verdict)
    return Verification(environment=name, conditions=CONDITIONS, jobs=1, results=(one,))


class Told:
    """Who is told, and what."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.verified: list[Assessment] = []
        self.compared: list[Assessment] = []

    @contextmanager
    def doing(self, what: str) -> Iterator[OnProgress]:
        self.said.append(what)
        yield lambda _: None

    def watch(self) -> Watch:
        return Watch(
            doing=self.doing, on_verified=self.verified.append, on_compared=self.compared.append
        )


@pytest.fixture(name="repository")
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("a", _SPEC), ("b", _SPEC + _SHADOW)):
        (tmp_path / "envs" / name).mkdir(parents=True)
        (tmp_path / "envs" / name / "env.toml").write_text(text)
    (tmp_path / "harness.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(name="verdicts")
def _verdicts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Verdict]:
    """What rebuilds find, by name; SAME where nothing is said."""
    verdicts: dict[str, Verdict] = {}

    def verify(environment: Environment | Target, *_: object, **__: object) -> Verification:
        return found(environment.name, verdicts.get(environment.name, Verdict.SAME))

    monkeypatch.setattr(flow, "verify", verify)
    monkeypatch.setattr(flow, "verify_foreign", verify)
    return verdicts


WANTED = Wanted(environments=(), foreign=None, options=Options(), compares=False)


def wanted(*names: str) -> Wanted:
    return replace(WANTED, environments=select(names))


@pytest.mark.usefixtures("repository", "verdicts")
def test_every_environment_is_assessed_and_told_as_soon_as_it_is_known() -> None:
    told = Told()
    known = assess(wanted(), told.watch(), system="x86_64-linux")
    assert [one.name for one in known] == ["a", "b"]
    assert [one.comparison for one in known] == [None, UNWANTED]
    assert [one.comparison for one in told.verified] == [None, None]
    assert told.compared == known
    assert told.said == ["verifying a", "verifying b"]


@pytest.mark.usefixtures("repository", "verdicts")
def test_derivations_of_others_are_verified_without_a_repository(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    foreign = Target(name="x.drv", derivations=("/nix/store/x.drv",))
    monkeypatch.chdir(tmp_path)
    known = assess(replace(WANTED, foreign=foreign), Told().watch(), system="x86_64-linux")
    assert [one.name for one in known] == ["x.drv"]


@pytest.mark.usefixtures("repository")
def test_a_build_that_fails_ends_it_unless_all_is_wanted(verdicts: dict[str, Verdict]) -> None:
    verdicts |= {"a": Verdict.BUILD_FAILED, "b": Verdict.BUILD_FAILED}
    first = wanted()
    assert len(assess(first, Told().watch(), system="x86_64-linux")) == 1
    going = replace(first.options, keep_going=True)
    known = assess(
        replace(first, options=going, compares=True), Told().watch(), system="x86_64-linux"
    )
    assert [one.comparison for one in known] == [None, UNBUILT]


@pytest.mark.usefixtures("verdicts")
def test_what_cannot_be_compared_is_inconclusive_with_the_reason(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comparing = replace(wanted("b"), compares=True)
    (known,) = assess(comparing, Told().watch(), system="x86_64-linux")
    assert known.comparison
    assert known.comparison.judgement is Judgement.INCONCLUSIVE
    assert "no such recording" in known.comparison.lines[0]
    assert known.code == 4

    (repository / "envs/b/traffic.jsonl").write_text('{"method": "GET", "target": "/"}\n')
    monkeypatch.setenv("DOCKER_HOST", "unix:///none")
    (known,) = assess(comparing, Told().watch(), system="x86_64-linux")
    assert isinstance(known.comparison, Comparison)
    assert "no container engine answers" in known.comparison.lines[0]


_BENIGN = '[[benign]]\npath = "a"\nfield = "line 1"\nreason = "known"\nexpires = "9999-01-01"\n'


@pytest.mark.usefixtures("verdicts")
def test_what_the_environment_declares_must_be_found_unless_a_trust_file_speaks(
    repository: Path,
) -> None:
    (repository / "envs/a/env.toml").write_text(_SPEC + _BENIGN)
    (known,) = assess(wanted("a"), Told().watch(), system="x86_64-linux")
    with pytest.raises(InputError, match=r"envs/a/env.toml: benign: .* does not differ: remove it"):
        known.require_waivers_found()
    trusting = replace(wanted("a"), trust=Trust())
    (known,) = assess(trusting, Told().watch(), system="x86_64-linux")
    assert (known.declared, known.waivers) == ((), NOTHING_EXPECTED)
    known.require_waivers_found()
