import pytest

from harness.formats.change import At, Place, Step
from harness.verify.core.factors.rows import registered
from harness.verify.core.hints import FILE_TIME, HOST_STATE, RACE, TEMPORARY_NAME
from harness.verify.core.instability import NEW_TIME, REAL_TIME, UNSTABLE
from harness.verify.core.places import REMEDIES, remedy

_MEMBER = Step(At.MEMBER, "a.py")
_GZIP = Step(At.HEADER, "gzip")


@pytest.mark.parametrize(
    ("cause", "path", "form", "place", "said"),
    [
        ("clock", "a.whl", "zip", (_MEMBER,), "SOURCE_DATE_EPOCH"),
        (FILE_TIME, "a", "zip", (Step(At.MEMBER, "a.dist-info/WHEEL"),), "SOURCE_DATE_EPOCH"),
        (FILE_TIME, "a", "zip", (_MEMBER,), "ZipInfo"),
        (FILE_TIME, "a.tar.gz", "gzip", (Step(At.INSIDE, "tar"), _MEMBER), "tar --sort=name"),
        (FILE_TIME, "a.deb", "ar", (_MEMBER,), "ar -D"),
        (FILE_TIME, "a.deb", "ar", (_MEMBER, Step(At.INSIDE, "xz")), "tar --sort=name"),
        ("clock", "a.gz", "gzip", (_GZIP,), "gzip -n"),
        ("clock", "a", "zip", (_MEMBER, Step(At.INSIDE, "gzip"), _GZIP), "gzip -n"),
        ("clock", "a.ipynb", "notebook", (Step(At.CELL, 1),), "nbstripout"),
        ("monotonic", "a.zip", "zip", (_MEMBER, Step(At.INSIDE, "notebook")), "nbstripout"),
        (FILE_TIME, "a.pyc", "pyc", (), "unchecked-hash"),
        ("clock", "plot.svg", "XML", (), "Date"),
        ("clock", "plot", "XML", (Step(At.TAG, "svg/metadata/dc:date"),), "Date"),
        ("clock", "plot.pdf", "PDF", (), "SOURCE_DATE_EPOCH"),
        ("clock", "a.h5", "HDF5", (), "track_times"),
        ("clock", "a.db", "SQLite", (Step(At.ROW, 1),), "datetime"),
        ("build-directory", "a.onnx", "ONNX", (), "doc_string"),
        ("build-directory", "a.o", "ELF", (), "prefix-map"),
        ("build-directory", "a.whl", "zip", (_MEMBER, Step(At.INSIDE, "ELF")), "prefix-map"),
        (UNSTABLE, "root.squashfs", "binary", (), "mksquashfs"),
        (UNSTABLE, "src/.git/index", "binary", (), ".git"),
        (UNSTABLE, "initrd.cpio", "binary", (), "cpio"),
        ("umask", "a.zip", "zip", (_MEMBER,), "external_attr"),
    ],
)
def test_a_remedy_fits_the_place(cause: str, path: str, form: str, place: Place, said: str) -> None:
    assert said in remedy(cause, path, form, place)


def test_elsewhere_there_is_no_special_remedy() -> None:
    assert remedy("clock", "a.txt", "text", (Step(At.LINE, 1),)) == ""
    assert remedy("host", "a.whl", "zip", (_MEMBER,)) == ""


def test_rows_name_known_causes_only() -> None:
    known = {
        *registered().names,
        NEW_TIME,
        REAL_TIME,
        UNSTABLE,
        FILE_TIME,
        HOST_STATE,
        RACE,
        TEMPORARY_NAME,
    }
    assert {cause for row in REMEDIES for cause in row.remedies} <= known
    assert len({row.name for row in REMEDIES}) == len(REMEDIES)
