"""How much of what is known a terminal shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much is shown: `verbose` lists outputs that are SAME, too; `explain` all the evidence."""

    verbose: bool = False
    explain: bool = False


BRIEF = Detail()
