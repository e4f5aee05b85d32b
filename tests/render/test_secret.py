import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.render.secret import hidden_path, is_secret_name, without_issued

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("x-amz-signature", True), ("sig", True), ("x-goog-credential", True), ("api_key", True),
        ("access_token", True), ("page", False), ("design", False), ("author", False),
    ],
)  # fmt: skip
def test_a_name_says_what_is_secret(name: str, is_one: bool) -> None:
    assert is_secret_name(name) == is_one


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/a;token=pw/simple", "/a;.../simple"),
        ("/a%3Btoken=pw/simple", "/a;.../simple"),
        ("/a;jsessionid=pw", "/a;..."),
        ("/token=pw/simple", "/token=.../simple"),
        ("/X-Amz-Signature%3Dpw/a", "/X-Amz-Signature=.../a"),
        ("/token/1234abcd/simple", "/token/.../simple"),
        ("/t/ab-12345678-abcdefgh/get", "/t/.../get"),
        (f"/{JWT}/simple", "/.../simple"),
        ("/ghp_0123456789abcdefghijABCD/x", "/.../x"),
        ("/basic/glpat-0123456789abcdefghij/x", "/basic/.../x"),
        ("/pK7wQ2xZ9LmB4tRv/org/simple", "/.../org/simple"),
        ("/1f2e3d4c5b6a79880123456789abcdef0011223344556677/org", "/.../org"),
    ],
)
def test_secrets_of_a_path_are_hidden(path: str, shown: str) -> None:
    assert hidden_path(path) == shown


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/packages/ab/cd/" + "1f" * 30 + "/numpy-2.4.6-cp311-cp311-manylinux_2_27_x86_64.whl",
        "/" + "1f" * 32,
        "/debian/pool/main/t/tomcat10/tomcat10_10.1.6-1_all.deb",
        "/token/simple/date=2024-01-01",
        "/MyCompanyFeed2024/My-Org-Internal-Feed2-Python3/simple",
        "/Written2Gether4Everyone/PyTorch2-CUDA12-ROCm6",
        "/2f6c1d58-9c1b-4f57-8a35-0d7e0a3b1c55/_packaging",
    ],
)
def test_words_digests_and_versions_are_shown(path: str) -> None:
    assert hidden_path(path) == path


@given(st.text())
def test_what_is_hidden_once_stays_as_it_is(path: str) -> None:
    assert hidden_path(hidden_path(path)) == hidden_path(path)


@given(st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.from_regex(r"s3\w{1,30}", fullmatch=True))
def test_no_path_parameter_is_shown(name: str, value: str) -> None:
    for mark in (";", "%3b", "%3B"):
        assert not re.search("s3", hidden_path(f"/simple{mark}{name}={value}/x"))


def test_a_token_is_found_as_a_whole_part_alone() -> None:
    assert without_issued(f"https://h/{JWT}?a=1", "-") == "https://h/-?a=1"
    assert without_issued(f"/a-{JWT}/b", "-") == f"/a-{JWT}/b"
