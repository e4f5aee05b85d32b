"""Rebuilds under changed conditions, in the machine's own sandbox: what is found, what is named."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.commands.verify import command
from tests.derivations import UNSTABLE, Derivations, output

pytestmark = [pytest.mark.nix, pytest.mark.network]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Derivations:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Derivations(tmp_path)


def _verify(*arguments: str) -> Result:
    return CliRunner(catch_exceptions=False).invoke(command, arguments)


def _report(*arguments: str) -> dict[str, Any]:
    result = _verify("--json", *arguments)
    report = json.loads(result.stdout)
    assert report["exit-code"] == result.exit_code
    (found,) = report["environments"]
    return dict(found)


def _factors(found: dict[str, Any]) -> list[set[str]]:
    return [{cause["factor"] for cause in one["causes"]} for one in found["outputs"]]


def test_a_clean_build_is_the_same_with_every_factor_moved(make: Derivations) -> None:
    found = _report(make.build("echo clean > $out"))
    assert found["verdict"] == "SAME"
    assert found["conditions"]["not-exercised"].keys() <= {"instruction-set"}
    assert found["outputs"][0]["not-exercised"] == {}


@pytest.mark.parametrize(
    ("script", "factor"),
    [
        ("umask > $out", "umask"),
        ("pwd > $out", "build-directory"),
        ("echo $NIX_BUILD_CORES > $out", "cores"),
        ("echo $HOME > $out", "home"),
        ("echo ${TZ-} > $out", "time-zone"),
    ],
)
def test_a_factor_that_moves_the_output_is_named(
    make: Derivations, script: str, factor: str
) -> None:
    derivation = make.build(script)
    assert _report(derivation, "--plain")["verdict"] == "SAME"
    found = _report(derivation)
    assert (found["verdict"], _factors(found)) == ("DIFFERENT", [{factor}])
    (cause,) = found["outputs"][0]["causes"]
    assert cause["remedy"]
    assert cause["evidence"][0]["first"] != cause["evidence"][0]["second"]


def test_several_factors_are_named_and_other_outputs_stay_the_same(make: Derivations) -> None:
    script = "mkdir() { $mkdir $1; }; echo same > $out; mkdir $doc; pwd > $doc/p; umask > $doc/u"
    found = _report(make.build(script, outputs=("out", "doc")))
    by_name = {one["output"]: one for one in found["outputs"]}
    assert by_name["out"]["verdict"] == "SAME"
    assert by_name["doc"]["verdict"] == "DIFFERENT"
    assert {one["factor"] for one in by_name["doc"]["causes"]} == {"umask", "build-directory"}


def test_a_build_that_fails_under_a_factor_is_told_apart(make: Derivations) -> None:
    found = _report(make.build('test "$(umask)" = 0022; echo built > $out'))
    assert found["verdict"] == "FAILS WHEN REBUILT"
    assert _factors(found) == [{"umask"}]


def test_only_the_named_factor_is_moved(make: Derivations) -> None:
    derivation = make.build("pwd > $out")
    found = _report(derivation, "--factor", "umask")
    assert (found["verdict"], found["conditions"]["moved"]) == ("SAME", ["umask"])
    assert found["conditions"]["not-exercised"]["clock"] == "not asked for"
    assert _report(derivation, "--factor", "build-directory")["verdict"] == "DIFFERENT"


def test_what_differs_although_everything_is_pinned_is_no_factor(make: Derivations) -> None:
    found = _report(make.build(f"({UNSTABLE}) > $out"))
    assert found["verdict"] == "DIFFERENT"
    (named,) = _factors(found)
    assert named & {"not stable", "host state", "random", "temporary name"}


def test_an_output_stands_for_its_derivation(make: Derivations) -> None:
    derivation = make.build("echo named by its output > $out")
    assert _report(str(output(derivation)))["outputs"][0]["derivation"] == derivation


def test_what_a_derivation_is_built_from_is_verified_only_on_request(make: Derivations) -> None:
    above = make.build("echo below > $out", attribute="above")
    assert len(_report(above)["outputs"]) == 1
    assert len(_report(above, "--recursive")["outputs"]) == 2


def test_a_nix_file_is_evaluated_built_and_verified(make: Derivations, tmp_path: Path) -> None:
    derivation = make.instantiate("echo from a file > $out")
    file = tmp_path / "default.nix"
    file.write_text(f'{{ tool = import "{derivation}"; }}')
    found = _report("--file", str(file), "--attr", "tool")
    assert [one["derivation"] for one in found["outputs"]] == [derivation]
    assert found["verdict"] == "SAME"


def test_a_build_that_fails_is_the_whole_result(make: Derivations) -> None:
    found = _report(make.instantiate("echo no reason >&2; exit 1"))
    assert found["verdict"] == "BUILD FAILED"
    assert "no reason" in found["outputs"][0]["reason"]
