"""Debian's archive as this machine reaches it: mirrors, signed indexes, package files.

An index is believed only after gpgv has checked the suite's signature with the keys of its base
(harness/project/core/bases.py) and the index's hash stands in what was signed. No mirror is named
here: they come from HARNESS_DEBIAN_MIRROR (addresses separated by spaces, tried in order), else
from apt's sources.
"""

import hashlib
import json
import lzma
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from harness.documents.damaged import DAMAGED
from harness.errors import HarnessError, IntegrityError, MachineError, ToolError
from harness.host import foreign, http, process
from harness.host.files import cache_directory, is_own, write_atomically
from harness.host.scratch import scratch
from harness.project.core.bases import Base, base_with
from harness.render.address import problem, shown
from harness.sources.core.debian.closure import Candidate
from harness.sources.core.debian.control import Paragraph, parse_control
from harness.sources.core.locked_deb import LockedDeb

_SOURCES = Path("/etc/apt")
_VARIABLE = "HARNESS_DEBIAN_MIRROR"
_SECONDS = 120
_LARGEST_RELEASE = 8 * 2**20
_LARGEST_INDEX = 512 * 2**20
_FIELDS = ("package", "version", "filename", "size", "sha256", "depends", "pre-depends", "provides")
_NEEDED = frozenset(_FIELDS[:5])
_ONE_LINE = re.compile(r"deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s+([^#]*)")
_NO = {"no", "false", "without", "off", "disable", "0"}
"""How apt spells that a source is not enabled."""
_ARMOUR = [
    b"-----BEGIN PGP SIGNED MESSAGE-----",
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----END PGP SIGNATURE-----",
]
"""The only lines of a signed file that begin so: those of its text are escaped (RFC 9580, 7.2)."""


def candidates(suite: str, architecture: str) -> list[Candidate]:
    """Return what a suite's component offers, verified.

    Raises:
        ToolError: no mirror is known or reachable, or gpgv or the suite's keys are missing.
        IntegrityError: a signature, hash or size does not hold, or the index has expired.

    """
    name = f"{base_with(suite).component}/binary-{architecture}/Packages.xz"
    problems: list[HarnessError] = []
    for mirror in mirrors(suite):
        try:
            digest, size = signed_entry(mirror, suite, name)
            paragraphs = _index(f"{mirror}/dists/{suite}/{name}", digest, size)
        except (ToolError, IntegrityError) as error:
            problems.append(error)
        else:
            return [
                Candidate(
                    name=paragraph["package"],
                    version=paragraph["version"],
                    archive=suite,
                    paragraph=paragraph,
                )
                for paragraph in paragraphs
            ]
    raise _no_suite(suite, problems)


def _no_suite(suite: str, problems: Sequence[HarnessError]) -> HarnessError:
    """Return one error for all mirrors; broken integrity outranks a mirror that does not answer."""
    broken = any(isinstance(problem, IntegrityError) for problem in problems)
    return (IntegrityError if broken else ToolError)(
        f"no mirror has the suite {suite}: set {_VARIABLE} to the address of a Debian mirror"
        + "".join(f"\n  {problem}" for problem in problems)
    )


def deb_urls(deb: LockedDeb) -> list[str]:
    """Return where a package's file may be, in the order of trying."""
    return [f"{mirror}/{deb.path}" for mirror in mirrors(deb.archive)]


def mirrors(suite: str) -> list[str]:
    """Return the roots of the archives that may serve a suite, the likeliest first.

    apt's sources that name the suite come first, then those of Debian's other suites.

    Raises:
        MachineError: what the variable holds is not an address.

    """
    configured = [address.rstrip("/") for address in os.environ.get(_VARIABLE, "").split()]
    for wrong in filter(None, map(problem, configured)):
        raise MachineError(f"{_VARIABLE}: {wrong}")
    if configured:
        security = [re.sub(r"/debian$", "/debian-security", address) for address in configured]
        both = security + configured if suite.endswith("-security") else configured + security
        return list(dict.fromkeys(both))
    listed = list(_apt_sources(base_with(suite).component))
    kind = suite.endswith("-security")
    ranked = sorted(
        listed, key=lambda entry: (entry[1] != suite, entry[1].endswith("-security") != kind)
    )
    return list(dict.fromkeys(address.rstrip("/") for address, _ in ranked))


def _apt_sources(component: str) -> Iterator[tuple[str, str]]:
    """Yield (address, suite) of each source of a component's packages that apt uses here."""
    for path in [_SOURCES / "sources.list", *sorted((_SOURCES / "sources.list.d").glob("*.list"))]:
        for line in _lines(path):
            match = _ONE_LINE.match(line.strip())
            if match and component in match[3].split():
                yield match[1], match[2]
    for path in sorted((_SOURCES / "sources.list.d").glob("*.sources")):
        for source in _paragraphs(path):
            if not _is_used(source, component):
                continue
            addresses, suites = source.get("uris", "").split(), source.get("suites", "").split()
            yield from ((address, suite) for address in addresses for suite in suites)


def _paragraphs(path: Path) -> list[Paragraph]:
    uncommented = (line for line in _lines(path) if not line.startswith("#"))
    try:
        return list(parse_control(uncommented, str(path)))
    except IntegrityError as error:
        raise ToolError(f"{error}; apt cannot read it either") from error


def _is_used(source: Paragraph, component: str) -> bool:
    return (
        source.get("enabled", "yes").lower() not in _NO
        and "deb" in source.get("types", "").split()
        and component in source.get("components", "").split()
    )


def _lines(path: Path) -> list[str]:
    try:
        return foreign.read(path, str(path)).decode(errors="replace").splitlines()
    except HarnessError:
        return []


def _read(address: str, *, limit: int) -> bytes:
    """Return a small file; a body beyond `limit` bytes is cut off."""
    with http.Session() as session:
        return session.read(address, limit=limit)


def signed_entry(mirror: str, suite: str, name: str) -> tuple[str, int]:
    """Return the sha256 and size of a file of a suite, as a mirror's signed Release tells them.

    Raises:
        ToolError, IntegrityError: as `candidates`.

    """
    url = f"{mirror}/dists/{suite}/InRelease"
    address = shown(url)
    release = _verified(_read(url, limit=_LARGEST_RELEASE), address, base_with(suite))
    paragraph = next(parse_control(release.split("\n"), address), {})
    if suite not in {paragraph.get("codename"), paragraph.get("suite")}:
        raise IntegrityError(f"{address}: is signed, but for another suite")
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
    except DAMAGED as error:
        raise IntegrityError(f"{address}: Valid-Until is not a date: {until[:40]!r}") from error
    if expired:
        raise IntegrityError(
            f"{address}: expired on {until}; the mirror is stale or this machine's clock is wrong"
        )


def _verified(signed: bytes, address: str, base: Base) -> str:
    """Return the text that one of the base's keys signed.

    As with apt, further signatures by keys that this machine does not know yet do no harm. That
    is why the file has to be a single signed text: what gpgv writes is then what it checked.
    """
    if not Path(base.keyring).exists():
        raise ToolError(f"{base.keyring} is missing: apt-get install {base.keys}")
    if [line.rstrip() for line in signed.splitlines() if line.startswith(b"-----")] != _ARMOUR:
        raise IntegrityError(f"{address}: not one signed text")
    with scratch() as directory:
        inrelease, plain = directory / "InRelease", directory / "Release"
        inrelease.write_bytes(signed)
        options = ["--status-fd", "1", "--weak-digest", "SHA1", "--keyring", base.keyring]
        argv = ["gpgv", *options, "--output", str(plain), str(inrelease)]
        completed = process.run(argv, timeout=_SECONDS)
        results = {line.split()[1] for line in _status_lines(completed.stdout)}
        if "GOODSIG" not in results or "BADSIG" in results:
            said = completed.stderr.strip().splitlines()[-1:] or ["no signature"]
            raise IntegrityError(f"{address}: the signature does not hold: {said[0]}")
        return plain.read_text(errors="replace")


def _status_lines(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("[GNUPG:] ")]


def _index(url: str, digest: str, size: int) -> Sequence[Mapping[str, str]]:
    """Return the paragraphs of an index by its hash, from the cache where it has been before."""
    cached = cache_directory() / "debian" / f"{digest}.json"
    try:
        if is_own(cached.parent) and is_own(cached):
            return _known_paragraphs(json.loads(cached.read_bytes()))
    except (OSError, ValueError):
        pass
    address = shown(url)
    packed = _read(url, limit=size + 1)
    if len(packed) != size or hashlib.sha256(packed).hexdigest() != digest:
        raise IntegrityError(f"{address}: not what the suite's signature says; try again later")
    text = _unpacked(packed, address).decode("utf-8", errors="replace")
    paragraphs = [
        {name: paragraph[name] for name in _FIELDS if name in paragraph}
        for paragraph in parse_control(text.split("\n"), address)
    ]
    if not all(paragraph.keys() >= _NEEDED for paragraph in paragraphs):
        raise IntegrityError(f"{address}: an entry without name, version, file, size or sha256")
    cached.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(cached, json.dumps(paragraphs).encode())
    return paragraphs


def _known_paragraphs(value: object) -> list[dict[str, str]]:
    if isinstance(value, list) and all(isinstance(p, dict) and p.keys() >= _NEEDED for p in value):
        return value
    raise ValueError("not a cached index")


def _unpacked(packed: bytes, address: str) -> bytes:
    try:
        decompressor = lzma.LZMADecompressor()
        plain = decompressor.decompress(packed, _LARGEST_INDEX)
    except lzma.LZMAError as error:
        raise IntegrityError(f"{address}: damaged: {error}") from error
    if not decompressor.eof:
        raise IntegrityError(f"{address}: cut off, or larger than {_LARGEST_INDEX} bytes")
    return plain
