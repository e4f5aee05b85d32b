"""Exchanges without their secrets: credentials always, and the fields that a person declares.

A field is a dotted path of names in JSON bodies, `*` for every item or name ("user.email",
"inputs.*.data"), `header:NAME`, or `query:NAME`. What is taken out becomes "redacted"; every other
character of a body stays as it was, so that numbers keep their text.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote_plus

from harness.core import json_text
from harness.core.recording import Exchange, Headers, Request, Response
from harness.errors import InputError

REDACTED = "redacted"
CREDENTIALS = frozenset(
    {
        "api-key",
        "apikey",
        "authentication-info",
        "authorization",
        "cookie",
        "ocp-apim-subscription-key",
        "proxy-authentication-info",
        "proxy-authorization",
        "set-cookie",
        "www-authenticate",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-auth-token",
        "x-authorization",
        "x-csrf-token",
        "x-goog-api-key",
        "x-xsrf-token",
    }
)
"""Headers whose values are never kept, in lower case."""
SECRET_QUERIES = frozenset(
    {"access_token", "api-key", "api_key", "apikey", "password", "sig", "token"}
)
"""Query parameters whose values are never kept, in lower case."""

_HEADER, _QUERY = "header:", "query:"
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What is taken out beside credentials: names of headers and queries in lower case, paths."""

    headers: frozenset[str] = CREDENTIALS
    queries: frozenset[str] = SECRET_QUERIES
    paths: tuple[Path, ...] = ()


def decode_fields(fields: Sequence[str]) -> Fields:
    """Return declared fields as they are looked for.

    Raises:
        InputError: a field names nothing.

    """
    headers, queries, paths = set(CREDENTIALS), set(SECRET_QUERIES), []
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
    response: Response | None = None
    try:
        request = _request(exchange.request, fields)
        if exchange.response:
            body = _body(exchange.response.body, fields.paths)
            headers = _headers(exchange.response.headers, fields.headers)
            response = replace(exchange.response, headers=headers, body=body)
    except (ValueError, RecursionError):
        return None
    return replace(exchange, request=request, response=response)


def _request(request: Request, fields: Fields) -> Request:
    return replace(
        request,
        target=_target(request.target, fields.queries),
        headers=_headers(request.headers, fields.headers),
        body=_body(request.body, fields.paths),
    )


def _headers(headers: Headers, names: Collection[str]) -> Headers:
    return tuple(
        (name, REDACTED if name.strip().lower() in names else value) for name, value in headers
    )


def _target(target: str, names: Collection[str]) -> str:
    path, mark, query = target.partition("?")
    return path + mark + "&".join(_parameter(each, names) for each in query.split("&"))


def _parameter(parameter: str, names: Collection[str]) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}={REDACTED}" if equals and unquote_plus(name).lower() in names else parameter


def _body(body: bytes, paths: Sequence[Path]) -> bytes:
    if not body or not paths:
        return body
    text = body.decode()
    start, end = json_text.whole(text)
    return (text[:start] + _value(text, start, end, paths) + text[end:]).encode()


def _value(text: str, start: int, end: int, paths: Sequence[Path]) -> str:
    """Return a value's text as it is kept; what no path leads into stays as it stands."""
    if () in paths:
        return f'"{REDACTED}"'
    if not paths or text[start] not in "{[":
        return text[start:end]
    kept, copied = [], start
    for name, first, last in json_text.items(text, start):
        below = [path[1:] for path in paths if path[0] in {name, "*"}]
        kept += [text[copied:first], _value(text, first, last, below)]
        copied = last
    return "".join([*kept, text[copied:end]])
