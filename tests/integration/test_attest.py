"""`harness attest` with real keys on a real environment, and what others make of the statements."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined] # as signer.py says

from harness.attest import signer
from harness.attest.against import against
from harness.attest.core import rebuild, statement
from harness.attest.core.quorum import Quorum, Stance
from harness.attest.core.statement import Statement
from harness.attest.core.trust import TrustedKey
from harness.commands.attest import command
from harness.errors import InputError, IntegrityError, ToolError
from harness.host import process
from harness.host.processors import current_system
from harness.verdict import Verdict
from tests.container.core.test_archive import layout
from tests.derivations import UNSTABLE
from tests.integration import test_verify
from tests.integration.test_verify import Repository
from tests.keys import KeyPair

pytestmark = pytest.mark.nix
repository = test_verify.repository


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, KeyPair]:
    directory = tmp_path_factory.mktemp("keys")
    return {name: KeyPair.made(directory, name) for name in ("ann", "bob", "eve")}


def _attest(key: KeyPair, *arguments: str) -> Result:
    argv = ["a", "--plain", "--key", str(key.file), "--output", "statements", *arguments]
    return CliRunner(catch_exceptions=False).invoke(command, argv)


def _predicates(file: Path) -> dict[str, Any]:
    """Return predicates by type, read without our code."""
    envelopes = map(json.loads, file.read_text().splitlines())
    statements = [json.loads(base64.b64decode(one["payload"])) for one in envelopes]
    return {one["predicateType"]: one["predicate"] for one in statements}


def _file() -> Path:
    (file,) = Path("statements").iterdir()
    return file


def _trust(keys: dict[str, KeyPair], **expires: Any) -> list[TrustedKey]:
    return [
        TrustedKey(
            builder=name, public_key=pair.public, expires=expires.get(name), where=f"key of {name}"
        )
        for name, pair in keys.items()
    ]


def _against(
    repository: Repository, trust: list[TrustedKey], threshold: int | None = None
) -> Quorum:
    return against(
        repository.environment, [Path("statements")], trust, threshold, system=current_system()
    )


def _stances(quorum: Quorum) -> dict[str, str]:
    return {one.builder: one.stance.value for one in quorum.voices}


def _resigned(key: KeyPair, change: Callable[[Statement], Statement], name: str) -> None:
    """Sign what another found after a change of it."""
    line = _file().read_bytes().splitlines()[1]
    said = statement.decode(base64.b64decode(json.loads(line)["payload"]), "x")
    signed = signer.sign(statement.encode(change(said)), signer.key_from(str(key.file)))
    Path("statements", f"{name}.intoto.jsonl").write_bytes(signed + b"\n")


def _with_predicate(**changes: Any) -> Callable[[Statement], Statement]:
    return lambda said: replace(said, predicate={**said.predicate, **changes})


def _of_type(kind: str) -> Callable[[Statement], Statement]:
    return lambda said: replace(said, predicate_type=kind)


def _lie(said: Statement) -> Statement:
    """Claim another content, in accord with itself."""
    subjects = tuple(replace(one, sha256="0" * 64) for one in said.subjects)
    outputs = [{**one, "nar-hash": rebuild.nar_hash("0" * 64)} for one in said.predicate["outputs"]]
    return replace(said, subjects=subjects, predicate={**said.predicate, "outputs": outputs})


def test_signs_provenance_and_what_was_found(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    result = _attest(keys["ann"])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"signed: {_file()}"
    found = _predicates(_file())
    schema = Path(rebuild.__file__).with_name("rebuild.schema.json")
    jsonschema.validate(found["urn:harness:rebuild:v1"], json.loads(schema.read_text()))
    assert found["urn:harness:rebuild:v1"]["verdict"] == "SAME"
    provenance = found["https://slsa.dev/provenance/v1"]
    names = [one["name"] for one in provenance["buildDefinition"]["resolvedDependencies"]]
    assert names[:2] == ["env.toml", "pylock.toml"]
    assert "p0-1-py3-none-any.whl" in names


def test_openssl_and_nix_confirm_what_was_signed(
    repository: Repository, keys: dict[str, KeyPair], tmp_path: Path
) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"])
    envelope = json.loads(_file().read_text().splitlines()[1])
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"]
    (tmp_path / "signed").write_bytes(
        b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    )
    (tmp_path / "sig").write_bytes(base64.b64decode(envelope["signatures"][0]["sig"]))
    (tmp_path / "public").write_text(keys["ann"].public)
    argv = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public", "-rawin"]
    process.check([*argv, "-in", "signed", "-sigfile", "sig"], cwd=tmp_path)
    (subject,) = json.loads(payload)["subject"]
    printed = process.check(["nix-store", "--query", "--hash", subject["name"]])
    base16 = ["nix-hash", "--type", "sha256", "--to-base16"]
    assert process.check([*base16, printed.strip()]).strip() == subject["digest"]["sha256"]


def _bill_of_materials(key: KeyPair) -> dict[str, Any]:
    """Return the last statement, whose signature another reader has checked."""
    envelope = Envelope.from_dict(json.loads(_file().read_text().splitlines()[2]))
    public = signer.public_key(key.public, "key")
    assert isinstance(public, SSlibKey)
    assert set(envelope.verify([public], 1)) == {public.keyid}
    said: dict[str, Any] = json.loads(envelope.payload)
    whole = json.dumps(said["predicate"])
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(whole) is None
    return said


def test_states_what_the_environment_is_made_of(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    statements = []
    for _ in range(2):
        _attest(keys["ann"])
        statements.append(_bill_of_materials(keys["ann"]))
    assert statements[0] == statements[1]
    (subject,), predicate = statements[0]["subject"], statements[0]["predicate"]
    rebuilt = json.loads(
        base64.b64decode(json.loads(_file().read_text().splitlines()[1])["payload"])
    )
    assert [subject] == rebuilt["subject"]
    assert {"p0", "p1", "p2", "bash"} <= {one["name"] for one in predicate["components"]}


def test_states_what_an_image_is_made_of(repository: Repository, keys: dict[str, KeyPair]) -> None:
    spec = repository.environment.spec_path
    spec.write_text(f"{spec.read_text()}\n[image]\ncommand = ['serve']\nuser = 'serving'\n")
    files = [f"echo '{json.dumps(value or {})}' > $out/{name}" for name, value in layout().items()]
    repository.made_by("; ".join(["$mkdir -p $out/blobs/sha256", *files]))
    _attest(keys["ann"])
    (subject,) = _bill_of_materials(keys["ann"])["subject"]
    assert subject == {"name": "serving:latest", "digest": {"sha256": "a" * 64}}


@pytest.mark.parametrize(
    ("kind", "refusals"),
    [("urn:harness:shadow:v1", 0), ("https://cyclonedx.org/bom", 0), ("urn:other", 1)],
)
def test_what_claims_no_rebuild_is_passed_over_and_what_is_unknown_refused(
    repository: Repository, keys: dict[str, KeyPair], kind: str, refusals: int
) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"])
    _resigned(keys["ann"], _of_type(kind), "other")
    found = _against(repository, _trust(keys), 1)
    assert _stances(found) == {"ann": "agrees"}
    assert [kind in one.reason for one in found.refusals] == [True] * refusals


def test_names_the_source_revision_and_that_files_differ_from_it(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for verb in (["init", "-q"], ["add", "envs"], ["commit", "-qm", "one"]):
        process.check([*git, *verb], cwd=repository.root)
    _attest(keys["ann"])
    provenance = _predicates(_file())["https://slsa.dev/provenance/v1"]
    source = provenance["buildDefinition"]["resolvedDependencies"][0]
    commit = process.check(["git", "rev-parse", "HEAD"], cwd=repository.root).strip()
    assert source["digest"] == {"gitCommit": commit}
    assert source["annotations"] == {"dirty": True}


def test_a_difference_is_signed_too(repository: Repository, keys: dict[str, KeyPair]) -> None:
    repository.made_by(f"{UNSTABLE} > $out")
    result = _attest(keys["ann"], "--json")
    assert (result.exit_code, json.loads(result.stdout)["verdict"]) == (1, "DIFFERENT")
    assert _predicates(_file())["urn:harness:rebuild:v1"]["verdict"] == "DIFFERENT"


def test_a_remembered_verdict_is_not_used(repository: Repository, keys: dict[str, KeyPair]) -> None:
    repository.made_by("echo same > $out")
    times = []
    for _ in range(2):
        _attest(keys["ann"])
        (output,) = _predicates(_file())["urn:harness:rebuild:v1"]["outputs"]
        times.append(output["verified-at"])
    assert times[0] <= times[1]
    started = _predicates(_file())["urn:harness:rebuild:v1"]["started"]
    assert times[1] >= started


def test_of_what_cannot_be_built_there_is_nothing_to_sign(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("exit 3")
    with pytest.raises(ToolError, match="a: nothing was built that a statement could speak of"):
        _attest(keys["ann"])
    assert not Path("statements").exists()


def test_the_key_is_read_before_anything_is_built(repository: Repository) -> None:
    repository.made_by("exit 3")
    with pytest.raises(InputError, match="no key can be read"):
        CliRunner(catch_exceptions=False).invoke(command, ["a", "--key", "missing"])


@pytest.mark.parametrize("arguments", [[], ["--key", "a", "--key-command", "b"]])
def test_the_key_is_named_in_one_way(arguments: list[str]) -> None:
    result = CliRunner().invoke(command, ["a", *arguments])
    assert result.exit_code == 2
    assert "name the key by --key or by --key-command" in result.stderr


def test_a_command_may_keep_the_key(repository: Repository, keys: dict[str, KeyPair]) -> None:
    repository.made_by("echo same > $out")
    argv = ["a", "--plain", "--key-command", f"openssl pkey -in {keys['ann'].file}"]
    assert CliRunner(catch_exceptions=False).invoke(command, argv).exit_code == 0
    (file,) = (repository.root / ".harness" / "statements").iterdir()
    key = signer.public_key(keys["ann"].public, "ann")
    assert file.name == f"a.{key.keyid[:16]}.intoto.jsonl"
    assert "PRIVATE" not in file.read_text()


def test_builders_that_found_the_same_agree(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    for name in ("ann", "bob"):
        _attest(keys[name])
    found = _against(repository, _trust(keys))
    assert _stances(found) == {"ann": "agrees", "bob": "agrees"}
    assert (found.verdict, found.threshold, found.silent) == (Verdict.SAME, 2, ("eve",))
    assert _against(repository, _trust(keys), 3).verdict is Verdict.INCONCLUSIVE


def test_a_builder_that_lies_dissents_and_is_shown_though_enough_agree(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"])
    _resigned(keys["eve"], _lie, "eve")
    found = _against(repository, _trust(keys), 1)
    assert _stances(found) == {"ann": "agrees", "eve": "dissents"}
    assert found.verdict is Verdict.SAME
    assert _against(repository, _trust(keys), 2).verdict is Verdict.DIFFERENT
    liar = next(one for one in found.voices if one.builder == "eve")
    assert rebuild.nar_hash("0" * 64) in liar.reasons[0]


def test_a_builder_whose_store_holds_other_bytes_is_told_that_all_others_dissent(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    """The one who asks may be the one who was deceived."""
    repository.made_by(f"{UNSTABLE} > $out")
    _attest(keys["ann"])
    _resigned(keys["bob"], _lie, "bob")
    found = _against(repository, _trust(keys), 1)
    assert _stances(found) == {"ann": "dissents", "bob": "dissents"}
    assert found.verdict is Verdict.DIFFERENT


def test_a_change_of_any_part_of_a_bundle_is_refused(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"])
    file = _file()
    whole = file.read_bytes()
    for index in range(0, len(whole) - 1, len(whole) // 40):
        file.write_bytes(whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        found = _against(repository, _trust(keys), 1)
        assert found.refusals, index
    file.write_bytes(whole)
    assert not _against(repository, _trust(keys), 1).refusals


def test_tampering_is_an_error_of_integrity_whoever_agrees(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"])
    whole = _file().read_bytes()
    middle = len(whole) * 3 // 4
    changed = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    Path("statements", "x.intoto.jsonl").write_bytes(changed)
    found = _against(repository, _trust(keys), 1)
    assert (found.agreeing, found.verdict) == (1, Verdict.CORRUPT)


def test_who_is_not_trusted_is_refused(repository: Repository, keys: dict[str, KeyPair]) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["eve"])
    (found,) = {one.reason for one in _against(repository, _trust({"ann": keys["ann"]})).refusals}
    assert found.startswith("signed by an unknown key, '")


def test_an_expired_statement_is_refused(repository: Repository, keys: dict[str, KeyPair]) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"], "--valid-for", "1")
    assert not _against(repository, _trust(keys)).refusals
    _resigned(keys["ann"], _with_predicate(expires="2001-01-01T00:00:00+00:00"), "old")
    (refusal,) = _against(repository, _trust(keys)).refusals
    assert refusal.reason == "ann: it expired on 2001-01-01T00:00:00+00:00"
    assert not refusal.tampered


def test_an_expired_key_is_refused(repository: Repository, keys: dict[str, KeyPair]) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"])
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    found = _against(repository, _trust(keys, ann=yesterday))
    assert {one.reason for one in found.refusals} == {f"the key of ann expired on {yesterday}"}


def test_a_statement_about_another_derivation_is_refused(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"])
    repository.made_by("echo other > $out")
    _attest(keys["bob"])
    found = _against(repository, _trust(keys), 1)
    assert _stances(found) == {"bob": Stance.AGREES}
    (refusal,) = found.refusals
    assert refusal.reason.startswith("ann: it speaks of another derivation, /nix/store/")


def test_content_that_was_changed_here_is_not_held_against_others(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"])
    path = _predicates(_file())["urn:harness:rebuild:v1"]["outputs"][0]["path"]
    Path(path).chmod(0o644)
    Path(path).write_text("evil\n")
    Path(path).chmod(0o444)
    with pytest.raises(IntegrityError, match="no longer has the content that was built"):
        _against(repository, _trust(keys), 1)


def test_what_is_not_built_here_cannot_be_compared(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"])
    repository.made_by("echo never built > $out")
    with pytest.raises(ToolError, match="a: not built here; run `harness build a`"):
        _against(repository, _trust(keys), 1)


def test_one_key_of_two_builders_would_count_twice(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    repository.made_by("echo same > $out")
    _attest(keys["ann"])
    trust = _trust({"ann": keys["ann"], "twin": keys["ann"]})
    with pytest.raises(InputError, match="key of twin: the same key as key of ann"):
        _against(repository, trust)


def test_a_directory_without_statements_is_named(
    repository: Repository, keys: dict[str, KeyPair]
) -> None:
    Path("statements").mkdir()
    with pytest.raises(InputError, match=r"statements: 0 statements \(\*.intoto.jsonl\)"):
        _against(repository, _trust(keys))
