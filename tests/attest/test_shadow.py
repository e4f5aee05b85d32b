from dataclasses import replace
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined] # as signer.py says

from harness.attest.core.predicate import Predicate
from harness.attest.core.statement import decode
from harness.attest.shadow import sign_result
from harness.attest.signer import open_envelope
from harness.errors import InputError
from tests.attest.core.test_shadow import CANDIDATE, RESULT, WHO


def test_what_was_found_is_signed_into_the_directory_of_the_comparison(tmp_path: Path) -> None:
    key = CryptoSigner.generate_ed25519()
    file = sign_result(RESULT, tmp_path, key)
    assert file.parent == tmp_path
    line = file.read_bytes().removesuffix(b"\n")
    opened = open_envelope(line, {key.public_key.keyid: key.public_key}, "file")
    said = decode(opened.payload, "file")
    assert (said.predicate_type, said.predicate["judgement"]) == (
        Predicate.SHADOW,
        RESULT.judgement,
    )


def test_what_cannot_be_named_is_not_signed(tmp_path: Path) -> None:
    unknown = replace(WHO, arms=(*WHO.arms[:2], replace(CANDIDATE, image="service")))
    with pytest.raises(InputError):
        sign_result(replace(RESULT, asked=unknown), tmp_path, CryptoSigner.generate_ed25519())
    assert list(tmp_path.iterdir()) == []
