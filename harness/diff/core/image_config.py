"""What differs between the configurations of two images, and between their histories.

Format: OCI image configuration. Documents come from outside: what has another shape than the format
says is compared as it is.
"""

import json
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from harness.diff.core.report import ADDED, REMOVED, Item, Level

_PLATFORM = ("architecture", "os", "variant")
_MOST_STEPS = 256
_SECRET = re.compile(r"PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|AUTH(?!OR)", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"\b([\w-]{{0,64}}(?:{_SECRET.pattern})[\w-]{{0,64}}\"?[=:,\s]\s*)"
    r"(?:\"[^\"]*\"?|'[^']*'?|[^\s\"]+)",
    re.IGNORECASE,
)
"""How a step of a Dockerfile (ENV, ARG, RUN) and a command line give a value to such a name."""
_USER = re.compile(r"//[^/?#\s\"]{1,500}@")
_LONGEST = 1000
"""Characters of a value that are told: patterns are not looked for in more."""


def config_level(first: Any, second: Any) -> Level | None:
    """Return what differs in what runs, as whom and with which variables, ports and labels.

    Values of variables and labels whose name speaks of a secret are not shown, nor those that a
    command line gives to such a name, nor the user of a URL.
    """
    ours, theirs = (dict(_settings(config)) for config in (first, second))
    items = [
        _item(key, ours.get(key, ""), theirs.get(key, ""))
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key)
    ]
    if not items:
        return None
    return Level(name="config", summary=f"{len(items)} settings differ", items=tuple(items))


def _settings(config: Any) -> Iterator[tuple[str, str]]:
    """Yield the settings as text; empty ones are as good as none."""
    table = _table(config)
    for key in _PLATFORM:
        if table.get(key):
            yield key, str(table[key])
    for key, value in _table(table.get("config")).items():
        if key == "Env" and isinstance(value, list):
            for one in value:
                name, _, text = str(one).partition("=")
                yield f"Env {name}", text or "(empty)"
        elif isinstance(value, dict):
            for name, below in value.items():
                yield f"{key} {name}", below if isinstance(below, str) else json.dumps(below)
        elif value:
            yield key, value if isinstance(value, str) else json.dumps(value)


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _item(key: str, first: str, second: str) -> Item:
    if " " in key and _SECRET.search(key):
        first, second = (f"({'hidden' if value else 'none'})" for value in (first, second))
    return Item(subject="config", field=key, first=_told(first), second=_told(second))


def _told(text: str) -> str:
    """Return a value as it is shown: without what it says in secret."""
    return _USER.sub("//(hidden)@", _ASSIGNED.sub(r"\1(hidden)", text[:_LONGEST]))


def history_level(first: Any, second: Any) -> Level | None:
    """Return the steps that one image was made by and the other was not, in their order."""
    ours, theirs = _steps(first), _steps(second)
    items = list[Item]()
    for kind, i, to_i, j, to_j in SequenceMatcher(a=ours, b=theirs, autojunk=False).get_opcodes():
        if kind != "equal":
            items += [Item(subject="step", field=REMOVED, first=_told(one)) for one in ours[i:to_i]]
            items += [
                Item(subject="step", field=ADDED, second=_told(one)) for one in theirs[j:to_j]
            ]
    if not items:
        return None
    summary = f"{len(ours)} → {len(theirs)} steps, {len(items)} of them in one image only"
    return Level(name="history", summary=summary, items=tuple(items))


def _steps(config: Any) -> list[str]:
    history = _table(config).get("history")
    steps = history[:_MOST_STEPS] if isinstance(history, list) else []
    return [str(_table(one).get("created_by") or _table(one).get("comment")) for one in steps]
