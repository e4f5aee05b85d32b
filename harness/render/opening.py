"""The first screen of every page: the verdict, why, what to do, when, from which sources, of what.

What is long is cut on the screen, never on paper; all of it stands below in the page.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.render.html import Content, element, pairs, prose

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

MOST = 3
"""Reasons, and things to do, that are told before the rest is counted."""
_DIGITS = 12
_STORE_PATH = re.compile(r"/nix/store/[0-9a-z]{32}-(?=\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Where a page comes from: the time (ISO 8601), harness's version, the sources' commit if any.

    `dirty` says that the sources were not those of the commit.
    """

    at: str
    harness: str
    commit: str = ""
    dirty: bool = False

    def facts(self) -> Iterator[tuple[str, Content]]:
        """Yield it for an opening."""
        yield "made", f"{self.at} by harness {self.harness}"
        changed = ", with changes" if self.dirty else ""
        if self.commit:
            told = element("span", short(self.commit), changed, title=self.commit)
            yield "commit", told
        else:
            yield "commit", "none: not in a git repository"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A verdict in a word, what it means, and its colour: "good", "bad" or "open"."""

    verdict: str
    meaning: str
    colour: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the first screen says: the verb and its subject, the verdicts, why, and what to do.

    What stands between backticks in sentences is code. `facts` are names with what they
    stand for: when, of which commit, which image or derivation.
    """

    verb: str
    subject: str
    verdicts: Sequence[Told]
    why: Sequence[str]
    remedies: Sequence[str]
    facts: Sequence[tuple[str, Content]]

    @property
    def title(self) -> str:
        """What a browser's tab says."""
        said = "; ".join(told.verdict for told in self.verdicts)
        return f"harness {self.verb} {self.subject}: {said}"

    def drawn(self) -> "ET.Element":
        """Return it as the top of a page."""
        return element(
            "header",
            element("p", f"harness {self.verb}", class_="tool"),
            element("h1", named(self.subject)),
            *map(_verdict, self.verdicts),
            element(
                "div",
                _list("Why", self.why),
                _list("What to do", self.remedies),
                class_="told",
            ),
            pairs(self.facts),
            class_="opening",
        )


def short(digest: str) -> str:
    """Return the beginning of a digest, as people call it: `sha256:0123456789ab`."""
    kind, colon, digits = digest.rpartition(":")
    return f"{kind}{colon}{digits[:_DIGITS]}"


def _verdict(told: Told) -> "ET.Element":
    return element(
        "p",
        element("strong", told.verdict),
        prose(told.meaning),
        class_=f"verdict {told.colour}",
    )


def _list(title: str, told: Sequence[str]) -> "ET.Element":
    rest = len(told) - MOST
    shown = [*told[:MOST], *([f"and {rest} more, below"] if rest > 0 else [])]
    items = (element("li", element("div", prose(one))) for one in shown)
    return element("section", element("h2", title), element("ul", *items))


def named(said: str) -> str:
    """Return a text with each store path as its name alone, as headings have it."""
    return _STORE_PATH.sub("", said)


def sentence(said: str) -> str:
    """Return it with a capital at its beginning and a full stop."""
    return f"{said[:1].upper()}{said[1:]}."


def moment(iso: str) -> str:
    """Return a time (ISO 8601, UTC) as people read it: `2026-11-24 02:02 UTC`."""
    return f"{iso[:16].replace('T', ' ')} UTC"
