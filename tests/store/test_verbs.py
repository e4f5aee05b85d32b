import inspect

from harness.store.verbs import NIX, Store
from tests.fake_store import FakeStore


def test_this_machines_store_and_the_one_in_memory_do_all_that_is_asked_of_a_store() -> None:
    verbs = {
        name for name, one in vars(Store).items() if inspect.isfunction(one) and name[0] != "_"
    }
    assert len(verbs) > 20
    for store in (type(NIX), FakeStore):
        assert {name for name in verbs if not callable(getattr(store, name, None))} == set()
