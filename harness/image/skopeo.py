"""skopeo: copies images to registries, which know the user's credentials through it alone."""

import os
import shutil
from pathlib import Path

from harness.errors import ToolError
from harness.host import process
from harness.host.metered import PATIENCE
from harness.host.remains import marked

_TRANSPORT = "docker://"


def copy_argv(layout: Path, tag: str, reference: str) -> list[str]:
    """Return the copy of an OCI layout's tag to a registry, which must keep its digest."""
    target = _TRANSPORT + reference.removeprefix(_TRANSPORT)
    return ["skopeo", "copy", "--preserve-digests", f"oci:{layout}:{tag}", target]


def push(layout: Path, tag: str, reference: str, *, size: int) -> None:
    """Copy an image to a registry, without the blobs that it has; `size` is that of its layers.

    Raises:
        ToolError: skopeo is missing, the registry refuses, or it takes longer than any line does.

    """
    argv = copy_argv(layout, tag, reference)
    if shutil.which(argv[0]) is None:
        raise ToolError(
            "skopeo: not found on this machine; sudo apt-get install skopeo, or write an archive "
            "with --output for whoever can push"
        )
    process.check(argv, env=marked(os.environ), timeout=PATIENCE.whole(size))
