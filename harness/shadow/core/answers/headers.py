"""Headers of answers: which are compared, and in which form, as the rows of a table.

A form keeps what a client acts upon, and leaves out what is another each time or is nobody's
business: values of cookies and nonces are never kept. Headers that are in neither table are
compared only if they are declared, so that what a service makes up for itself (ids of requests,
times taken) says nothing; whoever compares is told which those were.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from harness.record.core.exchange import LENGTH_HEADER, Headers

HIDDEN = "*"
"""Stands where a value is left out."""
PREFIX = "header:"
"""Before a header's name, in lower case, in the path of a field."""

OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "content-length",
        "keep-alive",
        "proxy-connection",
        "trailer",
        "transfer-encoding",
        "upgrade",
        LENGTH_HEADER,
    }
)
"""How the message came, which its body says as well."""

_Form = Callable[[Sequence[str], datetime | None], str | None]
"""Returns what is compared of a header's values, or None if that is nothing; given is when the
answer was made, by `Date`."""

_MEMBER = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*"|")+')
_PARAMETER = re.compile(r'(?:[^;"]|"(?:\\.|[^"\\])*"|")+')
_SECRET = re.compile(r'\b((?:c?nonce|opaque)\s*=\s*)(?:"(?:\\.|[^"\\])*"|[^\s,]*)', re.IGNORECASE)
_NONCE = re.compile(r"'nonce-[^']*'", re.IGNORECASE)


def _as_written(values: Sequence[str], _: datetime | None) -> str:
    return ", ".join(values)


def _listed(values: Sequence[str], _: datetime | None) -> str:
    return ", ".join(member.lower() for member in _members(values))


def _set_of(values: Sequence[str], _: datetime | None) -> str:
    return ", ".join(sorted({member.lower() for member in _members(values)}))


def _vary(values: Sequence[str], _: datetime | None) -> str | None:
    """Keep what an answer depends on, but for codings, which are agreed upon for each anyway."""
    members = {member.lower() for member in _members(values)} - {"accept-encoding"}
    return ", ".join(sorted(members)) or None


def _media_type(values: Sequence[str], _: datetime | None) -> str:
    """Keep type and parameters; what separates a multipart's parts is drawn for each."""
    kind, *rest = (part.strip() for part in _PARAMETER.findall(", ".join(values)) or [""])
    parameters = (
        (key, said.strip().strip('"').lower())
        for key, said in map(_pair, rest)
        if key != "boundary"
    )
    return "; ".join([kind.lower(), *(f"{key}={said}" for key, said in sorted(parameters) if key)])


def _challenges(values: Sequence[str], _: datetime | None) -> str:
    return _SECRET.sub(rf"\g<1>{HIDDEN}", ", ".join(values))


def _policy(values: Sequence[str], _: datetime | None) -> str:
    return _NONCE.sub(f"'nonce-{HIDDEN}'", ", ".join(values))


def _validator(values: Sequence[str], _: datetime | None) -> str:
    """Keep the strength of an entity's tag, which is itself another for every build."""
    return "weak" if values[0].startswith("W/") else "strong"


def _there(_: Sequence[str], __: datetime | None) -> str:
    return "given"


def _delay(values: Sequence[str], made: datetime | None) -> str:
    """Keep seconds; a date is told as seconds after the answer was made."""
    moment = _moment(values[0])
    if moment is None or made is None:
        return ", ".join(values)
    return f"{(moment - made).total_seconds():.0f}"


def _expiry(values: Sequence[str], made: datetime | None) -> str:
    return _expires(values[0], made)


COMPARED: Mapping[str, _Form] = {
    "accept-ranges": _set_of,
    "access-control-allow-credentials": _set_of,
    "access-control-allow-headers": _set_of,
    "access-control-allow-methods": _set_of,
    "access-control-allow-origin": _as_written,
    "access-control-expose-headers": _set_of,
    "access-control-max-age": _as_written,
    "allow": _set_of,
    "cache-control": _set_of,
    "clear-site-data": _set_of,
    "content-disposition": _as_written,
    "content-encoding": _listed,
    "content-language": _set_of,
    "content-location": _as_written,
    "content-range": _as_written,
    "content-security-policy": _policy,
    "content-type": _media_type,
    "cross-origin-embedder-policy": _as_written,
    "cross-origin-opener-policy": _as_written,
    "cross-origin-resource-policy": _as_written,
    "deprecation": _as_written,
    "etag": _validator,
    "expires": _expiry,
    "last-modified": _there,
    "link": _as_written,
    "location": _as_written,
    "permissions-policy": _as_written,
    "pragma": _set_of,
    "proxy-authenticate": _challenges,
    "referrer-policy": _as_written,
    "refresh": _as_written,
    "retry-after": _delay,
    "strict-transport-security": _as_written,
    "sunset": _as_written,
    "vary": _vary,
    "www-authenticate": _challenges,
    "x-content-type-options": _set_of,
    "x-frame-options": _set_of,
}
"""By name in lower case. `Set-Cookie`, of which each cookie is a field, is compared besides."""

NUMBERS = frozenset({"retry-after", "access-control-max-age"})
"""Of these, how far two are apart is compared, where both are numbers."""

_COOKIE = "set-cookie"
_JSON = "application/json"


def compared(headers: Headers, declared: frozenset[str] = frozenset()) -> Headers:
    """Return what is compared of an answer's headers, by name; `declared` are compared as written.

    Of a cookie its name and attributes are kept, and whether it has a value. Tensors sent as bytes
    come behind the JSON that describes them, and have its type: how they were sent is irrelevant.
    """
    values = _by_name(headers)
    if values.keys() >= {LENGTH_HEADER, "content-type"}:
        values["content-type"] = [_JSON]
    made = _moment(values.get("date", [""])[0])
    kept = [
        (name, form)
        for name, found in values.items()
        if name in COMPARED or name in declared - {_COOKIE}
        if (form := COMPARED.get(name, _as_written)(found, made)) is not None
    ]
    return tuple(sorted([*kept, *_cookies(values.get(_COOKIE, []), made)]))


def left_out(headers: Headers, declared: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the names of an answer's headers that say something, and are not compared."""
    for name, _ in headers:
        if (key := name.lower()) not in OF_THE_CONNECTION | {_COOKIE} | declared | COMPARED.keys():
            yield key


def _by_name(headers: Headers) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value.strip(" \t"))
    return values


def _members(values: Sequence[str]) -> Iterable[str]:
    members = (member.strip() for value in values for member in _MEMBER.findall(value))
    return filter(None, members)


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key.strip().lower(), value


def _cookies(values: Sequence[str], made: datetime | None) -> Iterator[tuple[str, str]]:
    """Yield each name of cookies and what is kept of them.

    Of those of one name, domain and path, which a client takes for one, the last counts.
    """
    last: dict[str, dict[tuple[str, str], str]] = {}
    for value in values:
        name, held, kept = _cookie(value, made)
        said = [f"{key}={text}" if text else key for key, text in sorted(kept.items())]
        scope = kept.get("domain", ""), kept.get("path", "")
        last.setdefault(name, {})[scope] = "; ".join([held, *said])
    for name, scopes in last.items():
        yield f"{_COOKIE}:{name}", ", ".join(sorted(scopes.values()))


def _cookie(value: str, made: datetime | None) -> tuple[str, str, dict[str, str]]:
    """Return a cookie's name, whether it has a value, and its attributes."""
    pair, *attributes = value.split(";")
    name, equals, content = pair.partition("=")
    kept = {key: _attribute(key, said, made) for key, said in map(_pair, attributes) if key}
    held = HIDDEN if (content if equals else name).strip() else "empty"
    return name.strip() if equals else "", held, kept


def _attribute(key: str, text: str, made: datetime | None) -> str:
    if key == "expires":
        return _expires(text, made)
    return text.strip() if key == "path" else text.strip().lower()


def _expires(text: str, made: datetime | None) -> str:
    """Return whether a time lies ahead of when an answer was made: the time itself moves."""
    moment = _moment(text)
    if moment is None:
        return "no time"
    return "past" if made and moment <= made else "ahead"


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
