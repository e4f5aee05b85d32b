"""Sign what a comparison with production found, whatever it is."""

from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined] # as signer.py says

from harness import __version__
from harness.attest.core.shadow import shadow_statement
from harness.attest.core.statement import encode
from harness.attest.signer import sign
from harness.host.files import write_atomically
from harness.shadow.core.result import ShadowResult

STATEMENT = "statement.intoto.jsonl"


def sign_result(result: ShadowResult, directory: Path, key: CryptoSigner) -> Path:
    """Sign what a comparison found into its directory; return the file.

    Raises:
        InputError: the candidate's image has no id.
        ToolError: the file cannot be written.

    """
    statement = shadow_statement(result, signed=datetime.now(UTC), harness=__version__)
    file = directory / STATEMENT
    write_atomically(file, sign(encode(statement), key) + b"\n")
    return file
