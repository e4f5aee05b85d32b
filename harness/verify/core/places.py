"""In what a cause shows: the formats and tools that have remedies of their own.

A place is recognised by a file's path, by its format or that of what lies inside it, by a step, or
by names that the file itself holds; the first row that fits counts, so that what is inside comes
before what is around it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.formats.change import At, Place, Step, own_words
from harness.verify.core.hints import FILE_TIME
from harness.verify.core.instability import NEW_TIME, REAL_TIME, UNSTABLE

_EPOCH = "-d @$SOURCE_DATE_EPOCH"
_TIMES = ("clock", REAL_TIME, NEW_TIME, FILE_TIME)
_ORDERS = ("directory-order", "hash-seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row: patterns of a path, of a member's and of any other name, formats, steps, remedies."""

    name: str
    path: str = "(?!)"
    member: str = "(?!)"
    own: str = "(?!)"
    formats: frozenset[str] = frozenset()
    steps: frozenset[Step] = frozenset()
    remedies: dict[str, str]

    def holds(self, path: str, form: str, at: Place) -> bool:
        """Return whether a place in a file is in this one."""
        forms = {form, *(step.value for step in at if step.at is At.INSIDE)}
        members = (str(step.value) for step in at if step.at is At.MEMBER)
        return bool(
            not self.formats.isdisjoint(forms)
            or not self.steps.isdisjoint(at)
            or re.search(self.path, path, re.IGNORECASE)
            or re.search(self.own, own_words(at))
            or any(re.search(self.member, member) for member in members)
        )


def _for(causes: Iterable[str], remedy: str) -> dict[str, str]:
    return dict.fromkeys(causes, remedy)


_NOTEBOOK = (
    "strip what a run leaves in a notebook: metadata.execution, execution counts and outputs "
    "(nbstripout, or jupyter nbconvert --clear-output)"
)
_WHEEL = (
    "set SOURCE_DATE_EPOCH when the wheel is built: setuptools, flit, hatchling and poetry take "
    "the times of its members from there"
)
_ZIP = (
    f"give members one time (ZipInfo with a fixed date_time; touch {_EPOCH} on the files, then "
    "zip -X with TZ=UTC)"
)
_TAR = "tar --sort=name --mtime=@$SOURCE_DATE_EPOCH --owner=0 --group=0 --numeric-owner --mode=..."

REMEDIES: tuple[Row, ...] = (
    Row(
        name="notebook",
        path=r"\.ipynb\b",
        formats=frozenset(["notebook"]),
        remedies={
            **_for((*_TIMES, "monotonic", "random", UNSTABLE, "address-layout"), _NOTEBOOK),
        },
    ),
    Row(
        name="pyc",
        path=r"\.pyc\b",
        formats=frozenset(["pyc"]),
        remedies={
            **_for(_TIMES, "compile with --invalidation-mode unchecked-hash"),
            "build-directory": "compile with -s and -p (compileall), or dfile",
            "hash-seed": "compile in one process a file, with PYTHONHASHSEED=0",
            "directory-order": "compile in a fixed order, one process a file",
        },
    ),
    Row(
        name="gzip",
        steps=frozenset([Step(At.HEADER, "gzip")]),
        remedies=_for((*_TIMES, "random"), "pass mtime=0 (gzip -n)"),
    ),
    Row(
        name="wheel",
        path=r"\.whl\b",
        member=r"\.dist-info/",
        remedies={
            **_for(_TIMES, _WHEEL),
            "umask": "set `umask 022` where the wheel is built: members take the modes of files",
            **_for(_ORDERS, "add members in sorted order; build backends do, zip by hand does not"),
        },
    ),
    Row(
        name="zip",
        path=r"\.(zip|pyz|pex|jar|egg|npz|shiv)\b",
        formats=frozenset(["zip"]),
        remedies={
            **_for(_TIMES, _ZIP),
            "time-zone": "set TZ=UTC where the archive is written: zip keeps local times",
            "umask": "set modes before archiving (chmod), or ZipInfo with a fixed external_attr",
            **_for(_ORDERS, "add members in sorted order (sorted(), find | sort | zip -@)"),
        },
    ),
    Row(
        name="tar",
        path=r"\.(tar(\.\w+)?|t[gx]z|crate|gem)\b",
        formats=frozenset(["tar", "gzip", "xz", "zstd", "bzip2"]),
        remedies={
            **_for((*_TIMES, "umask"), _TAR),
            "directory-order": _TAR,
        },
    ),
    Row(
        name="cpio",
        path=r"\.cpio(\.\w+)?\b|initr(d|amfs)",
        formats=frozenset(["cpio"]),
        remedies={
            **_for(_TIMES, f"touch {_EPOCH} the files, then cpio --reproducible"),
            **_for((UNSTABLE, "host state"), "cpio --reproducible: it keeps numbers of inodes"),
            "directory-order": "find | sort | cpio -o",
        },
    ),
    Row(
        name="squashfs",
        path=r"\.(squashfs|sqsh|sfs|snap)\b",
        formats=frozenset(["squashfs"]),
        remedies=_for(
            (*_TIMES, UNSTABLE),
            "mksquashfs -all-time 0 -mkfs-time 0 -no-exports -processors 1 (version 4.4 or newer)",
        ),
    ),
    Row(
        name="git",
        path=r"(^|/)\.git/",
        formats=frozenset(["Git index"]),
        remedies=_for(
            (*_TIMES, UNSTABLE, "host state", "umask"),
            "do not ship .git: its index keeps times and inodes of files, and packs depend on "
            "threads",
        ),
    ),
    Row(
        name="pdf",
        path=r"\.pdf\b",
        formats=frozenset(["PDF"]),
        remedies={
            **_for(
                _TIMES,
                "set SOURCE_DATE_EPOCH (matplotlib, TeX, Cairo), or no date in the metadata",
            ),
            "random": "set the document's /ID from its content (TeX: \\pdftrailerid{})",
        },
    ),
    Row(
        name="svg",
        path=r"\.svg\b",
        own=r"dc:date|clip-path",
        remedies={
            **_for(
                _TIMES, 'set the date in the metadata to None (savefig(metadata={"Date": None}))'
            ),
            "random": "set a hash salt (svg.hashsalt) or ids of your own",
        },
    ),
    Row(
        name="png",
        path=r"\.png\b",
        formats=frozenset(["PNG"]),
        remedies=_for(_TIMES, "leave the date out (pnginfo, metadata), and no tIME chunk"),
    ),
    Row(
        name="hdf5",
        path=r"\.(h5|hdf5|nc|keras)\b",
        formats=frozenset(["HDF5"]),
        remedies=_for(_TIMES, "create datasets with track_times=False; no dates in attributes"),
    ),
    Row(
        name="sqlite",
        path=r"\.(sqlite3?|db)\b",
        formats=frozenset(["SQLite"]),
        remedies={
            **_for(_TIMES, "pass the time in from SOURCE_DATE_EPOCH instead of datetime('now')"),
            "random": "derive keys from the content instead of random()",
        },
    ),
    Row(
        name="onnx",
        path=r"\.onnx\b",
        formats=frozenset(["ONNX"]),
        remedies={
            "build-directory": "strip doc_string and names that hold paths before saving",
            "address-layout": "name nodes by yourself before export",
            **_for(("random", "hash-seed"), "name nodes and initialisers in a fixed order"),
        },
    ),
    Row(
        name="pickle",
        path=r"\.(pkl|pickle|joblib)\b",
        formats=frozenset(["pickle"]),
        remedies={"hash-seed": "sort sets before pickling (their order is that of hashes)"},
    ),
    Row(
        name="parquet",
        path=r"\.(parquet|feather|arrow)\b",
        formats=frozenset(["Parquet", "Arrow"]),
        remedies=_for(_TIMES, "write no dates into the schema's metadata"),
    ),
    Row(
        name="ar",
        path=r"\.(a|deb)$",
        formats=frozenset(["ar"]),
        remedies=_for((*_TIMES, "umask", "directory-order"), "ar -D, with members in sorted order"),
    ),
    Row(
        name="ELF",
        formats=frozenset(["ELF"]),
        remedies={
            "build-directory": "compile with -ffile-prefix-map=$PWD=.",
            **_for(
                _TIMES,
                "no __DATE__ and __TIME__: gcc takes them from SOURCE_DATE_EPOCH if it is set",
            ),
        },
    ),
)
"""Every place, inner ones first."""


def remedy(cause: str, path: str, form: str, at: Place) -> str:
    """Return what helps against a cause where it shows; empty if nothing special does."""
    rows = (row for row in REMEDIES if row.holds(path, form, at))
    return next((row.remedies[cause] for row in rows if cause in row.remedies), "")
