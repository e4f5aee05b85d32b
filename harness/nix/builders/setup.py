"""Write the script that a shell of the environment sources: $out/setup.

In the environment: out, base, environment.
"""

import os
from pathlib import Path

SETUP = """\
if [ -n "${{LD_LIBRARY_PATH-}}${{LD_PRELOAD-}}" ]; then
    echo "harness: LD_LIBRARY_PATH and LD_PRELOAD of the host are not used in this shell" >&2
fi
unset LD_LIBRARY_PATH LD_PRELOAD PYTHONHOME PYTHONPATH
export PATH={environment}/bin${{PATH:+:$PATH}}
export VIRTUAL_ENV={environment}
export TZDIR={base}/usr/share/zoneinfo
export SSL_CERT_FILE=${{SSL_CERT_FILE:-{base}/etc/ssl/certs/ca-certificates.crt}}
"""

out = Path(os.environ["out"])
out.mkdir()
(out / "setup").write_text(
    SETUP.format(environment=os.environ["environment"], base=os.environ["base"])
)
