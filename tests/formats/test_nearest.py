from harness.formats.nearest import nearest


def test_names_that_are_most_alike_are_paired_first_come_first_served() -> None:
    assert [*nearest(["a/x", "b/y"], ["b/x", "a/y", "c"])] == [("a/x", "b/x"), ("b/y", "a/y")]
    assert [*nearest(["a", "b"], ["z"])] == [("a", "z")]
    assert [*nearest([], ["z"])] == []
