"""Hold what is in the store here against the signed statements of other builders.

outputs rehashed -> envelopes opened with trusted keys only -> claims about this derivation -> a
stance per builder -> enough of them, or not. Nothing is built.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined] # as signer.py says

from harness.attest import signer
from harness.attest.core import statement
from harness.attest.core.predicate import is_silent
from harness.attest.core.quorum import Quorum, Refusal, refused, voice
from harness.attest.core.rebuild import Claim, decode_claim, nar_hash
from harness.attest.core.trust import Trust, Trusted, TrustedKey, chosen_threshold, placed
from harness.build.realise import instantiate, verified
from harness.documents import document
from harness.documents.decode import decode, require
from harness.documents.toml import parse_toml
from harness.errors import InputError, IntegrityError, ToolError
from harness.host import foreign, processors
from harness.host.files import explained
from harness.project.repository import Environment, read
from harness.store import nix, trees
from harness.store.derivations import only_derivations
from harness.verify.core.benign import Declared

_MOST_FILES = 1000
_MOST_LINES = 100


def read_trust(file: Path) -> Trust:
    """Read a trust file, which stands above what the repository says of itself.

    Raises:
        InputError: it is not there, or not valid.

    """
    where = str(file)
    written = parse_toml(read(file, where), where)
    require((Trusted, Declared), written, where)
    return Trust(
        keys=placed(decode(Trusted, written, where), where),
        benign=decode(Declared, written, where).benign,
    )


def against(
    environment: Environment,
    paths: Sequence[Path],
    keys: Sequence[TrustedKey],
    threshold: int | None = None,
    *,
    system: str,
) -> Quorum:
    """Return what trusted builders say of the outputs that are in the store here.

    `paths` are bundles, or directories with such; without a `threshold` more than half of the
    builders must agree.

    Raises:
        InputError: there is no statement, no trusted key, or a threshold out of reach.
        ToolError: the environment is not built here, or Nix could not work.
        IntegrityError: an output here is not what was built.

    """
    needed = chosen_threshold(keys, threshold)
    known = _known(keys)
    bundles = list(_bundles(paths))
    derivation, *others = instantiate(environment, verified(environment), system=system)
    here = _outputs([derivation, *others], environment.name)
    heard = _Heard(derivation=derivation, keys=known, now=datetime.now(UTC))
    found = [heard.line(where, line) for file in bundles for where, line in _lines(file)]
    claims: dict[str, list[Claim]] = {}
    for one in found:
        if isinstance(one, tuple):
            claims.setdefault(one[0], []).append(one[1])
    return Quorum(
        environment=environment.name,
        derivation=derivation,
        threshold=needed,
        voices=tuple(voice(builder, said, here) for builder, said in claims.items()),
        silent=tuple(dict.fromkeys(one.builder for one in keys if one.builder not in claims)),
        refusals=tuple(one for one in found if isinstance(one, Refusal)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A trusted key, and what its owner is called."""

    key: SSlibKey
    trusted: TrustedKey


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """Statements about one derivation, at one moment, by keys that are known by id."""

    derivation: str
    keys: dict[str, _Known]
    now: datetime

    def line(self, where: str, line: bytes) -> tuple[str, Claim] | Refusal | None:
        """Return who claims what, or why it does not count; None if it claims nothing."""
        try:
            return self._claim(where, line)
        except IntegrityError as error:
            return Refusal(where=where, reason=_reason(error, where), tampered=True)
        except InputError as error:
            return Refusal(where=where, reason=_reason(error, where))

    def _claim(self, where: str, line: bytes) -> tuple[str, Claim] | Refusal | None:
        keys = {key_id: known.key for key_id, known in self.keys.items()}
        opened = signer.open_envelope(line, keys, where)
        trusted = self.keys[opened.key_id].trusted
        if trusted.has_expired(self.now.date()):
            reason = f"the key of {trusted.builder} expired on {trusted.expires}"
            return Refusal(where=where, reason=reason)
        said = statement.decode(opened.payload, where)
        if is_silent(said.predicate_type):
            return None
        claim = decode_claim(said, where)
        if reason_against := refused(claim, self.derivation, self.now):
            return Refusal(where=where, reason=f"{trusted.builder}: {reason_against}")
        return trusted.builder, claim


def _reason(error: Exception, where: str) -> str:
    return str(error).removeprefix(f"{where}: ")


def _known(keys: Sequence[TrustedKey]) -> dict[str, _Known]:
    """Return keys by id; a key that two builders share would count twice."""
    known: dict[str, _Known] = {}
    for trusted in keys:
        key = signer.public_key(trusted.public_key, trusted.where)
        other = known.setdefault(key.keyid, _Known(key=key, trusted=trusted)).trusted
        if other != trusted:
            raise InputError(f"{trusted.where}: the same key as {other.where}")
    return known


def _bundles(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        with explained(path):
            files = sorted(path.glob(f"*{statement.SUFFIX}")) if path.is_dir() else None
        if files is None:
            yield path
            continue
        if not 0 < len(files) <= _MOST_FILES:
            raise InputError(
                f"{path}: {len(files)} statements (*{statement.SUFFIX}); "
                f"expected 1 to {_MOST_FILES}"
            )
        yield from files


def _lines(file: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the lines of a bundle, each with its place; a long one is cut, and so not accepted."""
    shown = ascii(str(file))[1:-1]
    with explained(file):
        if not file.is_file():
            raise InputError(f"{file}: no such file of statements")
        with foreign.opened(file, str(file)) as lines:
            for number in range(1, _MOST_LINES + 2):
                if not (line := lines.readline(document.LARGEST + 1)):
                    return
                if number > _MOST_LINES:
                    raise InputError(f"{file}: more than {_MOST_LINES} statements")
                yield f"{shown} line {number}", line.removesuffix(b"\n")


def _outputs(derivations: Sequence[str], name: str) -> dict[str, str]:
    """Return the NAR hash of every output that is here, rehashed, by store path.

    What only took part in building may have been collected; what was asked for must be here.
    """
    builds = {
        path: [output.path for output in one.outputs.values()]
        for path, one in only_derivations(nix.requisites(derivations)).items()
        if not one.is_fixed
    }
    wanted = [path for paths in builds.values() for path in paths if path]
    missing = set(nix.invalid_paths(wanted))
    if missing.intersection(builds[derivations[0]]):
        raise ToolError(f"{name}: not built here; run `harness build {name}`")
    present = [path for path in wanted if path not in missing]
    recorded = nix.nar_hashes(present)
    with ThreadPoolExecutor(processors.cpus()) as pool:
        here = dict(zip(present, map(nar_hash, pool.map(trees.nar_sha256, present)), strict=True))
    if changed := [path for path in present if here[path] != recorded[path]]:
        raise IntegrityError(
            f"{changed[0]} no longer has the content that was built; `harness verify {name}` says "
            "how to fix it"
        )
    return here
