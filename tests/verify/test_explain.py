from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.store.core.derivation import Derivation, Output
from harness.verdict import Verdict
from harness.verify.core.factors.conditions import Conditions
from harness.verify.core.verdict import OutputResult
from harness.verify.explain import explain
from harness.verify.perturb import Perturber, Setup

_CONDITIONS = Conditions(nix="2.8.0", processor="x", cpus=1, moved=frozenset(["clock"]))


def test_a_tree_that_is_gone_ends_the_search_of_its_output_and_no_more(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    derivation = Derivation(
        outputs={"out": Output(path=gone, hash_algorithm="", hash="")},
        inputs={},
        sources=(),
        system="",
        builder="",
        arguments=(),
        environment={},
    )
    result = OutputResult(
        derivation="/nix/store/a.drv",
        output="out",
        path=gone,
        verdict=Verdict.DIFFERENT,
        trees=(gone, str(tmp_path)),
    )
    perturber = Perturber(Setup(conditions=_CONDITIONS), jobs=1)
    with pytest.raises(ToolError, match="gone: cannot be read: No such file"):
        explain("/nix/store/a.drv", derivation, [result], perturber, 60)
    same = OutputResult(derivation="", output="out", path=gone, verdict=Verdict.SAME)
    assert explain("/nix/store/a.drv", derivation, [same], perturber, 60) == [same]
