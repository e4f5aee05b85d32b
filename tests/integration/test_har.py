"""What Chromium sends and Playwright writes down of it is imported as the server received it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

from harness.record.imported import import_recording
from harness.record.recordings import read

_CHROMIUM = Path("/usr/bin/chromium")
_PAGE = '<form method="post" action="/form"><input name="a" value="é 1&2"></form>'.encode()
_CALLS = """async () => {
  await fetch('/text', {method: 'POST', body: 'é北'});
  await fetch('/query', {method: 'POST', body: new URLSearchParams({a: 'é 1&2', b: ''})});
  await fetch('/pfad/é?q=ü&r=%C3%A9');
  const form = new FormData();
  form.append('f', new Blob([new Uint8Array([255, 0])]), 'x.bin');
  await fetch('/files', {method: 'POST', body: form});
  await fetch('/bytes', {method: 'POST', body: new Uint8Array([0, 200, 255])});
  document.querySelector('form').submit();
}"""


class _Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    got: dict[str, bytes]

    def do_GET(self) -> None:
        self.got[self.path] = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _serving() -> Iterator[tuple[str, dict[str, bytes]]]:
    got: dict[str, bytes] = {}
    handler = type("_Handler", (_Server,), {"got": got})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()
        thread.join()


def test_a_browsers_archive_is_imported_as_the_server_got_it(tmp_path: Path) -> None:
    archive, recording = tmp_path / "a.har", tmp_path / "a.rec"
    with _serving() as (address, got), sync_playwright() as playwright:
        installed = str(_CHROMIUM) if _CHROMIUM.exists() else None
        browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        context = browser.new_context(record_har_path=archive, record_har_content="embed")
        page = context.new_page()
        page.goto(address)
        with page.expect_navigation():
            page.evaluate(_CALLS)
        context.close()
        browser.close()
    done = import_recording(archive, "har", recording)
    with read(recording) as exchanges:
        found = {one.request.target: one.request.body for one in exchanges}
    left_out = {"/files", "/bytes"}  # which Playwright does not write down
    assert done.not_recorded.total() == len(left_out)
    assert {*got} - {"/favicon.ico"} - left_out == {*found} - {"/favicon.ico"}
    assert all(got[target] == body for target, body in found.items())
