r"""Text of others as a terminal, a page or a report may show it: what cannot be seen is spelt out.

Control characters move a cursor, set titles and clear what was said; others turn the direction of
a line, take no room, or look like a letter that they are not. Each is shown as Python would write
it (`\x1b`, `\u202e`), so that two texts that differ also look different.
"""

import json
import re

_INVISIBLE = frozenset(
    "\N{COMBINING GRAPHEME JOINER}\N{HANGUL CHOSEONG FILLER}\N{HANGUL JUNGSEONG FILLER}"
    "\N{KHMER VOWEL INHERENT AQ}\N{KHMER VOWEL INHERENT AA}\N{HANGUL FILLER}"
    "\N{HALFWIDTH HANGUL FILLER}\N{BRAILLE PATTERN BLANK}"
)
_SELECTORS = re.compile("[\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_LOOK_ALIKE = (
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03bd\u03bf\u03c1\u03f2\u03f3\u0400-\u052f\u0531-\u0587\u13a0-\u13ff\uff01-\uff5e"
    "\U0001d400-\U0001d7ff"
)
"""Letters of Greek, Cyrillic, Armenian and Cherokee, and Latin ones of other widths and styles."""

_WORD = re.compile(r"\w+")
_LATIN = re.compile("[A-Za-z]")
_LETTER = re.compile(f"[{_LOOK_ALIKE}]")
_LAST_ASCII = 0x7F
_LINES = "\n\t"


def printable(text: str) -> str:
    """Return a text as one line."""
    return _shown(text, "")


def printable_lines(text: str) -> str:
    """Return a text that keeps its line breaks and tabs."""
    return _shown(text, _LINES)


def printable_json(text: str) -> str:
    """Return a JSON document of the same value in which only line breaks are not printable."""
    if text.isprintable():
        return text
    return "".join(one if _is_plain(one, "\n") else _escaped(one) for one in text)


def _shown(text: str, kept: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    shown = "".join(one if _is_plain(one, kept) else spelt(one) for one in text)
    return _WORD.sub(lambda word: _unmixed(word[0]), shown)


def _unmixed(word: str) -> str:
    """Return a word with look-alikes spelt out if it has Latin letters, too."""
    if not (_LATIN.search(word) and _LETTER.search(word)):
        return word
    return _LETTER.sub(lambda one: spelt(one[0]), word)


def _is_plain(one: str, kept: str) -> bool:
    plain = one.isprintable() and one not in _INVISIBLE and not _SELECTORS.match(one)
    return plain or one in kept


def _escaped(one: str) -> str:
    """Return a character as JSON escapes it (RFC 8259, section 7)."""
    return json.dumps(one)[1:-1] if ord(one) > _LAST_ASCII else f"\\u{ord(one):04x}"


def spelt(one: str) -> str:
    r"""Return a character as Python writes it; a byte that was no UTF-8 as `\xff`."""
    if "\udc80" <= one <= "\udcff":
        return f"\\x{ord(one) - 0xDC00:02x}"
    return one.encode("unicode_escape").decode()
