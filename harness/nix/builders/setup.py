"""Write $out/enter, which a shell of the environment sources, and the setup that Nix expects.

In the environment: out, base, environment.
"""

import os
from pathlib import Path

ENTER = """\
if [ -n "${{LD_LIBRARY_PATH-}}${{LD_PRELOAD-}}" ]; then
    echo "harness: LD_LIBRARY_PATH and LD_PRELOAD of the host are not used in this shell" >&2
fi
unset LD_LIBRARY_PATH LD_PRELOAD PYTHONHOME PYTHONPATH
case $PATH in
    {environment}/bin:*) ;;
    *) export PATH={environment}/bin${{PATH:+:$PATH}} ;;
esac
if [ "${{SHELL-}}" = /noshell ]; then  # what a builder is told
    export SHELL={base}/bin/bash
fi
if [ "$EUID" = 0 ]; then  # whom the store's modes do not stop
    export PYTHONDONTWRITEBYTECODE=1
fi
export VIRTUAL_ENV={environment}
export TZDIR={base}/usr/share/zoneinfo
export SSL_CERT_FILE=${{SSL_CERT_FILE:-{base}/etc/ssl/certs/ca-certificates.crt}}
"""

out = Path(os.environ["out"])
out.mkdir()
(out / "enter").write_text(
    ENTER.format(environment=os.environ["environment"], base=os.environ["base"])
)
(out / "setup").write_text(f"export PATH={os.environ['environment']}/bin\n")
