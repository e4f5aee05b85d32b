"""The one printer of places: steps into words.

`spelled` is the machine's spelling, which `[[benign]]` and `--json` use: it never changes. `worded`
is for people: what is in `WORDS` is said in other words there.
"""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from harness.formats.change import LABELS, At, Place, Step

_PLAIN = re.compile(r"[\w-]{1,100}\Z")


class _Form(NamedTuple):
    """How a step is written: {} is its value; what parts it from the next, and from the last.

    `before` counts more than the `after` of the step in front.
    """

    text: str = "{}"
    after: str = " "
    before: str | None = None


FORMS = {
    At.INSIDE: _Form("", "", ": "),
    At.PART: _Form(),
    At.FIELD: _Form(),
    At.ASPECT: _Form(before=": "),
    At.PIECE: _Form(before=", "),
    At.HEADER: _Form("{} header"),
    At.NAME: _Form(),
    At.SUBJECT: _Form(after=": "),
    At.OBJECT: _Form(before=": "),
    At.NUMBER: _Form(),
    At.MEMBER: _Form("member {}", ": "),
    At.ENTRY: _Form("index entry {}", ": "),
    At.RECORD: _Form("RECORD {}", ": "),
    At.LINE: _Form("line {}", ", "),
    At.TO: _Form("-{}", ", ", ""),
    At.WORD: _Form("word {}", before=", "),
    At.ROOT: _Form("$", ""),
    At.OCI: _Form("OCI {}"),
    At.KEY: _Form(after=": "),
    At.INDEX: _Form("[{}]", ": ", ""),
    At.LIKE: _Form(before=""),
    At.CELL: _Form("cell {}"),
    At.OUTPUT: _Form("output {}"),
    At.CODE: _Form("code object `{}`", ", "),
    At.SORT: _Form("({})"),
    At.MEMO: _Form("memo {}", before=", "),
    At.OWNED: _Form(before=", "),
    At.ATTRIBUTE: _Form("attribute {}"),
    At.TAG: _Form(after=": "),
    At.SECTION: _Form("section {}", ": "),
    At.SYMBOL: _Form("symbol {}"),
    At.UNIT: _Form("of unit {}"),
    At.PIXEL: _Form("pixel {}", before=", "),
    At.ROW: _Form("row {}", before=", "),
    At.COLUMN: _Form("column {}", before=", "),
    At.CHUNK: _Form("chunk {}"),
    At.VALUE: _Form("value {}", before=": "),
    At.SUMMARY: _Form(before=": "),
    At.ELEMENT: _Form("element {}", before=": "),
    At.ULP: _Form("differs by {} ULP"),
    At.OFFSET: _Form("at {}"),
    At.BYTE: _Form("byte {}", before=", "),
    At.START: _Form(),
    At.UNTIL: _Form("to {}"),
    At.FROM: _Form("from {}"),
    At.GONE: _Form("{} replaced", before=", "),
    At.COME: _Form("by {}"),
}

_IN_ARRAYS = frozenset([At.SUMMARY, At.ELEMENT])
"""Steps that follow the name of a format as any other does."""

WORDS = {
    "create_system": "system of origin (create_system)",
    "interning": "interning of the text",
}
"""What people read in place of a label or of a form."""


def spelled(place: Place) -> str:
    """Return a place in the machine's spelling."""
    return _joined(place, lambda label: label)


def worded(place: Place) -> str:
    """Return a place in words for people."""
    return _joined(place, lambda label: WORDS.get(label, label))


def _joined(place: Place, say: Callable[[str], str]) -> str:
    pairs = pairwise((None, *place))
    return "".join(_joint(before, step) + _said(step, say) for before, step in pairs if step)


def _joint(before: Step | None, step: Step) -> str:
    if before is None or before.at is At.INSIDE:
        return ""
    after = FORMS[before.at].after
    if step.at is At.KEY:
        return "" if not _is_plain(step) else " " if after == " " else "."
    own = FORMS[step.at].before
    return after if own is None or (step.at in _IN_ARRAYS and before.at is At.PART) else own


def _said(step: Step, say: Callable[[str], str]) -> str:
    value = str(step.value)
    if step.at is At.KEY and not _is_plain(step):
        value = f"[{json.dumps(value, ensure_ascii=False)}]"
    form = say(FORMS[step.at].text)
    return form.replace("{}", say(value) if step.at in LABELS else value, 1)


def _is_plain(key: Step) -> bool:
    """Return whether a key needs no quotes."""
    return bool(_PLAIN.match(str(key.value)))
