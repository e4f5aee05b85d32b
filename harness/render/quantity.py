"""Numbers as a person reads them: few digits, a unit, a true minus."""

import math
from collections.abc import Callable, Iterable
from functools import partial

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB")
_ONES = ("1", f"{MINUS}1")
_SMALLEST_PLAIN, _LONGEST_PLAIN = 1e-4, 1e5
_MINUTE, _HOUR, _KIBI = 60, 3600, 1024


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits: `0.0012`, `12,300`, `10⁹`, `∞`."""
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else ("∞" if value > 0 else f"{MINUS}∞")
    size = abs(value)
    if size and not _SMALLEST_PLAIN <= size < _LONGEST_PLAIN:
        return _scientific(value, digits)
    if not size:
        return "0"
    places = max(digits - 1 - math.floor(math.log10(size)), 0)
    text = f"{value:,.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", MINUS)


def _scientific(value: float, digits: int) -> str:
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    mantissa = mantissa.rstrip("0").rstrip(".").replace("-", MINUS)
    return (
        f"{mantissa.removesuffix('1')}{power}" if mantissa in _ONES else f"{mantissa}{TIMES}{power}"
    )


def apart(values: Iterable[float]) -> Callable[[float], str]:
    """Return a way of writing numbers in as few digits, from 3, as tell these apart."""
    listed = list(values)
    digits = (n for n in range(3, 17) if len({number(each, n) for each in listed}) == len(listed))
    return partial(number, digits=next(digits, 17))


def share(value: float) -> str:
    """Return a share as a percentage: 0.0123 is `1.23%`."""
    return f"{number(100 * value)}%" if math.isfinite(value) else number(value)


def change(value: float) -> str:
    """Return a relative change with its sign: 0.05 is `+5%`."""
    return f"{'+' if value > 0 else ''}{share(value)}"


def seconds(value: float) -> str:
    """Return a duration: `5.12 ms`, `1.5 s`, `2 min 5 s`, `3 h 2 min`."""
    if value >= _HOUR:
        return f"{value // _HOUR:.0f} h {value % _HOUR // _MINUTE:.0f} min"
    if value >= 2 * _MINUTE:
        return f"{value // _MINUTE:.0f} min {value % _MINUTE:.0f} s"
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{number(value / size)} {unit}"
    return f"{number(value / 1e-6)} µs" if value else "0 s"


def size(value: float) -> str:
    """Return a number of bytes: `512 MiB`."""
    power = 0
    while value >= _KIBI and power < len(_BINARY) - 1:
        value, power = value / _KIBI, power + 1
    return f"{number(value)} {_BINARY[power]}"


def plural(count: int, noun: str) -> str:
    """Return `1 request`, `2 requests`, `12,000 requests`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
