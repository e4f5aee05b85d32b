import pytest

from harness.project.core.attributes import changing, is_lfs_pointer, is_plain_name


@pytest.mark.parametrize(
    "attribute",
    ["export-subst", "export-ignore", "ident", "eol=crlf", "filter=lfs", "crlf", "crlf=input"],
)
def test_an_attribute_that_changes_files_is_named(attribute: str) -> None:
    assert changing(f"# a\n*.py -diff\n*.txt text {attribute}\n".encode()) == attribute


def test_attributes_that_leave_contents_alone_are_none() -> None:
    assert changing(b"* text=auto\n*.sh eol=lf\n*.png binary -filter\n# x filter=y\n\n") is None


def test_an_attribute_within_a_macro_counts() -> None:
    assert changing(b"[attr]large filter=lfs\n") == "filter=lfs"


def test_a_pointer_is_told_by_its_first_line() -> None:
    assert is_lfs_pointer(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    assert not is_lfs_pointer(b"version 1\n")


@pytest.mark.parametrize("name", ["", ".", "..", ".git", ".GIT", "a/b", "a\0"])
def test_a_name_that_leads_elsewhere_is_none(name: str) -> None:
    assert not is_plain_name(name)
    assert is_plain_name("a b")
