"""Verdicts remembered between runs, private to the user: when which outputs were found the same.

An entry is found by derivation, NAR hashes and conditions, so it speaks of exactly these bytes; the
caller has rehashed them. A file that cannot be understood counts as not being there.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from harness.adapters.files import state_directory, write_atomically
from harness.core.factor import Conditions


def recall(derivation: str, nar_hashes: Mapping[str, str], conditions: Conditions) -> str | None:
    """Return when the outputs were found the same (ISO 8601), or None."""
    try:
        entry = json.loads(_file(derivation, nar_hashes, conditions).read_bytes())
        when = entry["verified-at"]
        datetime.fromisoformat(when)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    same = entry.get("derivation") == derivation and entry.get("outputs") == dict(nar_hashes)
    return str(when) if same else None


def remember(
    derivation: str, nar_hashes: Mapping[str, str], conditions: Conditions, when: str
) -> None:
    """Keep that a rebuild gave the same outputs.

    Raises:
        ToolError: the state directory cannot be written.

    """
    file = _file(derivation, nar_hashes, conditions)
    file.parent.mkdir(parents=True, exist_ok=True)
    entry = {
        "derivation": derivation,
        "outputs": dict(nar_hashes),
        "conditions": str(conditions),
        "verified-at": when,
    }
    write_atomically(file, json.dumps(entry, indent=1).encode())


def _file(derivation: str, nar_hashes: Mapping[str, str], conditions: Conditions) -> Path:
    key = json.dumps([derivation, sorted(nar_hashes.items()), sorted(conditions.moved)])
    digest = hashlib.sha256(key.encode()).hexdigest()
    return state_directory() / "verdicts" / digest[:2] / f"{digest}.json"
