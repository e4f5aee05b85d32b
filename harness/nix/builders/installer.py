"""Unpack and compile PyPA's installer once, so that no wheel's build has to.

In the environment: out, wheel (installer's own), bytecode, base, python ("3.11"). The wheel is
pure, and its hash is the lock's.
"""

import os
import subprocess
import zipfile

with zipfile.ZipFile(os.environ["wheel"]) as archive:
    archive.extractall(os.environ["out"])
interpreter = f"{os.environ['base']}/usr/bin/python{os.environ['python']}"
subprocess.run([interpreter, "-s", os.environ["bytecode"], os.environ["out"]], check=True)
