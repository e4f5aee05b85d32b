import pytest

from harness.project.core.others.conda_names import index_name


@pytest.mark.parametrize(
    ("conda", "name"),
    [
        ("numpy", "numpy"),
        ("PyTorch", "torch"),
        ("matplotlib-base", "matplotlib"),
        ("huggingface_hub", "huggingface-hub"),
        ("typing_extensions", "typing-extensions"),
        ("openssl", None),
        ("libgcc-ng", None),
    ],
)
def test_only_packages_that_are_known_have_a_name_in_the_index(
    conda: str, name: str | None
) -> None:
    assert index_name(conda) == name
