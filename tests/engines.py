"""A container engine in memory, on a unix socket: images and containers, and what was asked."""

import hashlib
import io
import json
import struct
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_VERSION = "1.41"


@dataclass
class FakeEngine:
    """Keeps images by id and containers by name; `asked` are (verb, path, headers) in order.

    It `has` layers by their digests, `prints` what a container prints, and `renames` what it loads
    to another id.
    """

    images: dict[str, dict[str, Any]] = field(default_factory=dict)
    archives: dict[str, bytes] = field(default_factory=dict)
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    loads: int = 0
    takes_parts: bool = True
    prints: bytes = b"hello\n"
    renames: str = ""

    def add(self, name: str, layers: tuple[str, ...] = (), tag: str = "") -> str:
        """Add an image and return its id."""
        image = f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"
        self.images[image] = _image(image, layers, [tag] if tag else [])
        return image

    def verbs(self, method: str) -> list[str]:
        """Return the paths that were asked with a method, without version and arguments."""
        return [path for verb, path, _ in self.asked if verb == method]

    def found(self, reference: str) -> dict[str, Any] | None:
        """Return the image of an id or tag."""
        return next(
            (one for id_, one in self.images.items() if reference in {id_, *one["RepoTags"]}), None
        )

    def load(self, archive: bytes) -> str:
        """Take an archive's image; raises KeyError for a layer that is neither there nor known."""
        self.loads += 1
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            files = {one.name: tar.extractfile(one) for one in tar if one.isfile()}
            read = {name: file.read() for name, file in files.items() if file}
        (entry,) = json.loads(read["manifest.json"])
        config = read[entry["Config"]]
        layers = tuple(json.loads(config)["rootfs"]["diff_ids"])
        known = {layer for one in self.images.values() for layer in one["RootFS"]["Layers"]}
        for name, layer in zip(entry["Layers"], layers, strict=True):
            if name not in read and not (self.takes_parts and layer in known):
                raise KeyError(name)
        image = self.renames or f"sha256:{hashlib.sha256(config).hexdigest()}"
        self.images[image] = _image(image, layers, entry["RepoTags"] or [])
        self.archives[image] = archive
        return image


def _image(image: str, layers: tuple[str, ...], tags: list[str]) -> dict[str, Any]:
    root = {"Type": "layers", "Layers": list(layers)}
    return {"Id": image, "RepoTags": tags, "Config": {}, "Size": 1, "RootFS": root}


class _Handler(BaseHTTPRequestHandler):
    engine: FakeEngine

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        path = unquote(urlsplit(self.path).path).removeprefix(f"/v{_VERSION}")
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.engine.asked.append((self.command, path, dict(self.headers.items())))
        body = self._body()
        first, _, rest = path.lstrip("/").partition("/")
        handle = getattr(self, f"_{first}", None)
        with suppress(BrokenPipeError):
            if handle is None:
                self._say(404, {"message": "page not found"})
            else:
                handle(rest, query, body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        return found

    def _say(self, status: int, value: Any = None, raw: bytes | None = None) -> None:
        data = json.dumps(value).encode() if raw is None else raw
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(data)

    def _version(self, *_: Any) -> None:
        self._say(200, {"ApiVersion": _VERSION})

    def _info(self, *_: Any) -> None:
        self._say(200, {"ServerVersion": "20.10"})

    def _images(self, rest: str, _query: dict[str, str], body: bytes) -> None:
        name, _, what = rest.rpartition("/")
        if rest == "json":
            self._say(200, list(self.engine.images.values()))
        elif rest == "load":
            self._load(body)
        elif self.command == "DELETE":
            self._say(200, [{"Deleted": self.engine.images.pop(rest)["Id"]}])
        elif (image := self.engine.found(name)) is None:
            self._say(404, {"message": f"No such image: {name}"})
        elif what == "json":
            self._say(200, image)
        else:
            self._say(200, raw=self.engine.archives[image["Id"]])

    def _load(self, body: bytes) -> None:
        try:
            image = self.engine.load(body)
        except (KeyError, tarfile.TarError) as error:
            self._say(500, {"message": f"cannot be loaded: {error}"})
            return
        self._say(200, {"stream": f"Loaded image ID: {image}\n"})

    def _containers(self, rest: str, query: dict[str, str], body: bytes) -> None:
        name, _, what = rest.partition("/")
        if rest == "create":
            self._create(query["name"], json.loads(body))
        elif self.command == "DELETE":
            self._say(204 if self.engine.containers.pop(name, None) else 404, raw=b"")
        elif what == "attach":
            frame = struct.pack(">BxxxI", 1, len(self.engine.prints)) + self.engine.prints
            self._say(200, raw=frame)
        elif what == "start":
            self.engine.containers[name]["State"] = {"Status": "running", "Running": True}
            self._say(204, raw=b"")
        else:
            self._say(200, self.engine.containers[name])

    def _create(self, name: str, settings: dict[str, Any]) -> None:
        if self.engine.found(settings["Image"]) is None:
            self._say(404, {"message": f"No such image: {settings['Image']}"})
            return
        state = {"Status": "created", "Running": False}
        facts = {"Id": name, "Name": f"/{name}", "State": state, "Config": settings}
        self.engine.containers[name] = facts
        self._say(201, {"Id": name, "Warnings": []})

    def address_string(self) -> str:
        return "a unix socket"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(engine: FakeEngine, directory: Path) -> Iterator[str]:
    """Serve an engine on a socket in the directory and yield what DOCKER_HOST is to be."""
    handler = type("Handler", (_Handler,), {"engine": engine})
    with ThreadingUnixStreamServer(f"{directory}/engine.sock", handler) as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"unix://{directory}/engine.sock"
        finally:
            server.shutdown()
            thread.join()
