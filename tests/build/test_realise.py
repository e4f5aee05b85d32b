from harness.build.realise import failed_build
from harness.errors import BuildFailedError
from harness.store.builds import Realised
from harness.store.core.log import Failure

_DERIVATION = f"/nix/store/{'0' * 32}-deep.drv"


def _failed(message: str) -> Exception:
    failure = Failure(message=message, derivation=None)
    return failed_build(
        Realised(argv=("nix-store",), status=1, paths=(), failures=(failure,), printed=())
    )


def test_what_lies_too_deep_for_nix_is_that_builders_failure() -> None:
    """As Nix 2.8 says it."""
    failed = _failed(f"getting status of '{_DERIVATION}.chroot/nix/store/x/{'d/' * 2000}"[:2000])
    assert isinstance(failed, BuildFailedError)
    assert str(failed).startswith(f"{_DERIVATION} failed to build: Nix cannot read what it made")
    other = _failed(f"getting status of '{_DERIVATION}.chroot/nix/store/x': Permission denied")
    assert not isinstance(other, BuildFailedError)
