"""Measures a detector of causes on the corpus: builds whose causes we injected, and clean ones.

A detector takes derivations that are built and returns what it found of each. What counts: that a
build with a cause is seen to vary, that a clean one is not, and that the causes have their names.
"""

import json
import re
import statistics
import sys
import tomllib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.build.realise import build
from harness.errors import ToolError
from harness.fetch.bring import fetch
from harness.host import process
from harness.host.processors import current_system
from harness.project.repository import Repository, find_repository
from harness.store import builds, nix
from tests.elf import program_headers

HERE = Path(__file__).parent
FOUND = 0.97
NAMED_FIRST = 0.90
_FIRST = 3
_IN_EACH_PROGRAM = frozenset(
    [
        *("clock", "file-time", "monotonic", "random", "directory-order", "host", "locale"),
        *("address-layout", "cpus", "schedule"),
    ]
)
"""What only code within a program moves; the rest is inherited from the builder, or Nix's own."""
_IN_THE_BUILDER = (
    _IN_EACH_PROGRAM | {"hash-seed", "time-zone", "home", "umask", "threads"} | {"instruction-set"}
)
_PROGRAM = re.compile(r"[\w.+-]+")
_LOADER = re.compile(r"ld(-linux.*)?[.]so.*")
_ELF_HEADERS, _PT_INTERP = 4096, 3
_TOGETHER = " + "
_SAME_CAUSE: Mapping[str, str] = {"schedule": "race", "temporary name": "random"}
"""A cause goes by the name of the factor that moves it, or by what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One build: its causes are all to be named; `allowed` may be named besides.

    A case without causes is clean. `unexercised` are factors that no lever moves in its programs,
    which the report has to say: those named here, and those that follow from the programs that are
    static. `script` is run in `language` by what stands in the trees of `searched`.
    """

    name: str
    causes: frozenset[str]
    allowed: frozenset[str]
    note: str
    unexercised: frozenset[str] = frozenset()
    language: str = "python"
    searched: tuple[str, ...] = ()
    script: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a detector said of a build: whether it varies, why (likeliest first), at what price.

    `unexercised` are the factors that it says it did not move.
    `rebuilds` is None where the detector does not tell.
    """

    varies: bool
    causes: tuple[str, ...] = ()
    rebuilds: int | None = None
    unexercised: frozenset[str] = frozenset()


Detector = Callable[[Sequence[str]], Mapping[str, Finding]]
"""From the store paths of built derivations to what was found of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a finding is worth: it is right about the variation, and about which causes.

    `first`: the first named cause is true; `among_three`: one of the first three is; `every`: all
    true causes are named; `wrong` are the named ones that are not true; `claimed` are factors that
    were said to be moved and were not.
    """

    case: Case
    finding: Finding
    first: bool
    among_three: bool
    every: bool
    wrong: tuple[str, ...]
    claimed: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the detector tells a build with a cause from a clean one."""
        return self.finding.varies == bool(self.case.causes)


def read_cases(names: Iterable[str] = ()) -> dict[str, Case]:
    """Return the cases by name, all of them or the named ones; an unknown name is a KeyError."""
    tables = [
        table
        for file in sorted((HERE / "cases").glob("*.toml"))
        for table in tomllib.loads(file.read_text())["case"]
    ]
    every = {
        table["name"]: Case(
            name=table["name"],
            causes=frozenset(table["causes"]),
            allowed=frozenset(table.get("allowed", ())),
            note=table["note"],
            unexercised=frozenset(table.get("unexercised", ())),
            language=table.get("language", "python"),
            searched=(table.get("on", "base"), *(["seed"] if table.get("seed") else [])),
            script=table["script"],
        )
        for table in tables
    }
    return {name: every[name] for name in names or every}


def trees() -> dict[str, str]:
    """Fetch and build what the cases are built on; return the arguments of default.nix."""
    own, around = Repository(root=HERE), find_repository(HERE.parent)
    return {
        "base": _tree(around, "serving", "base"),
        "serving": _tree(around, "serving", "environment"),
        "science": _tree(around, "science", "environment"),
        "seed": _tree(around, "serving", "seed"),
        "tools": _tree(own, "tools", "base"),
    }


def _tree(repository: Repository, name: str, attribute: str) -> str:
    (environment,) = repository.select([name])
    fetch([environment], system=current_system())
    return build(environment, [attribute], system=current_system()).outputs[0]


def instantiate(
    names: Sequence[str], arguments: Mapping[str, str], run: str | None = None
) -> dict[str, str]:
    """Return the derivations of cases, by name; new ones in each `run`, by default."""
    arguments = {**arguments, "run": uuid.uuid4().hex if run is None else run}
    paths = nix.instantiate(HERE / "default.nix", arguments=arguments, attributes=names)
    return dict(zip(names, paths, strict=True))


def realise(derivations: Sequence[str]) -> None:
    """Build derivations.

    Raises:
        ToolError: one of them fails.

    """
    completed = builds.realise(derivations, keep_going=True)
    if completed.status:
        raise ToolError(f"the corpus does not build: {completed.said[-2000:]}")


def checked(derivations: Sequence[str]) -> dict[str, Finding]:
    """Find what a plain rebuild finds (`nix-store --check`): no causes, one rebuild."""
    findings = {}
    for derivation in derivations:
        rebuilt = builds.rebuild(derivation, nix.outputs([derivation]))
        for path in rebuilt.differing.values():
            nix.discard(Path(path))
        findings[derivation] = Finding(varies=rebuilt.differs or rebuilt.failed, rebuilds=1)
    return findings


def verified(derivations: Sequence[str]) -> dict[str, Finding]:
    """Find what `harness verify --explain` finds."""
    argv = [sys.executable, "-m", "harness", "verify", *derivations, "--json", "--explain"]
    completed = process.run(argv, env=nix.environment(), timeout=3600)
    try:
        report = json.loads(completed.stdout)
    except json.JSONDecodeError as error:
        raise ToolError(f"`harness verify` printed no JSON: {completed.stderr[-2000:]}") from error
    return read_report(report)


def read_report(report: object) -> dict[str, Finding]:
    """Return what a report of `harness verify` says of each derivation (docs/verify-report.md).

    A derivation varies if one of its outputs is not the same, or cannot be rebuilt.
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for output in _outputs(report):
        found.setdefault(output["derivation"], []).append(output)
    return {derivation: _finding(outputs) for derivation, outputs in found.items()}


def _outputs(report: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of outputs, at whatever depth of the report they stand."""
    if isinstance(report, dict):
        if {"derivation", "verdict"} <= report.keys():
            yield report
        for value in report.values():
            yield from _outputs(value)
    elif isinstance(report, list):
        for value in report:
            yield from _outputs(value)


def _finding(outputs: Sequence[Mapping[str, Any]]) -> Finding:
    named = [
        name
        for output in outputs
        for cause in output["causes"]
        for name in cause["factor"].split(_TOGETHER)
    ]
    rebuilds = [output["rebuilds"] for output in outputs if output["rebuilds"]]
    return Finding(
        varies=any(output["verdict"] in {"DIFFERENT", "FAILS WHEN REBUILT"} for output in outputs),
        causes=tuple(dict.fromkeys(_SAME_CAUSE.get(name, name) for name in named)),
        rebuilds=max(rebuilds, default=None),
        unexercised=frozenset(
            name for output in outputs for name in output.get("not-exercised", ())
        ),
    )


def out_of_reach(case: Case, trees: Mapping[str, str]) -> frozenset[str]:
    """Return the factors that static programs of a case keep from being moved.

    This looks at the programs that the script names, and at nothing that harness says.
    """
    paths = [
        Path(trees[name], directory)
        for name in case.searched
        for directory in ("bin", "usr/bin", "sbin", "usr/sbin")
    ]
    if case.language == "busybox" and any(is_static(path / "busybox") for path in paths):
        return _IN_THE_BUILDER
    named = {word for word in _PROGRAM.findall(case.script) if not _LOADER.fullmatch(word)}
    has_static = any(is_static(path / word) for path in paths for word in named)
    return _IN_EACH_PROGRAM if has_static else frozenset()


def is_static(path: Path) -> bool:
    """Tell whether a file is a program of 64 bits that asks for no loader."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        data = file.read(_ELF_HEADERS)
    is_elf = data.startswith(b"\x7fELF\x02")
    return is_elf and all(header[0] != _PT_INTERP for header in program_headers(data))


def score(case: Case, finding: Finding) -> Score:
    """Compare what was found of a build with what is true of it."""
    true = case.causes | case.allowed
    return Score(
        case=case,
        finding=finding,
        first=bool(finding.causes) and finding.causes[0] in true,
        among_three=bool(true & set(finding.causes[:_FIRST])),
        every=case.causes <= set(finding.causes),
        wrong=tuple(name for name in finding.causes if name not in true),
        claimed=tuple(sorted(case.unexercised - finding.unexercised)),
    )


def measure(cases: Iterable[Case], detector: Detector, trees: Mapping[str, str]) -> list[Score]:
    """Build cases afresh, let the detector look at them, and score what it finds."""
    by_name = {case.name: case for case in cases}
    derivations = instantiate(list(by_name), trees)
    realise(list(derivations.values()))
    findings = detector(list(derivations.values()))
    told = {
        name: replace(case, unexercised=case.unexercised | out_of_reach(case, trees))
        for name, case in by_name.items()
    }
    return [score(case, findings[derivations[name]]) for name, case in told.items()]


def summary(scores: Sequence[Score]) -> str:
    """Return the rates, one a line, each as a fraction."""
    injected = [one for one in scores if one.case.causes]
    clean = [one for one in scores if not one.case.causes]
    rebuilds = [one.finding.rebuilds for one in injected if one.finding.rebuilds is not None]
    lines = [
        _rate("found to vary", [one.right for one in injected]),
        _rate("a true cause named first", [one.first for one in injected]),
        _rate("a true cause among the first three", [one.among_three for one in injected]),
        _rate("every cause named", [one.every for one in injected]),
        _rate("nothing wrong named", [not one.wrong for one in injected]),
        _rate("clean and silent", [one.right for one in clean]),
        _rate("nothing claimed that was not moved", [not one.claimed for one in scores]),
    ]
    if rebuilds:
        lines.append(f"rebuilds of one that varies: median {statistics.median(rebuilds):g}")
    return "\n".join(lines)


def holds(scores: Sequence[Score]) -> bool:
    """Return whether the bars are reached: by shares of those with causes, and by all others."""
    injected = [one for one in scores if one.case.causes]
    return (
        sum(one.right for one in injected) >= FOUND * len(injected)
        and sum(one.first for one in injected) >= NAMED_FIRST * len(injected)
        and all(one.right for one in scores if not one.case.causes)
        and not any(one.claimed for one in scores)
    )


def by_cause(scores: Sequence[Score]) -> str:
    """Return a line for each cause: in how many of the builds that have it, it was named."""
    causes = sorted({cause for one in scores for cause in one.case.causes})
    return "\n".join(
        _rate(
            cause,
            [cause in one.finding.causes for one in scores if cause in one.case.causes],
        )
        for cause in causes
    )


def _rate(title: str, facts: Sequence[bool]) -> str:
    return f"{title}: {sum(facts)} of {len(facts)}"


def table(scores: Sequence[Score]) -> str:
    """Return a line for each case: verdict, name, what is true, and what was named."""
    return "\n".join(
        f"{_mark(one):<8} {one.case.name:<34} {_names(one.case.causes):<30} "
        f"{', '.join(one.finding.causes) or '-'}"
        for one in scores
    )


def _mark(one: Score) -> str:
    if not one.right:
        return "MISSED" if one.case.causes else "ALARM"
    if one.claimed:
        return "CLAIMED"
    if not one.case.causes or (one.every and one.first and not one.wrong):
        return "ok"
    return "partly" if one.first else "misnamed"


def _names(causes: Iterable[str]) -> str:
    return ", ".join(sorted(causes)) or "(clean)"
