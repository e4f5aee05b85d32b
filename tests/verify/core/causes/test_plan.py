from harness.verify.core.causes.plan import FAILURE, Found

A, B, C = ("out", "a"), ("out", "b"), ("dev", "a")


def test_what_is_neither_moved_nor_unstable_is_unexplained_in_the_order_asked() -> None:
    found = Found(causes={frozenset(["clock"]): {A}}, unstable={B})
    assert found.unexplained([C, A, FAILURE, B]) == [C, FAILURE]


def test_a_file_of_one_output_does_not_explain_that_of_another() -> None:
    assert Found(causes={frozenset(["clock"]): {A}}).unexplained([A, C]) == [C]
