"""Debian's archive as this machine reaches it: mirrors, signed indexes, package files.

An index is believed only after gpgv has checked the suite's signature with Debian's own keys and
the index's hash stands in what was signed. No mirror is named here: they come from
HARNESS_DEBIAN_MIRROR (addresses separated by spaces, tried in order), else from apt's sources.
"""

import hashlib
import json
import lzma
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

import requests

from harness.adapters import http, process
from harness.adapters.files import cache_directory, write_atomically
from harness.core.debian.closure import Candidate
from harness.core.debian.control import Paragraph, parse_control
from harness.core.lock import LockedDeb
from harness.errors import IntegrityError, ToolError

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_SOURCES = Path("/etc/apt")
_VARIABLE = "HARNESS_DEBIAN_MIRROR"
_LARGEST_RELEASE = 8 * 2**20
_LARGEST_INDEX = 512 * 2**20
_FIELDS = ("package", "version", "filename", "size", "sha256", "depends", "pre-depends", "provides")
_ONE_LINE = re.compile(r"deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)")


def candidates(suite: str, architecture: str) -> list[Candidate]:
    """Return what a suite's component main offers, verified.

    Raises:
        ToolError: no mirror is known or reachable, or gpgv or Debian's keys are missing.
        IntegrityError: a signature, hash or size does not hold, or the index has expired.

    """
    name = f"main/binary-{architecture}/Packages.xz"
    problems = []
    for mirror in mirrors(suite):
        try:
            digest, size = _signed_entry(mirror, suite, name)
            return [
                Candidate(
                    name=paragraph["package"],
                    version=paragraph["version"],
                    archive=suite,
                    paragraph=paragraph,
                )
                for paragraph in _index(f"{mirror}/dists/{suite}/{name}", digest, size)
            ]
        except ToolError as error:
            problems.append(str(error))
    raise ToolError(
        f"no mirror has the suite {suite}: set {_VARIABLE} to the address of a Debian mirror"
        + "".join(f"\n  {problem}" for problem in problems)
    )


def deb_urls(deb: LockedDeb) -> list[str]:
    """Return where a package's file may be, in the order of trying."""
    return [f"{mirror}/{deb.path}" for mirror in mirrors(deb.archive)]


def mirrors(suite: str) -> list[str]:
    """Return the roots of the archives that may serve a suite, the likeliest first.

    apt's sources that name the suite come first, then those of Debian's other suites.
    """
    configured = os.environ.get(_VARIABLE, "").split()
    if configured:
        security = [re.sub(r"/debian$", "/debian-security", address) for address in configured]
        both = security + configured if suite.endswith("-security") else configured + security
        return list(dict.fromkeys(address.rstrip("/") for address in both))
    listed = list(_apt_sources())
    kind = suite.endswith("-security")
    ranked = sorted(
        listed, key=lambda entry: (entry[1] != suite, entry[1].endswith("-security") != kind)
    )
    return list(dict.fromkeys(address.rstrip("/") for address, _ in ranked))


def _apt_sources() -> Iterator[tuple[str, str]]:
    """Yield (address, suite) of each source of Debian packages that apt uses on this machine."""
    for path in [_SOURCES / "sources.list", *sorted((_SOURCES / "sources.list.d").glob("*.list"))]:
        for line in _lines(path):
            if match := _ONE_LINE.match(line.strip()):
                yield match[1], match[2]
    for path in sorted((_SOURCES / "sources.list.d").glob("*.sources")):
        uncommented = (line for line in _lines(path) if not line.startswith("#"))
        for source in parse_control(uncommented, str(path)):
            if source.get("enabled", "yes") != "no" and "deb" in source.get("types", "").split():
                for address in source.get("uris", "").split():
                    for suite in source.get("suites", "").split():
                        yield address, suite


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []


def _read(address: str, *, limit: int) -> bytes:
    """Return a small file; a body beyond `limit` bytes is cut off."""
    try:
        with http.Session() as session, session.get(address, stream=True) as response:
            if response.status_code != HTTPStatus.OK:
                raise ToolError(f"{http.shown(address)} answered {response.status_code}")
            return b"".join(_until(response.iter_content(2**16), limit))
    except requests.RequestException as error:
        raise ToolError(f"{http.shown(address)}: {http.cause(error)}") from None


def _until(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[:limit]
        limit -= len(chunk)
        if limit <= 0:
            return


def _signed_entry(mirror: str, suite: str, name: str) -> tuple[str, int]:
    address = f"{mirror}/dists/{suite}/InRelease"
    release = _verified(_read(address, limit=_LARGEST_RELEASE), address)
    (paragraph,) = parse_control(release.splitlines(), address)
    _check_date(paragraph, address)
    for line in paragraph.get("sha256", "").splitlines():
        digest, size, listed = (*line.split(), "", "", "")[:3]
        if listed == name and size.isdigit() and re.fullmatch(r"[0-9a-f]{64}", digest):
            return digest, int(size)
    raise IntegrityError(f"{address}: signs no {name}")


def _check_date(release: Paragraph, address: str) -> None:
    until = release.get("valid-until")
    if until is None:
        return
    try:
        expired = parsedate_to_datetime(until) < datetime.now(UTC)
    except (ValueError, TypeError) as error:
        raise IntegrityError(f"{address}: Valid-Until is no date: {until[:40]!r}") from error
    if expired:
        raise IntegrityError(
            f"{address}: expired on {until}; the mirror is stale or this machine's clock is wrong"
        )


def _verified(signed: bytes, address: str) -> str:
    """Return the text that Debian's keys signed."""
    if not _KEYRING.exists():
        raise ToolError(f"{_KEYRING} is missing: apt-get install debian-archive-keyring")
    with tempfile.TemporaryDirectory() as directory:
        inrelease, plain = Path(directory, "InRelease"), Path(directory, "Release")
        inrelease.write_bytes(signed)
        completed = process.run(
            ["gpgv", "--keyring", str(_KEYRING), "--output", str(plain), str(inrelease)]
        )
        if completed.status != 0:
            said = completed.stderr.strip().splitlines()[-1:] or ["no signature"]
            raise IntegrityError(f"{address}: the signature does not hold: {said[0]}")
        return plain.read_text(errors="replace")


def _index(address: str, digest: str, size: int) -> Sequence[Mapping[str, str]]:
    """Return the paragraphs of an index by its hash, from the cache where it has been before."""
    cached = cache_directory() / "debian" / f"{digest}.json"
    try:
        return _known_paragraphs(json.loads(cached.read_bytes()))
    except (OSError, ValueError):
        pass
    packed = _read(address, limit=size)
    if len(packed) != size or hashlib.sha256(packed).hexdigest() != digest:
        raise IntegrityError(f"{address}: not what the suite's signature says; try again later")
    text = _unpacked(packed, address).decode("utf-8", errors="replace")
    paragraphs = [
        {name: paragraph[name] for name in _FIELDS if name in paragraph}
        for paragraph in parse_control(text.splitlines(), address)
    ]
    if any(
        not {"package", "version", "filename", "size", "sha256"} <= p.keys() for p in paragraphs
    ):
        raise IntegrityError(f"{address}: an entry without name, version, file, size or sha256")
    cached.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(cached, json.dumps(paragraphs).encode())
    return paragraphs


def _known_paragraphs(value: object) -> list[dict[str, str]]:
    if not isinstance(value, list) or not all(isinstance(p, dict) for p in value):
        raise ValueError("not a cached index")
    return value


def _unpacked(packed: bytes, address: str) -> bytes:
    try:
        decompressor = lzma.LZMADecompressor()
        plain = decompressor.decompress(packed, _LARGEST_INDEX)
    except lzma.LZMAError as error:
        raise IntegrityError(f"{address}: damaged: {error}") from error
    if not decompressor.eof:
        raise IntegrityError(f"{address}: cut off, or larger than {_LARGEST_INDEX} bytes")
    return plain
