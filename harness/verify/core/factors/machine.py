"""Factors that differ from one machine to the next: memory, processors, paths, what comes first."""

from harness.verify.core.factors.factor import Advice, Factor, Lever, Lines, Sign
from harness.verify.core.factors.levers import MOVED_BUILD_DIRECTORY, STATIC, odd

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


def _threads(cpus: int, *, moved: bool) -> Lines:
    if not moved:
        return tuple(f"env {library}_NUM_THREADS=1" for library in _THREADS[1:])
    return tuple(f"env {library}_NUM_THREADS={odd(cpus)}" for library in _THREADS)


def _cpus(cpus: int, *, moved: bool) -> Lines:
    return (f"cpus {(1 if cpus > 1 else 2) if moved else cpus}",)


MACHINE = (
    Factor(
        name="address-layout",
        what="where memory lies, and what fresh memory holds",
        lever=Lever.SHIM,
        misses=STATIC,
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
        misses=f"{STATIC}; /proc/cpuinfo and /sys",
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
