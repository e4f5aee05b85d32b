r"""The bytes of a body in a HAR, which holds text: told by the length that was sent.

What is not UTF-8 stands in some archives with a character for each byte (browsers' tools), in
others as what its charset reads. A form may stand as `params` alone, whose values some programs
decode and some do not. Of the ways to read one, that is taken which gives as many bytes as were
sent; without a length the first. Where none does, the body is not in the archive.
"""

import base64
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

_FORM = "application/x-www-form-urlencoded"
_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s\";]+)", re.IGNORECASE)
_TEXTUAL = re.compile(r"text/|.*[/+.](json|xml|javascript|x-www-form-urlencoded)\b", re.IGNORECASE)
_ENCODED = re.compile(r"(?:[!-$'-*,-;?-~+]|%[0-9A-Fa-f]{2})*")


def body_bytes(content: Mapping[str, Any], sizes: Collection[int]) -> bytes | None:
    """Return the bytes of `postData` or `content`, of which `sizes` are lengths that may be true.

    None if it is not there as it was sent. Raises ValueError, TypeError, KeyError or AttributeError
    for what is not as HAR has it.
    """
    text = content.get("text", "")
    if "base64" in {content.get("encoding"), content.get("_encoding")}:
        return base64.b64decode(text, validate=True)
    media = str(content.get("mimeType", ""))
    params = content.get("params") or []
    found = _texts(text, media) if text or not params else _forms(params, media)
    return _fitting(list(found), sizes)


def _fitting(found: Sequence[bytes], sizes: Collection[int]) -> bytes | None:
    fitting = [data for data in found if len(data) in sizes] if sizes else found
    return next(iter(fitting), None)


def _texts(text: str, media: str) -> Iterator[bytes]:
    """Yield what a text may have been, the likeliest first."""
    declared = _CHARSET.search(media)
    likely = "latin-1" if media and not _TEXTUAL.match(media) else "utf-8"
    for charset in dict.fromkeys([declared[1] if declared else likely, "utf-8", "latin-1"]):
        try:
            yield text.encode(charset)
        except (UnicodeError, LookupError):
            continue


def _forms(params: Sequence[Mapping[str, Any]], media: str) -> Iterator[bytes]:
    """Yield what a form may have been, written as it stands or encoded."""
    if media.partition(";")[0].strip().lower() not in {_FORM, ""}:
        return
    pairs = [(str(one["name"]), str(one.get("value", ""))) for one in params]
    as_they_stand = "&".join(f"{name}={value}" for name, value in pairs)
    ways = [_joined(pairs, quote_plus), _joined(pairs, quote), as_they_stand]
    if all(_ENCODED.fullmatch(part) for pair in pairs for part in pair):
        ways.insert(0, ways.pop())
    yield from (way.encode() for way in ways)


def _joined(pairs: Sequence[tuple[str, str]], way: Any) -> str:
    return "&".join(f"{way(name, safe='*')}={way(value, safe='*')}" for name, value in pairs)
