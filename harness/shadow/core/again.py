"""One request that was asked again, for a person to look at."""

from collections.abc import Sequence

from harness.record.core.exchange import Request
from harness.render.printable import printable
from harness.shadow.core.events import Played

MAX_SHOWN = 2000
"""Bytes of a body, and characters of a header."""


def asked_again(request: Request, played: Played, reasons: Sequence[str]) -> list[str]:
    """Return the request, the three replies, and how the candidate differs, as lines."""
    lines = [f"{request.method} {printable(request.target)}", *_body(request.body)]
    for who, arm in zip(("production A", "production B", "candidate"), played.arms, strict=True):
        lines.append(f"{who}: {printable(arm.reply.outcome)}, {arm.seconds * 1e3:.1f} ms")
        lines += [
            f"  {printable(name)}: {printable(value)[:MAX_SHOWN]}"
            for name, value in arm.reply.headers
        ]
        lines += _body(arm.reply.body)
    lines += [f"candidate: {printable(reason)}" for reason in reasons]
    return lines if reasons else [*lines, "candidate: as production A, within the tolerances"]


def _body(body: bytes) -> list[str]:
    more = [f"  … {len(body) - MAX_SHOWN} bytes more"] if len(body) > MAX_SHOWN else []
    text = body[:MAX_SHOWN].decode(errors="replace")
    return [f"  {printable(line)}" for line in text.splitlines()] + more
