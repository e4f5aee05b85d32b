"""Which files are read as statements; what they say is tried in tests/integration."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined] # as signer.py says

from harness.attest.against import _bundles, _Heard, _Known, _lines, read_trust
from harness.attest.core.predicate import Predicate
from harness.attest.core.quorum import Refusal
from harness.attest.core.statement import Statement, Subject, encode
from harness.attest.core.trust import TrustedKey
from harness.attest.signer import sign
from harness.errors import InputError
from tests.attest.core.samples import DERIVATION, OCCASION
from tests.rows import added

_KEY = CryptoSigner.generate_ed25519()
_KNOWN = {
    _KEY.public_key.keyid: _Known(
        key=_KEY.public_key,
        trusted=TrustedKey(builder="ann", public_key="", expires=None, where="trust.toml"),
    )
}
_HEARD = _Heard(derivation=DERIVATION, keys={}, now=OCCASION.finished)


def _said(predicate: str) -> object:
    """What is made of a statement of this type by a builder that is trusted."""
    statement = Statement(
        subjects=(Subject(name="x", sha256="0" * 64),), predicate_type=predicate, predicate={}
    )
    return replace(_HEARD, keys=_KNOWN).line("a.jsonl line 1", sign(encode(statement), _KEY))


def test_a_predicate_is_one_row() -> None:
    uri = "urn:harness:policy:v1"
    assert isinstance(_said(uri), Refusal)
    with added(Predicate, "POLICY", uri, False):
        assert _said(uri) is None
    with added(Predicate, "POLICY", uri, True):
        assert isinstance(_said(uri), Refusal)


@pytest.mark.parametrize("predicate", [one for one in Predicate if not one.claims])
def test_what_says_nothing_of_rebuilds_may_stand_beside_one(predicate: Predicate) -> None:
    assert _said(predicate) is None


def test_a_directory_is_read_for_bundles_only(tmp_path: Path) -> None:
    for name in ("b.intoto.jsonl", "a.intoto.jsonl", "notes.txt"):
        (tmp_path / name).write_text("")
    found = list(_bundles([tmp_path, tmp_path / "notes.txt"]))
    assert [file.name for file in found] == ["a.intoto.jsonl", "b.intoto.jsonl", "notes.txt"]


def test_a_directory_of_too_many_is_refused(tmp_path: Path) -> None:
    for number in range(1001):
        (tmp_path / f"{number}.intoto.jsonl").touch()
    with pytest.raises(InputError, match=r"1001 statements .*; expected 1 to 1000"):
        list(_bundles([tmp_path]))


def test_each_line_has_its_place(tmp_path: Path) -> None:
    file = tmp_path / "é.jsonl"
    file.write_bytes(b"one\ntwo")
    shown = f"{tmp_path}/\\xe9.jsonl"
    assert list(_lines(file)) == [(f"{shown} line 1", b"one"), (f"{shown} line 2", b"two")]


def test_a_file_of_too_many_lines_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\n" * 101)
    with pytest.raises(InputError, match="more than 100 statements"):
        list(_lines(tmp_path / "a"))


def test_a_line_without_end_is_cut_and_does_not_count(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(2**25 + 2)
    where, line = next(_lines(tmp_path / "a"))
    assert len(line) == 2**25 + 1
    refusal = _HEARD.line(where, line)
    assert getattr(refusal, "tampered", False)


@pytest.mark.parametrize("name", ["missing", "pipe"])
def test_what_is_no_file_is_named(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=f"{name}: no such file of statements"):
        list(_lines(tmp_path / name))


def test_reads_a_trust_file(tmp_path: Path) -> None:
    file = tmp_path / "trust.toml"
    file.write_text('[[trusted-keys]]\nbuilder = "ci"\npublic-key = "PEM"\n')
    (key,) = read_trust(file).keys
    assert (key.builder, key.where) == ("ci", f"{file}: trusted-keys[0].public-key")


def test_a_trust_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"trust.toml: No such file or directory"):
        read_trust(tmp_path / "trust.toml")
