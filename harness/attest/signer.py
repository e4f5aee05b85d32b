"""Signatures: Dead Simple Signing Envelopes (DSSE, version 1) with ed25519 keys.

A private key comes from a file, a variable or a command, and no error repeats any of it. An
envelope must be, byte for byte, what `sign` writes: a payload has one envelope a key, so that a
change of any byte is refused, be it inside or outside of what is signed.
"""

import json
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError

# Its documented names, which the package imports without saying that it exports them.
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

from harness.attest.core.statement import PAYLOAD_TYPE
from harness.documents import document
from harness.errors import InputError, IntegrityError, ToolError
from harness.host import process

_LARGEST_KEY = 2**16
_SECONDS = 120
_VARIABLE = "env:"
_MADE_BY = "make one with `openssl genpkey -algorithm ed25519 -out FILE`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A payload whose signature holds, and the id of the key that made it."""

    key_id: str
    payload: bytes


def key_from(source: str) -> CryptoSigner:
    """Return the private key of a file, or with `env:NAME` that which a variable holds.

    Raises:
        InputError: there is none, or it is not an ed25519 key in PEM.

    """
    if source.startswith(_VARIABLE):
        name = source.removeprefix(_VARIABLE)
        if not (text := os.environ.get(name)):
            raise InputError(f"{source}: the variable is not set; it should hold a key in PEM")
        return private_key(text.encode(errors="replace"), source)
    try:
        with Path(source).open("rb") as file:
            data = file.read(_LARGEST_KEY + 1)
    except OSError as error:
        raise InputError(f"{source}: no key can be read: {error.strerror}; {_MADE_BY}") from error
    return private_key(data, source)


def key_from_command(command: str) -> CryptoSigner:
    """Return the private key that a command prints, without showing what it printed.

    Raises:
        InputError: the command cannot be understood, or does not print such a key.
        ToolError: it is missing, or fails.

    """
    try:
        argv = shlex.split(command)
    except ValueError as error:
        raise InputError(f"--key-command: {error}") from error
    if not argv:
        raise InputError("--key-command: empty; name a program that prints a key in PEM")
    completed = process.run(argv, timeout=_SECONDS)
    if completed.status != 0:
        raise ToolError(f"--key-command: `{argv[0]}` ended with status {completed.status}")
    return private_key(completed.stdout.encode(), f"--key-command {argv[0]}")


def private_key(pem: bytes, where: str) -> CryptoSigner:
    """Read an ed25519 key in PEM (PKCS #8, not encrypted), as openssl writes it.

    Raises:
        InputError: it is something else; `where` names it.

    """
    _bound(pem, where)
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError:
        said = "the key is encrypted; decrypt it with --key-command 'openssl pkey -in FILE'"
        raise InputError(f"{where}: {said}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise InputError(f"{where}: not a private key in PEM (PKCS #8); {_MADE_BY}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"{where}: not an ed25519 key; {_MADE_BY}")
    return CryptoSigner(key)


def public_key(pem: str, where: str) -> SSlibKey:
    """Read an ed25519 public key in PEM, as `openssl pkey -pubout` writes it.

    Raises:
        InputError: it is something else; `where` names it.

    """
    data = pem.encode(errors="replace")
    _bound(data, where)
    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        said = "print one with `openssl pkey -in FILE -pubout`"
        raise InputError(f"{where}: not a public key in PEM; {said}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"{where}: not an ed25519 key")
    return SSlibKey.from_crypto(key)


def _bound(pem: bytes, where: str) -> None:
    if len(pem) > _LARGEST_KEY:
        raise InputError(f"{where}: more than {_LARGEST_KEY} bytes: not a key")


def sign(payload: bytes, key: CryptoSigner) -> bytes:
    """Return the envelope of a statement, as one line of JSON."""
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(key)
    return _written(envelope)


def open_envelope(line: bytes, trusted: Mapping[str, SSlibKey], where: str) -> Opened:
    """Return what a trusted key signed; `trusted` are keys by id.

    Nothing of the payload is looked at before its signature holds.

    Raises:
        InputError: it is signed by another key.
        IntegrityError: it is not an envelope as harness writes it, or its signature does not hold.

    """
    envelope = _envelope(line, where)
    (key_id,) = envelope.signatures
    if key_id not in trusted:
        raise InputError(f"{where}: signed by an unknown key, {key_id[:16]!a}")
    try:
        envelope.verify([trusted[key_id]], 1)
    except VerificationError:
        said = "it was changed after it was signed, or another key signed it"
        raise IntegrityError(f"{where}: the signature does not hold: {said}") from None
    return Opened(key_id=key_id, payload=envelope.payload)


def _envelope(line: bytes, where: str) -> Envelope:
    """Read an envelope with one signature, written as `sign` does.

    The library reads base64 and JSON in more than one spelling, so the bytes are compared.
    """
    said = f"{where}: not an envelope as harness writes it: it was changed, or comes from elsewhere"
    try:
        envelope = Envelope.from_dict(document.decode(line, where))
        written = _written(envelope)
    except (InputError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(said) from error
    signers = list(envelope.signatures)
    if written != line or len(signers) != 1 or not isinstance(signers[0], str):
        raise IntegrityError(said)
    if envelope.payload_type != PAYLOAD_TYPE:
        raise IntegrityError(said)
    return envelope


def _written(envelope: Envelope) -> bytes:
    return json.dumps(envelope.to_dict(), separators=(",", ":")).encode()
