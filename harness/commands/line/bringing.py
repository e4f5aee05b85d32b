"""What a verb that locked brings into the store, when it is asked to."""

from collections.abc import Iterable

from harness.commands.parts.output import say
from harness.govern.declared import select
from harness.host.processors import current_system


def bring(names: Iterable[str], *, quietly: bool) -> None:
    """Fetch the inputs of environments, as they are locked now, and say how much that was.

    Raises:
        InputError, ToolError, IntegrityError: as `harness fetch`.

    """
    from harness.commands.parts.libraries import told
    from harness.commands.parts.transfer import fetch_shim, fetching
    from harness.fetch.bring import fetch

    chosen = select([*names])
    with fetching() as (on_progress, on_wait):
        done = fetch(chosen, system=current_system(), on_progress=on_progress, on_wait=on_wait)
        compiler = fetch_shim(current_system(), on_progress)
    told(chosen)
    if compiler:
        say(f"without what the shim is made of, few factors can be moved: {compiler}", err=True)
    if not quietly:
        size = done.size / 1e6
        say(f"{done.needed} inputs in the store, {done.downloaded} of them new ({size:.1f} MB)")
