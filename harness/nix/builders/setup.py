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
LOCKED = """
harness_locked() {
    echo "$1: the environment ENVIRONMENT is locked: nothing is installed into it.
\\`harness add ENV PACKAGE\\` locks another package. For code of your own, make a virtual
environment that sees this one:
  python -m venv --system-site-packages .venv
  VIRTUAL_ENV=.venv $1 ..." >&2
    return 1
}
uv() {
    [ "${VIRTUAL_ENV-}" = ENVIRONMENT ] || { command uv "$@"; return; }
    case "${UV_PYTHON-}${UV_SYSTEM_PYTHON-} $* " in
        *" --active "*) harness_locked uv; return ;;
        [!\\ ]*|*" --python"[\\ =]*|*" -p "*|*" --system "*|*" --target"[\\ =]*|*" -t "*) ;;
        *" --prefix"[\\ =]*|*" --dry-run "*|*" -h "*|*" --help "*) ;;
        *" pip install "*|*" pip sync "*|*" pip uninstall "*) harness_locked uv; return ;;
    esac
    command uv "$@"
}
"""

out = Path(os.environ["out"])
out.mkdir()
environment = os.environ["environment"]
entered = ENTER.format(environment=environment, base=os.environ["base"])
(out / "enter").write_text(entered + LOCKED.replace("ENVIRONMENT", environment))
(out / "setup").write_text(f"export PATH={environment}/bin\n")
