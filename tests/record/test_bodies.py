import pytest

from harness.record import bodies
from harness.record.bodies import Bodies, Room


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_EXCHANGE", 10)
    monkeypatch.setattr(bodies, "MAX_HELD", 15)


def test_bodies_are_held_in_order_and_their_room_is_given_back() -> None:
    room = Room()
    held = Bodies(room)
    held.add(held.asked, b"ab")
    held.add(held.answered, b"cde")
    held.add(held.asked, b"f")
    assert (held.asked, held.answered, room.held) == ([b"ab", b"f"], [b"cde"], 6)
    held.release()
    assert room.held == 0


def test_what_is_too_large_is_let_go_as_a_whole_and_nothing_more_is_held() -> None:
    room = Room()
    held = Bodies(room)
    held.add(held.asked, bytes(10))
    assert held.whole
    held.add(held.answered, b"x")
    assert (held.whole, held.asked, held.answered, room.held) == (False, [], [], 0)
    held.add(held.asked, b"more")
    held.release()
    assert (held.asked, room.held) == ([], 0)


def test_what_is_too_much_of_all_exchanges_costs_the_last_one() -> None:
    room = Room()
    first, second = Bodies(room), Bodies(room)
    first.add(first.asked, bytes(9))
    second.add(second.asked, bytes(7))
    assert (first.whole, second.whole, room.held) == (True, False, 9)
