import pytest

from harness.shadow.core.observers.one_sided import OneSided


def after(*requests: tuple[bool, bool]) -> OneSided:
    bets = OneSided()
    for production, candidate in requests:
        bets.observe(production, candidate)
    return bets


NEITHER, OURS, THEIRS = (False, False), (False, True), (True, False)


def test_a_stretch_of_requests_is_one_event() -> None:
    assert after(*[OURS] * 31).against == after(OURS, *[NEITHER] * 30).against > 1
    assert after(*[OURS] * 30).against == 1


def test_a_block_that_both_arms_share_evenly_says_nothing() -> None:
    shared = after(*[*[OURS] * 15, *[THEIRS] * 15, NEITHER] * 20)
    assert (shared.against, shared.candidate_only, shared.production_only) == (1, 300, 300)


@pytest.mark.parametrize(("blocks", "failed"), [(12, False), (13, True)])
def test_thirteen_blocks_of_the_candidates_alone_prove_it_worse(blocks: int, failed: bool) -> None:
    assert after(*[OURS, *[NEITHER] * 30] * blocks).failed is failed
