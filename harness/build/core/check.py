"""How checks ended, and the cases that their own reports told: for people, scripts and CI.

What a check's command left is anybody's: it is read within bounds, and tells nothing but itself.
Whether the check holds is Nix's word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from harness.documents import document
from harness.documents.decode import decode_whole
from harness.documents.key import Keys, one_of
from harness.errors import InputError
from harness.render.junit import Case, Outcome, Ran, Suite, written

_FAILS = "FAILS"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One check: whether it holds, what it warns of, and the end of its log where it does not.

    `cases` are of its own report; `kept` is the directory in the store of the files it left.
    """

    name: str
    holds: bool
    log: str = ""
    warnings: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()
    kept: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told(Keys):
    name: str
    outcome: Annotated[str, one_of([*Outcome])]
    message: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report(Keys):
    cases: tuple[_Told, ...]


def decode_cases(data: bytes, where: str) -> tuple[Case, ...]:
    """Return the cases that `harness/nix/builders/command.py` wrote.

    Raises:
        InputError: it did not write that.

    """
    report = decode_whole(_Report, document.decode(data, where), where)
    return tuple(map(_case, report.cases))


def _case(told: _Told) -> Case:
    outcome = Outcome(told.outcome)
    return Case(
        name=told.name, outcome=outcome, type=outcome.value, message=told.message, text=told.text
    )


def unread(error: InputError) -> Case:
    """Return the case of a report that cannot be read."""
    return Case(name="report", outcome=Outcome.ERROR, type="InputError", message=str(error))


def as_object(results: Mapping[str, Sequence[CheckResult]]) -> dict[str, Any]:
    """Return what `harness test --json` prints."""
    return {"checks": {name: [*map(_object, checks)] for name, checks in results.items()}}


def _object(check: CheckResult) -> dict[str, Any]:
    cases = [
        {
            "name": one.name,
            "outcome": one.outcome or "passed",
            "message": one.message,
            "text": one.text,
        }
        for one in check.cases
    ]
    return {
        "name": check.name,
        "holds": check.holds,
        "log": check.log,
        "warnings": list(check.warnings),
        "cases": cases,
        "kept": check.kept or None,
    }


def as_junit(results: Mapping[str, Sequence[CheckResult]], ran: Ran) -> bytes:
    """Return a JUnit file: a suite a check, with a case of its own and those that it reported."""
    suites = [_suite(name, check) for name, checks in results.items() for check in checks]
    return written(suites, ran)


def _suite(environment: str, check: CheckResult) -> Suite:
    return Suite(name=f"{environment}.{check.name}", cases=[_own(check), *check.cases])


def _own(check: CheckResult) -> Case:
    if check.holds:
        return Case(name=check.name, text="\n".join(check.warnings))
    message = next(reversed(check.log.splitlines()), _FAILS)
    return Case(
        name=check.name, outcome=Outcome.FAILURE, type=_FAILS, message=message, text=check.log
    )


def lines(environment: str, check: CheckResult) -> list[str]:
    """Return what a person reads of a check."""
    counted = _counted(check.cases)
    first = f"{environment}  {check.name}  {'holds' if check.holds else _FAILS}{counted}"
    return [first, *(f"    {line}" for line in [*check.log.splitlines(), *check.warnings])]


def _counted(cases: Sequence[Case]) -> str:
    if not cases:
        return ""
    failed = sum(one.outcome in {Outcome.FAILURE, Outcome.ERROR} for one in cases)
    skipped = sum(one.outcome is Outcome.SKIPPED for one in cases)
    parts = [f"{len(cases)} case{'' if len(cases) == 1 else 's'}"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{skipped} skipped"] if skipped else []
    return f" ({', '.join(parts)})"
