"""What the verbs that rebuild share: which factors to move, for how long to search."""

import re
from dataclasses import dataclass
from typing import Any

import click

from harness.commands.line.packed import packed
from harness.commands.parts.output import say
from harness.verify.core.factors.rows import registered

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


class _Duration(click.ParamType[float]):
    """A time such as 90s, 10m or 1h, as seconds."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        match = re.fullmatch(r"(\d{1,6})(s|m|h|)", str(value))
        if match is None:
            self.fail(f"{value!r} is not a time; write 90s, 10m or 1h", param, ctx)
        return float(int(match[1]) * _UNITS[match[2]])


DURATION = _Duration()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The factors that are named, or a plain rebuild, in which nothing is moved."""

    plain: bool
    factor: tuple[str, ...]

    def factors(self) -> frozenset[str]:
        """Return the factors to move: those that are named, or all, or none."""
        if self.plain and self.factor:
            raise click.UsageError("--plain moves nothing, and --factor says what to move")
        return frozenset() if self.plain else frozenset(self.factor or registered().names)


def _list(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if not value:
        return
    for factor in registered():
        say(f"{factor.name:<16} {factor.what} ({factor.lever})")
        if factor.misses:
            say(f"{'':<16} does not reach: {factor.misses}")
    ctx.exit()


factor_options = packed(
    "moved",
    Moved,
    click.option("--plain", is_flag=True, help="Rebuild under the same conditions."),
    click.option(
        "--factor",
        multiple=True,
        type=click.Choice(registered().names),
        metavar="NAME",
        help="Change only this factor. Can be given several times.",
    ),
    click.option(
        "--list-factors",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_list,
        help="List the factors and exit.",
    ),
)
