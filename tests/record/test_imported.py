import gzip
import json
from pathlib import Path

import pytest

from harness.errors import InputError
from harness.record.core.lines import redacted_fields
from harness.record.core.redaction import HIDING
from harness.record.imported import IMPOSSIBLE, import_recording
from harness.record.recordings import read

WORD = "hunter2"


def _line(**more: object) -> str:
    return json.dumps({"method": "POST", "target": "/", **more}) + "\n"


def test_lines_become_a_recording_without_their_secrets(tmp_path: Path) -> None:
    source = tmp_path / "lines.gz"
    plain = (
        _line(headers={"Authorization": WORD}, body={"user": WORD, "n": 1})
        + _line(**{"body-text": f"no JSON with {WORD}"})
        + _line(at=2)
        + _line(headers={"X": "a\nb"})
    )
    source.write_bytes(gzip.compress(plain.encode()))
    done = import_recording(source, "jsonl", tmp_path / "day.rec", ["user"])
    assert (done.count, done.not_recorded) == (
        2,
        {HIDING: 1, IMPOSSIBLE.reason: 1},
    )
    with read(tmp_path / "day.rec") as recording:
        assert [each.at for each in recording] == [0.0, 2.0]
        assert recording[0].request.headers == (("Authorization", "redacted"),)
        assert json.loads(recording[0].request.body) == {"user": "redacted", "n": 1}
    assert WORD.encode() not in gzip.decompress((tmp_path / "day.rec").read_bytes())


def test_declared_fields_that_nothing_has_are_named(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(_line(body={"user": WORD}) + _line(body={"name": WORD}))
    fields = ["name", "usr", "user", "header:x"]
    done = import_recording(tmp_path / "lines", "jsonl", tmp_path / "day.rec", fields)
    assert done.unseen == ("usr", "header:x")


def test_a_recording_can_be_redacted_further(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(_line(body={"user": WORD, "b": WORD}))
    import_recording(tmp_path / "lines", "jsonl", tmp_path / "first", ["b"])
    import_recording(tmp_path / "first", "jsonl", tmp_path / "second", ["user", "b"])
    first, _ = gzip.decompress((tmp_path / "second").read_bytes()).splitlines()
    assert redacted_fields(first) == ("b", "user")
    with read(tmp_path / "second") as recording:
        assert WORD.encode() not in recording[0].request.body


def test_what_fails_leaves_no_file(tmp_path: Path) -> None:
    source = tmp_path / "lines"
    source.write_text(_line() + "nonsense\n")
    with pytest.raises(InputError, match="lines: line 2"):
        import_recording(source, "jsonl", tmp_path / "day.rec")
    assert not (tmp_path / "day.rec").exists()


def test_nothing_to_import_is_an_error_that_says_why(tmp_path: Path) -> None:
    source = tmp_path / "lines"
    for content, reason in (("\n", "it is empty"), (_line(**{"body-text": "x"}), HIDING)):
        source.write_text(content)
        with pytest.raises(InputError, match=rf"lines: nothing to import \(.*{reason}"):
            import_recording(source, "jsonl", tmp_path / "day.rec", ["user"])
        assert not (tmp_path / "day.rec").exists()


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text(_line())
    (tmp_path / "day.rec").write_text("mine")
    with pytest.raises(InputError, match=r"day\.rec: exists"):
        import_recording(tmp_path / "lines", "jsonl", tmp_path / "day.rec")
    assert (tmp_path / "day.rec").read_text() == "mine"
