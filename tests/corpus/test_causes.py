"""A part of the corpus through `harness verify`: what varies is seen, and has its name."""

import pytest

from tests.corpus import runner
from tests.corpus.runner import Score

pytestmark = [pytest.mark.nix, pytest.mark.network]

_NAMED = {
    "day-only": {"clock"},
    "uuid4": {"random"},
    "listdir-unsorted": {"directory-order"},
    "string-hash-buckets": {"hash-seed"},
    "build-path": {"build-directory"},
    "archived-modes": {"umask"},
    "strftime-local": {"time-zone"},
    "jobs-in-a-model": {"cores"},
    "only-the-second-output": {"clock"},
    "three-files-three-causes": {"clock", "hash-seed", "build-directory"},
    "digest-of-three": {"host", "hash-seed", "umask"},
    "raw-getrandom-and-host": {"not stable", "host"},
    "steps-lost-by-processes": {"race"},
    "map-order-and-home": {"race", "home"},
    "cycles-and-modes": {"monotonic", "umask"},
    "below-a-hash-of-the-host": {"host", "home"},
    "pex-of-a-build-path": {"build-directory", "umask"},
}
_CLEAN = (
    "clean-process-number",
    "clean-timing-on-stderr",
    "clean-tar",
    "clean-sleep-and-poll",
    "clean-wheel",
    "clean-map-order-sorted",
    "clean-steps-of-both",
)


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    cases = runner.read_cases([*_NAMED, *_CLEAN])
    found = runner.measure(cases.values(), runner.verified, runner.trees())
    return {one.case.name: one for one in found}


@pytest.mark.parametrize("name", _NAMED)
def test_a_build_that_varies_is_given_its_causes_and_no_others(
    scores: dict[str, Score], name: str
) -> None:
    finding = scores[name].finding
    assert finding.varies
    allowed = _NAMED[name] | scores[name].case.allowed
    assert _NAMED[name] <= set(finding.causes) <= allowed


@pytest.mark.parametrize("name", _CLEAN)
def test_a_clean_build_that_looks_suspicious_is_left_alone(
    scores: dict[str, Score], name: str
) -> None:
    finding = scores[name].finding
    assert (finding.varies, finding.causes) == (False, ())
