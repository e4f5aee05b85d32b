from dataclasses import replace

import pytest

from harness.errors import InputError, IntegrityError
from harness.host.core.architecture import ARCHITECTURES
from harness.lock.core.unmoved import choose, held, require_alike, require_kept_debs, unmoved
from harness.sources.core.input import Input
from harness.sources.core.listed import Listed
from harness.sources.core.locked_deb import LockedDeb
from harness.sources.core.target import Target
from tests.locks import LOCK, deb

_X86 = Target(architecture=ARCHITECTURES["x86_64-linux"], python="3.11.2", glibc=(2, 36))
_NUMPY = next(w for w in LOCK.packages[1].wheels if "x86_64" in w.file)
_HELD = held(LOCK)
_BEFORE = LOCK.targets["x86_64-linux"]


def _listed(file: Input, **changes: object) -> Listed:
    listed = Listed(file=file.file, hashes={"sha256": file.sha256}, size=file.size, url="u")
    return replace(listed, **changes)  # type: ignore[arg-type]


def _choose(*files: Listed, target: Target = _X86) -> Listed:
    return choose("numpy", "2.3.5", files, target, _HELD)


def test_a_locked_file_stays_though_a_better_one_was_added() -> None:
    better = Listed(file="numpy-2.3.5-1-cp311-cp311-manylinux_2_28_x86_64.whl", hashes={})
    assert _choose(better, _listed(_NUMPY)) == _listed(_NUMPY)
    assert choose("numpy", "2.3.5", [better, _listed(_NUMPY)], _X86, held(None)) == better


def test_the_locked_bytes_are_taken_whatever_else_has_their_name() -> None:
    other = _listed(_NUMPY, hashes={"sha256": "0" * 64})
    assert _choose(other, _listed(_NUMPY)) == _listed(_NUMPY)


def test_a_file_without_sha256_is_told_by_its_name() -> None:
    assert _choose(_listed(_NUMPY, hashes={"md5": "0"})).hashes == {"md5": "0"}


def test_a_locked_file_that_does_not_fit_any_more_is_chosen_anew() -> None:
    trixie = replace(_X86, python="3.13.5")
    newer = Listed(file="numpy-2.3.5-cp313-cp313-manylinux_2_28_x86_64.whl", hashes={})
    assert _choose(newer, _listed(_NUMPY), target=trixie) == newer


def test_a_locked_file_that_the_index_no_longer_lists_is_named() -> None:
    newer = Listed(file="numpy-2.3.5-cp311-cp311-manylinux_2_17_x86_64.whl", hashes={})
    with pytest.raises(IntegrityError, match=rf"{_NUMPY.sha256}\); it lists {newer.file}; `ha"):
        _choose(newer)
    with pytest.raises(IntegrityError, match="it lists no other"):
        _choose()


def test_what_may_move_is_not_held() -> None:
    free = held(LOCK, ["numpy"])
    assert _NUMPY.file not in free.files
    assert ("numpy", "2.3.5", "x86_64-linux") not in free.chosen
    assert ("click", "8.3.1", "x86_64-linux") in free.chosen


def test_another_file_under_a_locked_name_is_refused_with_both_hashes() -> None:
    other = replace(_NUMPY, sha256="0" * 64)
    with pytest.raises(IntegrityError, match=f"{_NUMPY.sha256}, the package index has {'0' * 64}"):
        unmoved("numpy", other, _HELD)
    assert unmoved("numpy", other, held(None)) == other


def test_the_locked_size_stays_with_the_locked_hash() -> None:
    told = replace(_NUMPY, size=_NUMPY.size + 1, url="u")
    assert unmoved("numpy", told, _HELD) == replace(_NUMPY, url="u")


def test_two_targets_cannot_have_different_files_of_one_name() -> None:
    require_alike(_NUMPY, _NUMPY)
    with pytest.raises(IntegrityError, match="two files under this name"):
        require_alike(_NUMPY, replace(_NUMPY, sha256="0" * 64))


def _changed(package: LockedDeb, version: str) -> LockedDeb:
    return replace(package, version=version, input=replace(package.input, sha256="0" * 64))


def test_more_debian_packages_leave_those_that_are_locked() -> None:
    require_kept_debs([*_BEFORE.debs, deb("libgl1")], _BEFORE, may_move=False)


def test_a_debian_package_that_would_move_is_named_with_both_versions() -> None:
    moved = [_changed(_BEFORE.debs[0], "2.0-1"), _changed(_BEFORE.seed.deb, "3.0-1")]
    with pytest.raises(
        InputError, match=r"bash 1\.0-1 -> 2\.0-1, busybox-static 1\.0-1 -> 3\.0-1 would move; `ha"
    ):
        require_kept_debs(moved, _BEFORE, may_move=False)
    require_kept_debs(moved, _BEFORE, may_move=True)


def test_a_debian_package_that_became_another_breaks_integrity() -> None:
    with pytest.raises(IntegrityError, match=r"bash_1\.0-1_amd64\.deb: the lock has sha256 .*0000"):
        require_kept_debs([_changed(_BEFORE.debs[0], "1.0-1")], _BEFORE, may_move=True)
