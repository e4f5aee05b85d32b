from pathlib import Path

import pytest

from harness.build import checks
from harness.store import nix

_DERIVATION = f"/nix/store/{'a' * 32}-dev-check-imports.drv"


def test_what_a_check_warns_of_is_in_its_output(tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.write_text("imports holds\nwarning: one\nwarning: two\n")
    result = checks._held(_DERIVATION, output)
    assert (result.name, result.holds) == ("imports", True)
    assert result.warnings == ("warning: one", "warning: two")


@pytest.mark.parametrize(("count", "told"), [(25, 25), (26, 26), (400, 26)])
def test_the_end_of_a_log_says_where_the_whole_is(
    monkeypatch: pytest.MonkeyPatch, count: int, told: int
) -> None:
    log = "".join(f"line {n}\n" for n in range(count))
    monkeypatch.setattr(nix, "read_log", lambda _: log)
    lines = checks._failed(_DERIVATION).log.splitlines()
    assert len(lines) == told
    assert f"line {count - 1}" in lines
    pointer = f"({count - 25} lines before: nix-store --read-log {_DERIVATION})"
    assert (pointer in lines) == (count > 25)
