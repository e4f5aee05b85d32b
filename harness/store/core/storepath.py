"""Store paths of files and directories that are named by their sha256, without asking Nix.

Such a path depends on the name and the hash only (Nix manual, "Complete Store Path Calculation"):
what it holds can be told before it is there. `nix-store --print-fixed-path` is the known answer.
"""

import hashlib

_ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz"
_STORE = "/nix/store"
_DIGEST_BYTES = 20


def flat(name: str, sha256: str) -> str:
    """Return the path of a file with these contents (sha256 in hex)."""
    inner = hashlib.sha256(f"fixed:out:sha256:{sha256}:".encode()).hexdigest()
    return _path("output:out", inner, name)


def recursive(name: str, nar_sha256: str) -> str:
    """Return the path of a tree whose Nix archive has this sha256 (hex)."""
    return _path("source", nar_sha256, name)


def _path(kind: str, sha256: str, name: str) -> str:
    digest = hashlib.sha256(f"{kind}:sha256:{sha256}:{_STORE}:{name}".encode()).digest()
    return f"{_STORE}/{base32(_folded(digest))}-{name}"


def _folded(digest: bytes) -> bytes:
    """Fold a digest by exclusive or into the 160 bits of a store path."""
    folded = bytearray(_DIGEST_BYTES)
    for index, byte in enumerate(digest):
        folded[index % _DIGEST_BYTES] ^= byte
    return bytes(folded)


def base32(data: bytes) -> str:
    """Return bytes in Nix's base 32: its own alphabet, least significant digit last."""
    number = int.from_bytes(data, "little")
    digits = (len(data) * 8 + 4) // 5
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(digits)))


def from_base32(text: str) -> bytes:
    """Return the bytes that `base32` writes so.

    Raises:
        ValueError: nothing is written so.

    """
    number = 0
    for digit in text:
        number = number << 5 | _ALPHABET.index(digit)
    try:
        return number.to_bytes(len(text) * 5 // 8, "little")
    except OverflowError as error:
        raise ValueError(f"{text!r}: its first digit is too large") from error
