from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from harness.project.core.addressed import (
    Addressed,
    Commit,
    addressed,
    commit_of,
    commits,
    with_hash,
)
from harness.project.core.spec import join

_HASH = "ab" * 32
_FILE = "torch-2.9.1+cpu-cp311-cp311-linux_x86_64.whl"
_URL = f"https://wheels.invalid/cpu/{_FILE.replace('+', '%2B')}"


def test_a_wheel_by_address_is_its_file_name_address_and_hash() -> None:
    wheel = addressed(Requirement(f"Torch[x] @ {_URL}#sha256={_HASH} ; python_version > '3'"))
    assert wheel == Addressed(file=_FILE, url=_URL, sha256=_HASH)
    assert addressed(Requirement("torch>=2")) is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("git+https://forge.invalid/a.git@v1", "write @ and all 40 digits"),
        ("git+https://forge.invalid/a.git", "write @ and all 40 digits"),
        (f"git+https://h.invalid/a@{'1' * 40}#subdirectory=../b", "a plain path in the repository"),
        (f"git+https://h.invalid/a@{'1' * 40}#egg=b", "a plain path in the repository"),
        (f"git+ssh://git@h.invalid/a@{'1' * 40}", "an address begins with http"),
        (f"git+https://u:s3cret@h.invalid/a@{'1' * 40}", "with a user, a query or a secret"),
        ("hg+https://h.invalid/a", "of repositories those of git are read"),
        ("file:///srv/a-1-py3-none-any.whl", "an address begins with http"),
        ("https://u:s3cret@h.invalid/a-1-py3-none-any.whl", "with a user, a query or a secret"),
        ("https://h.invalid/a-1-py3-none-any.whl?token=s3cret", "with a user, a query or a secret"),
        ("https://h.invalid/;a-1-py3-none-any.whl", "with a user, a query or a secret"),
        ("https://h.invalid/a-1-py3-none-any.whl#md5=00", "is not sha256= and 64 hex digits"),
        (f"https://h.invalid/a-1-py3-none-any.whl#sha256={_HASH.upper()}", "in lower case"),
        ("https://h.invalid/a-1.tar.gz", "an address that is none of a wheel"),
        ("https://h.invalid/a.whl", "'a.whl' is not the name of a wheel"),
        ("https://h.invalid/b-1-py3-none-any.whl", "'b-1-py3-none-any.whl' is a wheel of b"),
    ],
)
def test_what_is_no_wheel_s_address_is_refused_without_its_secrets(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as error:
        addressed(Requirement(f"a @ {url}"))
    assert "s3cret" not in str(error.value)


def test_a_hash_is_added_where_none_is_told() -> None:
    requirement = Requirement(f"torch[x] @ {_URL} ; python_version > '3'")
    wheel = addressed(requirement)
    assert wheel
    assert wheel.sha256 is None
    made = Requirement(str(with_hash(requirement, wheel, _HASH)))
    assert (made.extras, str(made.marker)) == ({"x"}, 'python_version > "3"')
    assert addressed(made) == Addressed(file=_FILE, url=_URL, sha256=_HASH)


def test_an_address_replaces_versions_and_versions_replace_an_address() -> None:
    versions, address = Requirement("torch[a]>=2"), Requirement(f"torch[b] @ {_URL}")
    assert join(versions, address).url == _URL
    assert join(address, versions).url is None
    assert join(address, Requirement("torch")).url == _URL


def test_a_commit_is_its_repository_s_address_and_all_its_digits() -> None:
    requirement = Requirement(f"Own_Pkg[x] @ git+https://forge.invalid/team/own.git@{'1' * 40}")
    commit = Commit(url="https://forge.invalid/team/own.git", commit="1" * 40)
    assert commit_of(requirement) == commit
    assert addressed(requirement) is None
    below = f"{commit.requirement}#subdirectory=libs/own-2.x"
    assert commit_of(Requirement(f"a @ {below}")) == replace(commit, directory="libs/own-2.x")
    assert replace(commit, directory="libs/own-2.x").requirement == below
    assert commits([str(requirement), "click", f"a @ {_URL.replace('torch', 'a')}"]) == {
        "own-pkg": commit
    }


@given(path=st.text(max_size=40), fragment=st.text(max_size=80))
def test_any_address_is_read_or_refused(path: str, fragment: str) -> None:
    requirement = Requirement("a")
    requirement.url = f"https://h.invalid/{path}#{fragment}"
    try:
        wheel = addressed(requirement)
    except ValueError:
        return
    assert wheel
    assert wheel.file.startswith("a-")
