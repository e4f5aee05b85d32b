"""Signing keys of builders, made by openssl."""

from dataclasses import dataclass
from pathlib import Path

from harness.host import process


@dataclass(frozen=True)
class KeyPair:
    """A private key in a file, and the text of its public key."""

    file: Path
    public: str

    @classmethod
    def made(cls, directory: Path, name: str) -> "KeyPair":
        file = directory / f"{name}.pem"
        process.check(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(file)])
        return cls(
            file=file, public=process.check(["openssl", "pkey", "-in", str(file), "-pubout"])
        )
