"""The control format of Packages and Release files (deb822; Debian Policy, chapter 5).

A paragraph is a mapping of lower-case field names to values; continuation lines keep their line
breaks, less the leading space. Sizes are bounded, since an index is read before it is trusted.
"""

from collections.abc import Iterable, Iterator, Mapping

from harness.errors import IntegrityError

_LONGEST_FIELD = 2**24
_MOST_FIELDS = 500

Paragraph = Mapping[str, str]


def parse_control(lines: Iterable[str], where: str) -> Iterator[Paragraph]:
    r"""Yield the paragraphs of a control file, line by line.

    Lines end where "\n" stands: `str.splitlines` would also end them within a description.

    Raises:
        IntegrityError: a line that is neither a field nor a continuation, a field given twice, or
            a paragraph beyond the bounds; with the line number.

    """
    fields: dict[str, list[str]] = {}
    current: list[str] | None = None
    length = 0
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip("\r\n")
        length += len(line)
        if not line.strip():
            if fields:
                yield _joined(fields)
            fields, current, length = {}, None, 0
        elif length > _LONGEST_FIELD or len(fields) > _MOST_FIELDS:
            raise IntegrityError(f"{where}:{number}: a paragraph too large for a package")
        elif line[0] in " \t":
            if current is None:
                raise IntegrityError(f"{where}:{number}: a continuation without a field")
            current.append(line[1:])
        else:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise IntegrityError(f"{where}:{number}: neither a field nor a continuation")
            if name.lower() in fields:
                raise IntegrityError(f"{where}:{number}: the field {name} is given twice")
            current = fields[name.lower()] = [value.strip()]
    if fields:
        yield _joined(fields)


def _joined(fields: Mapping[str, list[str]]) -> Paragraph:
    return {name: "\n".join(lines) for name, lines in fields.items()}
