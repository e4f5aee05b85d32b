from harness.attest.core.predicate import Predicate, is_silent


def test_only_a_rebuild_says_which_bytes_were_built() -> None:
    assert [one for one in Predicate if one.claims] == [Predicate.REBUILD]


def test_a_type_that_nobody_knows_is_not_passed_over() -> None:
    assert is_silent(Predicate.PROVENANCE.value)
    assert not is_silent(Predicate.REBUILD.value)
    assert not is_silent("https://elsewhere.invalid/v1")
