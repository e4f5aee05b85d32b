"""Groups: requests grouped by the value of one field of their JSON."""

import json
from collections.abc import Sequence
from typing import Any

from harness.record.core.exchange import Request
from harness.shadow.core.answers.binary_tensors import json_size

MAX_NAME = 60
"""Characters; what is longer is cut."""


def group_of(request: Request, path: Sequence[str]) -> str:
    """Return the value at `path`, as text; "" where there is none, or no path.

    A number in the path is the place in an array. Objects and arrays are not values. Binary
    tensors that follow the JSON are left out.
    """
    if not path:
        return ""
    try:
        value: Any = json.loads(request.body[: json_size(request.headers, request.body)])
        for step in path:
            value = value[int(step)] if isinstance(value, list) else value[step]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    if value is None or isinstance(value, dict | list):
        return ""
    return (value if isinstance(value, str) else json.dumps(value))[:MAX_NAME]
