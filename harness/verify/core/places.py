"""In what a cause shows: the formats and tools that have remedies of their own.

A place is recognised by a file's path, by the name of its format, or by the words of a field; the
first row that fits counts, so that what is inside comes before what is around it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.verify.core.hints import FILE_TIME
from harness.verify.core.instability import NEW_TIME, REAL_TIME, UNSTABLE

_EPOCH = "-d @$SOURCE_DATE_EPOCH"
_TIMES = ("clock", REAL_TIME, NEW_TIME, FILE_TIME)
_ORDERS = ("directory-order", "hash-seed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A row: patterns of a path and of a field, names of formats, and remedies by cause."""

    name: str
    path: str = "(?!)"
    field: str = "(?!)"
    formats: frozenset[str] = frozenset()
    remedies: dict[str, str]

    def holds(self, path: str, form: str, field: str) -> bool:
        """Tell whether a field of a file is in this place."""
        return bool(
            form in self.formats
            or re.search(self.path, path, re.IGNORECASE)
            or re.search(self.field, field)
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

PLACES: tuple[Place, ...] = (
    Place(
        name="notebook",
        path=r"\.ipynb\b",
        field=r"\bcell \d+ (output|metadata|execution_count|id\b)|metadata\.execution",
        formats=frozenset(["notebook"]),
        remedies={
            **_for((*_TIMES, "monotonic", "random", UNSTABLE, "address-layout"), _NOTEBOOK),
        },
    ),
    Place(
        name="pyc",
        path=r"\.pyc\b",
        field=r"\bpyc\b|code object",
        formats=frozenset(["pyc"]),
        remedies={
            **_for(_TIMES, "compile with --invalidation-mode unchecked-hash"),
            "build-directory": "compile with -s and -p (compileall), or dfile",
            "hash-seed": "compile in one process a file, with PYTHONHASHSEED=0",
            "directory-order": "compile in a fixed order, one process a file",
        },
    ),
    Place(
        name="gzip",
        field=r"gzip header",
        remedies=_for((*_TIMES, "random"), "pass mtime=0 (gzip -n)"),
    ),
    Place(
        name="wheel",
        path=r"\.whl\b",
        field=r"member \S*\.dist-info/",
        remedies={
            **_for(_TIMES, _WHEEL),
            "umask": "set `umask 022` where the wheel is built: members take the modes of files",
            **_for(_ORDERS, "add members in sorted order; build backends do, zip by hand does not"),
        },
    ),
    Place(
        name="zip",
        path=r"\.(zip|pyz|pex|jar|egg|npz|shiv)\b",
        field=r"external attributes|create_system",
        formats=frozenset(["zip"]),
        remedies={
            **_for(_TIMES, _ZIP),
            "time-zone": "set TZ=UTC where the archive is written: zip keeps local times",
            "umask": "set modes before archiving (chmod), or ZipInfo with a fixed external_attr",
            **_for(_ORDERS, "add members in sorted order (sorted(), find | sort | zip -@)"),
        },
    ),
    Place(
        name="tar",
        path=r"\.(tar(\.\w+)?|t[gx]z|crate|gem)\b",
        formats=frozenset(["tar", "gzip", "xz", "zstd", "bzip2"]),
        remedies={
            **_for((*_TIMES, "umask"), _TAR),
            "directory-order": _TAR,
        },
    ),
    Place(
        name="cpio",
        path=r"\.cpio(\.\w+)?\b|initr(d|amfs)",
        formats=frozenset(["cpio"]),
        remedies={
            **_for(_TIMES, f"touch {_EPOCH} the files, then cpio --reproducible"),
            **_for((UNSTABLE, "host state"), "cpio --reproducible: it keeps numbers of inodes"),
            "directory-order": "find | sort | cpio -o",
        },
    ),
    Place(
        name="squashfs",
        path=r"\.(squashfs|sqsh|sfs|snap)\b",
        formats=frozenset(["squashfs"]),
        remedies=_for(
            (*_TIMES, UNSTABLE),
            "mksquashfs -all-time 0 -mkfs-time 0 -no-exports -processors 1 (version 4.4 or newer)",
        ),
    ),
    Place(
        name="git",
        path=r"(^|/)\.git/",
        formats=frozenset(["Git index"]),
        remedies=_for(
            (*_TIMES, UNSTABLE, "host state", "umask"),
            "do not ship .git: its index keeps times and inodes of files, and packs depend on "
            "threads",
        ),
    ),
    Place(
        name="pdf",
        path=r"\.pdf\b",
        field=r"/CreationDate|/ModDate|trailer /ID",
        formats=frozenset(["PDF"]),
        remedies={
            **_for(
                _TIMES,
                "set SOURCE_DATE_EPOCH (matplotlib, TeX, Cairo), or no date in the metadata",
            ),
            "random": "set the document's /ID from its content (TeX: \\pdftrailerid{})",
        },
    ),
    Place(
        name="svg",
        path=r"\.svg\b",
        field=r"dc:date|clip-path|<(svg|defs|use|clipPath|path|g)\b",
        remedies={
            **_for(
                _TIMES, 'set the date in the metadata to None (savefig(metadata={"Date": None}))'
            ),
            "random": "set a hash salt (svg.hashsalt) or ids of your own",
        },
    ),
    Place(
        name="png",
        path=r"\.png\b",
        formats=frozenset(["PNG"]),
        remedies=_for(_TIMES, "leave the date out (pnginfo, metadata), and no tIME chunk"),
    ),
    Place(
        name="hdf5",
        path=r"\.(h5|hdf5|nc|keras)\b",
        formats=frozenset(["HDF5"]),
        remedies=_for(_TIMES, "create datasets with track_times=False; no dates in attributes"),
    ),
    Place(
        name="sqlite",
        path=r"\.(sqlite3?|db)\b",
        formats=frozenset(["SQLite"]),
        remedies={
            **_for(_TIMES, "pass the time in from SOURCE_DATE_EPOCH instead of datetime('now')"),
            "random": "derive keys from the content instead of random()",
        },
    ),
    Place(
        name="onnx",
        path=r"\.onnx\b",
        formats=frozenset(["ONNX"]),
        remedies={
            "build-directory": "strip doc_string and names that hold paths before saving",
            "address-layout": "name nodes by yourself before export",
            **_for(("random", "hash-seed"), "name nodes and initialisers in a fixed order"),
        },
    ),
    Place(
        name="pickle",
        path=r"\.(pkl|pickle|joblib)\b",
        formats=frozenset(["pickle"]),
        remedies={"hash-seed": "sort sets before pickling (their order is that of hashes)"},
    ),
    Place(
        name="parquet",
        path=r"\.(parquet|feather|arrow)\b",
        formats=frozenset(["Parquet", "Arrow"]),
        remedies=_for(_TIMES, "write no dates into the schema's metadata"),
    ),
    Place(
        name="ar",
        path=r"\.(a|deb)$",
        formats=frozenset(["ar"]),
        remedies=_for((*_TIMES, "umask", "directory-order"), "ar -D, with members in sorted order"),
    ),
    Place(
        name="ELF",
        field=r"DW_AT|\.debug|debug",
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


def remedy(cause: str, path: str, form: str, field: str) -> str:
    """Return what helps against a cause where it shows; empty if nothing special does."""
    rows = (row for row in PLACES if row.holds(path, form, field))
    return next((row.remedies[cause] for row in rows if cause in row.remedies), "")
