"""XML 1.0, SVG above all: which attribute or text of which element differs.

Elements are named by their path and number among the siblings of their name, from 1. The text is
cut into tags and texts as it is written: no entity is expanded, nothing is fetched, and bounds hold
for size, number and depth.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.formats.change import At, BeyondBoundError, Change, Content, Kind, Place, Step
from harness.formats.documents.text import decoded
from harness.formats.fields import changed, differing, order, shown, unique
from harness.formats.sequences import runs

_LARGEST = 16 << 20
_TOKENS = 200_000
_DEPTH = 200
_NAME = r"[^\s=<>/\"'!?]++"
_VALUE = r"""(?:"[^"<]*+"|'[^'<]*+')"""
_TOKEN = re.compile(
    rf"""(?P<comment><!--.*?-->)
    |(?P<data><!\[CDATA\[.*?\]\]>)
    |(?P<declaration><\?.*?\?>|<!DOCTYPE[^>\[]*+(?:\[.*?\]\s*+)?+>)
    |(?P<end></{_NAME}\s*+>)
    |(?P<tag><{_NAME}(?:\s++{_NAME}\s*+=\s*+{_VALUE})*+\s*+/?>)
    |(?P<text>[^<]++)""",
    re.DOTALL | re.VERBOSE,
)
_TAG_END = re.compile(r"[\s/>]")
_ATTRIBUTE = re.compile(rf"\s({_NAME})\s*+=\s*+({_VALUE})")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Element:
    """An element that is open: the one around it, and how many of each name it has held."""

    parent: "_Element | None" = None
    tag: str = ""
    number: int = 1
    held: Counter[str] = field(default_factory=Counter)
    depth: int = 0

    def inside(self, name: str) -> "_Element":
        """Return a new element in this one."""
        if self.depth == _DEPTH:
            raise BeyondBoundError(f"elements nested more than {_DEPTH} deep")
        self.held[name] += 1
        return _Element(parent=self, tag=name, number=self.held[name], depth=self.depth + 1)

    @property
    def path(self) -> str:
        """The names of the elements from the outermost on."""
        names: list[str] = []
        element: _Element | None = self
        while element and element.parent:
            names.append(f"{element.tag}[{element.number}]" if element.number > 1 else element.tag)
            element = element.parent
        return shown("/".join(reversed(names)) or "document")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    """A tag, or a text between tags: which kind it is, as written, and the element it is of."""

    kind: str
    text: str
    element: _Element


def explain(first: Content, second: Content) -> Iterator[Change]:
    """Yield differing attributes and texts, such as "svg/metadata/dc:date: text", in order.

    Raises:
        ValueError: no well-formed XML, or one past the bounds.

    """
    ours, theirs = list(_tokens(first)), list(_tokens(second))
    texts = [[token.text for token in tokens] for tokens in (ours, theirs)]
    for i, j, k, m in runs(*texts):
        if j - i == m - k:
            for one, other in zip(ours[i:j], theirs[k:m], strict=True):
                yield from _compare(one, other)
        else:
            yield _replaced(ours[i:j], theirs[k:m])


def _compare(first: _Token, second: _Token) -> Iterator[Change]:
    """Yield what differs between two tokens that stand in each other's place."""
    place = Step(At.TAG, first.element.path)
    if first.kind == second.kind == "tag" and _tag(first.text) == _tag(second.text):
        ours, theirs = (unique(_ATTRIBUTE.findall(token.text)) for token in (first, second))
        yield from differing(_attributes(ours), _attributes(theirs), (place,))
        ordered = (place, Step(At.FIELD, "order of attributes"))
        yield from order(ordered, list(ours), list(theirs))
    else:
        kind = first.kind if first.kind == second.kind else "content"
        yield changed((place, Step(At.FIELD, kind)), first.text, second.text)


def _attributes(values: Mapping[str, str]) -> dict[Place, object]:
    return {(Step(At.ATTRIBUTE, name),): value for name, value in values.items()}


def _replaced(first: Sequence[_Token], second: Sequence[_Token]) -> Change:
    """Return the change of some tokens that became more or fewer."""
    states = [shown("".join(token.text for token in tokens)) for tokens in (first, second)]
    place = Step(At.TAG, (first or second)[0].element.path), Step(At.FIELD, "content")
    return Change(kind=Kind.TEXT, place=place, first=states[0], second=states[1])


def _tokens(content: Content) -> Iterator[_Token]:
    """Yield what an XML text holds but for space between tags."""
    if len(content) > _LARGEST:
        raise BeyondBoundError(f"{len(content)} bytes: XML of more than {_LARGEST} is not read")
    element = document = _Element()
    for kind, text in _cut(decoded(content)[1]):
        if kind == "end":
            element = _closed(element, text)
            continue
        if kind == "tag":
            inner = element.inside(_tag(text))
            yield _Token(kind=kind, text=text, element=inner)
            element = element if text.endswith("/>") else inner
        elif not text.isspace():
            yield _Token(kind=kind, text=text.strip(), element=element)
    if element is not document or not document.held:
        raise ValueError(f"no XML: it ends in {element.path}")


def _cut(text: str) -> Iterator[tuple[str, str]]:
    """Yield (kind, text) of tags and of what stands between them."""
    position = 0
    for _ in range(_TOKENS):
        if position == len(text):
            return
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"no XML at character {position}: {shown(text[position:][:40])}")
        yield match.lastgroup or "", match[0]
        position = match.end()
    raise BeyondBoundError(f"more than {_TOKENS} tags and texts")


def _closed(element: _Element, text: str) -> _Element:
    """Return the element around the one that an end tag closes."""
    if element.parent is None or element.tag != _tag(text):
        raise ValueError(f"{shown(text)} closes {element.path}")
    return element.parent


def _tag(text: str) -> str:
    """Return the name in a tag."""
    return _TAG_END.split(text.lstrip("</"), maxsplit=1)[0]
