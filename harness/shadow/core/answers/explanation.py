"""What a reader wants to know of one field that differs: where, by how much, and in which way.

Slower than a comparison, and meant for the few requests that a report shows.
"""

import math
from dataclasses import dataclass

from harness.shadow.core.answers import numbers
from harness.shadow.core.answers.answer import Reply, read
from harness.shadow.core.answers.comparison import differences
from harness.shadow.core.answers.levels import DEFAULT_TOLERANCES, Difference, Pattern, Rules
from harness.shadow.core.answers.patterns import transformation
from harness.shadow.core.answers.protocols import Protocol
from harness.shadow.core.answers.tensor import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A difference, with its most distant finite pair of values where both are real numbers.

    `index` is that pair's place in row-major order, `first` and `second` its values as written, and
    `ulps` how many values of the datatype lie between. `pattern` explains every value, if one does.
    """

    difference: Difference
    index: int | None = None
    first: str = ""
    second: str = ""
    ulps: int = 0
    pattern: Pattern | None = None


def explain(left: Reply, right: Reply, protocol: Protocol, rules: Rules) -> list[Explanation]:
    """Return an explanation of each field that differs between two replies."""
    before, now = read(left, protocol), read(right, protocol)
    return [
        _explained(difference, before.get(difference.field), now.get(difference.field))
        for difference in differences(before, now, rules)
    ]


def _explained(difference: Difference, before: Tensor | None, now: Tensor | None) -> Explanation:
    if before is None or now is None or not _are_real(before, now):
        return Explanation(difference=difference)
    left = numbers.real(before.data, before.datatype)
    right = numbers.real(now.data, now.datatype)
    finite = [
        index
        for index, (x, y) in enumerate(zip(left, right, strict=True))
        if math.isfinite(x) and math.isfinite(y)
    ]
    if not finite:
        return Explanation(difference=difference)
    worst = max(finite, key=lambda index: abs(left[index] - right[index]))
    whole = len(finite) == len(left)
    return Explanation(
        difference=difference,
        index=worst,
        first=before.data[worst].decode(),
        second=now.data[worst].decode(),
        ulps=numbers.ulps(left[worst], right[worst], before.datatype),
        pattern=difference.pattern
        or (transformation(left, right, before.shape) if whole else None),
    )


def _are_real(before: Tensor, now: Tensor) -> bool:
    """Return whether both hold real numbers of one datatype and shape."""
    return (
        before.datatype in DEFAULT_TOLERANCES
        and (before.datatype, before.shape) == (now.datatype, now.shape)
        and {*map(type, before.data), *map(type, now.data)} == {bytes}
    )
