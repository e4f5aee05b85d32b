"""The directory of a comparison, as one leaves it."""

from dataclasses import replace
from pathlib import Path

from harness.shadow import comparisons
from harness.shadow.core.answers.answer import Reply
from harness.shadow.core.events import Ended, Ending, Phase, Played, Timed
from tests.shadow.core.simulated import ASKED


def kept(directory: Path, requests: int) -> None:
    """Keep a comparison of so many requests that all arms answered alike, by an older harness."""
    directory.mkdir()
    reply = Reply(outcome="200", body=b"{}")
    timed = Timed(intended=1.0, sent=1.0, finished=1.01, reply=reply)
    played = Played(number=0, phase=Phase.SERIAL, group="", arms=(timed, timed, timed))
    table = {"production": "service:1", "protocol": "json", "recording": "traffic"}
    with comparisons.log(directory, replace(ASKED, shadow=table, harness="0.9")) as log:
        for number in range(requests):
            log.add(replace(played, number=number))
        log.add(Ended(asked=requests, ending=Ending.EXHAUSTED))
