"""JSON lines with the keys of `harness.record.core.lines`, whoever wrote them."""

from collections.abc import Iterable, Iterator

from harness.record.core.importers.found import Found
from harness.record.core.lines import decode_line, is_head


def exchanges(lines: Iterable[bytes], where: str) -> Iterator[Found]:
    """Yield the exchange of each line; empty ones are none.

    Raises:
        InputError: a line is not an exchange.

    """
    number = 0
    for place, line in enumerate(lines, 1):
        if not line.strip() or (place == 1 and is_head(line, where)):
            continue
        yield decode_line(line, number, f"{where}: line {place}")
        number += 1
