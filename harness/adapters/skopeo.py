"""skopeo: copies images to registries, which know the user's credentials through it alone."""

from pathlib import Path

from harness.adapters import process

_TRANSPORT = "docker://"


def copy_argv(layout: Path, tag: str, reference: str) -> list[str]:
    """Return the copy of an OCI layout's tag to a registry, which must keep its digest."""
    target = _TRANSPORT + reference.removeprefix(_TRANSPORT)
    return ["skopeo", "copy", "--preserve-digests", f"oci:{layout}:{tag}", target]


def push(layout: Path, tag: str, reference: str) -> str:
    """Copy an image to a registry, without the blobs that it has; return what skopeo said.

    Raises:
        ToolError: skopeo is missing, or the registry refuses.

    """
    return process.check(copy_argv(layout, tag, reference))
