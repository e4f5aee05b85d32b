"""Sign what a fresh verification found, whatever it is: provenance, the rebuild, the materials.

The file is a bundle as in-toto has it: an envelope a line, named by environment and key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined] # as signer.py says

from harness import __version__
from harness.attest.core.materials import materials
from harness.attest.core.provenance import Sources, provenance
from harness.attest.core.rebuild import Occasion, output_subject, rebuild_statement
from harness.attest.core.statement import SUFFIX, Statement, Subject, encode
from harness.attest.signer import sign
from harness.build.core.image import Imaged
from harness.build.realise import OnProgress, instantiate
from harness.errors import InputError
from harness.host.files import write_atomically
from harness.image.layouts import read_image
from harness.lock.core.required import required
from harness.lock.read import read_lock
from harness.project import workspace
from harness.project.repository import Environment
from harness.project.revision import revision
from harness.sbom.make import sbom
from harness.store import trees
from harness.store.verbs import Store
from harness.verify.benign import covered, declared
from harness.verify.core.benign import Expected
from harness.verify.core.verdict import Verification
from harness.verify.environment import verify
from harness.verify.rebuild import Options
from harness.verify.world import THIS_MACHINE, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """With which key to sign, into which directory, and for how long it counts.

    `valid_for` begins when the verification ends; without it a statement does not expire. `world`
    is where it is verified.
    """

    key: CryptoSigner
    directory: Path
    valid_for: timedelta | None = None
    world: World = THIS_MACHINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """What was found, what of it was expected, and the file that holds the signed statements."""

    found: Verification
    benign: Expected
    file: Path


def attest(
    environment: Environment,
    options: Options,
    signing: Signing,
    *,
    system: str,
    on_progress: OnProgress = lambda _: None,
) -> Attested:
    """Verify an environment afresh and sign the result, with what env.toml declares benign.

    Raises:
        InputError: as `verify` and `sbom`, or a declaration has expired, or the sources changed
            meanwhile.
        ToolError: as `verify`, or nothing at all was built.
        IntegrityError: as `verify`.

    """
    benign = declared(environment)
    world = signing.world
    started = world.clock.now()
    sources = _sources(environment, system)
    again = replace(options, fresh=True, keep_going=True)
    found = verify(environment, again, system=system, on_progress=on_progress, world=world)
    finished = world.clock.now()
    made = _made(environment, found, system, world.store)
    bills = [materials(one, sbom(environment, system=system, store=world.store)) for one in made]
    if _sources(environment, system) != sources:
        raise InputError(f"{environment.name}: its sources changed meanwhile; run again")
    occasion = _occasion(environment, system, (started, finished), signing)
    expected = covered(found, benign)
    rebuild = rebuild_statement(found, occasion, expected)
    builder = signing.key.public_key.keyid
    origin = provenance(rebuild.subjects, sources, occasion, found.conditions, builder)
    file = signing.directory / f"{environment.name}.{builder[:16]}{SUFFIX}"
    _write(file, (origin, rebuild, *bills), signing.key)
    return Attested(found=found, benign=expected, file=file)


def _occasion(
    environment: Environment,
    system: str,
    span: tuple[datetime, datetime],
    signing: Signing,
) -> Occasion:
    (derivation,) = instantiate(
        environment, ("environment",), system=system, store=signing.world.store
    )
    return Occasion(
        derivation=derivation,
        system=system,
        started=span[0],
        finished=span[1],
        expires=span[1] + signing.valid_for if signing.valid_for else None,
        harness=__version__,
    )


def _made(
    environment: Environment, found: Verification, system: str, store: Store
) -> list[Subject]:
    """Return what the bill of materials is about: the image, else the environment; none if unbuilt.

    An image is named by its manifest's digest, by which registries and engines know it.
    """
    attribute = "environment" if environment.table(Imaged).image is None else "image"
    (derivation,) = instantiate(environment, (attribute,), system=system, store=store)
    built = [one for one in found.results if one.derivation == derivation and one.nar_hash][:1]
    if attribute == "environment":
        return [output_subject(one.path, one.nar_hash) for one in built]
    images = (read_image(Path(one.path)) for one in built)
    return [Subject(name=one.tag, sha256=one.digest.removeprefix("sha256:")) for one in images]


def _write(file: Path, statements: Sequence[Statement], key: CryptoSigner) -> None:
    lines = [sign(encode(statement), key) + b"\n" for statement in statements]
    workspace.directory(file.parent)
    write_atomically(workspace.place(file), b"".join(lines))


def _sources(environment: Environment, system: str) -> Sources:
    lock = read_lock(environment)
    return Sources(
        environment=environment.name,
        spec_sha256=trees.file_sha256(environment.spec_path),
        lock_sha256=trees.file_sha256(environment.lock_path),
        revision=revision(environment.repository),
        inputs=required(lock, [system]),
    )
