"""comparison.json and packages.json: what was asked for, and which packages the images hold.

Format of comparison.json, version 2: one JSON object with the fields of `Setup`, keys with dashes,
and `format`; by it a comparison's log is judged again by the same rules. Format of packages.json,
version 2: `format`, and `images`, each with `image` (its id) and `packages`: lists of ecosystem,
name and version.
"""

import json
from collections.abc import Mapping
from typing import Any

from harness.diff.core.image_packages import Versions
from harness.documents.table import Table
from harness.errors import InputError
from harness.shadow.core.events import ARMS, FORMAT
from harness.shadow.core.result import Arm, Setup

MAX_SIZE = 2**23
"""Bytes of either file."""


def encode_setup(asked: Setup) -> bytes:
    """Return comparison.json."""
    value = {
        "format": FORMAT,
        "environment": asked.environment,
        "arms": [
            {"name": arm.name, "reference": arm.reference, "image": arm.image} for arm in asked.arms
        ],
        "shadow": asked.shadow,
        "recording": asked.recording,
        "seed": asked.seed,
        "fixed": asked.fixed,
        "options": asked.options,
        "harness": asked.harness,
    }
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def decode_setup(data: bytes, where: str) -> Setup:
    """Decode comparison.json; `where` names it in errors.

    Raises:
        InputError: it is none, or of another version.

    """
    value = _parsed(data, where)
    table = _of_format(value, where)
    arms = tuple(_decode_arm(arm) for arm in table.tables("arms"))
    if len(arms) != ARMS:
        raise table.error("arms", f"expected {ARMS}, found {len(arms)}")
    table.table("shadow")
    asked = Setup(
        environment=table.text("environment"),
        arms=(arms[0], arms[1], arms[2]),
        shadow=value.get("shadow", {}),
        recording=table.text("recording"),
        seed=table.number("seed"),
        fixed=table.flag("fixed", default=False),
        options=table.texts("options", ()),
        harness=table.text("harness", ""),
    )
    table.finish()
    return asked


def encode_packages(images: Mapping[str, Versions]) -> bytes:
    """Return packages.json; `images` are by their ids."""
    listed = [
        {"image": image, "packages": [[*key, version] for key, version in packages.items()]}
        for image, packages in images.items()
    ]
    return json.dumps({"format": FORMAT, "images": listed}, ensure_ascii=False).encode() + b"\n"


def decode_packages(data: bytes, where: str) -> dict[str, Versions]:
    """Decode packages.json; `where` names it in errors.

    Raises:
        InputError: as `decode_setup`.

    """
    table = _of_format(_parsed(data, where), where)
    images = {image.text("image"): _versions(image) for image in table.tables("images")}
    table.finish()
    return images


def _versions(image: Table) -> Versions:
    lines = image.arrays("packages")
    image.finish()
    if any(len(line) != len(("ecosystem", "name", "version")) for line in lines):
        raise image.error("packages", "expected ecosystem, name and version of each")
    return {(ecosystem, name): version for ecosystem, name, version in lines}


def _of_format(value: Any, where: str) -> Table:
    table = Table(value, where)
    if (found := table.number("format")) != FORMAT:
        raise table.error("format", f"{found}, but this harness reads {FORMAT}")
    return table


def _parsed(data: bytes, where: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({str(error)[:80]!r})") from error


def _decode_arm(table: Table) -> Arm:
    arm = Arm(name=table.text("name"), reference=table.text("reference"), image=table.text("image"))
    table.finish()
    return arm
