from pathlib import Path

import pytest

from harness import __version__
from harness.errors import ToolError
from harness.project.repository import Environment
from harness.record.core.exchange import Exchange, Request
from harness.record.recordings import create
from harness.shadow import compare as shadow
from harness.shadow import comparisons
from harness.shadow.core.text import summary
from harness.shadow.options import Options
from harness.verdict import Judgement
from tests.shadow.compared import kept


def test_a_recording_that_ends_early_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request(method="GET", target="/", headers=(), body=b"")
    with create(tmp_path / "day.rec") as writer:
        for number in range(2):
            writer.add(Exchange(number=number, at=0.0, request=request, response=None))
            writer.flush()
    (tmp_path / "day.rec").write_bytes((tmp_path / "day.rec").read_bytes()[:-1])
    (tmp_path / "env.toml").write_text(
        'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'
        '[shadow]\nproduction = "service:1"\nprotocol = "json"\nrecording = "day.rec"\n'
    )
    monkeypatch.setenv("DOCKER_HOST", "unix:///none")
    said = list[str]()
    with pytest.raises(ToolError, match="no container engine answers"):
        shadow.shadow(
            Environment("scorer", tmp_path, tmp_path),
            Options(),
            system="x86_64-linux",
            watch=shadow.Watch(on_step=said.append),
        )
    assert said == ["day.rec ends early, as after a kill: it has 1 whole request"]


def test_a_comparison_that_is_judged_otherwise_now_says_so(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    kept(directory, 900)
    assert shadow.from_directory(directory).judged == ""
    (directory / comparisons.RESULT).write_text('{"judgement": "FAIL"}')
    result = shadow.from_directory(directory)
    assert result.judgement is Judgement.PASS
    said = f"judged again by harness {__version__}; the comparison and its page say FAIL"
    assert summary(result)[1] == f"{said}, as judged by harness 0.9"
    for damaged in ("{", "[]", '{"judgement": "PASS"}'):
        (directory / comparisons.RESULT).write_text(damaged)
        assert shadow.from_directory(directory).judged == ""
