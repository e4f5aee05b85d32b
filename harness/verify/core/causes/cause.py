"""The cause of a difference: what was proven to move an output, where it shows, what to do."""

from dataclasses import dataclass

from harness.formats.change import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One place in one file that a cause moves, with its two values as text.

    `offset` is in bytes from the start of the file, or None where the field has none.
    """

    output: str
    path: str
    place: Place
    first: str
    second: str
    offset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What moves some files: a factor by name, or one of those that no factor stands for.

    These are "race", "temporary name", "host state" and "not stable"; factors that only act
    together are joined by " + ". `title` says it in words, and `remedy` what to do; `files`
    counts the files that it moves, of which `evidence` shows some.
    """

    factor: str
    title: str
    remedy: str
    files: int
    evidence: tuple[Evidence, ...]
