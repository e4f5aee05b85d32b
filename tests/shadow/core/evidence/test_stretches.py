from harness.shadow.core.evidence.alone import BLOCK
from harness.shadow.core.evidence.stretches import Stretches


def _numbers(*asked: tuple[str, bool]) -> list[int]:
    stretches = Stretches()
    return [stretches.observe(request, replayed=replayed) for request, replayed in asked]


def test_a_stretch_ends_after_so_many_requests() -> None:
    numbers = _numbers(*((str(number % 10), False) for number in range(2 * BLOCK + 1)))
    assert numbers == [0] * BLOCK + [1] * BLOCK + [2]


def test_each_round_of_replays_is_a_stretch() -> None:
    again = [("a", True), ("b", True), ("a", True), ("b", True), ("a", True)]
    assert _numbers(("c", False), *again, ("c", False)) == [0, 1, 1, 2, 2, 3, 4]
