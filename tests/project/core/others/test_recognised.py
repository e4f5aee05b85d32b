import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.project.core.others.recognised import Kind, recognised


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", Kind.REQUIREMENTS),
        ("# nothing\nnumpy>=2\nversion == 1\n", Kind.REQUIREMENTS),
        ("version = 1\n[[package]]\nname = 'a'\n", Kind.UV),
        ("[[package]]\n[metadata]\nlock-version = '2.1'\ncontent-hash = 'x'\n", Kind.POETRY),
        ("version: 6\nenvironments: {}\npackages: []\n", Kind.PIXI),
        ("version: 1\nmetadata: {}\npackage: []\n", Kind.CONDA_LOCK),
        ("name: x\ndependencies:\n- numpy\n", Kind.CONDA),
        ("channels : [x]\n", Kind.CONDA),
        ("# by uv\nlock-version = '1.0'\n", Kind.PYLOCK),
        ("[[packages]]\nname = 'a'\n", Kind.PYLOCK),
    ],
)
def test_a_file_is_known_by_what_is_in_it(text: str, kind: Kind) -> None:
    assert recognised(text.encode()) is kind


@given(st.binary())
def test_any_bytes_are_of_some_kind(data: bytes) -> None:
    assert recognised(data) in Kind
