from pathlib import Path

import pytest

from harness.errors import ToolError
from harness.image.skopeo import copy_argv, push

_LAYOUT = Path("/nix/store/a-serving-image")


@pytest.mark.parametrize("reference", ["host:5000/a/b:1", "docker://host:5000/a/b:1"])
def test_a_reference_has_one_transport_and_the_digest_is_kept(reference: str) -> None:
    assert copy_argv(_LAYOUT, "latest", reference) == [
        "skopeo",
        "copy",
        "--preserve-digests",
        "oci:/nix/store/a-serving-image:latest",
        "docker://host:5000/a/b:1",
    ]


def test_without_skopeo_it_is_said_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="apt-get install skopeo, or write an archive"):
        push(_LAYOUT, "latest", "host/a:1", size=1)
