"""Documents read as tables that `harness.documents.key` declares: every mistake at once.

Each line of an error names the place, what was found, and what was expected. A key that is not
known is told with the known one that looks like it; one that is missing, with the one that is
meant.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError

from harness.documents import schema
from harness.documents.key import Keys, Place, Schema, at, cut, keys_of, required_of
from harness.documents.lines import Lines, line_of, lines_of
from harness.documents.table import describe
from harness.errors import InputError

T = TypeVar("T", bound=Keys)
_MOST = 20
_UNKNOWN = "unexpected_keyword_argument"
_OF_A_KEY = "[key]"


def decode(kind: type[T], document: Any, where: str) -> T:
    """Return the table that a document's keys of that kind make; other keys are others' own.

    Raises:
        InputError: says each mistake in a line of its own, which begins with `where`.

    """
    found, errors = _read(kind, _table(document, where))
    if found is None:
        raise InputError("\n".join(_lines(errors, schema.schema(kind), where)))
    return found


def decode_whole(kind: type[T], document: Any, where: str) -> T:
    """Return a table that is of one kind and has no other keys.

    Raises:
        InputError: as `decode`.

    """
    require((kind,), document, where)
    return decode(kind, document, where)


def require(kinds: Sequence[type[Keys]], document: Any, where: str, text: str = "") -> None:
    """Require that the keys of a document are those of these kinds, and that each is valid.

    Errors name lines where the document's text is given.

    Raises:
        InputError: as `decode`, for all of them.

    """
    table = _table(document, where)
    known = {key for kind in kinds for key in keys_of(kind)}
    errors = [error for kind in kinds for error in _read(kind, table)[1]]
    errors += [{"type": _UNKNOWN, "loc": (key,)} for key in table if key not in known]
    if errors:
        raise InputError("\n".join(_lines(errors, schema.schema(*kinds), where, lines_of(text))))


def _table(document: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        raise InputError(f"{where}: expected a table, found {describe(document)}")
    return document


def _read(kind: type[T], table: Mapping[str, Any]) -> tuple[T | None, list[Any]]:
    own = {key: table[key] for key in keys_of(kind) if key in table}
    if not own and not required_of(kind):
        return kind(), []
    try:
        return schema.adapter(kind).validate_python(own), []
    except ValidationError as error:
        return None, [*error.errors(include_url=False)]


def _lines(errors: Sequence[Any], whole: Schema, where: str, lines: Lines = ()) -> Iterator[str]:
    """Yield a line a mistake, of the first of them; a document may have any number."""
    unknown: dict[Place, list[str]] = {}
    for error in errors:
        if error["type"] == _UNKNOWN:
            unknown.setdefault((*error["loc"][:-1],), []).append(str(error["loc"][-1]))
    meant: set[Place] = set()
    last = sorted(errors, key=lambda error: error["type"] == _UNKNOWN)
    left = len(errors)
    for error in last[:_MOST]:
        place = spot = (*error["loc"],)
        left -= 1
        if error["type"] == "missing":
            problem, instead = _missing(place, unknown.get(place[:-1], []), whole)
            meant |= instead
            spot = next(iter(instead), place)
        elif error["type"] == _UNKNOWN:
            problem = _unknown(place, whole)
        else:
            place, problem = _problem(place, error, whole)
            spot = place
        if place not in meant:
            line = line_of(spot, lines)
            yield f"{at(where, place)}: {problem}" + (f" (at line {line})" if line else "")
    if left:
        yield f"{where}: {left} more"


def _missing(place: Place, beside: Sequence[str], whole: Schema) -> tuple[str, set[Place]]:
    """Say what is missing; also the unknown key beside it that is meant, if there is one."""
    near = get_close_matches(str(place[-1]), beside[:_MOST], n=1)
    hint = f"; is {near[0]!r} meant?" if near else ""
    expected = schema.expected(schema.at(whole, place), whole)
    return f"missing; expected {expected}{hint}", {(*place[:-1], one) for one in near}


def _unknown(place: Place, whole: Schema) -> str:
    near = get_close_matches(str(place[-1]), schema.names(schema.at(whole, place[:-1])), n=1)
    return f"unknown key; did you mean {near[0]!r}?" if near else "unknown key"


def _problem(place: Place, error: Mapping[str, Any], whole: Schema) -> tuple[Place, str]:
    """Return where a problem is, and what it is."""
    found = error["input"]
    if place[-1:] == (_OF_A_KEY,):
        return place[:-1], str(error["ctx"]["error"])
    if error["type"] == "value_error":
        problem = error["ctx"]["error"]
        inside = getattr(problem, "place", None)
        shown = f"{cut(found)}: " if isinstance(found, str) and inside is None else ""
        return (*place, *(inside or ())), f"{shown}{problem}"
    if error["type"] in {"enum", "literal_error"} and isinstance(found, str):
        known = schema.at(whole, place)["enum"]
        near = get_close_matches(found, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return place, f"{cut(found)}: expected {' or '.join(known)}{hint}"
    expected = schema.expected(schema.at(whole, place), whole)
    return place, f"expected {expected}, found {describe(found)}"
