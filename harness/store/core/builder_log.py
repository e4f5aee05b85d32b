"""What Nix keeps as the log of a builder, as a person can read it.

Where the builder could not be started at all, Nix 2.4 and newer leave their error there in the
form in which processes hand it on: a byte 1, a newline, then texts with their lengths and zeros
around them, the longest of which is the message, coloured for a terminal.
"""

import re

_HANDED_ON = "\x01\n\x05\0\0\0\0\0\0\0Error"
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_TEXT = re.compile(r"[^\0]+")


def readable(log: str) -> str:
    """Return a log without colours; why the builder could not be started is its last line."""
    printed, mark, error = _COLOUR.sub("", log).partition(_HANDED_ON)
    if not mark:
        return printed
    message = max(_TEXT.findall(error), key=len, default="")
    return f"{printed}the builder could not be started: {message}\n"
