import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.build.core.kernelspec import kernel_name, kernelspec, repository_of
from harness.errors import InputError


def test_a_kernel_is_called_as_jupyter_lists_it() -> None:
    assert kernel_name("Science", None) == "harness-science"
    assert kernel_name("Science", "mine.2") == "mine.2"


@pytest.mark.parametrize("name", ["A", "a b", "../x", "..", "a/b", "x" * 101, "a\n"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="small letters"):
        kernel_name("science", name)


def test_the_kernel_starts_in_the_environment_wherever_its_notebook_is() -> None:
    spec = kernelspec(["/opt/harness"], "/srv/repo", "science", "shown")
    inside = ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    shell = ["/opt/harness", "shell", "--repository", "/srv/repo", "science", "--"]
    assert spec["argv"] == [*shell, *inside]
    assert (spec["language"], spec["display_name"]) == ("python", "shown")


def test_only_our_kernels_name_a_repository() -> None:
    ours = b'{"metadata": {"harness": {"repository": "/srv/repo"}}}'
    assert repository_of(ours) == "/srv/repo"
    for text in (b"{}", b"[]", b"\xff", b'{"metadata": []}', b"[" * 100_000):
        assert repository_of(text) is None


@given(st.binary())
def test_a_damaged_file_is_no_kernel_of_ours(text: bytes) -> None:
    assert repository_of(text) is None
