"""A package index on loopback: the pages of PEP 503 with metadata beside the files (PEP 658)."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from tests.fakes import Answer, Exchange, Server, serving, status, well

_MOST_REQUESTS = 100


@dataclass
class Index:
    """Packages of an index; `credentials` ("user:password") are asked for if there are any."""

    server: Server
    credentials: str = ""

    @property
    def url(self) -> str:
        """The address that a configuration would name, credentials included."""
        return self.server.url("/simple", f"{self.credentials}@" if self.credentials else "")

    def publish(
        self,
        name: str,
        version: str = "1",
        *,
        requires: Sequence[str] = (),
        tag: str = "py3-none-any",
        yanked: str = "",
    ) -> bytes:
        """Add a wheel, empty but for its metadata, and return its content."""
        file = f"{name.replace('-', '_')}-{version}-{tag}.whl"
        lines = [f"Requires-Dist: {requirement}" for requirement in requires]
        metadata = "\n".join(
            ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines]
        )
        content = f"{file}\n{metadata}".encode()
        attributes = f'data-core-metadata="true" data-yanked="{yanked}"'
        self._list(name, file, content, attributes if yanked else 'data-core-metadata="true"')
        self._serve(f"/files/{file}.metadata", f"{metadata}\n".encode())
        return content

    def replace(self, name: str, version: str, content: bytes) -> None:
        """Put another file in place of a pure wheel that is listed."""
        file = f"{name}-{version}-py3-none-any.whl"
        page = f"/simple/{name.replace('_', '-')}/"
        old, new = (
            hashlib.sha256(one).hexdigest().encode()
            for one in (self.server.files[f"/files/{file}"], content)
        )
        self._serve(page, self.server.files[page].replace(old, new))
        self._serve(f"/files/{file}", content)

    def publish_sdist(self, name: str, version: str = "1", *, build: bytes = b"") -> None:
        """Add an sdist; nobody is expected to open it."""
        self._list(name, f"{name}-{version}.tar.gz", build or b"no archive", "")

    def _list(self, name: str, file: str, content: bytes, attribute: str) -> None:
        digest = hashlib.sha256(content).hexdigest()
        page = f"/simple/{name}/"
        line = f'<a href="../../files/{file}#sha256={digest}" {attribute}>{file}</a>\n'.encode()
        self._serve(page, self.server.files.get(page, b"") + line)
        self._serve(f"/files/{file}", content)

    def _serve(self, path: str, content: bytes) -> None:
        self.server.files[path] = content
        self.server.script[path] = [self._answer(path)] * _MOST_REQUESTS

    def _answer(self, path: str) -> Answer:
        known = "Basic " + base64.b64encode(self.credentials.encode()).decode()

        def answer(exchange: Exchange) -> None:
            if self.credentials and exchange.handler.headers.get("Authorization") != known:
                return status(HTTPStatus.UNAUTHORIZED, WWW_Authenticate="Basic")(exchange)
            if not path.endswith("/"):
                return well(exchange)
            headers: dict[str, str | int] = {
                "Content-Type": "text/html",
                "Content-Length": len(exchange.body),
            }
            return exchange.send(HTTPStatus.OK, headers, exchange.body)

        return answer


@contextmanager
def index(credentials: str = "") -> Iterator[Index]:
    """Run an empty index on loopback."""
    with serving() as server:
        yield Index(server=server, credentials=credentials)
