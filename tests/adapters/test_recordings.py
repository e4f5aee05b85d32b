import hashlib
import json
from pathlib import Path

import pytest

from harness.adapters.recordings import read
from harness.errors import InputError


def _recorded(path: Path, *targets: str) -> Path:
    lines = [json.dumps({"method": "GET", "target": target}) + "\n" for target in targets]
    path.write_text("\n".join(lines))
    return path


def test_requests_are_read_by_their_number_in_any_order(tmp_path: Path) -> None:
    path = _recorded(tmp_path / "r", "/a", "/b", "/c")
    with read(path) as recording:
        assert len(recording) == 3
        assert [recording[number].request.target for number in (2, 0, 1)] == ["/c", "/a", "/b"]
        assert [each.request.target for each in recording[1:]] == ["/b", "/c"]
        assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_request_beyond_the_last_is_none(tmp_path: Path) -> None:
    with read(_recorded(tmp_path / "r", "/a")) as recording, pytest.raises(IndexError):
        recording[1]


def test_a_line_that_is_none_is_named_when_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "r"
    path.write_text('{"method": "GET", "target": "/"}\nnonsense\n')
    with read(path) as recording, pytest.raises(InputError, match="r: request 1: not a recorded"):
        recording[1]


def test_a_missing_and_an_empty_recording_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such recording"), read(tmp_path / "missing"):
        pass
    (tmp_path / "empty").write_bytes(b"\n")
    with pytest.raises(InputError, match="an empty recording"), read(tmp_path / "empty"):
        pass
