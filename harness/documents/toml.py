"""TOML of others, read within bounds of size and depth."""

import codecs
import re
import tomllib
from typing import Any

from harness.errors import InputError

_SAVE = "save it as UTF-8 without a byte order mark"
_MOST_BYTES = 16 * 2**20
_DEEP_KEY = re.compile(
    r"""(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){32}"""
)
"""A key of more than 32 dotted parts: reading one takes memory by the square of its length."""


def parse_toml(data: bytes, where: str) -> dict[str, Any]:
    """Decode TOML.

    Raises:
        InputError: too large, nested too deeply, not UTF-8, or not TOML; with the line.

    """
    if len(data) > _MOST_BYTES:
        raise InputError(f"{where}: {len(data)} bytes; at most {_MOST_BYTES} are read")
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(f"{where}: not TOML: begins with a byte order mark; {_SAVE}")
    try:
        text = data.decode()
        if deep := _DEEP_KEY.search(text):
            line = text.count("\n", 0, deep.start()) + 1
            raise InputError(f"{where}: not TOML: a key of too many parts (at line {line})")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{where}: not TOML: no UTF-8 (at line {line}); {_SAVE}") from error
    except ValueError as error:
        raise InputError(f"{where}: not TOML: {error}") from error
    except RecursionError as error:
        raise InputError(f"{where}: not TOML: nested too deeply") from error
