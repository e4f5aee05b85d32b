"""Every factor, a row each: what it is, what moves it, what it shows in, what to do about it.

Each is pinned or moved. What could not be moved is listed with the reason, and what changes between
two builds anyway (process ids, say) is not counted as exercised.
"""

from harness.verify.core.factors.factor import Advice, Factor, Factors, Lever, Lines, Sign

MOVED_BUILD_DIRECTORY = "/harness-moved/build"
INSIDE = "/dev/harness"
"""Where the shim and all that belongs to it are in the sandbox."""
LOCALES = f"{INSIDE}/locale"
LOCALE = "tr_TR.UTF-8"
"""Differs from C in characters, collation, the decimal point, letter case, and names."""
CLOCK_OFFSET = 48078188
"""Seconds after which every part of a date and time is another."""
MONOTONIC_OFFSET = 86461
ZONE_OFFSET = 11 * 3600 + 47 * 60
_ZONE = "HRN"
"""The name of the moved time zone."""
_ODD = (3, 5)
"""Counts that few machines have; the second serves where a machine has the first."""


_STATIC = "static programs"
NEAR = "near-the-real-one"
"""Builds refuse files of the future, and tests have their time: `Setting.at` gives the number."""
_AT_ONCE: tuple[str, ...] = ()
"""Nothing is held up: what is shorter than that meets only so, where there are processors."""
_NUMPY = (
    "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR "
    "X86_V3 X86_V4"
)
_LIBC = (
    "-AVX512F,-AVX512VL,-AVX2,-AVX,-FMA,-FMA4,-AVX512F_Usable,-AVX2_Usable,-FMA_Usable,-FMA4_Usable"
)
_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB", "RAYON", "BLIS")
"""The first is asked by nproc, too: it stays unset, so that the number of processors shows."""


def odd(cpus: int) -> int:
    """Return a count of processors that this machine does not have."""
    return next(count for count in _ODD if count != cpus)


def _threads(cpus: int, *, moved: bool) -> Lines:
    if not moved:
        return tuple(f"env {library}_NUM_THREADS=1" for library in _THREADS[1:])
    return tuple(f"env {library}_NUM_THREADS={odd(cpus)}" for library in _THREADS)


def _cpus(cpus: int, *, moved: bool) -> Lines:
    return (f"cpus {(1 if cpus > 1 else 2) if moved else cpus}",)


_ROWS = (
    Factor(
        name="clock",
        what="the time of day",
        lever=Lever.SHIM,
        misses=f"{_STATIC} (they see the minutes between the builds)",
        pinned=(f"clock pinned {NEAR}",),
        moved=(f"clock offset {CLOCK_OFFSET}",),
        advice=Advice(
            title="the time of the build is in the output",
            remedy="take the time from SOURCE_DATE_EPOCH, or leave it out",
        ),
        likely=1,
        telling=1,
        signs=(
            (Sign.CLOCK, 1),
            (Sign.ZONE, 2),
            (Sign.FILE_TIME, 2),
            (Sign.TIME, 1),
            (Sign.DATE, 1),
            (Sign.YEAR, 1),
            (Sign.TIMED_ID, 2),
            (Sign.HEX, 2),
            (Sign.DURATION, 2),
            (Sign.LARGE, 2),
        ),
        in_programs=True,
        names_files=True,
    ),
    Factor(
        name="file-time",
        what="the times that the kernel gives new files",
        lever=Lever.SHIM,
        misses=f"{_STATIC}; the C library's own use in ftw and glob",
        pinned=(f"file-times pinned {NEAR}",),
        moved=(f"file-times offset {CLOCK_OFFSET}",),
        advice=Advice(
            title="times that the kernel gives new files are in the output",
            remedy="set them (touch -d @$SOURCE_DATE_EPOCH, tar --mtime), or use a header "
            "without one",
        ),
        likely=2,
        telling=2,
        signs=(
            (Sign.FILE_TIME, 1),
            (Sign.TIME, 2),
        ),
        in_programs=True,
    ),
    Factor(
        name="monotonic",
        what="the clocks that measure durations",
        lever=Lever.SHIM,
        misses=_STATIC,
        pinned=("monotonic pinned 5000",),
        moved=(f"monotonic offset {MONOTONIC_OFFSET}",),
        advice=Advice(
            title="a measured duration is in the output",
            remedy="write timings to a file of their own, outside the output",
        ),
        likely=18,
        telling=16,
        signs=(
            (Sign.DURATION_MOVED, 1),
            (Sign.DURATION, 1),
            (Sign.FLOAT, 3),
        ),
        in_programs=True,
        names_files=True,
        mixes_names=True,
    ),
    Factor(
        name="random",
        what="random numbers of the kernel and the C library",
        lever=Lever.SHIM,
        misses=f"{_STATIC}; the processor's RDRAND",
        pinned=("random 1",),
        moved=("random 2",),
        varied=(("random 3",), ("random 4",)),
        advice=Advice(
            title="random numbers are in the output",
            remedy="seed the generator (random_state), or derive names and ids from the content",
        ),
        likely=3,
        telling=3,
        signs=(
            (Sign.ORDER, 3),
            (Sign.RACE, 3),
            (Sign.TIMED_ID, 1),
            (Sign.ID, 1),
            (Sign.TEMPORARY, 1),
            (Sign.HEX, 1),
            (Sign.FLOAT, 1),
            (Sign.LARGE, 1),
            (Sign.TOKEN, 1),
        ),
        in_programs=True,
        reorders=True,
        names_files=True,
    ),
    Factor(
        name="hash-seed",
        what="the seed of hashes in Python and Perl",
        lever=Lever.VARIABLES,
        misses="what sets its own seed; Go's maps",
        pinned=("env PYTHONHASHSEED=0", "env PERL_HASH_SEED=0"),
        moved=("env PYTHONHASHSEED=4242", "env PERL_HASH_SEED=4242"),
        varied=(
            ("env PYTHONHASHSEED=1111", "env PERL_HASH_SEED=1111"),
            ("env PYTHONHASHSEED=31415", "env PERL_HASH_SEED=31415"),
        ),
        advice=Advice(
            title="the order of a set or of hashes is in the output",
            remedy="sort before writing, or set PYTHONHASHSEED (PERL_HASH_SEED) in the build",
        ),
        likely=4,
        telling=5,
        signs=(
            (Sign.ORDER, 1),
            (Sign.LISTING, 2),
            (Sign.RACE, 2),
            (Sign.LARGE, 3),
        ),
        reorders=True,
        shifts=True,
        has_effects=True,
    ),
    Factor(
        name="directory-order",
        what="the order in which directories are listed",
        lever=Lever.SHIM,
        misses=_STATIC,
        pinned=("directory-order sorted",),
        moved=("directory-order backwards",),
        moved_back=("directory-order reversed",),
        varied=(("directory-order shuffled 1",), ("directory-order shuffled 2",)),
        advice=Advice(
            title="the order in which a directory is listed is in the output",
            remedy="sort what is listed (sorted(), find | sort, tar --sort=name)",
        ),
        likely=5,
        telling=6,
        signs=(
            (Sign.ORDER, 4),
            (Sign.LISTING, 1),
            (Sign.RACE, 4),
        ),
        in_programs=True,
        reorders=True,
        shifts=True,
    ),
    Factor(
        name="host",
        what="the names of the host and its kernel",
        lever=Lever.SHIM,
        misses=f"{_STATIC}; /proc/sys/kernel",
        pinned=("host localhost", "release 6.1.0"),
        moved=("host harness-moved", "release 9.87.6-harness"),
        advice=Advice(
            title="the name of the host or its kernel is in the output",
            remedy="do not embed it, or set it to a constant (KBUILD_BUILD_HOST and the like)",
        ),
        likely=14,
        telling=8,
        in_programs=True,
    ),
    Factor(
        name="time-zone",
        what="the local time zone",
        lever=Lever.VARIABLES,
        misses="what sets TZ itself",
        pinned=("env TZ=UTC0",),
        moved=(f"env TZ={_ZONE}-11:47",),
        shows=(_ZONE,),
        advice=Advice(
            title="the local time zone is in the output",
            remedy="format times in UTC, or set TZ=UTC in the build",
        ),
        likely=13,
        telling=17,
        signs=(
            (Sign.ZONE, 1),
            (Sign.DATE, 2),
        ),
        shifts=True,
        has_effects=True,
    ),
    Factor(
        name="locale",
        what="language and character set",
        lever=Lever.VARIABLES,
        misses="what sets its own; C libraries that cannot load Debian's locales",
        moved=(f"locale {LOCALE}", f"env LANG={LOCALE}", "env LANGUAGE=tr"),
        advice=Advice(
            title="language or character set change the output",
            remedy="set LC_ALL=C in the build, and name encodings explicitly",
        ),
        likely=17,
        telling=15,
        in_programs=True,
        shifts=True,
        has_effects=True,
    ),
    Factor(
        name="home",
        what="the user's name and home directory in the environment",
        lever=Lever.VARIABLES,
        misses="/etc/passwd",
        moved=("env HOME=/harness-was-here", "env USER=harnessed", "env LOGNAME=harnessed"),
        advice=Advice(
            title="the user's name or home directory is in the output",
            remedy="do not embed it; set HOME and USER to constants where a tool needs them",
        ),
        likely=15,
        telling=9,
        shifts=True,
    ),
    Factor(
        name="umask",
        what="the permissions that new files get",
        lever=Lever.SHIM,
        misses=_STATIC,
        pinned=("umask 0022",),
        moved=("umask 0077",),
        advice=Advice(
            title="the permissions of new files are in the output",
            remedy="set modes explicitly (install -m, tar --mode), or set umask in the build",
        ),
        likely=8,
        telling=7,
        signs=((Sign.MODE, 1),),
    ),
    Factor(
        name="address-layout",
        what="where memory lies, and what fresh memory holds",
        lever=Lever.SHIM,
        misses=_STATIC,
        moved=("address-layout random",),
        advice=Advice(
            title="an address, or memory that was never written, is in the output",
            remedy="do not print id() or a default repr; set structures to zero "
            "before writing them",
        ),
        likely=7,
        telling=18,
        signs=(
            (Sign.ADDRESS, 1),
            (Sign.ORDER, 5),
            (Sign.LISTING, 4),
            (Sign.RACE, 5),
        ),
        in_programs=True,
        reorders=True,
        names_files=True,
        mixes_names=True,
    ),
    Factor(
        name="threads",
        by_count=_threads,
        what="the number of threads of OpenMP and the BLAS libraries",
        lever=Lever.VARIABLES,
        misses="pools that a program sizes by itself",
        advice=Advice(
            title="the number of threads changes the output",
            remedy="build with one thread (OMP_NUM_THREADS=1), or strip the count before saving",
        ),
        likely=12,
        telling=14,
        signs=(
            (Sign.FEW, 2),
            (Sign.MANY, 2),
            (Sign.ROUNDING, 2),
        ),
        shifts=True,
        side_by_side=True,
    ),
    Factor(
        name="cpus",
        by_count=_cpus,
        what="the number of processors",
        lever=Lever.SHIM,
        misses=f"{_STATIC}; /proc/cpuinfo and /sys",
        advice=Advice(
            title="the number of processors changes the output",
            remedy="state the number of workers, and do not save it",
        ),
        likely=10,
        telling=12,
        signs=(
            (Sign.FEW, 1),
            (Sign.MANY, 3),
            (Sign.ROUNDING, 3),
        ),
        in_programs=True,
        shifts=True,
        side_by_side=True,
    ),
    Factor(
        name="cores",
        what="NIX_BUILD_CORES",
        lever=Lever.NIX,
        misses="",
        advice=Advice(
            title="NIX_BUILD_CORES changes the output",
            remedy="strip the number of jobs before saving, or join in a fixed order",
        ),
        likely=16,
        telling=13,
        signs=(
            (Sign.FEW, 3),
            (Sign.MANY, 1),
        ),
        shifts=True,
        side_by_side=True,
    ),
    Factor(
        name="build-directory",
        shows=(MOVED_BUILD_DIRECTORY, MOVED_BUILD_DIRECTORY[1:]),
        what="the path of the build",
        lever=Lever.NIX,
        misses="",
        advice=Advice(
            title="the path of the build is in the output",
            remedy="map it away (-ffile-prefix-map, compileall -s, --remap-path-prefix) or make it "
            "relative",
        ),
        likely=6,
        telling=4,
        shifts=True,
    ),
    Factor(
        name="instruction-set",
        what="the processor's newer instructions, as libraries choose by them",
        lever=Lever.VARIABLES,
        misses="code that asks the processor itself and knows no such variable",
        moved=(
            f"env GLIBC_TUNABLES=glibc.cpu.hwcaps={_LIBC}",
            f"env NPY_DISABLE_CPU_FEATURES={_NUMPY}",
            "env OPENBLAS_CORETYPE=Nehalem",
            "env ATEN_CPU_CAPABILITY=default",
            "env MKL_CBWR=COMPATIBLE",
        ),
        advice=Advice(
            title="the processor's instructions change the output",
            remedy="build for one baseline (NPY_DISABLE_CPU_FEATURES, OPENBLAS_CORETYPE), or state "
            "the processors that the output is for",
        ),
        likely=11,
        telling=11,
        signs=(
            (Sign.ROUNDING, 1),
            (Sign.FLOAT, 2),
        ),
        shifts=True,
        has_effects=True,
    ),
    Factor(
        name="schedule",
        what="which process or thread comes first",
        lever=Lever.SHIM,
        misses="races that none of the rebuilds happened to show",
        moved=("schedule 1",),
        varied=(_AT_ONCE, ("schedule 2",)),
        advice=Advice(
            title="processes or threads race: which comes first, or what meets, decides the output",
            remedy="join results in a fixed order; let one process write, or lock what several "
            "change",
        ),
        likely=9,
        telling=10,
        signs=(
            (Sign.ORDER, 2),
            (Sign.LISTING, 3),
            (Sign.RACE, 1),
        ),
        in_programs=True,
        side_by_side=True,
    ),
)


FACTORS = Factors(rows=_ROWS)


def registered() -> Factors:
    """Return the factors that there are."""
    return FACTORS
