"""Files in a lock's own tables, written and read back."""

import pytest

from harness.documents.table import Table
from harness.errors import InputError
from harness.lock.core.locked_files import (
    encode_deb,
    encode_debs,
    encode_input,
    encode_interpreter,
    read_deb,
    read_file,
    read_interpreter,
    read_seed,
)
from tests.locks import INTERPRETER, deb, file


def test_what_is_written_of_a_file_is_read_back() -> None:
    assert read_deb(Table(encode_deb(deb("bash")), "t")) == deb("bash")
    assert read_file(Table(encode_input(file("a.whl")), "t")) == file("a.whl")
    assert read_interpreter(Table(encode_interpreter(INTERPRETER), "t")) == INTERPRETER
    assert read_interpreter(Table(encode_interpreter(None), "t")) is None
    seed = {**encode_deb(deb("busybox-static")), "nar-sha256": "0" * 64}
    assert read_seed(Table(seed, "t")).deb == deb("busybox-static")


def test_packages_are_written_in_order() -> None:
    written = encode_debs([deb("tar"), deb("bash")])
    assert [one["package"] for one in written] == ["bash", "tar"]


def test_what_is_no_part_of_a_file_is_named() -> None:
    with pytest.raises(InputError, match="t: more: unknown key"):
        read_file(Table({**encode_input(file("a.whl")), "more": 1}, "t"))
