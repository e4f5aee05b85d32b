"""Make what an image has outside the store: who there is, certificates, time zones, a shell.

In the environment: out, base, user, number (the user's and the group's), home, shells (`true` if
scripts are to find them at the usual places).
"""

import os
from pathlib import Path

OUT, BASE = Path(os.environ["out"]), Path(os.environ["base"])
SHELLS = ("bin/sh", "bin/bash")
ENV = """#!{bash}
[ "${{1-}}" != -S ] || set -- "-S${{2-}}" "${{@:3}}"
case "${{1-}}" in -S*) words=${{1#-S}}; shift; set -f; set -- $words "$@";; esac
while [[ "${{1-}}" == [A-Za-z_]*=* ]]; do export "$1"; shift; done
exec "$@"
"""
"""What scripts want of `env`: `-S`, variables, and a program on PATH."""
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
    if os.environ["shells"] == "true":
        usual_places()


def usual_places() -> None:
    """Write a shell and `env` where scripts name them; the base's own `env` is Debian's."""
    for place in (*SHELLS, "usr/bin/env"):
        (OUT / place).parent.mkdir(parents=True, exist_ok=True)
    for place in SHELLS:
        (OUT / place).symlink_to(BASE / "bin/bash")
    if (BASE / "usr/bin/env").exists():
        (OUT / "usr/bin/env").symlink_to(BASE / "usr/bin/env")
    else:
        (OUT / "usr/bin/env").write_text(ENV.format(bash=BASE / "bin/bash"))
        (OUT / "usr/bin/env").chmod(0o755)


main()
