"""What was recorded or imported, as text and as JSON."""

from pathlib import Path

from harness.commands.parts.output import print_json, say
from harness.record.live import Recorded


def print_recorded(output: Path, done: Recorded, *, as_json: bool) -> None:
    """Say how many requests are in a recording, and how many are not, by reason."""
    if as_json:
        print_json(
            {
                "recording": str(output),
                "recorded": done.count,
                "unanswered": done.unanswered,
                "unseen": list(done.unseen),
                "not-recorded": dict(done.not_recorded),
                "failure": done.failure,
            }
        )
        return
    say(f"{output}: {done.count} requests recorded, {done.not_recorded.total()} not")
    for reason, times in sorted(done.not_recorded.items()):
        say(f"  {times} {reason}")
    if done.unanswered:
        say(f"  {done.unanswered} of the recorded have no answer")
    for field in done.unseen if done.count else ():
        say(f"  nothing had the field {field}, which was to be redacted")
    if done.failure:
        say(f"  ended early: {done.failure}")
