import pytest

from harness.verify.core.factors.rows import registered
from harness.verify.core.factors.setting import moving, pinned_but

NAMES = registered().names


@pytest.mark.parametrize("cpus", [1, 2, 3, 5])
def test_moved_counts_are_not_those_of_the_machine(cpus: int) -> None:
    setting = moving(NAMES, cpus=cpus)
    assert setting.cores not in {0, 1, cpus}
    assert f"cpus {cpus}\n" not in setting.shim
    assert f"OMP_NUM_THREADS={cpus}\n" not in setting.shim


@pytest.mark.parametrize(("cpus", "moved"), [(1, 2), (2, 1), (64, 1)])
def test_a_builder_is_told_of_another_number_of_processors_and_pinned_of_all(
    cpus: int, moved: int
) -> None:
    assert moving({"cpus"}, cpus=cpus).shim == f"cpus {moved}\n"
    assert f"cpus {cpus}\n" in pinned_but((), {"cpus"}, cpus=cpus).shim


def test_pinned_libraries_have_one_thread_and_nproc_still_counts() -> None:
    pinned, moved = pinned_but((), {"threads"}, cpus=3).shim, moving({"threads"}, cpus=3).shim
    assert "env OPENBLAS_NUM_THREADS=1\n" in pinned
    assert "OMP_NUM_THREADS" not in pinned
    assert "env OMP_NUM_THREADS=5\nenv OPENBLAS_NUM_THREADS=5\n" in moved
