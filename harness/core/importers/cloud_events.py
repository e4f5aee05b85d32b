"""Requests and answers as events, which loggers of inference servers send and collectors keep.

The type is `org.kubeflow.serving.inference.request` or `.response` of KServe, or the same of
`io.seldon`, which MLServer uses. An event is a line of JSON, or one of a line that is an array, in
one of these shapes:

- CloudEvents 1.0 in structured mode, with `data` or `data_base64`;
- CloudEvents in binary mode as the request that carried it: `headers` with `ce-…`, and `body`;
- KServe's logger with a store: `ReqType`, `Id`, `Bytes` in base64, `Metadata`;
- MLServer's own payload, with the same headers in `parameters.headers` (CloudEventsMiddleware).

An event does not say which path was asked for: it follows from the protocol of its data.
"""

import base64
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from harness.core import json_text
from harness.core.importers.found import Found, LeftOut
from harness.core.recording import Exchange, Headers, Request, Response
from harness.errors import InputError

MOST_WAITING = 10_000
"""Requests that are held until their answer has come; then they go without."""

_REQUEST, _RESPONSE = ".serving.inference.request", ".serving.inference.response"
_JSON = "application/json"
_NO_EVENT = "no event of a request or an answer"
_ALONE = "an answer without its request"
_NO_PATH = "a request whose model or protocol the event does not say"
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event whatever its shape was: attributes by their names in lower case, and the data.

    `headers` are those of the request that a logger was told to keep; `at` is None if the event has
    no time.
    """

    attributes: Mapping[str, str]
    headers: Headers
    data: bytes
    at: float | None

    @property
    def id(self) -> str:
        """What a request and its answer have in common."""
        return self.attributes.get("requestid") or self.attributes.get("id", "")


@dataclass(slots=True)
class _Waiting:
    """A request that waits for its answer."""

    id: str
    at: float
    request: Request
    response: Response | None = None


class _Pairs:
    """Requests in their order, each held until it has its answer or too many wait."""

    def __init__(self) -> None:
        self._order = deque[_Waiting]()
        self._by_id = dict[str, deque[_Waiting]]()

    def ask(self, waiting: _Waiting) -> None:
        self._order.append(waiting)
        self._by_id.setdefault(waiting.id, deque()).append(waiting)

    def answer(self, name: str, response: Response) -> bool:
        """Give the earliest request of an id its answer; False if none waits."""
        if name not in self._by_id:
            return False
        self._next(name).response = response
        return True

    def ready(self, most: int = MOST_WAITING) -> Iterator[Exchange]:
        """Yield from the beginning what has its answer, and what is too many."""
        while self._order and (self._order[0].response or len(self._order) > most):
            waiting = self._order.popleft()
            if not waiting.response:
                self._next(waiting.id)
            yield Exchange(
                number=0, at=waiting.at, request=waiting.request, response=waiting.response
            )

    def _next(self, name: str) -> _Waiting:
        same = self._by_id[name]
        waiting = same.popleft()
        if not same:
            del self._by_id[name]
        return waiting


def exchanges(lines: Iterable[bytes], where: str) -> Iterator[Found]:
    """Yield the exchanges of events in the order of the requests; `where` names it in errors.

    Raises:
        InputError: a line is no event as JSON.

    """
    pairs, start = _Pairs(), None
    for event in _events(lines, where):
        kind = event.attributes.get("type", "")
        if kind.endswith(_REQUEST) and (request := _request(event)):
            start = event.at if start is None else start
            at = 0.0 if event.at is None or start is None else max(0.0, event.at - start)
            pairs.ask(_Waiting(event.id, at, request))
        elif not (kind.endswith(_RESPONSE) and pairs.answer(event.id, _response(event))):
            yield LeftOut(reason=_reason(kind))
        yield from pairs.ready()
    yield from pairs.ready(0)


def _reason(kind: str) -> str:
    return (
        _ALONE if kind.endswith(_RESPONSE) else _NO_PATH if kind.endswith(_REQUEST) else _NO_EVENT
    )


def _events(lines: Iterable[bytes], where: str) -> Iterator[Event]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            text = line.decode()
            start, end = json_text.whole(text)
            yield from map(_event, _objects(text, start, end))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            said = f"line {number} is no event as JSON ({str(error)[:80]})"
            raise InputError(f"{where}: {said}; an event has to be one line: jq -c") from error


def _objects(text: str, start: int, end: int) -> Iterator[dict[str, str]]:
    """Yield objects as the texts of their values by name, so that what they hold stays as it is."""
    if text[start] == "[":
        for _, first, last in json_text.items(text, start):
            yield from _objects(text, first, last)
    elif text[start] == "{":
        yield {str(name): text[a:b] for name, a, b in json_text.items(text, start)}
    else:
        raise ValueError(f"{text[start:end]:.20} is no object")


def _event(texts: dict[str, str]) -> Event:
    if "ReqType" in texts:
        return _stored(texts)
    if "specversion" in texts:
        return _structured(texts)
    values = {name: json.loads(texts[name]) for name in ("headers", "parameters") if name in texts}
    if isinstance(values.get("headers"), dict):
        return _carried(values["headers"], texts)
    headers = (values.get("parameters") or {}).get("headers") or {}
    return Event(attributes=_attributes(headers), headers=(), data=_joined(texts), at=None)


def _structured(texts: dict[str, str]) -> Event:
    attributes = {name: json.loads(text) for name, text in texts.items() if text.startswith('"')}
    if "data_base64" in attributes:
        data = base64.b64decode(attributes["data_base64"], validate=True)
    else:
        data = _data(texts.get("data", ""), attributes.get("datacontenttype", _JSON))
    headers = _metadata(json.loads(attributes.get("metadata") or "{}"))
    return Event(
        attributes={name: value for name, value in attributes.items() if name != "data"},
        headers=headers,
        data=data,
        at=_time(attributes.get("time")),
    )


def _data(text: str, media: str) -> bytes:
    """Return the data of an event: JSON as it stands, and a text that holds it as what it holds."""
    is_text = text.startswith('"') and media != _JSON
    held = json.loads(text) if text.startswith('"') else ""
    return str(held).encode() if is_text or held[:1] in {"{", "["} else text.encode()


def _carried(headers: dict[str, Any], texts: dict[str, str]) -> Event:
    attributes = _attributes(headers)
    body = texts.get("body", '""')
    return Event(
        attributes=attributes,
        headers=(),
        data=_data(body, attributes.get("datacontenttype", _JSON)),
        at=_time(attributes.get("time")),
    )


def _stored(texts: dict[str, str]) -> Event:
    names = {"Id": "id", "ReqType": "type", "InferenceService": "inferenceservicename"}
    attributes = {new: str(json.loads(texts[old])) for old, new in names.items() if old in texts}
    if "ContentType" in texts:
        attributes["datacontenttype"] = str(json.loads(texts["ContentType"]))
    return Event(
        attributes=attributes,
        headers=_metadata(json.loads(texts.get("Metadata", "null")) or {}),
        data=base64.b64decode(json.loads(texts.get("Bytes", '""')) or "", validate=True),
        at=None,
    )


def _attributes(headers: dict[str, Any]) -> dict[str, str]:
    """Return the attributes that are headers of their own (CloudEvents, HTTP binding, 3.1.3)."""
    lowered = {name.lower(): str(value) for name, value in headers.items()}
    found = {name[3:]: value for name, value in lowered.items() if name.startswith("ce-")}
    if "content-type" in lowered:
        found["datacontenttype"] = lowered["content-type"]
    return found


def _metadata(kept: dict[str, Any]) -> Headers:
    """Return the headers that a logger kept: names with lists of values."""
    return tuple((str(name), str(value)) for name, values in kept.items() for value in values)


def _joined(texts: dict[str, str]) -> bytes:
    """Return an object without `parameters.headers`, which the logger has put there."""
    kept = {name: text for name, text in texts.items() if name != "parameters"}
    parameters = json.loads(texts.get("parameters", "null")) or {}
    if rest := {name: value for name, value in parameters.items() if name != "headers"}:
        kept["parameters"] = json.dumps(rest, ensure_ascii=False)
    return (
        "{" + ", ".join(f"{json.dumps(name)}: {text}" for name, text in kept.items()) + "}"
    ).encode()


def _time(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except (ValueError, OverflowError):
        return None


def _request(event: Event) -> Request | None:
    """Return the request; None if nothing says for which model, or by which protocol, it was."""
    target, known = _target(event), {name.lower() for name, _ in event.headers}
    if target is None:
        return None
    own = () if "content-type" in known else (("Content-Type", _media(event)),)
    return Request(method="POST", target=target, headers=(*own, *event.headers), body=event.data)


def _response(event: Event) -> Response:
    """Return the answer; loggers tell only of those that succeeded."""
    return Response(status=_OK, headers=(("Content-Type", _media(event)),), body=event.data)


def _media(event: Event) -> str:
    return event.attributes.get("datacontenttype") or _JSON


def _target(event: Event) -> str | None:
    """Return the path by the protocol: `inputs` are Open Inference's, `instances` version 1's."""
    attributes = event.attributes
    model = attributes.get("modelid") or attributes.get("inferenceservicename")
    if not model:
        return None
    if any(name.lower() == "inference-header-content-length" for name, _ in event.headers):
        return f"/v2/models/{quote(model, safe='')}/infer"
    try:
        text = event.data.decode()
        start, _ = json_text.whole(text)
        names = (
            {name for name, _, _ in json_text.items(text, start)} if text[start] == "{" else set()
        )
    except (ValueError, RecursionError):
        return None
    if "inputs" in names:
        return f"/v2/models/{quote(model, safe='')}/infer"
    return f"/v1/models/{quote(model, safe='')}:predict" if "instances" in names else None
