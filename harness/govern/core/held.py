"""What came of holding an environment against production, in the reports of its verification."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.errors import Exit
from harness.render.html import Content, element
from harness.render.junit import Case, Outcome
from harness.render.printable import printable_lines
from harness.verdict import Judgement

CASE = "against production"
NOT_WANTED = "not compared with production: --no-shadow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An environment held against production: the verdict, why, and the run's directory, if any.

    There is no verdict where a comparison was not wanted, though env.toml says how to make it.
    """

    judgement: Judgement | None
    lines: tuple[str, ...]
    run: str | None = None

    @property
    def verdict(self) -> str:
        """The verdict in words."""
        return self.judgement or "not compared"

    @property
    def exit_code(self) -> Exit:
        """The code of the verdict; 0 where none was wanted."""
        return self.judgement.code if self.judgement else Exit.DONE


UNWANTED = Held(judgement=None, lines=(NOT_WANTED,))
UNBUILT = Held(judgement=Judgement.INCONCLUSIVE, lines=("not compared: it could not be built",))


def gravest_first(held: Iterable[Held]) -> list[Held]:
    """Return those whose verdict decides before the others; no verdict last."""
    return sorted(held, key=lambda one: (one.judgement is None, list(Exit).index(one.exit_code)))


def outcome(held: Held) -> Outcome:
    """Return what JUnit calls it: only PASS succeeds, and what was not wanted is skipped."""
    return held.judgement.outcome if held.judgement else Outcome.SKIPPED


def case(held: Held) -> Case:
    """Return the test case of a JUnit file."""
    return Case(
        name=CASE,
        outcome=outcome(held),
        type=held.verdict,
        message=held.verdict,
        text=_text(held),
    )


def section(held: Held, report: str) -> Iterator[Content]:
    """Return the part of a page; `report` is where the run's own page is, or empty."""
    colour = held.judgement.colour if held.judgement else "open"
    yield element("h3", f"{CASE}: ", element("span", held.verdict, class_=colour))
    yield element("ul", *(element("li", line.strip()) for line in held.lines))
    if report:
        yield element("p", element("a", "report of the comparison", href=report))


def _text(held: Held) -> str:
    said = "\n".join([*held.lines, *([f"run: {held.run}"] if held.run else [])])
    return printable_lines(said)
