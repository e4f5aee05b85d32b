"""How a command ends, for its help: in the words of the verdicts that it comes to."""

from harness.errors import InputError, IntegrityError, ToolError
from harness.verdict import Graded

_ENDS = {InputError: "wrong input", ToolError: "a tool failed", IntegrityError: "corrupt"}


def exits(*tables: type[Graded]) -> str:
    """Return the line of help that says how a command ends which comes to these verdicts."""
    words = {one.exit_code: word for one, word in _ENDS.items()}
    for table in reversed(tables):
        words |= {one.code: one.lower() for one in reversed(table)}
    return f"Exit: {', '.join(f'{int(code)} {words[code]}' for code in sorted(words))}."
