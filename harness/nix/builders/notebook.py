"""Run a notebook's cells in order, where it lies, and keep it as it is then, also if one fails.

The environment's own nbclient runs it, in the kernel that the notebook names; one that is not there
by that name, as it is on the machine of whoever wrote the notebook, is the environment's Python.

Argument: the notebook.
"""

import os
import sys
from pathlib import Path

LACKING = "a notebook needs nbclient and ipykernel: `harness add nbclient ipykernel`"

try:
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
except ModuleNotFoundError as error:
    sys.exit(f"{LACKING} ({error})")


def main() -> None:
    """Run the notebook; any cell that fails is the last."""
    path = Path(sys.argv[1])
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name=kernel(notebook),
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        client.execute()
    except CellExecutionError as error:
        sys.exit(f"{path.name}: {error}")
    finally:
        nbformat.write(notebook, Path(os.environ["HARNESS_KEEP"]) / path.name)


def kernel(notebook: nbformat.NotebookNode) -> str:
    """Return the name of the kernel to run in."""
    named = notebook.metadata.get("kernelspec", {})
    known = KernelSpecManager().find_kernel_specs()
    if named.get("name") in known:
        return str(named["name"])
    if named.get("language", "python") != "python":
        sys.exit(f"{sys.argv[1]}: there is no kernel {named.get('name')} in the environment")
    if "python3" not in known:
        sys.exit(f"{LACKING} (there is no kernel)")
    return "python3"


main()
