"""`--json` of every verb is what its schema in docs/schemas says, on output as it makes it."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jsonschema import Draft202012Validator, ValidationError

from harness.__main__ import _run, cli
from harness.attest import against, sign
from harness.attest.sign import Attested
from harness.build import checks, intact, realise
from harness.build.core.check import CheckResult
from harness.build.realise import Built
from harness.commands import clean, doctor
from harness.commands.parts import libraries, transfer
from harness.commands.tools import kernel, pin, wheel
from harness.container.core.archive import Image, Layer
from harness.doctor.examine import Cleaned, Finding, Row, State
from harness.doctor.left import Left
from harness.fetch import bring, wheelhouse
from harness.fetch.bring import Fetched
from harness.govern import assess
from harness.image import make
from harness.image.make import BuiltImage
from harness.libraries.core.advice import Addition
from harness.libraries.core.advice import Found as Missed
from harness.lock import make as locking
from harness.lock import read, requirements
from harness.lock.make import Locked
from harness.render.junit import Case
from harness.sources.core.notice import Kind, Notice
from harness.store.pinning import Pinned
from harness.verdict import Judgement, Verdict
from harness.verify.core.benign import Expected
from tests import schemas
from tests.attest.core.samples import DIFFERENT, TOOL, result, verification
from tests.govern.core.samples import QUORUM
from tests.locks import LOCK
from tests.shadow.compared import kept

_LOCKED = Locked(lock=LOCK, changed=True, notices=(Notice(kind=next(iter(Kind)), subject="six"),))
_IMAGE = BuiltImage(
    layout=Path("/nix/store/x-image"),
    image=Image(
        tag="a:1",
        digest="sha256:0",
        id="sha256:1",
        layers=(Layer(name="base", digest="sha256:2", diff_id="sha256:3", size=9),),
    ),
)
_BUILT = Built(derivations=("/nix/store/x.drv",), outputs=("/nix/store/x",))
_ROW = Row(name="Nix", needed=True, finding=Finding(state=State.MISSING, found="none", mend="get"))
_CHECK = CheckResult(
    name="imports", holds=False, log="no", warnings=("old",), cases=(Case(name="a"),)
)
_FOUND = verification(DIFFERENT, result(TOOL), result("", Verdict.BUILD_FAILED, nar_hash=""))
_ATTESTED = Attested(
    found=_FOUND, benign=Expected(found={}, covered=frozenset()), file=Path("/x.jsonl")
)
_MISSED = Missed(
    opened=[("magic", "magic")],
    addition=Addition(packages={"magic": "libmagic1"}),
    unread=[("odd", "damaged")],
)
_FAKED: tuple[tuple[ModuleType, str, Any], ...] = (
    (requirements, "add", _LOCKED),
    (requirements, "remove", _LOCKED),
    (locking, "lock", _LOCKED),
    (libraries, "look_ahead", Missed()),
    (libraries, "require_libraries", _MISSED),
    (bring, "fetch", Fetched(needed=3, downloaded=2, size=1)),
    (transfer, "fetch_shim", ""),
    (wheelhouse, "fill", 2),
    (read, "read_lock", LOCK),
    (realise, "build", _BUILT),
    (intact, "require_unchanged", None),
    (make, "image_of", _IMAGE),
    (checks, "run_checks", [_CHECK]),
    (clean, "clean", [Path("/roots/a")]),
    (kernel, "install", Path("/kernels/harness-a")),
    (wheel, "deliver_wheel", Path("dist/own-1-py3-none-any.whl")),
    (pin, "pin", Pinned(input="n", place="p", previous="1", revision="2", hash="h", by=("Nix",))),
    (doctor, "examine", [_ROW]),
    (doctor, "clean", Cleaned(removed=(Left(kind="process", name="12"),))),
    (assess, "verify", _FOUND),
    (against, "against", QUORUM),
    (sign, "attest", _ATTESTED),
)
"""What would ask Nix, an engine or the network, and what it would return."""

_SPEC = 'python = "3.11"\nbase = "debian:bookworm"\ndependencies = []\n'
_SHADOW = '[shadow]\nproduction = "service:1"\nprotocol = "json"\nrecording = "none"\n'
_HAR = {
    "log": {
        "entries": [
            {
                "startedDateTime": "2026-11-23T10:00:00.000Z",
                "request": {"method": "GET", "url": "http://a/x", "headers": []},
                "response": {"status": 200, "headers": [], "content": {"text": "a", "size": 1}},
            }
        ]
    }
}

_KEY = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

_CASES: dict[str, tuple[str, ...]] = {
    "init": ("init", "b"),
    "add": ("add", "a", "six"),
    "remove": ("remove", "a", "six"),
    "lock": ("lock", "a"),
    "lock --check": ("lock", "a", "--check"),
    "fetch": ("fetch", "a"),
    "fetch --wheelhouse": ("fetch", "a", "--wheelhouse", "wheels"),
    "build": ("build", "a"),
    "image": ("image", "a"),
    "test": ("test", "a"),
    "clean": ("clean", "a"),
    "doctor": ("doctor",),
    "doctor --clean": ("doctor", "--clean"),
    "record": ("record", "--from", "a.har", "--format", "har", "--output", "a.rec"),
    "diff": ("diff", "one", "two"),
    "verify": ("verify", "a"),
    "verify --no-shadow": ("verify", "a", "--no-shadow"),
    "verify --against": ("verify", "a", "--against", "one"),
    "attest": ("attest", "a", "--key", "key.pem"),
    "shadow": ("shadow", "--from", "kept"),
    "tool kernel": ("tool", "kernel", "a"),
    "tool library": ("tool", "library"),
    "tool wheel": ("tool", "wheel", "a"),
    "tool pin": ("tool", "pin", "nixpkgs"),
    "shadow of a run that passes": ("shadow", "--from", "passed"),
    "an error": ("build", "nothing"),
    "an error of usage": ("build", "--no-such-option"),
}


@pytest.fixture(name="repository")
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, and what would reach beyond this process replaced by what it returns."""
    (tmp_path / "envs/a").mkdir(parents=True)
    (tmp_path / "envs/a/env.toml").write_text(_SPEC + _SHADOW)
    (tmp_path / "harness.toml").write_text(
        '[[trusted-keys]]\nbuilder = "ann"\npublic-key = "PEM"\n'
    )
    for name in ("one", "two"):
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "a.har").write_text(json.dumps(_HAR))
    (tmp_path / "key.pem").write_bytes(_KEY)
    kept(tmp_path / "kept", 3)
    kept(tmp_path / "passed", 900)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for module, name, returned in _FAKED:
        monkeypatch.setattr(module, name, _returning(returned))
    return tmp_path


def _returning(value: Any) -> Callable[..., Any]:
    return lambda *_, **__: value


def _status(arguments: list[str]) -> object:
    try:
        return _run(arguments)
    except SystemExit as ended:
        return ended.code


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("case", _CASES)
def test_what_a_verb_prints_is_what_its_schema_says(
    case: str, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = _CASES[case]
    status = _status([*arguments, "--json"])
    value = schemas.check(_name(arguments), capfd.readouterr().out)
    assert value.get("exit-code", status) == status
    assert (value.keys() == {"error", "exit-code"}) is case.startswith("an error")


def _name(arguments: Sequence[str]) -> str:
    return arguments[1] if arguments[0] == "tool" else arguments[0]


def _leaves(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _leaves(command)
        elif command:
            yield name, command


def _with_json() -> set[str]:
    return {
        name
        for name, command in _leaves(cli)
        if any("--json" in one.opts for one in command.params)
    }


def test_every_verb_that_prints_json_has_a_schema_and_is_tried() -> None:
    assert schemas.schemas().keys() == _with_json() | {"error"}
    assert {_name(arguments) for arguments in _CASES.values()} == _with_json()
    assert {name for name, _ in _leaves(cli)} - _with_json() == {"shell", "sbom", "completion"}


@pytest.mark.parametrize("verb", schemas.schemas())
def test_a_schema_is_a_schema_and_is_named(verb: str) -> None:
    schema = schemas.schemas()[verb]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:harness:json:{verb}"


def test_the_schema_of_verify_knows_every_verdict() -> None:
    defs = schemas.schemas()["verify"]["$defs"]
    assert defs["verdict"]["enum"] == list(Verdict)
    judgements = defs["comparison"]["properties"]["judgement"]["anyOf"][0]["enum"]
    assert judgements == list(Judgement)


def test_what_no_schema_names_is_found() -> None:
    with pytest.raises(ValidationError, match="'surprise' was unexpected"):
        schemas.check("build", '{"built": {}, "surprise": 1}')
    with pytest.raises(ValidationError, match="is a required property"):
        schemas.check("build", "{}")
