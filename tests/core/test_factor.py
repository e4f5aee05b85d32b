from harness.core.factor import Conditions


def test_a_rebuild_that_moves_nothing_says_so() -> None:
    assert str(Conditions(nix="2.8.0", processor="EPYC", cpus=2)) == (
        "a plain rebuild, Nix 2.8.0, 2 CPUs (EPYC)"
    )


def test_moved_factors_are_named_in_order() -> None:
    moved = Conditions(nix="2.8.0", processor="EPYC", cpus=2, moved=frozenset({"umask", "clock"}))
    assert str(moved).startswith("moved clock, umask, ")
    assert moved.as_object() == {
        "moved": ["clock", "umask"],
        "nix": "2.8.0",
        "processor": "EPYC",
        "cpus": 2,
    }
