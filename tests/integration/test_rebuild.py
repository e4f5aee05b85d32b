"""Rebuilds of small derivations, in the machine's own store and sandbox."""

import json
import os
import resource
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

import harness
from harness.host import process
from harness.store import nix
from harness.store.derivations import read_derivation
from harness.verdict import Verdict
from harness.verify.core.verdict import OutputResult
from harness.verify.perturb import set_up
from harness.verify.rebuild import Options, verify_derivations
from tests.children import HEARING
from tests.derivations import HOST_STATE, UNSTABLE, Derivations, output

pytestmark = pytest.mark.nix

Verify = Callable[..., dict[str, OutputResult]]


@pytest.fixture
def make(tmp_path: Path) -> Derivations:
    return Derivations(tmp_path)


@pytest.fixture
def verify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Verify:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*tops: str, fresh: bool = False) -> dict[str, OutputResult]:
        results = verify_derivations(
            tops,
            Options(jobs=2, fresh=fresh),
            setup=set_up(),
            kept_below=tmp_path / "kept_below",
        )
        return {result.path: result for result in results}

    return run


@contextmanager
def files_at_once(number: int) -> Iterator[None]:
    """Change the one piece of host state that builders here can see."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_is_built_alike_is_the_same_and_remembered(make: Derivations, verify: Verify) -> None:
    derivation = make.build("echo same > $out")
    (first,) = verify(derivation).values()
    (second,) = verify(derivation).values()
    assert (first.verdict, first.remembered) == (Verdict.SAME, False)
    assert (second.verdict, second.remembered) == (Verdict.SAME, True)
    assert second.verified_at == first.verified_at
    (third,) = verify(derivation, fresh=True).values()
    assert (third.verdict, third.remembered) == (Verdict.SAME, False)


def test_every_build_of_the_closure_is_rebuilt(make: Derivations, verify: Verify) -> None:
    above = make.build("echo same > $out", attribute="above")
    (below,) = read_derivation(above).inputs
    assert set(verify(above)) == {str(output(above)), str(output(below))}


def test_inputs_alone_are_no_data(make: Derivations, verify: Verify) -> None:
    (source,) = read_derivation(make.instantiate("")).sources
    assert verify(source) == {}


def test_a_difference_is_shown_by_file_offset_and_bytes(make: Derivations, verify: Verify) -> None:
    derivation = make.build(f"$mkdir $out; echo same > $out/a; (echo -n pre; {UNSTABLE}) > $out/b")
    (result,) = verify(derivation).values()
    assert result.verdict is Verdict.DIFFERENT
    assert result.trees
    first, rebuilt = (Path(tree, "b").read_bytes() for tree in result.trees)
    (difference,) = result.differences
    assert (difference.path, difference.kind) == ("b", "content")
    assert difference.at
    at = difference.at.offset
    assert at >= 3
    assert first[:at] == rebuilt[:at]
    assert first[at] != rebuilt[at]
    assert first[at:].startswith(difference.at.first)
    assert rebuilt[at:].startswith(difference.at.rebuilt)


def test_both_trees_are_kept_and_nothing_else(make: Derivations, verify: Verify) -> None:
    derivation = make.build(f"{UNSTABLE} > $out")
    before = set(os.listdir("/tmp"))  # noqa: S108 - where Nix builds
    (result,) = verify(derivation).values()
    assert result.trees
    first, rebuilt = map(Path, result.trees)
    assert str(rebuilt.parent / "first") in _roots(first)
    assert rebuilt.read_bytes() != first.read_bytes()
    assert not Path(f"{first}.check").exists()
    left = set(os.listdir("/tmp")) - before  # noqa: S108 - where Nix builds
    assert not {name for name in left if "harness-test" in name}


def _roots(path: Path) -> str:
    argv = ["nix-store", "--query", "--roots", *nix.options(), str(path)]
    return process.check(argv, env=nix.environment())


def test_a_tree_too_deep_to_compare_is_different_all_the_same(
    make: Derivations, verify: Verify
) -> None:
    deep = "path=$out; n=0; while test $n -lt 1500; do path=$path/d; n=$((n + 1)); done"
    derivation = make.build(f"{deep}; $mkdir -p $path; {UNSTABLE} > $path/f")
    (result,) = verify(derivation).values()
    assert result.verdict is Verdict.DIFFERENT
    assert "nested too deeply" in result.reason
    (stable,) = verify(make.build(f"{deep}; $mkdir -p $path")).values()
    assert stable.verdict is Verdict.SAME


@pytest.mark.parametrize("unstable", ["out", "doc"])
def test_all_outputs_are_judged_though_one_differs(
    make: Derivations, verify: Verify, unstable: str
) -> None:
    stable = {"out": "doc", "doc": "out"}[unstable]
    derivation = make.build(f"echo same > ${stable}; {UNSTABLE} > ${unstable}", ("out", "doc"))
    results = verify(derivation)
    assert results[str(output(derivation, stable))].verdict is Verdict.SAME
    assert results[str(output(derivation, unstable))].verdict is Verdict.DIFFERENT


def test_two_outputs_may_differ(make: Derivations, verify: Verify) -> None:
    derivation = make.build(f"{UNSTABLE} > $out; {UNSTABLE} > $doc", ("out", "doc"))
    results = verify(derivation).values()
    assert [result.verdict for result in results] == [Verdict.DIFFERENT, Verdict.DIFFERENT]
    assert all(result.differences and result.trees for result in results)


def test_a_rebuild_that_fails_is_no_difference(make: Derivations, verify: Verify) -> None:
    with files_at_once(200):
        derivation = make.build(f'test "$({HOST_STATE})" = 200; echo built > $out')
    with files_at_once(300):
        (result,) = verify(derivation).values()
    assert result.verdict is Verdict.FAILS_REBUILT
    assert not result.differences


_SAID = (
    "keeping build directory '{victim}'",
    "builder for '/nix/store/{digest}-harness-test.drv' failed due to signal 9 (Killed)",
    '@nix {{"action":"msg","level":0,"msg":"failed due to signal 9 (Killed)","raw_msg":"killed"}}',
)


def test_nothing_that_a_builder_prints_has_it_run_again_or_a_directory_removed(
    make: Derivations, verify: Verify, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    said = (line.format(victim=victim, digest="a" * 32) for line in _SAID)
    speak = "; ".join(f"echo {shlex.quote(line)}" for line in said)
    derivation = make.build(f"{speak}; {HOST_STATE} | {{ read n; test $n != 999; }}; echo a > $out")
    assert [result.verdict for result in verify(derivation).values()] == [Verdict.SAME]
    with files_at_once(999):
        (result,) = verify(derivation, fresh=True).values()
    assert result.verdict is Verdict.FAILS_REBUILT
    assert victim.is_dir()


def test_an_agreement_does_not_unsay_a_difference(make: Derivations, verify: Verify) -> None:
    with files_at_once(200):
        derivation = make.build(f"{HOST_STATE} > $out")
    with files_at_once(300):
        (differs,) = verify(derivation).values()
    with files_at_once(200):
        (agrees,) = verify(derivation).values()
        (anew,) = verify(derivation, fresh=True).values()
    assert differs.verdict is Verdict.DIFFERENT
    assert agrees.verdict is Verdict.DIFFERENT
    assert differs.verified_at in agrees.reason
    assert anew.verdict is Verdict.SAME


def test_what_was_not_built_cannot_be_told(make: Derivations, verify: Verify) -> None:
    (result,) = verify(make.instantiate("exit 1")).values()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.reason.startswith("not in the store: ")


def test_content_addressed_outputs_cannot_be_told(
    make: Derivations, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NIX_CONFIG", "experimental-features = ca-derivations")
    (result,) = verify(make.instantiate("echo > $out", attribute="floating")).values()
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "known only after a build" in result.reason


def _tamper(path: Path) -> None:
    status = path.stat()
    path.chmod(0o644)
    path.write_text("else\n")
    path.chmod(0o444)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_tampered_content_is_corrupt_though_remembered_and_can_be_mended(
    make: Derivations, verify: Verify
) -> None:
    derivation = make.build("echo same > $out")
    verify(derivation)
    _tamper(output(derivation))
    (result,) = verify(derivation).values()
    assert result.verdict is Verdict.CORRUPT
    assert str(output(derivation)) in result.reason
    _mend(result)
    (mended,) = verify(derivation).values()
    assert mended.verdict is Verdict.SAME


def _mend(result: OutputResult) -> None:
    """Do what a report says."""
    program, *arguments = shlex.split(result.reason.split("`")[1])
    argv = [sys.executable, "-m", program, *arguments]
    subprocess.run(argv, check=True, capture_output=True, timeout=120)


def test_nothing_is_rebuilt_from_corrupt_content(make: Derivations, verify: Verify) -> None:
    above = make.build("echo same > $out", attribute="above")
    (below,) = read_derivation(above).inputs
    _tamper(output(below))
    results = verify(above)
    assert results[str(output(below))].verdict is Verdict.CORRUPT
    assert results[str(output(above))].verdict is Verdict.INCONCLUSIVE
    assert "mend" in results[str(output(above))].reason
    process.check(["nix-store", "--realise", "--repair", *nix.options(), below])
    assert {result.verdict for result in verify(above).values()} == {Verdict.SAME}


def test_a_corrupt_derivation_is_told_with_what_removes_it(
    make: Derivations, verify: Verify
) -> None:
    derivation = make.build("echo same > $out")
    content = Path(derivation).read_bytes()
    Path(derivation).chmod(0o644)
    Path(derivation).write_bytes(content.replace(b"echo same", b"echo SAME"))
    (told, inconclusive) = verify(derivation).values()
    assert (told.path, told.verdict) == (derivation, Verdict.CORRUPT)
    assert inconclusive.verdict is Verdict.INCONCLUSIVE
    _mend(told)
    assert not Path(derivation).exists()


def test_content_that_is_gone_is_corrupt(make: Derivations, verify: Verify) -> None:
    derivation = make.build("echo same > $out")
    output(derivation).unlink()
    (result,) = verify(derivation).values()
    assert result.verdict is Verdict.CORRUPT
    _mend(result)
    assert output(derivation).read_text() == "same\n"


def test_what_an_interrupted_run_left_is_no_difference(make: Derivations, verify: Verify) -> None:
    derivation = make.build("echo same > $out")
    leftover = Path(f"{output(derivation)}.check")
    leftover.write_text("half")
    (result,) = verify(derivation).values()
    assert result.verdict is Verdict.SAME
    assert not leftover.exists()


_VERIFY = """
import sys
from pathlib import Path
from harness.verify.perturb import set_up
from harness.verify.rebuild import Options, verify_derivations
verify_derivations(
    sys.argv[1:], Options(jobs=2), setup=set_up(), kept_below=Path("kept_below")
)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_is_made_good_by_the_next(
    make: Derivations, verify: Verify, tmp_path: Path, how: signal.Signals
) -> None:
    busy = "n=0; while test $n -lt 300000; do n=$((n + 1)); done"
    derivation = make.build(f"{busy}; echo same > $out")
    argv = [*HEARING, sys.executable, "-c", _VERIFY, derivation]
    environment = {**os.environ, "PYTHONPATH": str(Path(harness.__file__).parents[1])}
    with subprocess.Popen(
        argv, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL, process_group=0
    ) as running:
        while "--check" not in _children(running.pid):
            assert running.poll() is None
        os.killpg(running.pid, how) if how is signal.SIGINT else running.kill()
    (result,) = verify(derivation).values()
    assert (result.verdict, result.remembered) == (Verdict.SAME, False)
    assert not Path(f"{output(derivation)}.check").exists()


def _children(pid: int) -> str:
    """Return the command lines of what the threads of a process have started."""
    lines = ""
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in listed.read_text().split():
                lines += Path(f"/proc/{child}/cmdline").read_text()
    return lines


def test_forged_memory_is_not_believed(make: Derivations, verify: Verify, tmp_path: Path) -> None:
    derivation = make.build(f"{UNSTABLE} > $out")
    verify(derivation)
    (file,) = (tmp_path / "state/harness/verdicts").iterdir()
    forged = file.read_text().replace("DIFFERENT", "SAME")
    file.write_text(forged)
    file.chmod(0o666)
    (result,) = verify(derivation).values()
    assert (result.verdict, result.remembered) == (Verdict.DIFFERENT, False)


def test_reads_a_derivation_as_nix_does(make: Derivations) -> None:
    path = make.instantiate('echo "a\\b" > $out\n\t# \N{SNOWMAN}', ("out", "doc"))
    argv = ["nix", "--extra-experimental-features", "nix-command"]
    for verb in (["show-derivation"], ["derivation", "show"]):
        completed = process.run([*argv, *verb, path], env=nix.environment())
        if completed.status == 0:
            break
    shown = json.loads(completed.stdout)
    (expected,) = shown.get("derivations", shown).values()
    found = read_derivation(path)
    assert found.environment == expected["env"]
    assert list(found.arguments) == expected["args"]
    assert (found.system, found.builder) == (expected["system"], expected["builder"])
    assert set(found.outputs) == set(expected["outputs"])
