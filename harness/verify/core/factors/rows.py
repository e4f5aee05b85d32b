"""Every factor, a row each: what it is, what moves it, what it shows in, what to do about it.

Each is pinned or moved. What could not be moved is listed with the reason, and what changes between
two builds anyway (process ids, say) is not counted as exercised.
"""

from harness.verify.core.factors.factor import Factors
from harness.verify.core.factors.machine import MACHINE
from harness.verify.core.factors.surroundings import SURROUNDINGS
from harness.verify.core.factors.time_and_chance import TIME_AND_CHANCE

FACTORS = Factors(rows=(*TIME_AND_CHANCE, *SURROUNDINGS, *MACHINE))


def registered() -> Factors:
    """Return the factors that there are."""
    return FACTORS
