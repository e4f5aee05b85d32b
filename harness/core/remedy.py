"""What each cause is called in words, and what to do about it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from harness.core.recognise import FILE_TIME, HOST_STATE, RACE, TEMPORARY_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A sentence about what happens, and one about what helps."""

    title: str
    remedy: str


ADVICE = {
    "clock": Advice(
        title="the time of the build is in the output",
        remedy="take the time from SOURCE_DATE_EPOCH, or leave it out",
    ),
    "monotonic": Advice(
        title="a measured duration is in the output",
        remedy="write timings to a file of their own, outside the output",
    ),
    "random": Advice(
        title="random numbers are in the output",
        remedy="seed the generator (random_state), or derive names and ids from the content",
    ),
    "hash-seed": Advice(
        title="the order of a set or of hashes is in the output",
        remedy="sort before writing, or set PYTHONHASHSEED (PERL_HASH_SEED) in the build",
    ),
    "directory-order": Advice(
        title="the order in which a directory is listed is in the output",
        remedy="sort what is listed (sorted(), find | sort, tar --sort=name)",
    ),
    "host": Advice(
        title="the name of the host or its kernel is in the output",
        remedy="do not embed it, or set it to a constant (KBUILD_BUILD_HOST and the like)",
    ),
    "time-zone": Advice(
        title="the local time zone is in the output",
        remedy="format times in UTC, or set TZ=UTC in the build",
    ),
    "locale": Advice(
        title="language or character set change the output",
        remedy="set LC_ALL=C in the build, and name encodings explicitly",
    ),
    "home": Advice(
        title="the user's name or home directory is in the output",
        remedy="do not embed it; set HOME and USER to constants where a tool needs them",
    ),
    "umask": Advice(
        title="the permissions of new files are in the output",
        remedy="set modes explicitly (install -m, tar --mode), or set umask in the build",
    ),
    "address-layout": Advice(
        title="an address, or memory that was never written, is in the output",
        remedy="do not print id() or a default repr; set structures to zero before writing them",
    ),
    "threads": Advice(
        title="the number of threads changes the output",
        remedy="build with one thread (OMP_NUM_THREADS=1), or strip the count before saving",
    ),
    "cpus": Advice(
        title="the number of processors changes the output",
        remedy="state the number of workers, and do not save it",
    ),
    "cores": Advice(
        title="NIX_BUILD_CORES changes the output",
        remedy="strip the number of jobs before saving, or join in a fixed order",
    ),
    "build-directory": Advice(
        title="the path of the build is in the output",
        remedy="map it away (-ffile-prefix-map, compileall -s, --remap-path-prefix) or make it "
        "relative",
    ),
    "instruction-set": Advice(
        title="the processor's instructions change the output",
        remedy="build for one baseline (NPY_DISABLE_CPU_FEATURES, OPENBLAS_CORETYPE), or state the "
        "processors that the output is for",
    ),
    "schedule": Advice(
        title="processes or threads race for the order of the output",
        remedy="join results in a fixed order; let one process write",
    ),
    RACE: Advice(
        title="two rebuilds under equal conditions differ: processes or threads race",
        remedy="join results in a fixed order; let one process write",
    ),
    FILE_TIME: Advice(
        title="times that the kernel gives new files are in the output",
        remedy="set them (touch -d @$SOURCE_DATE_EPOCH, tar --mtime), or use a header without one",
    ),
    TEMPORARY_NAME: Advice(
        title="names of temporary files are in the output",
        remedy="use fixed names below the build directory",
    ),
    HOST_STATE: Advice(
        title="the state of the host at the time of the build is in the output",
        remedy="do not embed what /proc, df or free report",
    ),
}
"""For every factor, and for what no factor stands for."""

_SPECIAL = (
    ("clock", r"gzip", "pass mtime=0 (gzip -n)"),
    ("clock", r"member .*(date|time)", "write archives with fixed times (ZipInfo, tar --mtime)"),
    ("clock", r"creation_?date|/CreationDate|dc:date", "set the date in the metadata to None"),
    (FILE_TIME, r"pyc", "compile with --invalidation-mode unchecked-hash"),
    (FILE_TIME, r"member ", "tar --sort=name --mtime --owner --mode, or ZipInfo with a fixed date"),
    ("umask", r"member ", "tar --mode, or ZipInfo with a fixed external_attr"),
    ("build-directory", r"DW_AT|debug", "compile with -ffile-prefix-map=$PWD=."),
    ("build-directory", r"pyc|code object", "compile with -s and -p, or dfile"),
    ("hash-seed", r"frozenset", "compile in one process a file, with PYTHONHASHSEED=0"),
    ("random", r"svg|\bid\b", "set a hash salt (svg.hashsalt) or ids of your own"),
)


def advice(names: Iterable[str], fields: Iterable[str]) -> Advice:
    """Return what to say of a cause: `names` are its factors, `fields` those of its evidence."""
    chosen = [ADVICE[name] for name in names]
    remedies = [
        remedy
        for name in names
        for factor, pattern, remedy in _SPECIAL
        if name == factor and any(re.search(pattern, field) for field in fields)
    ]
    general = [one.remedy for one in chosen]
    return Advice(
        title="; ".join(one.title for one in chosen),
        remedy="; ".join(dict.fromkeys(remedies or general)),
    )
