"""Readers of recordings and of what is imported, with contents for ci/fuzz to damage."""

import gzip
import json
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from harness.record.core.blocks import HEAD, pack
from harness.record.core.exchange import Exchange
from harness.record.core.lines import encode_head
from harness.record.imported import FORMATS, import_recording
from harness.record.recordings import read
from tests.formats.seeds import Pair

Reader = Callable[[bytes, bytes], Iterator[object]]

_FIELDS = ("inputs.*.data.*", "*.name", "query:user", "header:x-user")


def _recorded(path: Path) -> Iterator[Exchange]:
    with read(path) as recording:
        yield from recording


def _imported(form: str, path: Path) -> Iterator[Exchange]:
    target = path.with_suffix(".rec")
    import_recording(path, form, target, _FIELDS)
    with read(target) as recording:
        yield from recording
    target.unlink()


def _both(found: Callable[[Path], Iterator[Exchange]], *contents: bytes) -> Iterator[object]:
    """Read contents as files."""
    with tempfile.TemporaryDirectory(prefix="read") as directory:
        path = Path(directory, "content")
        for content in contents:
            path.write_bytes(content)
            yield from found(path)


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "recording": partial(_both, _recorded),
        **{form: partial(_both, partial(_imported, form)) for form in FORMATS},
    }
)
"""What reads two contents of a format; it raises HarnessError for what it refuses."""

_BODY = {"inputs": [{"name": "x", "shape": [2], "datatype": "FP64", "data": [1.0, 2e300]}]}
_LINE = {
    "at": 0.5,
    "method": "POST",
    "target": "/v2/models/wine/infer?user=ann",
    "headers": [["Host", "h"], ["X-User", "ann"]],
    "body-text": json.dumps(_BODY),
    "response": {"status": 200, "headers": [], "body-base64": "e30="},
}
_ENTRY = {
    "startedDateTime": "2026-03-01T10:00:00.500Z",
    "request": {
        "method": "POST",
        "url": "http://127.0.0.1:8080/v2/models/wine/infer",
        "headers": [{"name": "Content-Type", "value": "application/json"}],
        "postData": {"mimeType": "application/json", "text": json.dumps(_BODY)},
    },
    "response": {
        "status": 200,
        "headers": [{"name": "Set-Cookie", "value": "a=1\nb=2"}],
        "content": {"size": 2, "text": "e30=", "encoding": "base64"},
    },
}
_ATTRIBUTES = {
    "id": "1",
    "type": "org.kubeflow.serving.inference.request",
    "time": "2026-03-01T10:00:00Z",
    "inferenceservicename": "wine",
    "metadata": '{"X-User": ["ann"]}',
}
_CARRIED = {f"ce-{name}": value for name, value in _ATTRIBUTES.items()}
_STORED = {
    "ReqType": _ATTRIBUTES["type"],
    "Id": "1",
    "InferenceService": "wine",
    "Bytes": "eyJpbnB1dHMiOltdfQ==",
}


def _lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def _har(*entries: object) -> bytes:
    return _lines({"log": {"version": "1.2", "entries": entries}})


def _printed() -> bytes:
    attributes = "".join(f"  {name}: {value}\n" for name, value in _ATTRIBUTES.items())
    data = json.dumps(_BODY, indent=2).replace("\n", "\n  ")
    return f"\N{CLOUD}  cloudevents.Event\n{attributes}Data,\n  {data}\n".encode()


def _packed(*values: object) -> bytes:
    blocks = [pack(_lines(value), 1) for value in values]
    return pack(encode_head(["user"]), 0) + b"".join(blocks)


def _pair(path: str, first: bytes, second: bytes, form: str) -> Pair:
    return Pair(path=path, first=first, second=second, format=form, field="")


PAIRS = (
    _pair("a.rec", _packed(_LINE, _LINE), _packed(_LINE), "recording"),
    _pair("a.jsonl", _lines(_LINE, _LINE), _lines(_LINE), "recording"),
    _pair("a.jsonl.gz", _lines(_LINE, _LINE), gzip.compress(_lines(_LINE), mtime=0), "jsonl"),
    _pair("a.har", _har(_ENTRY, _ENTRY), _har(_ENTRY), "har"),
    _pair(
        "events.jsonl",
        _lines({"specversion": "1.0", **_ATTRIBUTES, "data": _BODY}, [_STORED]),
        _lines({"headers": _CARRIED, "body": json.dumps(_BODY)}),
        "kserve",
    ),
    _pair("events.txt", _printed(), _printed() + _printed(), "kserve"),
    _pair(
        "payloads.jsonl",
        _lines({**_BODY, "parameters": {"headers": _CARRIED}}),
        _lines({**_BODY, "parameters": {"headers": _CARRIED, "n": 1}}),
        "mlserver",
    ),
)


def bombs(large: bytes) -> tuple[Pair, ...]:
    """Return recordings and imports of `large`, of zlib and very much, and of deep values."""
    head, member = pack(encode_head([]), 0), bytearray(pack(b"{}\n", 1))
    member[HEAD:] = large[2:-4] + bytes(8)
    member[16:20] = len(member).to_bytes(4, "little")
    member[24:28] = zlib.crc32(member[16:24]).to_bytes(4, "little")
    deep = b'{"inputs": ' + b"[" * 1_000_000 + b"\n"
    return (
        _pair("bomb.rec", head + member, _packed(_LINE), "recording"),
        _pair("bomb cut.rec", head + member[:-1], _packed(_LINE), "recording"),
        _pair("bomb.jsonl.gz", bytes(member), _lines(_LINE), "jsonl"),
        _pair("bomb.har", bytes(member), _har(_ENTRY), "har"),
        _pair("deep.jsonl", deep, _lines(_LINE), "jsonl"),
        _pair("deep.har", deep, _har(_ENTRY), "har"),
        _pair("deep events.jsonl", deep, _lines([_STORED]), "kserve"),
    )
