"""A Debian archive on loopback, signed with keys of the test's own."""

import hashlib
import lzma
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import pytest

from harness.host import process
from harness.project.core.bases import BASES
from tests.fakes import Server

PACKAGES = "main/binary-amd64/Packages.xz"
ENTRY = {
    "Package": "bash",
    "Version": "5.2-1",
    "Filename": "pool/main/b/bash/bash_5.2-1_amd64.deb",
    "Size": "4",
    "SHA256": "0" * 64,
    "Depends": "libc6",
}


@dataclass(frozen=True)
class Keys:
    """A GnuPG home with two keys; the keyring holds only that of `archive`."""

    home: Path

    @classmethod
    def made(cls, home: Path) -> "Keys":
        keys = cls(home)
        home.chmod(0o700)
        for name in ("archive", "stranger"):
            keys._gpg("--quick-generate-key", name, "ed25519", "sign", "never")
        keys._gpg("--output", str(keys.keyring), "--export", "archive")
        return keys

    @property
    def keyring(self) -> Path:
        return self.home / "archive.gpg"

    def signed(self, text: str, *signers: str) -> bytes:
        """Return the text, clear-signed."""
        users = [word for signer in signers for word in ("--local-user", signer)]
        return self._gpg(*users, "--clearsign", stdin=text).encode()

    def forget(self) -> None:
        """End the agent that GnuPG has started."""
        process.check(["gpgconf", "--homedir", str(self.home), "--kill", "all"])

    def _gpg(self, *arguments: str, stdin: str | None = None) -> str:
        options = ["--homedir", str(self.home), "--batch", "--quiet", "--passphrase", ""]
        return process.check(
            ["gpg", *options, "--pinentry-mode", "loopback", *arguments], stdin=stdin
        )


def signed_by(monkeypatch: pytest.MonkeyPatch, keyring: Path) -> None:
    """Have every base's suites signed by the keys in a file."""
    for name, base in BASES.items():
        monkeypatch.setitem(BASES, name, replace(base, keyring=str(keyring)))


def control(fields: Mapping[str, str]) -> str:
    """Return a paragraph."""
    return "".join(f"{name}: {value}\n" for name, value in fields.items()) + "\n"


@dataclass(frozen=True)
class Mirror:
    """An archive below `root` on a server."""

    server: Server
    keys: Keys
    root: str = "/debian"

    @property
    def url(self) -> str:
        return self.server.url(self.root)

    def path(self, suite: str, name: str) -> str:
        return f"{self.root}/dists/{suite}/{name}"

    def publish(
        self,
        suite: str,
        *,
        entries: Sequence[Mapping[str, str]] = (ENTRY,),
        index: bytes | None = None,
        signers: Sequence[str] = ("archive",),
        fields: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Serve a suite; `fields` replace those of its release, an empty one is left out."""
        packed = lzma.compress("".join(map(control, entries)).encode()) if index is None else index
        digest = hashlib.sha256(packed).hexdigest()
        release = {
            "Suite": "stable",
            "Codename": suite,
            "SHA256": f"\n {digest} {len(packed)} {PACKAGES}",
            **fields,
        }
        text = control({name: value for name, value in release.items() if value})
        self.server.files[self.path(suite, PACKAGES)] = packed
        self.server.files[self.path(suite, "InRelease")] = self.keys.signed(text, *signers)
