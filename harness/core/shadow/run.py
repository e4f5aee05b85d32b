"""run.json: what a run asked for, so that its log is judged again by the same rules.

Format, version 1: one JSON object with the fields of `Asked`, keys with dashes, and `format`.
"""

import json
from typing import Any

from harness.core.decode import Table
from harness.core.shadow.events import ARMS, FORMAT
from harness.core.shadow.result import Arm, Asked
from harness.errors import InputError

MAX_SIZE = 2**20
"""Bytes of run.json."""


def encode_run(asked: Asked) -> bytes:
    """Return run.json."""
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
    }
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def decode_run(data: bytes, where: str) -> Asked:
    """Decode run.json; `where` names it in errors.

    Raises:
        InputError: it is none, or of another version.

    """
    value = _parsed(data, where)
    table = Table(value, where)
    if (found := table.number("format")) != FORMAT:
        raise table.error("format", f"{found}, but this harness reads {FORMAT}")
    arms = tuple(_decode_arm(arm) for arm in table.tables("arms"))
    if len(arms) != ARMS:
        raise table.error("arms", f"expected {ARMS}, found {len(arms)}")
    table.table("shadow")
    asked = Asked(
        environment=table.text("environment"),
        arms=(arms[0], arms[1], arms[2]),
        shadow=value.get("shadow", {}),
        recording=table.text("recording"),
        seed=table.number("seed"),
        fixed=table.flag("fixed", default=False),
        options=table.texts("options", ()),
    )
    table.finish()
    return asked


def _parsed(data: bytes, where: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: not JSON ({str(error)[:80]!r})") from error


def _decode_arm(table: Table) -> Arm:
    arm = Arm(name=table.text("name"), reference=table.text("reference"), image=table.text("image"))
    table.finish()
    return arm
