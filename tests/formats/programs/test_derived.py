"""Derivations explained: as nix-instantiate 2.8 wrote them."""

import pytest

from harness.formats.programs import derived as reader
from tests.formats.containers import DERIVATION, OTHER_DERIVATION
from tests.formats.seeds import changed


def after(old: bytes, new: bytes) -> dict[str, tuple[str, str]]:
    """Return what differs once `old` has become `new` in the first derivation."""
    assert old in DERIVATION
    return changed("a.drv", DERIVATION, DERIVATION.replace(old, new))


def test_names_what_a_changed_argument_moves_before_the_paths_it_moves() -> None:
    found = changed("a.drv", DERIVATION, OTHER_DERIVATION)
    assert list(found) == [
        "environment variable jobs",
        "environment variable script: line 2, word 2",
        "argument 2",
        "input derivation dep.drv",
        "output dev: path",
        "output out: path",
    ]
    assert found["environment variable jobs"] == ("1", "2")
    assert found["input derivation dep.drv"] == (
        "/nix/store/p5aicn1k9crwdz10wnifqnpy3hsifwlr-dep.drv",
        "/nix/store/2bwqxivkmdxvbgd6dyfc6qwh91ivvs5r-dep.drv",
    )


def test_names_every_part() -> None:
    assert after(b"x86_64-linux", b"i686-linux") == {"system": ("x86_64-linux", "i686-linux")}
    assert after(b'"/bin/sh"', b'"/bin/ash"') == {"builder": ("/bin/sh", "/bin/ash")}
    assert after(b'["out"]', b'["out","dev"]') == {"outputs of dep.drv": ("out", "out, dev")}
    assert after(b'-dev","",""', b'-dev","sha256","12"') == {"output dev: hash": ("", "sha256 12")}
    assert after(b'],[],"', b'],["/nix/store/0-a.patch"],"') == {
        "input source /nix/store/0-a.patch": ("", "/nix/store/0-a.patch")
    }
    assert after(b'("jobs","1"),', b"") == {"environment variable jobs": ("1", "")}


def test_names_the_place_within_a_long_argument() -> None:
    assert list(after(b"> $out", b"> $out" + b" x" * 90)) == ["argument 2: line 1, word 6"]


def test_what_is_no_derivation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="expected"):
        list(reader.explain(DERIVATION, b"Derive(1)"))
    monkeypatch.setattr(reader, "_LARGEST", 10)
    with pytest.raises(ValueError, match="more than 10"):
        list(reader.explain(DERIVATION, OTHER_DERIVATION))
