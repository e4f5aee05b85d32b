from harness.project.core.others.losses import Loss, listed


def test_losses_with_one_reason_are_told_together() -> None:
    losses = [
        Loss(name="a", reason="no"),
        Loss(name="b", reason="for another"),
        Loss(name="c", reason="no"),
    ]
    assert listed(losses) == "a, c (no); b (for another)"
