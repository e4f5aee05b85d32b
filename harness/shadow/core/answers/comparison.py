"""Two answers to one request, compared level by level: bytes, structure, values, labels."""

import math
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import compress, islice
from operator import ne
from typing import Any

from harness.render.shortened import shortened
from harness.shadow.core.answers import literals, numbers
from harness.shadow.core.answers.answer import KINDS, Answer, Reply, read
from harness.shadow.core.answers.headers import PREFIX
from harness.shadow.core.answers.levels import (
    DEFAULT_TOLERANCES,
    MAX_FLIPS,
    Difference,
    Flip,
    Kind,
    Level,
    Rules,
    Tolerance,
)
from harness.shadow.core.answers.patterns import lost_precision
from harness.shadow.core.answers.protocols import Protocol
from harness.shadow.core.answers.tensor import Tensor

_INDEX = re.compile(r"\[\d+\]")
_NUMBERS_OF = ":number"
"""Ends the name of a column that holds a field's numbers, where it holds other kinds, too."""
_BELOW = "anything below"
_SUM_TOLERANCE = 1e-6
_GLANCE = 8
_WRITTEN_EITHER_WAY = {"integer", "number"}
"""What JSON calls a volatile number may depend on whether it happens to be whole."""


def compare(
    left: Reply, right: Reply, protocol: Protocol, rules: Rules
) -> tuple[Level, list[Difference]]:
    """Return the gravest difference between two replies, and that of each field that differs."""
    level, _, found = compare_arms((left, left, right), protocol, rules)
    return level, found


def compare_arms(
    replies: tuple[Reply, Reply, Reply], protocol: Protocol, rules: Rules
) -> tuple[Level, list[Difference], list[Difference]]:
    """Compare two replies to the first, reading none twice.

    Returns the level of the last one's difference, and the differences of the second and the last.
    """
    answers: dict[tuple[Reply, bool], Answer] = {}

    def answer(reply: Reply, as_doubles: bool) -> Answer:
        if (reply, as_doubles) not in answers:
            answers[reply, as_doubles] = read(reply, protocol, as_doubles=as_doubles)
        return answers[reply, as_doubles]

    def to_first(reply: Reply) -> tuple[Level, list[Difference]]:
        first = replies[0]
        if reply.outcome != first.outcome:
            return Level.STRUCTURE, [_broken("", _of_outcomes(first, reply))]
        if reply == first:
            return Level.IDENTICAL, []
        found = None
        if literals.differ_throughout(first.body, reply.body):
            found = _by_doubles(answer(first, True), answer(reply, True), rules)
        if found is None:
            left, right = answer(first, False), answer(reply, False)
            found = list(differences(left, right, rules))
        return max((difference.level for difference in found), default=Level.EQUAL), found

    (_, production), (level, candidate) = map(to_first, replies[1:])
    return level, production, candidate


def _of_outcomes(first: Reply, reply: Reply) -> Kind:
    both_failed = first.error_class and reply.error_class
    differ = both_failed and first.error_class != reply.error_class
    return Kind.ERROR_CLASS if differ else Kind.OUTCOME


def _by_doubles(left: Answer, right: Answer, rules: Rules) -> list[Difference] | None:
    """Return the differences of answers read as doubles; None if any might lie in the digits."""
    found = list(differences(left, right, rules))
    differing = {difference.field for difference in found}
    unsettled = (path for path in left if path not in differing and not is_volatile(path, rules))
    return None if any(float in map(type, left[path].data) for path in unsettled) else found


def differences(left: Answer, right: Answer, rules: Rules) -> Iterator[Difference]:
    """Yield how each field differs, in order of the first answer; volatile ones in structure only.

    Of what lies below a volatile field, or is derived from one, no more is judged than of which
    types it is, if there is anything.
    """
    below: dict[str, None] = {}
    for path in [*left, *(path for path in right if path not in left)]:
        before, now = left.get(path), right.get(path)
        if before == now or _as_declared(before, rules) == _as_declared(now, rules):
            continue
        root = _volatile_root(path, rules)
        if root is not None and (root != general(path) or _has_kinds(path, left, right)):
            below[root] = None
        elif broken := _broken_structure(before, now, volatile=root is not None):
            yield _broken(path, broken)
        elif root is None and before and now:
            found = _differing_values(path, before, now, rules)
            if found.level > Level.EQUAL:
                yield found
    for root in below:
        if broken := _broken_below(root, left, right, rules):
            yield _broken(root, broken)


def _has_kinds(path: str, *answers: Answer) -> bool:
    """Return whether a column has others beside it, since its values are of several kinds."""
    return any(f"{path}{KINDS}" in answer for answer in answers)


def _broken_structure(before: Tensor | None, now: Tensor | None, *, volatile: bool) -> Kind | None:
    """Return how two fields differ in more than their values, if they do."""
    if before is None or now is None:
        return Kind.EXTRA if before is None else Kind.MISSING
    if before.datatype != now.datatype and not (
        volatile and {before.datatype, now.datatype} == _WRITTEN_EITHER_WAY
    ):
        return Kind.DATATYPE
    return Kind.SHAPE if before.shape != now.shape else None


def _as_declared(tensor: Tensor | None, rules: Rules) -> Tensor | None:
    """Return a tensor; if it says which fields documents have, all below a volatile one as one."""
    if tensor is None or tensor.datatype != "fields" or not rules.volatile:
        return tensor
    data = [{_named_as(name, shape, rules) for name, shape in names} for names in tensor.data]
    return replace(tensor, data=data)


def _named_as(name: str, shape: tuple[int, ...], rules: Rules) -> tuple[str, tuple[int, ...]]:
    root = _volatile_root(name, rules)
    return (name, shape) if root in {None, general(name)} else (str(root), ())


def _broken_below(root: str, left: Answer, right: Answer, rules: Rules) -> Kind | None:
    """Return how two answers differ in what belongs to a volatile field, if they do."""
    before, now = (_types(root, answer, rules) for answer in (left, right))
    if before == now:
        return None
    return Kind.DATATYPE if before and now else Kind.MISSING if before else Kind.EXTRA


def _types(root: str, answer: Answer, rules: Rules) -> set[str]:
    """Return of which types the values of a volatile field are, and whether any lies below it."""
    found = set()
    for path, tensor in answer.items():
        if _volatile_root(path, rules) != root or path.endswith(KINDS):
            continue
        rest = general(path).removeprefix(root)
        wide = "number" if tensor.datatype == "integer" else tensor.datatype
        found.add(_BELOW if rest.startswith((".", "[")) else wide)
    return found


def general(path: str) -> str:
    """Return a path without indices: what it is called in the rules and in statistics."""
    return _INDEX.sub("[]", path)


def _volatile_root(path: str, rules: Rules) -> str | None:
    """Return the widest declaration of what a field is, lies below, or tells something of."""
    path = general(path)
    return min((name for name in rules.volatile if _belongs(path, name)), key=len, default=None)


def _belongs(path: str, name: str) -> bool:
    if path.startswith((f"{name}.", f"{name}[")) or path == name:
        return True
    return path.startswith(f"{name}:") and not path.startswith(PREFIX)


def is_volatile(path: str, rules: Rules) -> bool:
    """Return whether a field is declared volatile, or lies below one."""
    return _volatile_root(path, rules) is not None


def fields_of(reply: Reply, protocol: Protocol) -> frozenset[str]:
    """Return what a reply has, by paths without indices."""
    return frozenset(map(general, read(reply, protocol, as_doubles=True)))


def _broken(path: str, kind: Kind) -> Difference:
    return Difference(field=path, level=Level.STRUCTURE, kind=kind, distance=math.inf)


def _differing_values(path: str, before: Tensor, now: Tensor, rules: Rules) -> Difference:
    """Compare two tensors of one datatype and shape as numbers or, without tolerance, as labels."""
    default = DEFAULT_TOLERANCES.get(before.datatype)
    tolerance = _tolerance(general(path), rules) or default
    types = {*map(type, before.data), *map(type, now.data)}
    if not (tolerance and types <= {bytes, float}):
        return _labels(path, before, now)
    if default is None:
        return _exact(path, before, now, tolerance)
    may_be_scores = _may_be_scores(path, before.shape, rules)
    pair = (before.data, now.data) if may_be_scores else _differing(before.data, now.data)
    are_doubles = types == {float} and before.datatype not in numbers.NARROW
    left, right = (data if are_doubles else numbers.real(data, before.datatype) for data in pair)
    level, kind, distance = numbers.compare(left, right, tolerance)
    if level is Level.EQUAL:
        return _exact(path, before, now, tolerance) if before.datatype == "number" else _SAME
    if level is Level.STRUCTURE:
        return _broken(path, kind)
    is_scores = may_be_scores and (rules.scores or _are_probabilities(left, before.shape[-1]))
    flips = _flips(left, right, before.shape[-1]) if is_scores else ()
    return Difference(
        field=path,
        level=Level.LABEL if flips else level,
        kind=kind,
        distance=distance,
        flips=flips,
        pattern=lost_precision(left, right),
    )


def _tolerance(name: str, rules: Rules) -> Tolerance | None:
    """Return what is declared of a field; of one of several kinds, for those that are numbers."""
    declared = rules.tolerances
    return declared.get(name) or declared.get(name.removesuffix(_NUMBERS_OF))


def _labels(path: str, before: Tensor, now: Tensor) -> Difference:
    flips = (
        Flip(row=row, first=shortened(_shown(x)), second=shortened(_shown(y)), margin=math.inf)
        for row, (x, y) in enumerate(zip(before.data, now.data, strict=True))
        if x != y
    )
    found = tuple(islice(flips, MAX_FLIPS))
    return Difference(
        field=path, level=Level.LABEL, kind=Kind.LABEL, distance=math.inf, flips=found
    )


def _shown(value: object) -> str:
    match value:
        case bytes():
            text = value.decode(errors="replace")
        case tuple():
            text = ", ".join(f"{name} {list(shape)}" for name, shape in value)
        case _:
            text = str(value)
    return text.encode(errors="backslashreplace").decode()


def _exact(path: str, before: Tensor, now: Tensor, tolerance: Tolerance) -> Difference:
    """Compare digit by digit: integers above 2^53, and decimals longer than those of a double."""
    absolute, relative = Fraction(tolerance.absolute), Fraction(tolerance.relative)
    level, distance = Level.EQUAL, Fraction(0)
    for one, other in zip(before.data, now.data, strict=True):
        if one == other:
            continue
        x, y = literals.exact(one), literals.exact(other)
        if x is None or y is None:
            return replace(
                _SAME, field=path, level=Level.BEYOND, kind=Kind.DIGITS, distance=math.inf
            )
        beyond = abs(x - y) > absolute + relative * max(abs(x), abs(y))
        reached = Level.BEYOND if beyond else Level.WITHIN if x != y else Level.EQUAL
        level, distance = max(level, reached), max(distance, abs(x - y))
    size = float(min(distance, _LARGEST))
    return replace(_SAME, field=path, level=level, kind=Kind.DIGITS, distance=size)


_SAME = Difference(field="", level=Level.EQUAL, kind=Kind.NOTHING)
_LARGEST = Fraction(sys.float_info.max)


def _differing(before: list[Any], now: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the numbers that differ, of which conversion to double is the whole cost."""
    if all(map(ne, before[:_GLANCE], now)):
        return before, now
    differ = list(map(ne, before, now))
    return list(compress(before, differ)), list(compress(now, differ))


def _may_be_scores(path: str, shape: tuple[int, ...], rules: Rules) -> bool:
    """Return whether the last axis may hold a number a class: by declaration, or by its shape."""
    if rules.scores is not None and general(path) not in rules.scores:
        return False
    return len(shape) > 1 and shape[-1] > 1


def _are_probabilities(values: Sequence[float], classes: int) -> bool:
    return all(
        min(row) >= 0 and abs(sum(row) - 1) < _SUM_TOLERANCE for row in _rows(values, classes)
    )


def _flips(left: Sequence[float], right: Sequence[float], classes: int) -> tuple[Flip, ...]:
    """Return the rows whose largest score is another class's; of equal ones the first is taken."""
    found = []
    for row, (x, y) in enumerate(zip(_rows(left, classes), _rows(right, classes), strict=True)):
        first, second = x.index(max(x)), y.index(max(y))
        if first != second:
            best, next_best = sorted(x)[:-3:-1]
            flip = Flip(row=row, first=str(first), second=str(second), margin=best - next_best)
            found.append(flip)
    return tuple(found[:MAX_FLIPS])


def _rows(values: Sequence[float], length: int) -> Iterator[Sequence[float]]:
    return (values[start : start + length] for start in range(0, len(values), length))
