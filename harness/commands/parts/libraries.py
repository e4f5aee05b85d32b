"""What verbs tell of libraries that are missing, or may be."""

from collections.abc import Sequence

from harness.commands.parts.output import warn
from harness.host.processors import current_system
from harness.libraries.core.advice import as_object, notices
from harness.libraries.look import look_ahead, require_libraries
from harness.project.repository import Environment


def told_ahead(environment: Environment) -> list[str]:
    """Warn of what a new lock may need, where its inputs are there already.

    Raises:
        InputError, ToolError: as `harness.libraries.look.require_libraries`.

    """
    return warn(notices(look_ahead(environment, system=current_system())))


def told(environments: Sequence[Environment]) -> dict[str, object]:
    """Warn of what environments may need, and return the facts for scripts.

    Raises:
        InputError, ToolError: as `harness.libraries.look.require_libraries`.

    """
    found = {one.name: require_libraries(one, system=current_system()) for one in environments}
    warn(notice for one in found.values() for notice in notices(one))
    return {name: as_object(one) for name, one in found.items()}
