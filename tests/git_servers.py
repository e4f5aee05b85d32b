"""A git repository on loopback, served as git itself serves one (`git http-backend`)."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

_GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]


def committed(directory: Path, files: Mapping[str, str]) -> str:
    """Write files, commit them in the repository there, and return the commit."""
    if not (directory / ".git").exists():
        subprocess.run([*_GIT, "init", "-q", "-b", "main", directory], check=True)
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    for arguments in (["add", "-A"], ["commit", "-qm", "one"]):
        subprocess.run([*_GIT, *arguments], cwd=directory, check=True)
    argv = [*_GIT, "rev-parse", "HEAD"]
    return subprocess.run(
        argv, cwd=directory, check=True, capture_output=True, text=True
    ).stdout.strip()


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    """Serve the repositories below a directory; the address of where they begin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            environment = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(directory),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
            }
            argv = ["git", "-c", "safe.directory=*", "http-backend"]
            made = subprocess.run(
                argv, env=environment, input=body, check=True, capture_output=True
            ).stdout
            head, _, content = made.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(headers.pop("Status", "200").split()[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
