"""Whether an index answers at all: asked by our own session before uv, which waits for every byte.

uv gives up on silence alone, so that an index that gives a byte a second holds it for as long as it
may run. Whatever else goes wrong here is left to uv, which knows more ways to ask.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus

import requests
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from urllib3.exceptions import HTTPError

from harness.errors import ToolError
from harness.host.http import Patience, session
from harness.host.metered import limit_of
from harness.render.address import shown
from harness.sources.index_configuration import indexes_of

_PATIENCE = Patience(retries=0)
_ENOUGH = 256 * 1024
_CHUNK = 16 * 1024


def require_pace(
    environment: Mapping[str, str], requirements: Iterable[str], patience: Patience = _PATIENCE
) -> None:
    """Ask each index for the first of the requirements, and read a part of what it says.

    Raises:
        ToolError: an index does not answer, or by and by.

    """
    names = (_name(one) for one in requirements)
    if name := next(filter(None, names), None):
        for index in indexes_of(environment):
            if index.startswith(("http://", "https://")):
                _ask(f"{index.rstrip('/')}/{name}/", patience)


def _name(requirement: str) -> str | None:
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        return None


@cache
def _ask(address: str, patience: Patience) -> None:
    left = _ENOUGH
    try:
        with session(patience) as asking, asking.get(address) as response:
            while left > 0 and response.status_code == HTTPStatus.OK:
                block = response.raw.read1(min(left, _CHUNK))
                left -= len(block) or left
    except (requests.RequestException, HTTPError, OSError) as error:
        if limit := limit_of(error):
            raise ToolError(f"the package index: {shown(address)}: {limit}") from None
