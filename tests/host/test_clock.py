import time
from datetime import UTC, datetime

from harness.host.clock import SYSTEM_CLOCK


def test_the_systems_clock_says_the_time_in_utc_and_waits() -> None:
    before, begun = datetime.now(UTC), time.monotonic()
    SYSTEM_CLOCK.sleep(0.02)
    assert time.monotonic() - begun >= 0.02
    assert before < SYSTEM_CLOCK.now() <= datetime.now(UTC)
