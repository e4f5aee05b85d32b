"""Lay out and compile what unpacks wheels: PyPA's installer and our own scripts, once for all.

In the environment: out, wheel (installer's own), scripts (a JSON object: name -> store path), base,
python ("3.11"). The wheel is pure, and its hash is the lock's.
"""

import json
import os
import shutil
import subprocess
import zipfile

OURS = f"{os.environ['out']}/harness/nix/builders"

with zipfile.ZipFile(os.environ["wheel"]) as archive:
    archive.extractall(os.environ["out"])
os.makedirs(OURS)
for name, path in json.loads(os.environ["scripts"]).items():
    shutil.copyfile(path, f"{OURS}/{name}")
interpreter = f"{os.environ['base']}/usr/bin/python{os.environ['python']}"
subprocess.run([interpreter, "-s", f"{OURS}/bytecode.py", os.environ["out"]], check=True)
