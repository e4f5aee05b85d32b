"""Options that belong together reach a command as one value."""

from collections.abc import Callable
from dataclasses import Field, fields
from functools import wraps
from typing import Any, ClassVar, Protocol

Command = Callable[..., None]


class Packed(Protocol):
    """A dataclass, its fields called as the parameters of the options."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


def packed(
    name: str, kind: type[Packed], *options: Callable[[Command], Command]
) -> Callable[[Command], Command]:
    """Return what adds options, whose values the command gets as its argument `name`."""

    def decorate(command: Command) -> Command:
        @wraps(command)
        def gathered(**given: Any) -> None:
            values = {field.name: given.pop(field.name) for field in fields(kind)}
            command(**given, **{name: kind(**values)})

        made: Command = gathered
        for option in reversed(options):
            made = option(made)
        return made

    return decorate
