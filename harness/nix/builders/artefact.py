"""Run an artefact's command where its inputs are, with a PATH that holds only the environment.

In the environment: out, environment, base, command (a bash command line), inputs (a JSON object:
path below the environment's directory -> store path).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

WORK = Path(os.environ["TMPDIR"]) / "work"
HOME = Path(os.environ["TMPDIR"]) / "home"


def main() -> None:
    """Lay out the inputs, then run."""
    WORK.mkdir()
    HOME.mkdir()
    for path, source in json.loads(os.environ["inputs"]).items():
        (WORK / path).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if os.path.isdir(source) else shutil.copyfile
        copy(source, WORK / path)
    environment = {
        "PATH": f"{os.environ['environment']}/bin:{os.environ['base']}/usr/bin",
        "HOME": str(HOME),
        "TMPDIR": os.environ["TMPDIR"],
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "315532800",
        "out": os.environ["out"],
    }
    bash = f"{os.environ['base']}/bin/bash"
    argv = [bash, "-eu", "-o", "pipefail", "-c", os.environ["command"]]
    done = subprocess.run(argv, env=environment, cwd=WORK, check=False)
    if done.returncode != 0:
        sys.exit(f"the artefact's command ended with status {done.returncode}")
    if not os.path.lexists(os.environ["out"]):
        sys.exit("the artefact's command did not write $out")


main()
