from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given

from harness.errors import InputError
from harness.project.core.others.uv import root_and_losses
from tests.damaged_documents import VALUES


def _package(name: str, **source: str) -> dict[str, Any]:
    return {"name": name, "source": source}


def test_the_project_at_the_root_is_known_and_what_lies_beside_it_named() -> None:
    document = {
        "version": 1,
        "package": [
            _package("a", registry="https://index.invalid/simple"),
            _package("lib", editable="packages/lib"),
            _package("me", virtual="."),
        ],
    }
    root, losses = root_and_losses(document, "uv.lock")
    assert (root, [loss.name for loss in losses]) == ("me", ["lib"])


def test_a_workspace_without_a_project_at_its_root_is_named() -> None:
    with pytest.raises(InputError, match=r"^uv\.lock: no package at its root; `uv export"):
        root_and_losses({"package": [_package("lib", editable="lib")]}, "uv.lock")


@given(VALUES)
def test_any_document_is_read_or_refused(value: Any) -> None:
    with suppress(InputError):
        root_and_losses({"package": value}, "uv.lock")
    with suppress(InputError):
        root_and_losses({"package": [{"name": "a", "source": value}]}, "uv.lock")
