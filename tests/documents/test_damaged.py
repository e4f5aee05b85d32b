import struct
import zlib

import pytest

from harness.documents.damaged import reading
from harness.errors import InputError, IntegrityError, ToolError


@pytest.mark.parametrize(
    "error", [zlib.error("no\n stream"), struct.error("no stream"), ValueError("no stream")]
)
def test_a_librarys_error_names_the_file(error: Exception) -> None:
    with pytest.raises(InputError, match=r"^a\.whl: damaged: no stream$"), reading("a.whl"):
        raise error


def test_an_error_without_words_is_called_by_its_kind() -> None:
    with (
        pytest.raises(IntegrityError, match=r"^x: damaged: EOFError$"),
        reading("x", IntegrityError),
    ):
        raise EOFError


def test_what_is_no_damage_passes() -> None:
    with pytest.raises(ToolError, match=r"^mine$"), reading("x"):
        raise ToolError("mine")
