"""Keys are made, and signatures checked, by openssl: it knows nothing of our code."""

import base64
import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from harness.attest import signer
from harness.attest.core.statement import PAYLOAD_TYPE
from harness.errors import HarnessError, InputError, IntegrityError, ToolError
from harness.host import process
from tests.keys import KeyPair

_PAYLOAD = b'{"_type":"https://in-toto.io/Statement/v1"}'


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return KeyPair.made(tmp_path_factory.mktemp("keys"), "builder")


@pytest.fixture(scope="module")
def trusted(pair: KeyPair) -> dict[str, SSlibKey]:
    key = signer.public_key(pair.public, "builder")
    return {key.keyid: key}


@pytest.fixture(scope="module")
def envelope(pair: KeyPair) -> bytes:
    return signer.sign(_PAYLOAD, signer.key_from(str(pair.file)))


def test_openssl_verifies_the_signature_over_the_encoding_of_dsse(
    envelope: bytes, pair: KeyPair, tmp_path: Path
) -> None:
    document = json.loads(envelope)
    payload, kind = base64.b64decode(document["payload"]), document["payloadType"].encode()
    (tmp_path / "signed").write_bytes(
        b"DSSEv1 " + b" ".join([b"%d" % len(kind), kind, b"%d" % len(payload), payload])
    )
    (tmp_path / "signature").write_bytes(base64.b64decode(document["signatures"][0]["sig"]))
    (tmp_path / "public").write_text(pair.public)
    argv = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public", "-rawin"]
    said = process.check([*argv, "-in", "signed", "-sigfile", "signature"], cwd=tmp_path)
    assert said.strip() == "Signature Verified Successfully"
    assert payload == _PAYLOAD
    assert kind == b"application/vnd.in-toto+json"


def test_opens_what_a_trusted_key_signed(envelope: bytes, trusted: dict[str, SSlibKey]) -> None:
    (key_id,) = trusted
    opened = signer.open_envelope(envelope, trusted, "x")
    assert opened == signer.Opened(key_id=key_id, payload=_PAYLOAD)


def test_refuses_a_change_of_any_byte(envelope: bytes, trusted: dict[str, SSlibKey]) -> None:
    for index in range(len(envelope)):
        for changed in {envelope[index] ^ 1, envelope[index] ^ 0x20, 0x20} - {envelope[index]}:
            broken = envelope[:index] + bytes([changed]) + envelope[index + 1 :]
            with pytest.raises(HarnessError, match=r"does not hold|not an envelope|unknown key"):
                signer.open_envelope(broken, trusted, "x")


@given(st.data())
def test_refuses_bytes_cut_out_or_added(data: st.DataObject) -> None:
    key = signer.private_key(_FIXED, "x")
    whole = signer.sign(_PAYLOAD, key)
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, len(whole)))
    broken = whole[:begin] + data.draw(st.binary(max_size=9)) + whole[end:]
    if broken != whole:
        with pytest.raises((InputError, IntegrityError)):
            signer.open_envelope(broken, {key.public_key.keyid: key.public_key}, "x")


_FIXED = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
"""
"""The first test vector of RFC 8032, section 7.1."""


def test_the_key_of_rfc_8032_has_the_public_key_of_rfc_8032() -> None:
    key = signer.private_key(_FIXED, "x").public_key
    expected = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.keyval["public"] == expected


def test_refuses_another_envelope_of_the_same_meaning(
    envelope: bytes, trusted: dict[str, SSlibKey]
) -> None:
    for spelling in (json.dumps(json.loads(envelope)).encode(), envelope + b"\n", b" " + envelope):
        with pytest.raises(IntegrityError, match="not an envelope as harness writes it"):
            signer.open_envelope(spelling, trusted, "x")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"1",
        b'{"payload":"","payloadType":"","signatures":[]}',
        b'{"payload":"","payloadType":1,"signatures":[{}]}',
        b'{"payload":1,"payloadType":"","signatures":1}',
        b'{"payload":"\xc3\xa9","payloadType":"","signatures":[{"keyid":"","sig":"AA=="}]}',
        b'{"payload":"","payloadType":"text/plain","signatures":[{"keyid":1,"sig":""}]}',
        b"[" * 100_000,
    ],
)
def test_refuses_what_is_no_envelope(line: bytes) -> None:
    with pytest.raises(IntegrityError, match="x: not an envelope as harness writes it"):
        signer.open_envelope(line, {}, "x")


def test_refuses_the_payload_of_another_format(pair: KeyPair, trusted: dict[str, SSlibKey]) -> None:
    key = signer.key_from(str(pair.file))
    envelope = Envelope(b"{}", "text/plain", {})
    envelope.sign(key)
    with pytest.raises(IntegrityError, match="not an envelope as harness writes it"):
        signer.open_envelope(signer._written(envelope), trusted, "x")


def test_refuses_two_signatures(pair: KeyPair, trusted: dict[str, SSlibKey]) -> None:
    envelope = Envelope(_PAYLOAD, PAYLOAD_TYPE, {})
    envelope.sign(signer.key_from(str(pair.file)))
    envelope.sign(signer.private_key(_FIXED, "x"))
    with pytest.raises(IntegrityError, match="not an envelope as harness writes it"):
        signer.open_envelope(signer._written(envelope), trusted, "x")


def test_refuses_an_unknown_key_by_name(envelope: bytes, trusted: dict[str, SSlibKey]) -> None:
    (key_id,) = trusted
    with pytest.raises(InputError, match=f"a.jsonl: signed by an unknown key, '{key_id[:16]}'"):
        signer.open_envelope(envelope, {}, "a.jsonl")


def test_refuses_the_id_of_a_trusted_key_over_the_signature_of_another(
    trusted: dict[str, SSlibKey],
) -> None:
    (key_id,) = trusted
    forged = json.loads(signer.sign(_PAYLOAD, signer.private_key(_FIXED, "x")))
    forged["signatures"][0]["keyid"] = key_id
    line = json.dumps(forged, separators=(",", ":")).encode()
    with pytest.raises(IntegrityError, match="the signature does not hold"):
        signer.open_envelope(line, trusted, "x")


def test_takes_a_key_from_a_variable(pair: KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNING_KEY", pair.file.read_text())
    expected = signer.key_from(str(pair.file)).public_key
    assert signer.key_from("env:SIGNING_KEY").public_key == expected


def test_takes_a_key_from_a_command(pair: KeyPair) -> None:
    key = signer.key_from_command(f"cat '{pair.file}'")
    assert key.public_key == signer.public_key(pair.public, "x")


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(InputError, match="env:NO_SUCH: the variable is not set"):
        signer.key_from("env:NO_SUCH")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory; make one with `openssl gen"):
        signer.key_from(str(tmp_path / "missing"))


@pytest.mark.parametrize(("command", "said"), [("", "empty"), ("'", "No closing quotation")])
def test_a_command_that_cannot_be_understood_is_refused(command: str, said: str) -> None:
    with pytest.raises(InputError, match=f"--key-command: {said}"):
        signer.key_from_command(command)


def test_a_command_that_fails_does_not_show_what_it_printed() -> None:
    with pytest.raises(ToolError) as error:
        signer.key_from_command("sh -c 'echo secret; echo hidden >&2; exit 3'")
    assert str(error.value) == "--key-command: `sh` ended with status 3"


def test_a_broken_key_is_neither_shown_nor_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    broken = _FIXED.replace(b"MC4CAQAwBQ", b"MC4CAQAwBA")
    with pytest.raises(InputError) as error:
        signer.private_key(broken, "k.pem")
    assert "not a private key in PEM (PKCS #8); make one with `openssl" in str(error.value)
    assert "J1hsZ3v" not in f"{error.value!r}{error.value.__cause__}{caplog.text}"


def test_an_encrypted_key_is_told_from_a_broken_one(tmp_path: Path) -> None:
    argv = ["openssl", "genpkey", "-algorithm", "ed25519", "-aes-256-cbc", "-pass", "pass:x"]
    process.check([*argv, "-out", str(tmp_path / "key")])
    with pytest.raises(InputError, match="the key is encrypted; decrypt it with --key-command"):
        signer.key_from(str(tmp_path / "key"))


def test_keys_of_other_algorithms_are_refused(tmp_path: Path) -> None:
    file = str(tmp_path / "key")
    process.check(["openssl", "genpkey", "-algorithm", "ed448", "-out", file])
    with pytest.raises(InputError, match="not an ed25519 key"):
        signer.key_from(file)
    with pytest.raises(InputError, match="a: not an ed25519 key"):
        signer.public_key(process.check(["openssl", "pkey", "-in", file, "-pubout"]), "a")


def test_what_is_no_public_key_is_refused() -> None:
    with pytest.raises(InputError, match="a: not a public key in PEM; print one with `openssl"):
        signer.public_key(_FIXED.decode(), "a")


def test_a_file_too_large_for_a_key_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"x" * 2**17)
    with pytest.raises(InputError, match="more than 65536 bytes: not a key"):
        signer.key_from(str(tmp_path / "key"))
