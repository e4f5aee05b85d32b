import pytest

from harness.verify.core.factor import NAMES
from harness.verify.core.hints import FILE_TIME, HOST_STATE, RACE, TEMPORARY_NAME
from harness.verify.core.instability import NEW_TIME, REAL_TIME, UNSTABLE
from harness.verify.core.places import PLACES, remedy


@pytest.mark.parametrize(
    ("cause", "path", "form", "field", "said"),
    [
        ("clock", "a.whl", "zip", "member a.py: modification time", "SOURCE_DATE_EPOCH"),
        (FILE_TIME, "a", "zip", "member a.dist-info/WHEEL: modification time", "SOURCE_DATE_EPOCH"),
        (FILE_TIME, "a", "zip", "member a.py: modification time", "ZipInfo"),
        (FILE_TIME, "a.tar.gz", "gzip", "gzip content: member a: mtime", "tar --sort=name"),
        ("clock", "a.gz", "gzip", "gzip header mtime", "gzip -n"),
        ("clock", "a.ipynb", "notebook", "cell 1 metadata.execution", "nbstripout"),
        ("monotonic", "nb", "JSON", "cell 1 output 1 text", "nbstripout"),
        (FILE_TIME, "a.pyc", "pyc", "pyc header mtime", "unchecked-hash"),
        ("clock", "plot.svg", "XML", "dc:date", "Date"),
        ("clock", "plot.pdf", "PDF", "/CreationDate", "SOURCE_DATE_EPOCH"),
        ("clock", "a.h5", "HDF5", "object / modification time", "track_times"),
        ("clock", "a.db", "SQLite", "row 1", "datetime"),
        ("build-directory", "a.onnx", "ONNX", "doc_string", "doc_string"),
        ("build-directory", "a.o", "ELF", "section .debug_str", "prefix-map"),
        (UNSTABLE, "root.squashfs", "binary", "bytes", "mksquashfs"),
        (UNSTABLE, "src/.git/index", "binary", "bytes", ".git"),
        (UNSTABLE, "initrd.cpio", "binary", "bytes", "cpio"),
        ("umask", "a.zip", "zip", "member a: external attributes", "external_attr"),
    ],
)
def test_a_remedy_fits_the_place(cause: str, path: str, form: str, field: str, said: str) -> None:
    assert said in remedy(cause, path, form, field)


def test_elsewhere_there_is_no_special_remedy() -> None:
    assert remedy("clock", "a.txt", "text", "line 1") == ""
    assert remedy("host", "a.whl", "zip", "member a.py: line 1") == ""


def test_rows_name_known_causes_only() -> None:
    known = {*NAMES, NEW_TIME, REAL_TIME, UNSTABLE, FILE_TIME, HOST_STATE, RACE, TEMPORARY_NAME}
    assert {cause for row in PLACES for cause in row.remedies} <= known
    assert len({row.name for row in PLACES}) == len(PLACES)
