"""Asking the backend of an sdist, in the sandbox, before there is a lock: by a draft of one."""

from importlib.resources import as_file, files
from pathlib import Path

from harness.build.realise import failed_build
from harness.errors import InputError
from harness.fetch.bring import bring
from harness.fetch.present import require_locked
from harness.host import foreign
from harness.host.files import explained
from harness.host.scratch import scratch
from harness.lock.core.pylock import encode_lock
from harness.lock.core.required import required
from harness.lock.sdists import Question
from harness.store.derivations import read_closure
from harness.store.verbs import NIX, Store

_NAME = "draft"
_SPEC = "dependencies = []\n"


def ask(question: Question, store: Store = NIX) -> str:
    """Return what a backend answers: a JSON list of what it requires, or METADATA.

    Raises:
        ToolError: an input cannot be had, or Nix does not work.
        InputError: the answer is none that could be read.
        BuildFailedError: the backend failed; says how its log ends.
        IntegrityError: an input is not the one of the draft.

    """
    bring(required(question.draft, [question.system]), store=store)
    with scratch() as top:
        directory = top / _NAME
        with explained(directory):
            directory.mkdir()
            (directory / "env.toml").write_text(_SPEC)
            (directory / "pylock.toml").write_bytes(encode_lock(question.draft))
        (derivation,) = _instantiated(top, question, store)
    closure = read_closure([derivation], store.derivation).values()
    require_locked(question.package, question.draft, question.system, closure, whole=False)
    realised = store.realise([derivation])
    if realised.status != 0:
        raise failed_build(realised, store)
    (output,) = store.outputs([derivation])
    return _answer(store.place(output), question.package)


def _answer(path: Path, package: str) -> str:
    """Return what a builder wrote; its backend could have put a link to anything there."""
    where = f"{package}: the answer of its backend"
    if path.is_symlink():
        raise InputError(f"{where}: a link, where a file is needed")
    try:
        return foreign.read(path, where).decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: not UTF-8") from error


def _instantiated(environments: Path, question: Question, store: Store) -> list[str]:
    with as_file(files("harness") / "nix") as library:
        return store.instantiate(
            library / "entry.nix",
            arguments={
                "environments": str(environments),
                "name": _NAME,
                "system": question.system,
            },
            attributes=[f"sdists.{question.package}.{question.attribute}"],
        )
