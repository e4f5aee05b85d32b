"""`harness shadow` from the command line: verdicts, runs that are kept, and what goes wrong."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from harness.host import process
from tests import schemas
from tests.children import started
from tests.integration.candidates import candidates, requests

pytestmark = [pytest.mark.docker, pytest.mark.nix]

_ENV = """
python = "3.11"
base = "debian:bookworm"
dependencies = []

[shadow]
production = "PRODUCTION"
protocol = "open-inference-v2"
recording = "traffic.jsonl"
volatile = ["id", "parameters"]
"""
Image = Callable[[str], str]


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Images of the small server by its faults."""
    with candidates() as made:
        yield made


@pytest.fixture
def repository(tmp_path: Path, image: Image) -> Path:
    """A repository whose environment is held against the small server."""
    directory = tmp_path / "envs" / "scorer"
    directory.mkdir(parents=True)
    (tmp_path / "harness.toml").write_text("")
    (directory / "env.toml").write_text(_ENV.replace("PRODUCTION", image("quick")))
    lines = [
        {
            "method": request.method,
            "target": request.target,
            "headers": dict(request.headers),
            "body-text": request.body.decode(),
        }
        for request in requests(1_000)
    ]
    (directory / "traffic.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path


def harness(repository: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run harness in the repository."""
    return subprocess.run(
        _argv(words),
        cwd=repository,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _argv(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "harness", *words]


def comparison_of(repository: Path) -> Path:
    (found,) = (repository / ".harness" / "shadow" / "scorer").iterdir()
    return found


def containers() -> str:
    return process.check(["docker", "ps", "--all", "--quiet", "--filter", "label=harness.run"])


def test_an_unchanged_candidate_passes_and_the_comparison_is_kept(
    repository: Path, image: Image
) -> None:
    done = harness(repository, "shadow", "scorer", "--candidate", image("quick"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASS: " in done.stdout
    kept = comparison_of(repository)
    assert {path.name for path in kept.iterdir()} == {
        "events.jsonl.gz",
        "junit.xml",
        "packages.json",
        "report.html",
        "result.json",
        "comparison.json",
    }
    result = json.loads((kept / "result.json").read_text())
    assert result["asked"]["arms"][0]["image"] == result["asked"]["arms"][2]["image"]
    again = harness(repository, "shadow", "--from", str(kept), "--json", DOCKER_HOST="unix:///none")
    assert (again.returncode, schemas.check("shadow", again.stdout)) == (0, result)
    assert containers() == ""
    key = repository / "key.pem"
    process.check(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(key)])
    assert harness(repository, "shadow", "--from", str(kept), "--key", str(key)).returncode == 0
    envelope = json.loads((kept / "statement.intoto.jsonl").read_text())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert statement["subject"][0]["digest"]["sha256"] in result["asked"]["arms"][2]["image"]
    assert statement["predicate"]["judgement"] == "PASS"


def test_a_harmful_candidate_fails_and_its_requests_can_be_asked_again(
    repository: Path, image: Image
) -> None:
    harmful = image("quick rounded")
    done = harness(repository, "shadow", "scorer", "--candidate", harmful, "--fixed", "60")
    assert done.returncode == 1, done.stdout + done.stderr
    (first, *_) = (line for line in done.stdout.splitlines() if "--only" in line)
    words = first.split()
    assert words[:2] == ["harness", "shadow"]
    again = harness(repository, *words[1:])
    assert again.returncode == 1, again.stdout + again.stderr
    assert "rounded 6" in again.stdout


def test_a_candidate_that_never_becomes_ready_makes_the_run_invalid(
    repository: Path, image: Image
) -> None:
    base = image("quick")
    spec = repository / "envs/scorer/env.toml"
    spec.write_text(spec.read_text() + "port = 9\nready-within = 1\n")
    done = harness(repository, "shadow", "scorer", "--candidate", base, "--seed", "1")
    assert done.returncode == 6, done.stdout + done.stderr
    assert "never became ready" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--production", "no-such-image:1"], "the container engine has no such image"),
        (["--recording", "missing.jsonl"], "no such recording"),
        (["--only", "100000"], "the recording has 1000 requests"),
        (["--candidate", "missing.tar"], "missing.tar"),
    ],
)
def test_what_is_missing_is_named(
    repository: Path, image: Image, words: list[str], said: str
) -> None:
    candidate = [] if "--candidate" in words else ["--candidate", image("quick")]
    done = harness(repository, "shadow", "scorer", *candidate, *words)
    assert done.returncode in {2, 3}
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_an_engine_there_is_no_verdict(repository: Path) -> None:
    done = harness(repository, "shadow", "scorer", DOCKER_HOST="unix:///none")
    assert done.returncode == 3
    assert "no container engine answers" in done.stderr


def test_an_interrupted_run_is_kept_and_does_not_pass(repository: Path, image: Image) -> None:
    argv = _argv(["shadow", "scorer", "--candidate", image("quick"), "--fixed", "1000"])
    with started(argv, cwd=repository, stdout=subprocess.PIPE) as running:
        log = repository / ".harness" / "shadow" / "scorer"
        while not any(path.stat().st_size > 100 for path in log.glob("*/events.jsonl.gz")):
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate(timeout=60)
    assert running.returncode == 4, said
    assert "INCONCLUSIVE" in said
    assert "interrupted" in said
    assert containers() == ""
