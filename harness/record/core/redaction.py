"""Exchanges without their secrets: credentials always, and the fields that a person declares.

Credentials are found by the names of headers, and of parameters in URLs and form-encoded bodies,
and in paths of URLs by the form that issuers give their tokens.

A field is a dotted path in JSON bodies, of names, of places in arrays from 0, and of `*` for every
one ("user.email", "inputs.*.data"), `header:NAME`, or `query:NAME`, a parameter wherever it stands.
What is taken out becomes "redacted"; every other character of a body stays as it was, so that
numbers keep their text.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, unquote_plus

from harness.documents import json_text
from harness.errors import InputError
from harness.record.core.exchange import Exchange, Headers, Request, Response
from harness.render.secret import is_secret_name, without_issued

REDACTED = "redacted"
HIDING = "bodies or URLs that cannot be searched for what is to be redacted"
"""Why an exchange is left out for which `redacted` returns None."""
_FORM = "application/x-www-form-urlencoded"
_VALUE = r"[^&#;]*(?:;(?![^?&#;=]+=)[^&#;]*)*"
"""A parameter's value; a semicolon ends it only where another parameter follows."""
_PARAMETER = re.compile(rf"([?&#;])([^?&#;=]+)=({_VALUE})")
_PATH_PARAMETER = re.compile(r"(;)([^;/=]+)=([^;/]*)")
_FORM_PARAMETER = re.compile(r"(^|&)([^&=]+)=([^&]*)")
_QUERY_OR_FRAGMENT = re.compile(r"[?#]")
_URL_MARKS = "!$'()*,/:;=?@[]~"
_DEEPEST = 4
"""URLs within parameters of URLs are followed so far; what goes on hides what it holds."""
_USER = re.compile(r"//[^/?#]*@")
_ODD_USER = re.compile(r"//(?!\[)[^/?#@:\s]*:(?!\d{1,5}(?:[/?#]|$))[^/?#@\s]*[/?#][^\s@]*@")
"""One whose password holds what should have been escaped: no host has a port like that."""

_HEADER, _QUERY = "header:", "query:"
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What is taken out beside credentials: names of headers and queries in lower case, paths."""

    headers: frozenset[str] = frozenset()
    queries: frozenset[str] = frozenset()
    paths: tuple[Path, ...] = ()


def decode_fields(fields: Sequence[str]) -> Fields:
    """Return declared fields as they are looked for.

    Raises:
        InputError: a field names nothing.

    """
    headers, queries, paths = set[str](), set[str](), list[Path]()
    for field in fields:
        if field.startswith(_HEADER):
            headers.add(field.removeprefix(_HEADER).lower())
        elif field.startswith(_QUERY):
            queries.add(field.removeprefix(_QUERY).lower())
        else:
            paths.append(tuple(field.split(".")))
    if "" in headers | queries or any("" in path for path in paths):
        raise InputError(
            f"redact {', '.join(map(repr, fields))}: give NAME.NAME of a JSON body, "
            "header:NAME or query:NAME"
        )
    return Fields(headers=frozenset(headers), queries=frozenset(queries), paths=tuple(paths))


def redacted(exchange: Exchange, fields: Fields) -> Exchange | None:
    """Return an exchange without its secrets; None if a body hides where declared fields are."""
    try:
        request = _request(exchange.request, fields)
        response = exchange.response and _response(exchange.response, fields)
    except (ValueError, RecursionError):
        return None
    return replace(exchange, request=request, response=response)


def unseen(declared: Sequence[str], exchange: Exchange) -> tuple[str, ...]:
    """Return those of the declared fields that an exchange does not have."""
    if not declared:
        return ()
    plain = redacted(exchange, Fields())
    return tuple(field for field in declared if redacted(exchange, decode_fields([field])) == plain)


def _request(request: Request, fields: Fields) -> Request:
    return replace(
        request,
        target=_url(request.target, fields.queries),
        headers=_headers(request.headers, fields),
        body=_body(request.body, request.headers, fields),
    )


def _response(response: Response, fields: Fields) -> Response:
    body = _body(response.body, response.headers, fields)
    return replace(response, headers=_headers(response.headers, fields), body=body)


def _headers(headers: Headers, fields: Fields) -> Headers:
    return tuple((name, _header(name.strip().lower(), value, fields)) for name, value in headers)


def _header(name: str, value: str, fields: Fields) -> str:
    """Return a header's value as it is kept: any may hold a URL, as those of proxies do."""
    secret = name in fields.headers or is_secret_name(name)
    return REDACTED if secret else _url(value, fields.queries)


def _url(text: str, names: Collection[str], depth: int = 0) -> str:
    """Return a target or URL without its user and without the values of secret parameters."""
    text = without_issued(text, REDACTED)
    if "=" not in text and "@" not in text:
        return text
    if depth > _DEEPEST:
        raise ValueError("URLs within URLs, without an end")
    text = _ODD_USER.sub(f"//{REDACTED}@", text)
    found = _QUERY_OR_FRAGMENT.search(text)
    place = found.start() if found else len(text)
    kept = _kept(names, depth)
    path = _PATH_PARAMETER.sub(kept, _USER.sub(f"//{REDACTED}@", text[:place]))
    return path + _PARAMETER.sub(kept, text[place:])


def _kept(names: Collection[str], depth: int) -> Callable[[re.Match[str]], str]:
    """Return what makes of a mark, a parameter's name and its value what is kept of them."""

    def parameter(found: re.Match[str]) -> str:
        mark, written, value = found.groups()
        name = unquote_plus(written).strip().lower()
        if name in names or is_secret_name(name):
            return f"{mark}{written}={REDACTED}"
        plain = unquote(value)  # itself a URL, perhaps: where to go on
        kept = _url(plain, names, depth + 1)
        return found[0] if kept == plain else f"{mark}{written}={quote(kept, safe=_URL_MARKS)}"

    return parameter


def _body(body: bytes, headers: Headers, fields: Fields) -> bytes:
    if not body:
        return body
    if fields.paths:
        text = body.decode()
        start, end = json_text.whole(text)
        return (text[:start] + _value(text, start, end, fields.paths) + text[end:]).encode()
    return _form(body, fields.queries) if _is_form(body, headers) else body


def _is_form(body: bytes, headers: Headers) -> bool:
    """Return whether a body is a form; curl says so of all that it sends, JSON too."""
    says = any(name.lower() == "content-type" and _FORM in text.lower() for name, text in headers)
    return says and not body.lstrip().startswith((b"{", b"["))


def _form(body: bytes, names: Collection[str]) -> bytes:
    text = body.decode(errors="surrogateescape")
    return _FORM_PARAMETER.sub(_kept(names, 0), text).encode(errors="surrogateescape")


def _value(text: str, start: int, end: int, paths: Sequence[Path]) -> str:
    """Return a value's text as it is kept; what no path leads into stays as it stands."""
    if () in paths:
        return f'"{REDACTED}"'
    if not paths or text[start] not in "{[":
        return text[start:end]
    kept, copied = [], start
    for place, (name, first, last) in enumerate(json_text.items(text, start)):
        known = str(place) if name is None else name
        below = [path[1:] for path in paths if path[0] in {known, "*"}]
        kept += [text[copied:first], _value(text, first, last, below)]
        copied = last
    return "".join([*kept, text[copied:end]])
