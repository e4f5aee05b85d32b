"""Make what an image has outside the store: who there is, certificates, time zones.

In the environment: out, base, user, number (the user's and the group's), home.
"""

import os
from pathlib import Path

OUT, BASE = Path(os.environ["out"]), Path(os.environ["base"])
LINKS = ("etc/ssl/certs/ca-certificates.crt", "usr/share/zoneinfo")


def main() -> None:
    """Write two files and two links."""
    user, number, home = (os.environ[name] for name in ("user", "number", "home"))
    names = {"root": ("0", "/root"), "nobody": ("65534", "/nonexistent"), user: (number, home)}
    (OUT / "etc").mkdir(parents=True)
    for name, lines in (
        ("passwd", [f"{one}:x:{id_}:{id_}::{at}:/noshell" for one, (id_, at) in names.items()]),
        ("group", [f"{one}:x:{id_}:" for one, (id_, _) in names.items()]),
    ):
        (OUT / "etc" / name).write_text("\n".join(lines) + "\n")
    for link in LINKS:
        (OUT / link).parent.mkdir(parents=True, exist_ok=True)
        (OUT / link).symlink_to(BASE / link)


main()
