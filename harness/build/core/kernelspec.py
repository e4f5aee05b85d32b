"""A Jupyter kernel that starts in an environment, as the kernelspec that Jupyter reads.

The format is jupyter_client's: https://jupyter-client.readthedocs.io/en/stable/kernels.html.
"""

import json
import re
from collections.abc import Sequence

from harness.errors import InputError

_NAME = re.compile(r"[a-z0-9._-]{1,100}")
"""What Jupyter lists: other names it passes over."""


def kernel_name(environment: str, chosen: str | None) -> str:
    """Return the name of the kernelspec: the chosen one, or one made of the environment's.

    Raises:
        InputError: Jupyter would not list a kernel of that name.

    """
    name = chosen or f"harness-{environment.lower()}"
    if not _NAME.fullmatch(name) or set(name) <= {"."}:
        raise InputError(f"{name!r}: a kernel's name has small letters, digits, . _ and - only")
    return name


def kernelspec(
    program: Sequence[str], repository: str, environment: str, shown: str
) -> dict[str, object]:
    """Return what stands in kernel.json.

    `program` starts harness. The kernel runs where its notebook is, so the repository is named.
    """
    inside = ["python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    return {
        "argv": [*program, "shell", "--repository", repository, environment, "--", *inside],
        "display_name": shown,
        "language": "python",
        "metadata": {"debugger": True, "harness": {"repository": repository}},
    }


def repository_of(text: bytes) -> str | None:
    """Return the repository that a kernel.json of ours is for; None if it is not ours."""
    try:
        return str(json.loads(text)["metadata"]["harness"]["repository"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
