"""Requests and answers as events, which loggers of inference servers send and collectors keep.

The type is `org.kubeflow.serving.inference.request` or `.response` of KServe, or the same of
`io.seldon`, which MLServer uses. An event is a line of JSON, or one of a line that is an array, in
one of these shapes:

- CloudEvents 1.0 in structured mode, with `data` or `data_base64`;
- CloudEvents in binary mode as the request that carried it: `headers` with `ce-…`, and `body`;
- KServe's logger with a store: `ReqType`, `Id`, `Bytes` in base64, `Metadata`;
- as Knative's event_display prints it, over several lines;
- MLServer's own payload, with the same headers in `parameters.headers` (CloudEventsMiddleware).

An event does not say which path was asked for: it follows from the protocol of its data.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from harness.documents import json_text
from harness.errors import InputError
from harness.record.core.exchange import LENGTH_HEADER, Headers, Request, Response
from harness.record.core.importers.event_display import structured
from harness.record.core.importers.found import Found, LeftOut
from harness.record.core.importers.pairing import Key, Pairing
from harness.record.core.wire import decoded

_REQUEST, _RESPONSE = ".serving.inference.request", ".serving.inference.response"
_JSON = "application/json"
_PREDICTOR = "predictor"
_NO_EVENT = LeftOut(reason="no event of a request or an answer")
_OTHER = LeftOut(reason="an event of another component than the predictor")
_NO_PATH = LeftOut(reason="a request whose model or protocol the event does not say")
_OK = 200
_GZIP, _GZIPPED = b"\x1f\x8b", {"Content-Encoding": "gzip"}
_MOST_UNPACKED = 64 * 2**20


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
    def key(self) -> Key:
        """What a request and its answer have in common; steps of one graph share an id."""
        name = self.attributes.get("requestid") or self.attributes.get("id", "")
        return name, self.attributes.get("modelid", "")


_NOTHING = Event(attributes={}, headers=(), data=b"", at=None)
"""What else a program wrote between events."""


def exchanges(lines: Iterable[bytes], where: str) -> Iterator[Found]:
    """Yield the exchanges of events in the order of the requests; `where` names it in errors.

    Raises:
        InputError: a line that begins as a JSON object, or is an array, is not an event.

    """
    pairing, start = Pairing(), None
    for event in _events(lines, where):
        if left_out := _left_out(event):
            yield left_out
        elif event.attributes["type"].endswith(_RESPONSE):
            pairing.answer(event.key, _response(event))
        elif request := _request(event):
            start = event.at if start is None else start
            at = 0.0 if event.at is None or start is None else max(0.0, event.at - start)
            pairing.ask(event.key, at, request)
        else:
            yield _NO_PATH
        yield from pairing.ready()
    yield from pairing.rest()


def _left_out(event: Event) -> LeftOut | None:
    """Return why an event is not read; a transformer before the predictor logs the same again."""
    if not event.attributes.get("type", "").endswith((_REQUEST, _RESPONSE)):
        return _NO_EVENT
    return None if event.attributes.get("component") in {None, "", _PREDICTOR} else _OTHER


def _events(lines: Iterable[bytes], where: str) -> Iterator[Event]:
    for number, line in structured(lines, where):
        try:
            yield from _events_of(line)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            said = f"line {number} is not an event as JSON ({str(error)[:80]})"
            raise InputError(f"{where}: {said}; an event has to be one line: jq -c") from error


def _events_of(line: bytes) -> Iterator[Event]:
    written = line.strip()
    if not written.startswith((b"{", b"[")):
        return iter([_NOTHING] if written else [])
    try:
        text = line.decode()
        start, end = json_text.whole(text)
    except (ValueError, RecursionError):
        if written.startswith(b"["):  # a log's line that begins with a time in brackets
            return iter([_NOTHING])
        raise
    return map(_event, _objects(text, start, end))


def _objects(text: str, start: int, end: int) -> Iterator[dict[str, str]]:
    """Yield objects as the texts of their values by name, so that what they hold stays as it is."""
    if text[start] == "[":
        for _, first, last in json_text.items(text, start):
            yield from _objects(text, first, last)
    elif text[start] == "{":
        yield {str(name): text[a:b] for name, a, b in json_text.items(text, start)}
    else:
        raise ValueError(f"no object from {start} to {end}")


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
    names = {
        "Id": "id",
        "ReqType": "type",
        "InferenceService": "inferenceservicename",
        "Component": "component",
    }
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
    own = {"Content-Type": _media(event)} | (_GZIPPED if _plain(event.data) is not None else {})
    kept = tuple((name, value) for name, value in own.items() if name.lower() not in known)
    return Request(method="POST", target=target, headers=(*kept, *event.headers), body=event.data)


def _response(event: Event) -> Response:
    """Return the answer, without gzip; loggers tell only of those that succeeded."""
    plain = _plain(event.data)
    headers = (("Content-Type", _media(event)), *(() if plain is None else _GZIPPED.items()))
    body = event.data if plain is None else plain
    return Response(status=_OK, headers=headers, body=body)


def _plain(data: bytes) -> bytes | None:
    """Return what gzip compressed; None for what it did not, or is damaged or very large.

    Loggers keep a body as it was sent, but not always the header that says so.
    """
    if not data.startswith(_GZIP):
        return None
    found, _ = decoded(
        Response(status=_OK, headers=tuple(_GZIPPED.items()), body=data), _MOST_UNPACKED
    )
    return found.body if found else None


def _media(event: Event) -> str:
    return event.attributes.get("datacontenttype") or _JSON


def _target(event: Event) -> str | None:
    """Return the path by the protocol of the data, Open Inference's or KServe's version 1."""
    model = event.attributes.get("modelid") or event.attributes.get("inferenceservicename")
    if not model:
        return None
    name = quote(model, safe="")
    if any(header.lower() == LENGTH_HEADER for header, _ in event.headers):
        return f"/v2/models/{name}/infer"
    try:
        asked = json.loads(_plain(event.data) or event.data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(asked, dict) or not asked.keys() & {"inputs", "instances"}:
        return None
    is_open = _are_tensors(asked.get("inputs"))
    return f"/v2/models/{name}/infer" if is_open else f"/v1/models/{name}:predict"


def _are_tensors(inputs: Any) -> bool:
    """Return whether `inputs` is a list of Open Inference's objects, and not of plain values."""
    return isinstance(inputs, list) and all(
        isinstance(one, dict) and "datatype" in one for one in inputs
    )
