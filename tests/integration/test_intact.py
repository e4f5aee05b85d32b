"""What is shipped is what was built: changed and missing store paths end a build or an image."""

from pathlib import Path

import pytest

from harness.build.intact import require_present, require_unchanged
from harness.errors import IntegrityError
from harness.host import process
from harness.store import nix
from tests.derivations import Derivations, output

pytestmark = pytest.mark.nix


@pytest.fixture
def make(tmp_path: Path) -> Derivations:
    return Derivations(tmp_path)


def test_a_stray_file_below_what_an_output_refers_to_is_found(make: Derivations) -> None:
    built = output(make.build("$mkdir $out; echo a > $out/a"))
    require_unchanged([str(built)], "dev")
    built.chmod(0o755)
    (built / "stray").write_text("x")
    with pytest.raises(IntegrityError) as error:
        require_unchanged([str(built)], "dev")
    first, second = str(error.value).splitlines()
    assert first == "dev: a store path is changed since it was built; `harness build --repair dev`"
    assert second == f"  {built}"
    (built / "stray").unlink()
    require_unchanged([str(built)], "dev")


def test_what_is_gone_is_found(make: Derivations) -> None:
    built = output(make.build("echo a > $out"))
    built.unlink()
    with pytest.raises(IntegrityError, match="gone, though the store lists it"):
        require_present([str(built)], "dev")
    process.check(["nix-store", "--delete", *nix.options(), str(built)])
