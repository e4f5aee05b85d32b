"""Factors that differ from one user or host to the next: names, zone, language, permissions."""

from harness.verify.core.factors.factor import Advice, Factor, Lever, Sign
from harness.verify.core.factors.levers import LOCALE, STATIC

_ZONE = "HRN"
"""The name of the moved time zone."""

SURROUNDINGS = (
    Factor(
        name="host",
        what="the names of the host and its kernel",
        lever=Lever.SHIM,
        misses=f"{STATIC}; /proc/sys/kernel",
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
        misses=STATIC,
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
)
